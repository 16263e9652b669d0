-- Every kept version of a base table is in its snapshot, once, and nothing else is; the open one is the latest.
{% set keys = {
    'customers': 'customer_id', 'accounts': 'account_id', 'products': 'product_id', 'merchants': 'merchant_id',
    'product': 'catalogue_product_id'
} %}

with versions as (
    {% for table, key in keys.items() -%}
    select
        '{{ table }}' as source_table,
        {{ key }} as id,
        updated_at,
        false as is_wrong,
        1 as kept_rows,
        0 as recorded_rows
    from {{ ref('base_' ~ table) }}
    where disposition = 'kept'
    union all
    select
        '{{ table }}' as source_table,
        {{ key }} as id,
        updated_at,
        is_latest <> (dbt_valid_to is null) as is_wrong,
        0 as kept_rows,
        1 as recorded_rows
    from {{ ref(table ~ '_snapshot') }}
    {%- if not loop.last %}
    union all
    {% endif -%}
    {% endfor %}
)

select
    source_table,
    id,
    updated_at
from versions
group by source_table, id, updated_at
having sum(kept_rows) <> 1 or sum(recorded_rows) <> 1 or bool_or(is_wrong)

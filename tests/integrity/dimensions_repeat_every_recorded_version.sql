-- A gold dimension holds the versions of its snapshot, with the same validity.
{% set keys = {
    'customers': ('customer_id', 'dim_customer_private'), 'accounts': ('account_id', 'dim_account'),
    'products': ('product_id', 'dim_product'), 'merchants': ('merchant_id', 'dim_merchant')
} %}

with versions as (
    {% for table, (key, dimension) in keys.items() -%}
    select
        '{{ table }}' as source_table,
        {{ key }} as id,
        dbt_valid_from as valid_from,
        coalesce(dbt_valid_to, cast('9999-12-31' as date)) as valid_to,
        1 as recorded_rows,
        0 as dimension_rows
    from {{ ref(table ~ '_snapshot') }}
    union all
    select
        '{{ table }}' as source_table,
        {{ key }} as id,
        valid_from,
        valid_to,
        0 as recorded_rows,
        1 as dimension_rows
    from {{ ref(dimension) }}
    where {{ key }} <> -1
    {%- if not loop.last %}
    union all
    {% endif -%}
    {% endfor %}
)

select
    source_table,
    id,
    valid_from,
    valid_to
from versions
group by source_table, id, valid_from, valid_to
having sum(recorded_rows) <> 1 or sum(dimension_rows) <> 1

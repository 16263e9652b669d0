-- As-was: the dimension keys of a transaction point at its own customer, account and merchant, in the
-- version valid when it happened. Checked for what the last build touched on either side.
{% set dimensions = {
    'customer': 'dim_customer_private', 'account': 'dim_account', 'merchant': 'dim_merchant',
    'product': 'dim_product'
} %}

with facts as (
    select * from {{ ref('fact_transactions') }}
    {% if not var('test_everything', false) -%}
    where
        _build_id = (select max(newest._build_id) from {{ ref('fact_transactions') }} as newest)
    {%- for name, dimension in dimensions.items() if name in ('customer', 'account') %}
    or {{ name }}_id in (
        select changed.{{ name }}_id from {{ ref(dimension) }} as changed
        where changed._build_id = (select max(newest._build_id) from {{ ref(dimension) }} as newest)
    )
    {%- endfor %}
    {%- endif %}
)

select
    facts.transaction_id,
    facts.transaction_timestamp
from facts
{% for name, dimension in dimensions.items() -%}
left join {{ ref(dimension) }} as {{ name }}s
    on
        facts.{{ name }}_key = {{ name }}s.{{ name }}_key
        and coalesce(facts.{{ name }}_id, -1) = {{ name }}s.{{ name }}_id
        and {{ valid_at(name ~ 's', 'facts.transaction_timestamp') }}
{% endfor -%}
where
{% for name in dimensions -%}
    {{ name }}s.{{ name }}_key is null
    {{- '\n    or ' if not loop.last }}
{%- endfor %}

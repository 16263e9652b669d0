-- As-was: the dimension keys of a transaction point at its own customer, account and merchant, in the
-- version valid when it happened. Checked for what the last build touched on either side.
{% set dimensions = {
    'customer': 'dim_customer_private', 'account': 'dim_account', 'merchant': 'dim_merchant',
    'product': 'dim_product'
} %}

with {% if not var('test_everything', false) -%}
touched as (
    select transaction_id from {{ ref('fact_transactions') }}
    where _build_id = {{ newest_build_of(ref('fact_transactions')) }}
    {%- for name, dimension in dimensions.items() if name in ('customer', 'account') %}
    union
    select bookings.transaction_id
    from {{ ref('fact_transactions') }} as bookings
    inner join {{ ref(dimension) }} as changed
        on bookings.{{ name }}_id = changed.{{ name }}_id
    where changed._build_id = {{ newest_build_of(ref(dimension)) }}
    {%- endfor %}
),
{%- endif %}

facts as (
    select * from {{ ref('fact_transactions') }}
    {%- if not var('test_everything', false) %}
    where transaction_id in (select touched.transaction_id from touched)
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

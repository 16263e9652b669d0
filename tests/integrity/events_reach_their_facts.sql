-- stg = fact for the smaller facts: rows, and their money to the cent.
{% set events = {
    'credit_applications': ('requested_amount', 'requested_amount'),
    'fraud_alerts': ('coalesce(amount_recovered, 0)', 'recovered_amount'),
    'customer_interactions': ('0', '0'),
    'loan_payments': ('coalesce(actual_amount, 0)', 'actual_amount')
} %}

with totals as (
    {% for event, (stg_amount, fact_amount) in events.items() -%}
    select
        '{{ event }}' as source_table,
        (select count(*) from {{ ref('stg_' ~ event) }}) as stg_rows,
        (select count(*) from {{ ref('fact_' ~ event) }}) as fact_rows,
        (select sum({{ stg_amount }}) from {{ ref('stg_' ~ event) }}) as stg_amount,
        (select sum({{ fact_amount }}) from {{ ref('fact_' ~ event) }}) as fact_amount
    {%- if not loop.last %}
    union all
    {% endif -%}
    {% endfor %}
)

select *
from totals
where stg_rows <> fact_rows or stg_amount is distinct from fact_amount

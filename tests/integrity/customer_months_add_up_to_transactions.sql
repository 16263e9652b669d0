-- fact_customer_monthly = fact_transactions, per month: counts and amounts, to the cent.
{% set counts = {
    'transaction_count': 'transaction_count', 'approved_count': 'case when is_approved then 1 else 0 end',
    'fraud_count': 'case when is_fraud then 1 else 0 end'
} %}
{% set amounts = {
    'spending_amount': 'spending_amount', 'income_amount': 'income_amount',
    'debit_amount': 'case when is_approved then debit_amount else 0 end',
    'credit_amount': 'case when is_approved then credit_amount else 0 end',
    'declined_amount': 'declined_amount', 'revenue_amount': 'revenue_amount'
} %}
{% set measures = dict(counts, **amounts) %}

{% set monthly_sums = [] %}
{% set transaction_sums = [] %}
{% for name, expression in measures.items() %}
    {% do monthly_sums.append('sum(' ~ name ~ ') as ' ~ name) %}
    {% do transaction_sums.append('sum(' ~ expression ~ ') as ' ~ name) %}
{% endfor %}

with monthly as (
    select
        month_start_date,
        {{ monthly_sums | join(', ') }}
    from {{ ref('fact_customer_monthly') }}
    group by month_start_date
),

transactions as (
    select
        cast({{ dbt.date_trunc('month', 'transaction_date') }} as date) as month_start_date,
        {{ transaction_sums | join(', ') }}
    from {{ ref('fact_transactions') }}
    group by cast({{ dbt.date_trunc('month', 'transaction_date') }} as date)
)

select coalesce(monthly.month_start_date, transactions.month_start_date) as month_start_date
from monthly
full outer join transactions
    on monthly.month_start_date = transactions.month_start_date
where
    {% for name in measures -%}
    coalesce(monthly.{{ name }}, 0) <> coalesce(transactions.{{ name }}, 0)
    {{- '\n    or ' if not loop.last }}
    {%- endfor %}

-- grain: one row per person, currency and calendar month with booked transactions, own transfers left out
{{ config(materialized='view') }}

with transactions as (
    select * from {{ ref('open_banking_transactions') }}
    where status = 'booked' and not is_own_transfer
),

months as (
    select
        cast({{ dbt.date_trunc('month', 'booking_date') }} as date) as month_start,
        user_id,
        currency,
        sum(income_amount) as total_income,
        sum(spending_amount) as total_spending,
        cast(count(*) as integer) as total_transactions,
        cast(count(*) filter (where income_amount <> 0) as integer) as income_transactions,
        cast(count(*) filter (where spending_amount <> 0) as integer) as spending_transactions
    from transactions
    group by cast({{ dbt.date_trunc('month', 'booking_date') }} as date), user_id, currency
)

select
    month_start,
    user_id,
    currency,
    total_income,
    total_spending,
    total_income - total_spending as net_change,
    {{ percent_of('(total_income - total_spending)', 'total_income') }} as savings_rate_pct,
    total_transactions,
    income_transactions,
    spending_transactions
from months

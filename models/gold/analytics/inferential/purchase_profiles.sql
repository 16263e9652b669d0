-- grain: one row per customer, segment at the time, channel, weekend or not, night or not
-- Unscheduled purchases and withdrawals, declined ones included; scheduled ones tell nothing new.
{{ config(
    materialized='incremental',
    incremental_strategy='append',
    pre_hook="{{ delete_touched_customers([ref('fact_transactions')]) }}"
) }}

with transactions as (
    select * from {{ ref('fact_transactions') }}
),

customers as (
    select * from {{ ref('dim_customer_private') }}
),

as_of as (
    select as_of_date from {{ ref('as_of_date') }}
),

purchases as (
    select
        transactions.customer_id,
        coalesce(customers.customer_segment, 'Unknown') as customer_segment,
        transactions.channel,
        transactions.is_weekend,
        transactions.is_night,
        transactions.is_fraud,
        transactions.is_high_risk_merchant,
        transactions.is_declined and not {{ is_declined_for_money('transactions') }} as is_stopped,
        transactions.transaction_amount_abs as amount,
        {{ logarithm('transactions.transaction_amount_abs') }} as log_amount
    from transactions
    inner join as_of
        on transactions.transaction_date <= as_of.as_of_date
    left join customers
        on transactions.customer_key = customers.customer_key
    where
        {{ is_unscheduled('transactions') }}
        {%- if is_incremental() %}
        and transactions.customer_id in ({{ touched_customers([ref('fact_transactions')]) }})
        {%- endif %}
)

select
    {{ surrogate_key(['customer_id', 'customer_segment', 'channel', 'is_weekend', 'is_night']) }}
        as purchase_profile_key,
    customer_id,
    customer_segment,
    channel,
    is_weekend,
    is_night,
    count(*) filter (where not is_fraud) as purchase_count,
    count(*) filter (where not is_fraud and is_stopped) as stopped_count,
    count(*) filter (where not is_fraud and is_high_risk_merchant) as risky_merchant_count,
    coalesce(sum(amount) filter (where not is_fraud), 0) as purchase_amount,
    coalesce(sum(amount * amount) filter (where not is_fraud), 0) as purchase_amount_squares,
    coalesce(sum(log_amount) filter (where not is_fraud), 0) as log_amount,
    coalesce(sum(log_amount * log_amount) filter (where not is_fraud), 0) as log_amount_squares,
    count(*) filter (where is_fraud) as fraud_count,
    count(*) filter (where is_fraud and is_stopped) as stopped_fraud_count,
    count(*) filter (where is_fraud and is_high_risk_merchant) as risky_merchant_fraud_count,
    {{ build_number() }} as _build_id
from purchases
group by customer_id, customer_segment, channel, is_weekend, is_night

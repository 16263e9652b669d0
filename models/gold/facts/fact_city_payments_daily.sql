-- grain: one row per day, city and status
-- What most pages ask of fact_payments_daily, in a quarter of its rows.
-- depends_on: {{ ref('fact_transactions') }}
-- depends_on: {{ ref('base_transactions') }}
{{ config(
    incremental_strategy='append',
    pre_hook="{{ delete_touched('transaction_date', touched_transaction_days()) }}"
) }}

with sums as (
    select
        transaction_date,
        city_key,
        is_declined,
        is_payment,
        sum(transaction_count) as transaction_count,
        sum(transaction_amount_abs) as transaction_amount_abs,
        sum(spending_amount) as spending_amount,
        sum(revenue_amount) as revenue_amount,
        sum(processing_time) as processing_time,
        sum(timed_count) as timed_count
    from {{ ref('fact_payments_daily') }}
    {%- if is_incremental() %}
    where transaction_date in ({{ touched_transaction_days() }})
    {%- endif %}
    group by transaction_date, city_key, is_declined, is_payment
),

final as (
    select
        {{ surrogate_key(['transaction_date', 'city_key', 'is_declined']) }} as city_payments_daily_key,
        transaction_date,
        city_key,
        is_declined,
        is_payment,
        cast(transaction_count as bigint) as transaction_count,
        transaction_amount_abs,
        spending_amount,
        revenue_amount,
        processing_time,
        cast(timed_count as bigint) as timed_count,
        {{ build_number() }} as _build_id
    from sums
)

select * from final
order by transaction_date

-- grain: one row per day, payment channel, city, customer segment and status
-- fact_transactions in a fraction of the bytes: a sum carries the name of the column it sums, so that what
-- the semantic layer says of one is true of the other.
-- depends_on: {{ ref('base_transactions') }}
{{ config(
    incremental_strategy='append',
    pre_hook="{{ delete_touched('transaction_date', touched_transaction_days()) }}"
) }}

with customers as (
    select * from {{ ref('dim_customer_private') }}
),

payments as (
    select
        payments.*,
        coalesce(customers.customer_segment, 'Unknown') as customer_segment
    from {{ ref('fact_transactions') }} as payments
    left join customers
        on payments.customer_key = customers.customer_key
    where
        payments.is_payment
        {%- if is_incremental() %}
        and payments.transaction_date in ({{ touched_transaction_days() }})
        {%- endif %}
),

sums as (
    select
        transaction_date,
        channel_key,
        city_key,
        customer_segment,
        is_declined,
        sum(transaction_count) as transaction_count,
        sum(transaction_amount_abs) as transaction_amount_abs,
        sum(spending_amount) as spending_amount,
        sum(revenue_amount) as revenue_amount,
        sum(processing_time) as processing_time,
        sum(timed_count) as timed_count
    from payments
    group by transaction_date, channel_key, city_key, is_declined, customer_segment
),

final as (
    select
        {{ surrogate_key(['transaction_date', 'channel_key', 'city_key', 'customer_segment', 'is_declined']) }}
            as payments_daily_key,
        transaction_date,
        channel_key,
        city_key,
        customer_segment,
        case when is_declined then 'declined' else 'approved' end as status,
        is_declined,
        true as is_payment,
        transaction_count,
        transaction_amount_abs,
        spending_amount,
        revenue_amount,
        processing_time,
        timed_count,
        {{ build_number() }} as _build_id
    from sums
)

select * from final
order by transaction_date

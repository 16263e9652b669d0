-- grain: one row per calendar month, dimension and member with transactions
-- depends_on: {{ ref('base_transactions') }}
{{ config(
    materialized='incremental',
    incremental_strategy='append',
    pre_hook="{{ delete_touched('month_start_date', touched_transaction_months()) }}"
) }}

with transactions as (
    select
        *,
        cast({{ dbt.date_trunc('month', 'transaction_date') }} as date) as month_start_date
    from {{ ref('fact_transactions') }}
    {%- if is_incremental() %}
    where {{ is_in_touched_transaction_month('transaction_date') }}
    {%- endif %}
),

sums as (
    select
        month_start_date,
        case
            when grouping(channel) = 0 then 'channel'
            when grouping(category_name) = 0 then 'category'
            when grouping(product_id) = 0 then 'product'
            when grouping(merchant_id) = 0 then 'merchant'
            else 'total'
        end as dimension,
        case
            when grouping(channel) = 0 then coalesce(channel, 'Unknown')
            when grouping(category_name) = 0 then category_name
            when grouping(product_id) = 0 then cast(product_id as {{ dbt.type_string() }})
            when grouping(merchant_id) = 0 then cast(merchant_id as {{ dbt.type_string() }})
            else 'All'
        end as member_code,
        count(*) as transaction_count,
        count(distinct customer_id) as customer_count,
        count(*) filter (where is_declined) as declined_count,
        count(*) filter (where is_fraud) as fraud_count,
        sum(transaction_amount_abs) as volume_amount,
        sum(spending_amount) as spending_amount,
        sum(income_amount) as income_amount,
        sum(revenue_amount) as revenue_amount,
        sum(fraud_amount) as fraud_amount
    from transactions
    group by
        grouping sets (
            (month_start_date),
            (month_start_date, channel),
            (month_start_date, category_name),
            (month_start_date, product_id),
            (month_start_date, merchant_id)
        )
),

final as (
    select
        {{ surrogate_key(['month_start_date', 'dimension', 'member_code']) }} as monthly_total_key,
        *,
        {{ build_number() }} as _build_id
    from sums
    -- what is not spending has no category, and what involves no merchant none
    where member_code is not null
)

select * from final

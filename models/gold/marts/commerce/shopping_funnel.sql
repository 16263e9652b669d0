-- grain: one row per month and kind of device

with sessions as (
    select
        *,
        -- a date by itself is cut as a moment of a time zone, which costs a quarter of this query
        cast({{ dbt.date_trunc('month', 'cast(session_date as timestamp)') }} as date) as month_start_date
    from {{ ref('shopping_sessions') }}
),

counts as (
    select
        month_start_date,
        coalesce(device_type, 'unknown') as device_type,
        count(*) as session_count,
        count(*) filter (where has_cart) as cart_count,
        count(*) filter (where has_checkout) as checkout_count,
        count(*) filter (where has_purchase) as purchase_count,
        sum(abandoned_cart_amount) as abandoned_cart_amount,
        sum(duration_seconds) as duration_seconds
    from sessions
    group by month_start_date, coalesce(device_type, 'unknown')
),

final as (
    select
        {{ surrogate_key(['month_start_date', 'device_type']) }} as funnel_key,
        {{ month_columns('month_start_date', with_end=false) }},
        device_type,
        session_count,
        cart_count,
        checkout_count,
        purchase_count,
        {{ percent_of('cart_count', 'session_count') }} as cart_rate_percent,
        {{ percent_of('checkout_count', 'cart_count') }} as checkout_rate_percent,
        {{ percent_of('purchase_count', 'checkout_count') }} as purchase_rate_percent,
        {{ percent_of('purchase_count', 'session_count') }} as conversion_percent,
        {{ wilson_bound('purchase_count', 'session_count', 'lower') }} as conversion_lower_percent,
        {{ wilson_bound('purchase_count', 'session_count', 'upper') }} as conversion_upper_percent,
        abandoned_cart_amount,
        round(1.0 * duration_seconds / session_count, 1) as avg_duration_seconds
    from counts
)

select * from final

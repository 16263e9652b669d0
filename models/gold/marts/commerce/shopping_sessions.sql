-- grain: one row per visit of the marketplace

with events as (
    select * from {{ ref('fact_customer_events') }}
    {%- if is_incremental() %}
    where
        session_id in (
            select changed.session_id
            from {{ ref('fact_customer_events') }} as changed
            where changed._build_id > {{ watermark() }}
        )
    {%- endif %}
),

visits as (
    select
        session_id,
        max(customer_id) as customer_id,
        cast(min(event_at) as date) as session_date,
        min(event_at) as started_at,
        max(event_at) as ended_at,
        min(device_type) as device_type,
        min(traffic_source) as traffic_source,
        max(order_id) as order_id,
        count(*) as event_count,
        count(*) filter (where event_type = 'search') as search_count,
        count(*) filter (where event_type = 'view') as view_count,
        count(*) filter (where event_type = 'add_to_cart') as cart_line_count,
        coalesce(sum(cart_amount) filter (where event_type = 'add_to_cart'), 0) as cart_amount,
        bool_or(event_type = 'checkout') as has_checkout,
        bool_or(event_type = 'purchase') as has_purchase
    from events
    group by session_id
),

final as (
    select
        session_id,
        customer_id,
        session_date,
        started_at,
        ended_at,
        cast({{ seconds_between('started_at', 'ended_at') }} as integer) as duration_seconds,
        device_type,
        traffic_source,
        order_id,
        event_count,
        search_count,
        view_count,
        cart_line_count,
        cart_amount,
        case when cart_line_count > 0 and not has_purchase then cart_amount else 0 end as abandoned_cart_amount,
        case
            when has_purchase then 'purchase'
            when has_checkout then 'checkout'
            when cart_line_count > 0 then 'cart'
            else 'visit'
        end as furthest_step,
        cart_line_count > 0 or has_checkout or has_purchase as has_cart,
        has_checkout or has_purchase as has_checkout,
        has_purchase,
        {{ build_number() }} as _build_id
    from visits
)

select * from final

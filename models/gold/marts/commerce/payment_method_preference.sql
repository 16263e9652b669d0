-- grain: one row per payment method that paid an order

with orders as (
    select
        order_id,
        customer_id,
        payment_method,
        max(order_at) as order_at,
        sum(revenue_amount) as revenue_amount,
        sum(returned_amount) as returned_amount,
        sum(total_amount) as total_amount
    from {{ ref('fact_sales') }}
    group by order_id, customer_id, payment_method
),

habits as (
    select
        customer_id,
        payment_method,
        -- most orders, then the most recent one
        row_number() over (
            partition by customer_id order by count(*) desc, max(order_at) desc, payment_method
        ) as habit_rank
    from orders
    group by customer_id, payment_method
),

preferences as (
    select
        payment_method,
        count(*) filter (where habit_rank = 1) as preferring_customer_count
    from habits
    group by payment_method
),

totals as (
    select
        payment_method,
        count(*) as order_count,
        count(distinct customer_id) as customer_count,
        sum(revenue_amount) as revenue_amount,
        sum(total_amount) as total_amount,
        sum(returned_amount) as returned_amount,
        count(*) filter (where returned_amount > 0) as returned_order_count
    from orders
    group by payment_method
),

final as (
    select
        totals.payment_method,
        totals.order_count,
        totals.customer_count,
        preferences.preferring_customer_count,
        totals.revenue_amount,
        totals.total_amount,
        totals.returned_amount,
        round(totals.total_amount / totals.order_count, 2) as avg_order_amount,
        {{ percent_of('totals.order_count', 'sum(totals.order_count) over ()') }} as order_share_percent,
        {{ percent_of('totals.revenue_amount', 'sum(totals.revenue_amount) over ()') }} as revenue_share_percent,
        {{ percent_of('preferences.preferring_customer_count', 'sum(preferences.preferring_customer_count) over ()') }}
            as preferring_share_percent,
        {{ percent_of('totals.returned_order_count', 'totals.order_count') }} as returned_orders_percent,
        cast(row_number() over (order by totals.revenue_amount desc, totals.payment_method asc) as integer)
            as revenue_rank
    from totals
    inner join preferences
        on totals.payment_method = preferences.payment_method
)

select * from final

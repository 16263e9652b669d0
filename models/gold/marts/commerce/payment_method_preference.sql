-- grain: one row per payment method that paid an order

with habits as (
    select
        customer_id,
        payment_method,
        -- most orders, then the most recent one
        row_number() over (
            partition by customer_id order by count(*) desc, max(order_at) desc, payment_method
        ) as habit_rank
    from {{ ref('order_totals') }}
    group by customer_id, payment_method
),

shoppers as (
    select
        payment_method,
        count(customer_id) as customer_count,
        count(*) filter (where habit_rank = 1) as preferring_customer_count
    from habits
    group by payment_method
),

-- money is added up by method alone: by shopper there are a hundred thousand times as many sums
orders as (
    select
        payment_method,
        count(*) as order_count,
        count(*) filter (where returned_amount > 0) as returned_order_count,
        sum(revenue_amount) as revenue_amount,
        sum(returned_amount) as returned_amount,
        sum(total_amount) as total_amount
    from {{ ref('order_totals') }}
    group by payment_method
),

totals as (
    select
        orders.*,
        shoppers.customer_count,
        shoppers.preferring_customer_count
    from orders
    inner join shoppers
        on orders.payment_method = shoppers.payment_method
),

final as (
    select
        payment_method,
        order_count,
        customer_count,
        preferring_customer_count,
        revenue_amount,
        total_amount,
        returned_amount,
        round(total_amount / order_count, 2) as avg_order_amount,
        {{ percent_of('order_count', 'sum(order_count) over ()') }} as order_share_percent,
        {{ percent_of('revenue_amount', 'sum(revenue_amount) over ()') }} as revenue_share_percent,
        {{ percent_of('preferring_customer_count', 'sum(preferring_customer_count) over ()') }}
            as preferring_share_percent,
        {{ percent_of('returned_order_count', 'order_count') }} as returned_orders_percent,
        cast(row_number() over (order by revenue_amount desc, payment_method asc) as integer)
            as revenue_rank
    from totals
)

select * from final

-- grain: one row per customer who has ordered on the marketplace

with as_of as (
    select as_of_date from {{ ref('as_of_date') }}
),

orders as (
    select * from {{ ref('order_totals') }}
),

customers as (
    select
        customer_id,
        count(*) as order_count,
        min(order_date) as first_order_date,
        max(order_date) as last_order_date,
        {{ dbt.datediff('min(order_date)', 'max(order_date)', 'day') }} as active_days,
        sum(revenue_amount) as lifetime_revenue_amount,
        sum(returned_amount) as returned_amount,
        sum(profit_amount) as lifetime_profit_amount
    from orders
    group by customer_id
),

final as (
    select
        customers.customer_id,
        case
            when customers.lifetime_revenue_amount >= 1000 then 'High Value'
            when customers.lifetime_revenue_amount >= 500 then 'Medium Value'
            else 'Low Value'
        end as value_segment,
        customers.order_count,
        customers.first_order_date,
        customers.last_order_date,
        customers.lifetime_revenue_amount,
        customers.returned_amount,
        customers.lifetime_profit_amount,
        round(customers.lifetime_revenue_amount / customers.order_count, 2) as avg_order_amount,
        case
            when customers.order_count > 1
                then round(1.0 * customers.active_days / (customers.order_count - 1), 1)
        end as avg_days_between_orders,
        cast({{ dbt.datediff('customers.last_order_date', 'as_of.as_of_date', 'day') }} as integer)
            as days_since_last_order
    from customers
    cross join as_of
)

select * from final

-- grain: one row per order
-- Most orders have one line, so each sum costs as much as its order: the gross amount is revenue and discount, and few
-- lines were returned.

select
    order_id,
    min(customer_id) as customer_id,
    min(order_at) as order_at,
    min(order_date) as order_date,
    min(order_status) as order_status,
    min(payment_method) as payment_method,
    count(*) as line_count,
    sum(quantity) as unit_count,
    sum(revenue_amount) + sum(discount_amount) as gross_amount,
    sum(discount_amount) as discount_amount,
    sum(revenue_amount) as revenue_amount,
    coalesce(sum(returned_amount) filter (where returned_amount <> 0), 0) as returned_amount,
    sum(shipping_amount) as shipping_amount,
    sum(total_amount) as total_amount,
    sum(profit_amount) as profit_amount
from {{ ref('fact_sales') }}
group by order_id

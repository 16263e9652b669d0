-- Drill-across: an order costs what the bank booked for it, a returned order what the bank paid back, in the same
-- customer's name and at the seller's; and a line costs what its product cost when it was sold.

with orders as (
    select
        order_id,
        min(customer_id) as customer_id,
        min(merchant_id) as merchant_id,
        min(transaction_id) as transaction_id,
        min(refund_transaction_id) as refund_transaction_id,
        count(distinct transaction_id) as payments,
        sum(total_amount) as total_amount
    from {{ ref('fact_sales') }}
    group by order_id
),

payments as (
    select * from {{ ref('fact_transactions') }}
)

select
    orders.order_id,
    'payment' as what
from orders
left join payments
    on
        orders.transaction_id = payments.transaction_id
        and orders.customer_id = payments.customer_id
        and orders.merchant_id = payments.merchant_id
        and payments.transaction_type = 'purchase'
        and payments.is_approved
        and orders.total_amount = -payments.transaction_amount
where payments.transaction_id is null or orders.payments > 1

union all

select
    orders.order_id,
    'refund' as what
from orders
inner join payments
    on orders.refund_transaction_id = payments.transaction_id
where payments.transaction_type <> 'refund' or payments.transaction_amount <> orders.total_amount

union all

select
    lines.order_id,
    'cost' as what
from {{ ref('stg_sales_fact') }} as lines
inner join {{ ref('fact_sales') }} as sales
    on lines.order_line_id = sales.order_line_id
where lines.cost_amount <> sales.cost_amount

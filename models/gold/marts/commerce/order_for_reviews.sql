-- grain: one row per order that breaks a rule: more than 30 % discount, or shipping above 10 % of the goods

with orders as (
    select * from {{ ref('order_totals') }}
),

-- compared as products, so that no rounding moves an order across the boundary
judged as (
    select
        *,
        100 * discount_amount > 30 * gross_amount as has_high_discount,
        100 * shipping_amount > 10 * revenue_amount as has_high_shipping
    from orders
),

final as (
    select
        order_id,
        customer_id,
        order_date,
        case
            when has_high_discount and has_high_shipping then 'discount and shipping'
            when has_high_discount then 'discount'
            else 'shipping'
        end as review_reason,
        order_status,
        payment_method,
        line_count,
        gross_amount,
        discount_amount,
        revenue_amount,
        shipping_amount,
        total_amount,
        profit_amount,
        {{ percent_of('discount_amount', 'gross_amount') }} as discount_percent,
        {{ percent_of('shipping_amount', 'revenue_amount') }} as shipping_percent,
        has_high_discount,
        has_high_shipping
    from judged
    where has_high_discount or has_high_shipping
)

select * from final

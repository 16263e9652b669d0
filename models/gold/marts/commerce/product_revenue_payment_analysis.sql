-- grain: one row per product of the marketplace and payment method

with sales as (
    select * from {{ ref('fact_sales') }}
),

products as (
    select * from {{ ref('dim_catalogue_product') }}
    where is_current
),

totals as (
    select
        catalogue_product_id,
        payment_method,
        count(distinct order_id) as order_count,
        count(distinct customer_id) as customer_count,
        sum(quantity) as unit_count,
        sum(revenue_amount) as revenue_amount,
        sum(returned_amount) as returned_amount,
        sum(profit_amount) as profit_amount
    from sales
    group by catalogue_product_id, payment_method
),

final as (
    select
        {{ surrogate_key(['totals.catalogue_product_id', 'totals.payment_method']) }} as product_payment_key,
        totals.catalogue_product_id,
        products.product_name,
        products.category_name,
        products.subcategory_name,
        products.inventory_status,
        totals.payment_method,
        totals.order_count,
        totals.customer_count,
        totals.unit_count,
        totals.revenue_amount,
        totals.returned_amount,
        totals.profit_amount,
        {{ percent_of('totals.profit_amount', 'totals.revenue_amount') }} as profit_margin_percent,
        {{ percent_of(
            'totals.revenue_amount', 'sum(totals.revenue_amount) over (partition by totals.catalogue_product_id)'
        ) }} as product_share_percent,
        cast(row_number() over (
            partition by totals.catalogue_product_id order by totals.revenue_amount desc, totals.payment_method asc
        ) as integer) as payment_method_rank
    from totals
    left join products
        on totals.catalogue_product_id = products.catalogue_product_id
)

select * from final

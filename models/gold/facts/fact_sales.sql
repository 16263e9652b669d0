-- grain: one row per order line of the marketplace
-- depends_on: {{ ref('customers_snapshot') }}
-- depends_on: {{ ref('product_snapshot') }}
-- depends_on: {{ ref('fact_transactions') }}

with lines as (
    select * from {{ ref('stg_sales_fact') }}
),

customers as (
    select * from {{ ref('dim_customer_private') }}
),

products as (
    select * from {{ ref('dim_catalogue_product') }}
),

payments as (
    select * from {{ ref('fact_transactions') }}
),

{% if is_incremental() -%}
touched as (
    {{ with_changed_history(
        ref('stg_sales_fact'), 'order_line_id', 'order_at', {
            ref('customers_snapshot'): 'customer_id', ref('product_snapshot'): 'catalogue_product_id'
        }
    ) }}
    union
    select known.order_line_id
    from {{ this }} as known
    inner join {{ ref('fact_transactions') }} as changed
        on known.transaction_id = changed.transaction_id
    where changed._build_id > {{ watermark() }}
),
{%- endif %}

final as (
    select
        ---------- ids
        lines.order_line_id,
        cast({{ date_key('lines.order_at') }} as integer) as date_key,
        customers.customer_key,
        products.catalogue_product_key,
        payments.merchant_key,
        lines.customer_id,
        lines.catalogue_product_id,
        lines.merchant_id,
        lines.order_id,
        lines.line_number,
        lines.transaction_id,
        lines.refund_transaction_id,
        ---------- when
        lines.order_at,
        cast(lines.order_at as date) as order_date,
        ---------- what
        products.category_name,
        products.subcategory_name,
        payments.channel,
        payments.payment_method,
        lines.order_status,
        lines.ship_city,
        lines.ship_state,
        ---------- measures
        cast(lines.quantity as integer) as quantity,
        lines.unit_price as unit_price_amount,
        100 * lines.discount_fraction as discount_percent,
        lines.gross_amount,
        lines.discount_amount,
        lines.revenue_amount,
        lines.shipping_amount,
        lines.tax_amount,
        lines.revenue_amount + lines.shipping_amount + lines.tax_amount as total_amount,
        products.unit_cost_amount,
        lines.quantity * products.unit_cost_amount as cost_amount,
        lines.revenue_amount - lines.quantity * products.unit_cost_amount as profit_amount,
        case when lines.order_status = 'returned' then lines.revenue_amount else 0 end as returned_amount,
        ---------- flags
        coalesce(lines.order_status = 'returned', false) as is_returned,
        ---------- load
        {{ dbt.current_timestamp() }} as dw_updated_at,
        lines._batch_id,
        {{ build_number() }} as _build_id
    from lines
    left join customers
        on
            lines.customer_id = customers.customer_id
            and {{ valid_at('customers', 'lines.order_at') }}
    left join products
        on
            lines.catalogue_product_id = products.catalogue_product_id
            and {{ valid_at('products', 'lines.order_at') }}
    left join payments
        on lines.transaction_id = payments.transaction_id
    {%- if is_incremental() %}
    where lines.order_line_id in (select touched.order_line_id from touched)
    {%- endif %}
)

select * from final
order by order_at

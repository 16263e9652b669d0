-- grain: one row per delivered row of bronze.sales_fact

{% set columns = [
    'order_line_id', 'order_id', 'line_number', 'customer_id',
    'catalogue_product_id', 'merchant_id', 'transaction_id', 'order_at',
    'quantity', 'unit_price', 'discount_fraction', 'shipping_amount',
    'tax_amount', 'unit_cost', 'currency', 'order_status',
    'ship_city', 'ship_state', 'refund_transaction_id', 'created_at',
    'updated_at'
] %}

with delivered as (
    {{ new_deliveries('sales_fact') }}
),

typed as (
    select
        {{ delivery_columns() }},
        {{ clean_integer('order_line_id') }} as order_line_id,
        {{ clean_integer('order_id') }} as order_id,
        {{ clean_integer('line_number') }} as line_number,
        {{ clean_integer('customer_id') }} as customer_id,
        {{ clean_integer('product_id') }} as catalogue_product_id,
        {{ clean_integer('merchant_id') }} as merchant_id,
        {{ clean_integer('transaction_id') }} as transaction_id,
        {{ clean_timestamp('order_date') }} as order_at,
        {{ clean_integer('quantity') }} as quantity,
        {{ clean_amount('unit_price') }} as unit_price,
        coalesce({{ clean_numeric('discount') }}, 0) as discount_fraction,
        coalesce({{ clean_amount('shipping_cost') }}, 0) as shipping_amount,
        coalesce({{ clean_amount('tax_amount') }}, 0) as tax_amount,
        {{ clean_amount('unit_cost') }} as unit_cost,
        coalesce(upper({{ clean_text('currency') }}), '{{ var("reporting_currency") }}') as currency,
        lower({{ clean_text('order_status') }}) as order_status,
        {{ clean_text('ship_city') }} as ship_city,
        {{ clean_text('ship_state') }} as ship_state,
        {{ clean_integer('refund_transaction_id') }} as refund_transaction_id,
        {{ clean_timestamp('created_at') }} as created_at,
        coalesce({{ clean_timestamp('updated_at') }}, {{ clean_timestamp('created_at') }}) as updated_at,
        {{ evaluate_once() }} as is_typed
    from delivered
),

checked as (
    select
        *,
        case
            when order_line_id is null or order_id is null then 'missing_id'
            when order_at is null then 'unreadable_date'
            when unit_price is null or unit_cost is null or quantity is null then 'unreadable_amount'
            when currency <> '{{ var("reporting_currency") }}' then 'foreign_currency'
            when
                quantity < 1 or unit_price < 0 or unit_cost < 0 or shipping_amount < 0 or tax_amount < 0
                or discount_fraction < 0 or discount_fraction > 1
                then 'impossible_value'
        end as row_defect,
        {{ evaluate_once() }} as is_checked
    from typed
),

candidates as (
    {{ with_known_deliveries('checked', columns, 'order_line_id') }}
),

customers as (
    select customer_id from {{ ref('base_customers') }}
    where disposition = 'kept'
    group by customer_id
),

products as (
    select catalogue_product_id from {{ ref('base_product') }}
    where disposition = 'kept'
    group by catalogue_product_id
),

-- an order counts once the transaction that paid it has come
payments as (
    select transaction_id from {{ ref('base_transactions') }}
    where
        disposition = 'kept'
        and transaction_id in (select candidates.transaction_id from candidates)
    group by transaction_id
),

resolved as (
    select
        candidates.*,
        case
            when candidates.row_defect is not null then candidates.row_defect
            when customers.customer_id is null then 'orphan_customer'
            when products.catalogue_product_id is null then 'orphan_product'
            when payments.transaction_id is null then 'orphan_transaction'
        end as quarantine_reason
    from candidates
    left join customers
        on candidates.customer_id = customers.customer_id
    left join products
        on candidates.catalogue_product_id = products.catalogue_product_id
    left join payments
        on candidates.transaction_id = payments.transaction_id
),

{{ verdicts('resolved', columns, 'order_line_id') }}

select * from final

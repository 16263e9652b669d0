-- grain: one row per delivered row of bronze.product

{% set columns = [
    'catalogue_product_id', 'product_name', 'brand', 'category_id',
    'list_price', 'unit_cost', 'stock_quantity', 'listing_status',
    'launched_date', 'created_at', 'updated_at', 'is_deleted'
] %}

with delivered as (
    {{ new_deliveries('product') }}
),

typed as (
    select
        {{ delivery_columns() }},
        {{ clean_integer('product_id') }} as catalogue_product_id,
        {{ clean_text('product_name') }} as product_name,
        {{ clean_text('brand') }} as brand,
        {{ clean_integer('category_id') }} as category_id,
        {{ clean_numeric('list_price') }} as list_price,
        {{ clean_numeric('unit_cost') }} as unit_cost,
        {{ clean_integer('stock_quantity') }} as stock_quantity,
        lower({{ clean_text('listing_status') }}) as listing_status,
        {{ clean_date('launched_date') }} as launched_date,
        {{ clean_timestamp('created_at') }} as created_at,
        coalesce({{ clean_timestamp('updated_at') }}, {{ clean_timestamp('created_at') }}) as updated_at,
        coalesce({{ clean_boolean('is_deleted') }}, false) as is_deleted
    from delivered
),

checked as (
    select
        *,
        case
            when catalogue_product_id is null then 'missing_id'
            when list_price < 0 or unit_cost < 0 or stock_quantity < 0 then 'impossible_value'
        end as row_defect,
        {{ evaluate_once() }} as is_checked
    from typed
),

candidates as (
    {{ with_known_deliveries('checked', columns, 'catalogue_product_id') }}
),

resolved as (
    select
        *,
        row_defect as quarantine_reason
    from candidates
),

{{ verdicts('resolved', columns, 'catalogue_product_id') }}

select * from final

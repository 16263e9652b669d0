-- grain: one row per delivered row of bronze.product_category

{% set columns = [
    'category_id', 'category_name', 'subcategory_name', 'reorder_level',
    'created_at', 'updated_at', 'is_deleted'
] %}

with delivered as (
    {{ new_deliveries('product_category') }}
),

typed as (
    select
        {{ delivery_columns() }},
        {{ clean_integer('category_id') }} as category_id,
        {{ clean_text('category_name') }} as category_name,
        {{ clean_text('subcategory_name') }} as subcategory_name,
        {{ clean_integer('reorder_level') }} as reorder_level,
        {{ clean_timestamp('created_at') }} as created_at,
        coalesce({{ clean_timestamp('updated_at') }}, {{ clean_timestamp('created_at') }}) as updated_at,
        coalesce({{ clean_boolean('is_deleted') }}, false) as is_deleted
    from delivered
),

checked as (
    select
        *,
        case
            when category_id is null then 'missing_id'
            when reorder_level < 0 then 'impossible_value'
        end as row_defect
    from typed
),

candidates as (
    {{ with_known_deliveries('checked', columns, 'category_id') }}
),

resolved as (
    select
        *,
        row_defect as quarantine_reason
    from candidates
),

{{ verdicts('resolved', columns, 'category_id') }}

select * from final

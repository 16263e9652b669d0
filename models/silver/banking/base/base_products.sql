-- grain: one row per delivered row of bronze.products

{% set columns = [
    'product_id', 'product_name', 'category', 'interest_rate',
    'min_balance', 'monthly_fee', 'overdraft_limit', 'product_tier',
    'is_premium', 'created_at', 'updated_at', 'is_deleted'
] %}

with delivered as (
    {{ new_deliveries('products') }}
),

typed as (
    select
        {{ delivery_columns() }},
        {{ clean_integer('product_id') }} as product_id,
        {{ clean_text('product_name') }} as product_name,
        {{ clean_text('category') }} as category,
        {{ clean_numeric('interest_rate') }} as interest_rate,
        {{ clean_numeric('min_balance') }} as min_balance,
        {{ clean_numeric('monthly_fee') }} as monthly_fee,
        {{ clean_numeric('overdraft_limit') }} as overdraft_limit,
        {{ clean_text('product_tier') }} as product_tier,
        {{ clean_boolean('is_premium') }} as is_premium,
        {{ clean_timestamp('created_at') }} as created_at,
        coalesce({{ clean_timestamp('updated_at') }}, {{ clean_timestamp('created_at') }}) as updated_at,
        coalesce({{ clean_boolean('is_deleted') }}, false) as is_deleted
    from delivered
),

checked as (
    select
        *,
        case
            when product_id is null then 'missing_id'
            when interest_rate < 0 or monthly_fee < 0 then 'impossible_value'
        end as row_defect,
        {{ evaluate_once() }} as is_checked
    from typed
),

candidates as (
    {{ with_known_deliveries('checked', columns, 'product_id') }}
),

resolved as (
    select
        *,
        row_defect as quarantine_reason
    from candidates
),

{{ verdicts('resolved', columns, 'product_id') }}

select * from final

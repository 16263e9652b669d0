-- grain: one row per delivered row of bronze.merchants

{% set columns = [
    'merchant_id', 'merchant_name', 'category', 'mcc_code',
    'city', 'state', 'country', 'latitude',
    'longitude', 'risk_rating', 'avg_transaction_amount', 'is_online',
    'established_date', 'created_at', 'updated_at', 'is_deleted'
] %}

with delivered as (
    {{ new_deliveries('merchants') }}
),

typed as (
    select
        {{ delivery_columns() }},
        {{ clean_integer('merchant_id') }} as merchant_id,
        {{ clean_text('merchant_name') }} as merchant_name,
        {{ clean_text('category') }} as category,
        {{ clean_text('mcc_code') }} as mcc_code,
        {{ clean_text('city') }} as city,
        {{ clean_text('state') }} as state,
        {{ clean_text('country') }} as country,
        {{ clean_numeric('latitude') }} as latitude,
        {{ clean_numeric('longitude') }} as longitude,
        {{ clean_text('risk_rating') }} as risk_rating,
        {{ clean_numeric('avg_transaction_amount') }} as avg_transaction_amount,
        {{ clean_boolean('is_online') }} as is_online,
        {{ clean_date('established_date') }} as established_date,
        {{ clean_timestamp('created_at') }} as created_at,
        coalesce({{ clean_timestamp('updated_at') }}, {{ clean_timestamp('created_at') }}) as updated_at,
        coalesce({{ clean_boolean('is_deleted') }}, false) as is_deleted
    from delivered
),

checked as (
    select
        *,
        case
            when merchant_id is null then 'missing_id'
            when latitude not between -90 and 90 or longitude not between -180 and 180 then 'impossible_value'
        end as row_defect,
        {{ evaluate_once() }} as is_checked
    from typed
),

candidates as (
    {{ with_known_deliveries('checked', columns, 'merchant_id') }}
),

resolved as (
    select
        *,
        row_defect as quarantine_reason
    from candidates
),

{{ verdicts('resolved', columns, 'merchant_id') }}

select * from final

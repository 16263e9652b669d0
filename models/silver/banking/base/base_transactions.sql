-- grain: one row per delivered row of bronze.transactions

{% set columns = [
    'transaction_id', 'account_id', 'customer_id', 'merchant_id',
    'transaction_at', 'transaction_type', 'amount', 'currency',
    'channel', 'payment_method', 'merchant_category', 'mcc_code',
    'description', 'is_fraud', 'fraud_score', 'location_city',
    'location_state', 'location_country', 'latitude', 'longitude',
    'device_id', 'ip_address', 'is_international', 'authorization_code',
    'card_last_four', 'is_recurring', 'distance_from_home_km', 'merchant_risk_score',
    'velocity_24h', 'amount_deviation_score', 'processing_time_ms', 'decline_reason',
    'created_at', 'updated_at', 'quality_score'
] %}

with delivered as (
    {{ new_deliveries('transactions') }}
),

typed as (
    select
        {{ delivery_columns() }},
        {{ clean_integer('transaction_id') }} as transaction_id,
        {{ clean_integer('account_id') }} as account_id,
        {{ clean_integer('customer_id') }} as customer_id,
        {{ clean_integer('merchant_id') }} as merchant_id,
        {{ clean_timestamp('transaction_date') }} as transaction_at,
        lower({{ clean_text('transaction_type') }}) as transaction_type,
        {{ clean_amount('amount') }} as amount,
        coalesce(
            {{ amount_currency('amount') }}, upper({{ clean_text('currency') }}), '{{ var("reporting_currency") }}'
        ) as currency,
        upper({{ clean_text('channel') }}) as channel_text,
        {{ clean_text('payment_method') }} as payment_method,
        {{ clean_text('merchant_category') }} as merchant_category,
        {{ clean_text('mcc_code') }} as mcc_code,
        {{ clean_text('description') }} as description,
        coalesce({{ clean_boolean('is_fraud') }}, false) as is_fraud,
        {{ clean_numeric('fraud_score') }} as fraud_score,
        {{ clean_text('location_city') }} as location_city,
        {{ clean_text('location_state') }} as location_state,
        {{ clean_text('location_country') }} as location_country,
        {{ clean_numeric('latitude') }} as latitude,
        {{ clean_numeric('longitude') }} as longitude,
        {{ clean_text('device_id') }} as device_id,
        {{ clean_text('ip_address') }} as ip_address,
        coalesce({{ clean_boolean('is_international') }}, false) as is_international,
        {{ clean_text('authorization_code') }} as authorization_code,
        {{ clean_text('card_last_four') }} as card_last_four,
        coalesce({{ clean_boolean('is_recurring') }}, false) as is_recurring,
        {{ clean_numeric('distance_from_home_km') }} as distance_from_home_km,
        {{ clean_numeric('merchant_risk_score') }} as merchant_risk_score,
        {{ clean_integer('velocity_24h') }} as velocity_24h,
        {{ clean_numeric('amount_deviation_score') }} as amount_deviation_score,
        {{ clean_integer('processing_time_ms') }} as processing_time_ms,
        {{ clean_text('decline_reason') }} as decline_reason,
        {{ clean_timestamp('created_at') }} as created_at,
        coalesce({{ clean_timestamp('updated_at') }}, {{ clean_timestamp('created_at') }}) as updated_at,
        {{ evaluate_once() }} as is_typed
    from delivered
),

checked as (
    select
        *,
        case channel_text
            when 'POS' then 'POS'
            when 'ATM' then 'ATM'
            else substr(channel_text, 1, 1) || lower(substr(channel_text, 2))
        end as channel,
        {{ quality_score(
            amount='amount', date='transaction_at', person='customer_id',
            description='description', location='location_city',
            category="case when transaction_type in ('purchase', 'refund', 'fee') then merchant_category else 'none' end"
        ) }} as quality_score,
        case
            when transaction_id is null then 'missing_id'
            when account_id is null then 'missing_account'
            when amount is null then 'unreadable_amount'
            when transaction_at is null then 'unreadable_date'
            when currency <> '{{ var("reporting_currency") }}' then 'foreign_currency'
            when not {{ is_known_type('transaction_type') }} then 'unknown_type'
            when
                amount = 0 or abs(amount) >= 1000000000 or amount <> round(amount, 2)
                or (amount > 0 and {{ money_leaves('transaction_type') }})
                or (amount < 0 and {{ money_arrives('transaction_type') }})
                then 'impossible_amount'
            when
                transaction_at < cast('2000-01-01' as date)
                or transaction_at >= {{ dbt.dateadd('day', 2, '_batch_date') }}
                then 'impossible_date'
        end as row_defect,
        {{ evaluate_once() }} as is_checked
    from typed
),

candidates as (
    {{ with_known_deliveries('checked', columns, 'transaction_id') }}
),

owners as (
    select
        account_id,
        max(customer_id) as owner_id
    from {{ ref('base_accounts') }}
    where disposition = 'kept'
    group by account_id
),

people as (
    select customer_id
    from {{ ref('base_customers') }}
    where disposition = 'kept'
    group by customer_id
),

categories as (
    select
        mcc_code as known_mcc_code,
        category_name as mcc_category
    from {{ ref('merchant_category_codes') }}
),

resolved as (
    select
        {{ delivery_columns_of('candidates', columns, without=['customer_id', 'merchant_category']) }},
        candidates.row_defect,
        candidates.known_verdict,
        coalesce(candidates.customer_id, owners.owner_id) as customer_id,
        coalesce(candidates.merchant_category, categories.mcc_category) as merchant_category,
        case
            when candidates.row_defect is not null then candidates.row_defect
            when owners.account_id is null then 'orphan_account'
            when people.customer_id is null then 'orphan_customer'
        end as quarantine_reason
    from candidates
    left join owners
        on candidates.account_id = owners.account_id
    left join people
        on coalesce(candidates.customer_id, owners.owner_id) = people.customer_id
    left join categories
        on candidates.mcc_code = categories.known_mcc_code
),

{{ verdicts('resolved', columns, 'transaction_id') }}

select * from final

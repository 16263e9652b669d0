-- grain: one row per transaction
-- depends_on: {{ ref('customers_snapshot') }}
-- depends_on: {{ ref('accounts_snapshot') }}
-- depends_on: {{ ref('products_snapshot') }}
-- depends_on: {{ ref('merchants_snapshot') }}

with transactions as (
    select * from {{ ref('stg_transactions') }}
),

customers as (
    select * from {{ ref('dim_customer_private') }}
),

accounts as (
    select * from {{ ref('dim_account') }}
),

products as (
    select * from {{ ref('dim_product') }}
),

merchants as (
    select * from {{ ref('dim_merchant') }}
),

categories as (
    select * from {{ ref('spending_categories') }}
),

methods as (
    select * from {{ ref('payment_methods') }}
),

{% if is_incremental() -%}
touched as (
    {{ with_changed_history(
        ref('stg_transactions'), 'transaction_id', 'transaction_timestamp',
        {
            ref('customers_snapshot'): 'customer_id', ref('accounts_snapshot'): 'account_id',
            ref('products_snapshot'): 'product_id', ref('merchants_snapshot'): 'merchant_id'
        }
    ) }}
),
{%- endif %}

dated as (
    select
        *,
        abs(amount) as amount_abs,
        cast({{ date_key('transaction_at') }} as integer) as date_key,
        {{ is_spending('transaction_type') }} and is_approved as is_spending,
        transaction_type in ('salary', 'interest') and is_approved as is_income,
        processing_time_ms / 1000.0 as processing_time
    from transactions
    {%- if is_incremental() %}
    where transaction_id in (select touched.transaction_id from touched)
    {%- endif %}
),

final as (
    select
        ---------- ids
        dated.transaction_id,
        dated.date_key,
        customers.customer_key,
        accounts.account_key,
        products.product_key,
        coalesce(merchants.merchant_key, -1) as merchant_key,
        {{ surrogate_key(["coalesce(dated.payment_method, 'Unknown')"]) }} as payment_method_key,
        case
            when methods.is_payment_channel then {{ surrogate_key(['methods.payment_method']) }}
            else -1
        end as channel_key,
        {{ city_key('dated.location_city', 'dated.location_state', 'dated.location_country') }} as city_key,
        dated.customer_id,
        dated.account_id,
        accounts.product_id,
        dated.merchant_id,
        ---------- when
        dated.transaction_date,
        dated.transaction_at as transaction_timestamp,
        dated.hour_of_day,
        dated.day_of_week,
        {{ time_of_day('dated.hour_of_day') }} as time_of_day,
        ---------- what
        dated.transaction_type,
        case when dated.is_approved then 'approved' else 'declined' end as status,
        dated.decline_reason,
        dated.channel,
        dated.payment_method,
        coalesce(methods.payment_type, 'Unknown') as payment_type,
        case
            when {{ is_spending('dated.transaction_type') }}
                then coalesce(categories.category_name, 'Uncategorized')
        end as category_name,
        case
            when {{ is_spending('dated.transaction_type') }}
                then coalesce(categories.category_group, 'other')
        end as category_group,
        dated.mcc_code,
        {{ size_bucket('dated.amount_abs') }} as size_bucket,
        ---------- where
        coalesce(dated.location_city, 'Unknown') as location_city,
        coalesce(dated.location_state, 'Unknown') as location_state,
        coalesce(dated.location_country, 'Unknown') as location_country,
        ---------- measures
        dated.currency,
        dated.amount as transaction_amount,
        dated.amount_abs as transaction_amount_abs,
        case when dated.amount < 0 then dated.amount_abs else 0 end as debit_amount,
        case when dated.amount > 0 then dated.amount else 0 end as credit_amount,
        case when dated.is_approved then dated.amount else 0 end as approved_amount,
        case when dated.is_approved then 0 else dated.amount_abs end as declined_amount,
        case when dated.is_spending then -dated.amount else 0 end as spending_amount,
        case when dated.is_income then dated.amount else 0 end as income_amount,
        case when dated.is_fraud then dated.amount_abs else 0 end as fraud_amount,
        coalesce(methods.fee_percent, 0) as fee_percent,
        case
            when dated.is_approved and dated.transaction_type = 'purchase'
                then round(dated.amount_abs * coalesce(methods.fee_percent, 0) / 100, 2)
            else 0
        end as revenue_amount,
        1 as transaction_count,
        case when dated.processing_time is null then 0 else 1 end as timed_count,
        dated.fraud_score,
        dated.merchant_risk_score,
        dated.velocity_24h,
        dated.amount_deviation_score,
        dated.distance_from_home_km,
        dated.processing_time_ms,
        round(dated.processing_time, 3) as processing_time,
        {{ processing_delay_bucket('dated.processing_time') }} as processing_delay_bucket,
        dated.quality_score,
        ---------- flags
        dated.is_approved,
        not dated.is_approved as is_declined,
        dated.is_fraud,
        dated.amount_abs >= {{ var('high_value_amount') }} as is_high_value,
        dated.is_international,
        dated.is_recurring,
        dated.is_spending,
        dated.is_income,
        dated.transaction_type in ('transfer_in', 'transfer_out') as is_transfer,
        dated.transaction_type = 'refund' as is_refund,
        dated.transaction_type in ('withdrawal', 'deposit') and dated.channel = 'ATM' as is_cash,
        dated.channel in ('Online', 'Mobile') as is_online,
        coalesce(methods.is_payment_channel, false) as is_payment_channel,
        dated.transaction_type = 'purchase' and coalesce(methods.is_payment_channel, false) as is_payment,
        {{ is_spending('dated.transaction_type') }}
        and coalesce(categories.category_group = 'essential', false) as is_essential,
        {{ is_spending('dated.transaction_type') }}
        and coalesce(categories.category_group = 'discretionary', false) as is_discretionary,
        dated.is_weekend,
        {{ time_of_day('dated.hour_of_day') }} = 'night' as is_night,
        coalesce(merchants.risk_rating = 'High', false) as is_high_risk_merchant,
        dated.updated_at > dated.created_at as is_corrected,
        ---------- load
        {{ dbt.current_timestamp() }} as dw_updated_at,
        dated._batch_id,
        {{ build_number() }} as _build_id
    from dated
    left join customers
        on
            dated.customer_id = customers.customer_id
            and {{ valid_at('customers', 'dated.transaction_at') }}
    left join accounts
        on
            dated.account_id = accounts.account_id
            and {{ valid_at('accounts', 'dated.transaction_at') }}
    left join products
        on
            accounts.product_id = products.product_id
            and {{ valid_at('products', 'dated.transaction_at') }}
    left join merchants
        on
            dated.merchant_id = merchants.merchant_id
            and {{ valid_at('merchants', 'dated.transaction_at') }}
    left join categories
        on dated.merchant_category = categories.merchant_category
    left join methods
        on dated.payment_method = methods.payment_method
)

select * from final
order by transaction_timestamp

-- grain: one row per delivered row of bronze.subscription_data

{% set columns = [
    'subscription_id', 'customer_id', 'plan_name', 'billing_period',
    'price_amount', 'start_date', 'end_date', 'subscription_status',
    'cancellation_reason', 'is_auto_renewed', 'created_at', 'updated_at'
] %}

with delivered as (
    {{ new_deliveries('subscription_data') }}
),

typed as (
    select
        {{ delivery_columns() }},
        {{ clean_integer('subscription_id') }} as subscription_id,
        {{ clean_integer('customer_id') }} as customer_id,
        {{ clean_text('plan_name') }} as plan_name,
        lower({{ clean_text('billing_period') }}) as billing_period,
        {{ clean_amount('price') }} as price_amount,
        {{ clean_date('start_date') }} as start_date,
        {{ clean_date('end_date') }} as end_date,
        lower({{ clean_text('status') }}) as subscription_status,
        lower({{ clean_text('cancellation_reason') }}) as cancellation_reason,
        {{ clean_boolean('auto_renew') }} as is_auto_renewed,
        {{ clean_timestamp('created_at') }} as created_at,
        coalesce({{ clean_timestamp('updated_at') }}, {{ clean_timestamp('created_at') }}) as updated_at
    from delivered
),

checked as (
    select
        *,
        case
            when subscription_id is null then 'missing_id'
            when start_date is null then 'unreadable_date'
            when price_amount is null then 'unreadable_amount'
            when end_date < start_date or price_amount < 0 then 'impossible_value'
            when billing_period not in ('monthly', 'annual') or billing_period is null then 'unknown_type'
        end as row_defect,
        {{ evaluate_once() }} as is_checked
    from typed
),

candidates as (
    {{ with_known_deliveries('checked', columns, 'subscription_id') }}
),

customers as (
    select customer_id from {{ ref('base_customers') }}
    where disposition = 'kept'
    group by customer_id
),

resolved as (
    select
        candidates.*,
        case
            when candidates.row_defect is not null then candidates.row_defect
            when customers.customer_id is null then 'orphan_customer'
        end as quarantine_reason
    from candidates
    left join customers
        on candidates.customer_id = customers.customer_id
),

{{ verdicts('resolved', columns, 'subscription_id') }}

select * from final

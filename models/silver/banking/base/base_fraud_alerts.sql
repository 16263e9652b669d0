-- grain: one row per delivered row of bronze.fraud_alerts

{% set columns = [
    'alert_id', 'transaction_id', 'customer_id', 'account_id',
    'alert_at', 'alert_type', 'alert_severity', 'investigation_status',
    'resolution_at', 'amount_recovered', 'assigned_to', 'notes',
    'created_at', 'updated_at'
] %}

with delivered as (
    {{ new_deliveries('fraud_alerts') }}
),

typed as (
    select
        {{ delivery_columns() }},
        {{ clean_integer('alert_id') }} as alert_id,
        {{ clean_integer('transaction_id') }} as transaction_id,
        {{ clean_integer('customer_id') }} as customer_id,
        {{ clean_integer('account_id') }} as account_id,
        {{ clean_timestamp('alert_date') }} as alert_at,
        {{ clean_text('alert_type') }} as alert_type,
        {{ clean_text('alert_severity') }} as alert_severity,
        {{ clean_text('investigation_status') }} as investigation_status,
        {{ clean_timestamp('resolution_date') }} as resolution_at,
        {{ clean_numeric('amount_recovered') }} as amount_recovered,
        {{ clean_text('assigned_to') }} as assigned_to,
        {{ clean_text('notes') }} as notes,
        {{ clean_timestamp('created_at') }} as created_at,
        coalesce({{ clean_timestamp('updated_at') }}, {{ clean_timestamp('created_at') }}) as updated_at,
        {{ evaluate_once() }} as is_typed
    from delivered
),

checked as (
    select
        *,
        case
            when alert_id is null then 'missing_id'
            when alert_at is null then 'unreadable_date'
            when amount_recovered < 0 then 'impossible_value'
        end as row_defect,
        {{ evaluate_once() }} as is_checked
    from typed
),

candidates as (
    {{ with_known_deliveries('checked', columns, 'alert_id') }}
),

customers as (
    select customer_id from {{ ref('base_customers') }}
    where disposition = 'kept'
    group by customer_id
),

accounts as (
    select account_id from {{ ref('base_accounts') }}
    where disposition = 'kept'
    group by account_id
),

resolved as (
    select
        candidates.*,
        case
            when candidates.row_defect is not null then candidates.row_defect
            when customers.customer_id is null then 'orphan_customer'
            when accounts.account_id is null then 'orphan_account'
        end as quarantine_reason
    from candidates
    left join customers
        on candidates.customer_id = customers.customer_id
    left join accounts
        on candidates.account_id = accounts.account_id
),

{{ verdicts('resolved', columns, 'alert_id') }}

select * from final

-- grain: one row per delivered row of bronze.loan_payments

{% set columns = [
    'payment_id', 'account_id', 'customer_id', 'scheduled_date',
    'actual_date', 'scheduled_amount', 'actual_amount', 'is_late',
    'days_late', 'late_fee', 'payment_method', 'outstanding_balance',
    'created_at', 'updated_at'
] %}

with delivered as (
    {{ new_deliveries('loan_payments') }}
),

typed as (
    select
        {{ delivery_columns() }},
        {{ clean_integer('payment_id') }} as payment_id,
        {{ clean_integer('account_id') }} as account_id,
        {{ clean_integer('customer_id') }} as customer_id,
        {{ clean_date('scheduled_date') }} as scheduled_date,
        {{ clean_date('actual_date') }} as actual_date,
        {{ clean_numeric('scheduled_amount') }} as scheduled_amount,
        {{ clean_numeric('actual_amount') }} as actual_amount,
        {{ clean_boolean('is_late') }} as is_late,
        {{ clean_integer('days_late') }} as days_late,
        {{ clean_numeric('late_fee') }} as late_fee,
        {{ clean_text('payment_method') }} as payment_method,
        {{ clean_numeric('outstanding_balance') }} as outstanding_balance,
        {{ clean_timestamp('created_at') }} as created_at,
        coalesce({{ clean_timestamp('updated_at') }}, {{ clean_timestamp('created_at') }}) as updated_at,
        {{ evaluate_once() }} as is_typed
    from delivered
),

checked as (
    select
        *,
        case
            when payment_id is null then 'missing_id'
            when scheduled_date is null then 'unreadable_date'
            when scheduled_amount <= 0 or actual_amount < 0 or days_late < 0 then 'impossible_value'
        end as row_defect,
        {{ evaluate_once() }} as is_checked
    from typed
),

candidates as (
    {{ with_known_deliveries('checked', columns, 'payment_id') }}
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

{{ verdicts('resolved', columns, 'payment_id') }}

select * from final

-- grain: one row per delivered row of bronze.external_transactions

{% set columns = [
    'external_transaction_id', 'pending_transaction_id', 'external_account_id', 'transaction_status',
    'booking_date', 'value_date', 'amount', 'currency',
    'transaction_type', 'counterparty_name', 'description', 'category',
    'created_at', 'updated_at'
] %}

with delivered as (
    {{ new_deliveries('external_transactions') }}
),

typed as (
    select
        {{ delivery_columns() }},
        {{ clean_integer('external_transaction_id') }} as external_transaction_id,
        {{ clean_integer('pending_transaction_id') }} as pending_transaction_id,
        {{ clean_integer('external_account_id') }} as external_account_id,
        lower({{ clean_text('transaction_status') }}) as transaction_status,
        {{ clean_date('booking_date') }} as booking_date,
        {{ clean_date('value_date') }} as value_date,
        {{ clean_amount('amount') }} as amount,
        coalesce({{ amount_currency('amount') }}, upper({{ clean_text('currency') }})) as currency,
        lower({{ clean_text('transaction_type') }}) as transaction_type,
        {{ clean_text('counterparty_name') }} as counterparty_name,
        {{ clean_text('description') }} as description,
        {{ clean_text('category') }} as category,
        {{ clean_timestamp('created_at') }} as created_at,
        coalesce({{ clean_timestamp('updated_at') }}, {{ clean_timestamp('created_at') }}) as updated_at,
        {{ evaluate_once() }} as is_typed
    from delivered
),

checked as (
    select
        *,
        case
            when external_transaction_id is null then 'missing_id'
            when amount is null then 'unreadable_amount'
            when coalesce(transaction_status, '') not in ('pending', 'booked', 'released') then 'unknown_status'
            when value_date is null or (transaction_status = 'booked' and booking_date is null) then 'unreadable_date'
            when amount = 0 or abs(amount) >= 1000000000 or amount <> round(amount, 2) then 'impossible_amount'
            when
                coalesce(booking_date, value_date) < cast('2000-01-01' as date)
                or coalesce(booking_date, value_date) >= {{ dbt.dateadd('day', 2, '_batch_date') }}
                then 'impossible_date'
        end as row_defect,
        {{ evaluate_once() }} as is_checked
    from typed
),

candidates as (
    {{ with_known_deliveries('checked', columns, 'external_transaction_id') }}
),

external_accounts as (
    select
        external_account_id,
        max(currency) as account_currency
    from {{ ref('base_external_accounts') }}
    where disposition = 'kept'
    group by external_account_id
),

resolved as (
    select
        {{ delivery_columns_of('candidates', columns, without=['currency']) }},
        candidates.row_defect,
        candidates.known_verdict,
        coalesce(candidates.currency, external_accounts.account_currency) as currency,
        case
            when candidates.row_defect is not null then candidates.row_defect
            when external_accounts.external_account_id is null then 'orphan_account'
            when coalesce(candidates.currency, external_accounts.account_currency) <> external_accounts.account_currency
                then 'foreign_currency'
        end as quarantine_reason
    from candidates
    left join external_accounts
        on candidates.external_account_id = external_accounts.external_account_id
),

{{ verdicts('resolved', columns, 'external_transaction_id') }}

select * from final

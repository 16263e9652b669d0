-- grain: one row per delivered row of bronze.balance_snapshots

{% set columns = [
    'balance_snapshot_id', 'external_account_id', 'balance_date', 'balance_amount',
    'currency', 'created_at', 'updated_at'
] %}

with delivered as (
    {{ new_deliveries('balance_snapshots') }}
),

typed as (
    select
        {{ delivery_columns() }},
        {{ clean_integer('balance_snapshot_id') }} as balance_snapshot_id,
        {{ clean_integer('external_account_id') }} as external_account_id,
        {{ clean_date('balance_date') }} as balance_date,
        {{ clean_amount('balance_amount') }} as balance_amount,
        coalesce({{ amount_currency('balance_amount') }}, upper({{ clean_text('currency') }})) as currency,
        {{ clean_timestamp('created_at') }} as created_at,
        coalesce({{ clean_timestamp('updated_at') }}, {{ clean_timestamp('created_at') }}) as updated_at,
        {{ evaluate_once() }} as is_typed
    from delivered
),

checked as (
    select
        *,
        case
            when balance_snapshot_id is null then 'missing_id'
            when balance_amount is null then 'unreadable_amount'
            when balance_date is null then 'unreadable_date'
        end as row_defect,
        {{ evaluate_once() }} as is_checked
    from typed
),

candidates as (
    {{ with_known_deliveries('checked', columns, 'balance_snapshot_id') }}
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

{{ verdicts('resolved', columns, 'balance_snapshot_id') }}

select * from final

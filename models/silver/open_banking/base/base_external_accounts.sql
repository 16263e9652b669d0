-- grain: one row per delivered row of bronze.external_accounts

{% set columns = [
    'external_account_id', 'connection_id', 'account_name', 'account_type',
    'currency', 'account_number_last_four', 'created_at', 'updated_at'
] %}

with delivered as (
    {{ new_deliveries('external_accounts') }}
),

typed as (
    select
        {{ delivery_columns() }},
        {{ clean_integer('external_account_id') }} as external_account_id,
        {{ clean_integer('connection_id') }} as connection_id,
        {{ clean_text('account_name') }} as account_name,
        lower({{ clean_text('account_type') }}) as account_type,
        upper({{ clean_text('currency') }}) as currency,
        {{ clean_text('account_number_last_four') }} as account_number_last_four,
        {{ clean_timestamp('created_at') }} as created_at,
        coalesce({{ clean_timestamp('updated_at') }}, {{ clean_timestamp('created_at') }}) as updated_at,
        {{ evaluate_once() }} as is_typed
    from delivered
),

checked as (
    select
        *,
        case
            when external_account_id is null then 'missing_id'
            when currency is null then 'impossible_value'
        end as row_defect,
        {{ evaluate_once() }} as is_checked
    from typed
),

candidates as (
    {{ with_known_deliveries('checked', columns, 'external_account_id') }}
),

connections as (
    select connection_id from {{ ref('base_connections') }}
    where disposition = 'kept'
    group by connection_id
),

resolved as (
    select
        candidates.*,
        case
            when candidates.row_defect is not null then candidates.row_defect
            when connections.connection_id is null then 'orphan_connection'
        end as quarantine_reason
    from candidates
    left join connections
        on candidates.connection_id = connections.connection_id
),

{{ verdicts('resolved', columns, 'external_account_id') }}

select * from final

-- grain: one row per delivered row of bronze.connections

{% set columns = [
    'connection_id', 'customer_id', 'institution_id', 'connection_status',
    'consented_at', 'consent_expires_at', 'created_at', 'updated_at'
] %}

with delivered as (
    {{ new_deliveries('connections') }}
),

typed as (
    select
        {{ delivery_columns() }},
        {{ clean_integer('connection_id') }} as connection_id,
        {{ clean_integer('customer_id') }} as customer_id,
        {{ clean_integer('institution_id') }} as institution_id,
        lower({{ clean_text('connection_status') }}) as connection_status,
        {{ clean_timestamp('consented_at') }} as consented_at,
        {{ clean_timestamp('consent_expires_at') }} as consent_expires_at,
        {{ clean_timestamp('created_at') }} as created_at,
        coalesce({{ clean_timestamp('updated_at') }}, {{ clean_timestamp('created_at') }}) as updated_at,
        {{ evaluate_once() }} as is_typed
    from delivered
),

checked as (
    select
        *,
        case
            when connection_id is null then 'missing_id'
            when consented_at is null then 'unreadable_date'
            when coalesce(connection_status, '') not in ('active', 'expired', 'revoked') then 'unknown_status'
        end as row_defect,
        {{ evaluate_once() }} as is_checked
    from typed
),

candidates as (
    {{ with_known_deliveries('checked', columns, 'connection_id') }}
),

customers as (
    select customer_id from {{ ref('base_customers') }}
    where disposition = 'kept'
    group by customer_id
),

institutions as (
    select institution_id from {{ ref('base_institutions') }}
    where disposition = 'kept'
    group by institution_id
),

resolved as (
    select
        candidates.*,
        case
            when candidates.row_defect is not null then candidates.row_defect
            when customers.customer_id is null then 'orphan_customer'
            when institutions.institution_id is null then 'orphan_institution'
        end as quarantine_reason
    from candidates
    left join customers
        on candidates.customer_id = customers.customer_id
    left join institutions
        on candidates.institution_id = institutions.institution_id
),

{{ verdicts('resolved', columns, 'connection_id') }}

select * from final

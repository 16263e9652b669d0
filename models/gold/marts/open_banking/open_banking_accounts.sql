-- grain: one row per connected account

with accounts as (
    select * from {{ ref('stg_external_accounts') }}
),

connections as (
    select * from {{ ref('stg_connections') }}
),

institutions as (
    select * from {{ ref('stg_institutions') }}
),

final as (
    select
        ---------- ids
        accounts.external_account_id as account_id,
        connections.customer_id as user_id,
        accounts.connection_id,
        connections.institution_id,
        ---------- what
        accounts.account_name,
        accounts.account_type,
        accounts.account_number_last_four,
        accounts.currency,
        institutions.institution_name,
        institutions.country as institution_country,
        ---------- consent
        connections.connection_status,
        cast(accounts.created_at as date) as connected_date,
        cast(case when connections.connection_status <> 'active' then connections.updated_at end as date)
            as disconnected_date,
        connections.consent_expires_at,
        ---------- load
        {{ build_number() }} as _build_id
    from accounts
    inner join connections
        on accounts.connection_id = connections.connection_id
    inner join institutions
        on connections.institution_id = institutions.institution_id
    {%- if is_incremental() %}
    where
        accounts._build_id > {{ watermark() }}
        or connections._build_id > {{ watermark() }}
        or institutions._build_id > {{ watermark() }}
    {%- endif %}
)

select * from final

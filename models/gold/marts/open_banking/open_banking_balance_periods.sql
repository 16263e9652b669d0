-- grain: one row per connected account and day on which its balance was reported or something was booked
-- Valid from period_start_date until period_end_date, excluded; daily_balance_history expands it to days.
-- depends_on: {{ ref('base_external_transactions') }}
-- depends_on: {{ ref('base_balance_snapshots') }}
-- depends_on: {{ ref('base_transaction_tags') }}
-- depends_on: {{ ref('base_transactions') }}
-- depends_on: {{ ref('open_banking_tags') }}
-- depends_on: {{ ref('fact_transactions') }}
{{ config(pre_hook="{{ delete_touched('user_id', touched_users()) }}") }}

with accounts as (
    select * from {{ ref('open_banking_accounts') }}
    {%- if is_incremental() %}
    where user_id in ({{ touched_users() }})
    {%- endif %}
),

snapshots as (
    select
        *,
        row_number() over (
            partition by external_account_id, balance_date order by updated_at desc, balance_snapshot_id desc
        ) as place
    from {{ ref('stg_balance_snapshots') }}
),

-- bookings and reports, and the day the account was connected
events as (
    select
        external_account_id as account_id,
        booking_date as event_date,
        amount as booked_amount,
        cast(null as numeric) as reported_balance
    from {{ ref('stg_external_transactions') }}
    where transaction_status = 'booked'
    union all
    select
        external_account_id as account_id,
        balance_date as event_date,
        0 as booked_amount,
        balance_amount as reported_balance
    from snapshots
    where place = 1
    union all
    select
        account_id,
        connected_date as event_date,
        0 as booked_amount,
        cast(null as numeric) as reported_balance
    from accounts
),

days as (
    select
        accounts.account_id,
        accounts.user_id,
        accounts.account_name,
        accounts.account_type,
        accounts.currency,
        accounts.disconnected_date,
        events.event_date,
        sum(events.booked_amount) as booked_amount,
        max(events.reported_balance) as reported_balance
    from events
    inner join accounts
        on events.account_id = accounts.account_id
    where accounts.disconnected_date is null or events.event_date <= accounts.disconnected_date
    group by
        accounts.account_id, accounts.user_id, accounts.account_name, accounts.account_type, accounts.currency,
        accounts.disconnected_date, events.event_date
),

-- a report holds until the next one; days before the first one count back from it
counted as (
    select
        *,
        sum(booked_amount) over (partition by account_id order by event_date) as booked_so_far,
        greatest(count(reported_balance) over (partition by account_id order by event_date), 1) as report_number
    from days
),

balances as (
    select
        *,
        booked_so_far + max(case when reported_balance is not null then reported_balance - booked_so_far end)
            over (partition by account_id, report_number) as balance_amount
    from counted
),

final as (
    select
        {{ surrogate_key(['account_id', 'event_date']) }} as balance_period_key,
        account_id,
        user_id,
        account_name,
        account_type,
        event_date as period_start_date,
        cast(coalesce(
            lead(event_date) over (partition by account_id order by event_date),
            {{ dbt.dateadd('day', 1, 'disconnected_date') }},
            cast('9999-12-31' as date)
        ) as date) as period_end_date,
        balance_amount,
        currency as balance_currency,
        balance_amount - lag(balance_amount) over (partition by account_id order by event_date) as daily_change,
        reported_balance is not null as is_actual_snapshot,
        {{ build_number() }} as _build_id
    from balances
    -- an account without any report has no balance that could be told
    where balance_amount is not null
)

select * from final
order by period_start_date

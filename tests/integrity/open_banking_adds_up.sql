-- What institutions reported reaches the marts once, to the cent: every transaction, what counts of it per person,
-- month and currency, spending over tags, pairs of transfers, and every day of every account.
with counted as (
    select
        user_id,
        currency,
        cast({{ dbt.date_trunc('month', 'booking_date') }} as date) as month_start,
        sum(income_amount) as income,
        sum(spending_amount) as spending
    from {{ ref('open_banking_transactions') }}
    where status = 'booked'
    group by user_id, currency, cast({{ dbt.date_trunc('month', 'booking_date') }} as date)
),

by_tag as (
    select
        user_id,
        currency,
        cast({{ dbt.date_trunc('month', 'spending_date') }} as date) as month_start,
        sum(attributed_spending) as spending
    from {{ ref('daily_spending_by_tag') }}
    group by user_id, currency, cast({{ dbt.date_trunc('month', 'spending_date') }} as date)
),

days as (
    select
        account_id,
        count(*) as balance_days,
        min(balance_date) as first_day
    from {{ ref('daily_balance_history') }}
    group by account_id
),

lives as (
    select
        days.account_id,
        days.balance_days,
        days.first_day,
        least(coalesce(accounts.disconnected_date, as_of.as_of_date), as_of.as_of_date) as last_day
    from days
    inner join {{ ref('open_banking_accounts') }} as accounts
        on days.account_id = accounts.account_id
    cross join {{ ref('data_as_of') }} as as_of
)


select
    'a transaction is lost, doubled or has another amount' as fault,
    coalesce(reported.transaction_id, shown.transaction_id) as what
from {{ ref('stg_external_transactions') }} as reported
full outer join {{ ref('open_banking_transactions') }} as shown
    on reported.transaction_id = shown.transaction_id
where reported.amount is distinct from shown.amount or reported.transaction_status is distinct from shown.status

union all
select
    'months differ from their transactions' as fault,
    counted.user_id as what
from counted
left join {{ ref('monthly_trends') }} as months
    on
        counted.user_id = months.user_id
        and counted.currency = months.currency
        and counted.month_start = months.month_start
where
    counted.income <> coalesce(months.total_income, 0)
    or counted.spending <> coalesce(months.total_spending, 0)

union all
select
    'spending over tags differs from spending' as fault,
    counted.user_id as what
from counted
left join by_tag
    on
        counted.user_id = by_tag.user_id
        and counted.currency = by_tag.currency
        and counted.month_start = by_tag.month_start
where counted.spending <> coalesce(by_tag.spending, 0)

union all
select
    'the legs of a transfer do not name each other' as fault,
    legs.transaction_id as what
from {{ ref('open_banking_transfers') }} as legs
left join {{ ref('open_banking_transfers') }} as partners
    on legs.partner_leg_key = partners.transfer_leg_key
where
    legs.is_own_transfer
    and (
        partners.partner_leg_key is distinct from legs.transfer_leg_key
        or partners.amount <> -legs.amount
        or partners.user_id <> legs.user_id
        or partners.currency <> legs.currency
    )

union all
select
    'an account lacks days, or has too many' as fault,
    account_id as what
from lives
where balance_days <> 1 + {{ dbt.datediff('first_day', 'last_day', 'day') }}

union all
select
    'a reported balance is not the balance of its day' as fault,
    reported.balance_snapshot_id as what
from {{ ref('stg_balance_snapshots') }} as reported
inner join {{ ref('open_banking_balance_periods') }} as periods
    on
        reported.external_account_id = periods.account_id
        and reported.balance_date = periods.period_start_date
where not periods.is_actual_snapshot

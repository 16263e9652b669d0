-- What the source reports as an account's balance is the opening balance plus every approved
-- transaction up to that instant, for every version ever reported.
with versions as (
    select * from {{ ref('dim_account') }}
),

openings as (
    select
        account_id,
        reported_balance as opening_balance
    from versions
    where effective_date = cast('1900-01-01' as date)
),

steps as (
    select
        account_id,
        transaction_timestamp as moment,
        approved_amount as amount,
        0 as is_report
    from {{ ref('fact_transactions') }}
    where is_approved
    union all
    select
        account_id,
        reported_at as moment,
        0 as amount,
        1 as is_report
    from versions
),

running as (
    select
        account_id,
        moment,
        is_report,
        sum(amount) over (
            partition by account_id order by moment, is_report
            rows between unbounded preceding and current row
        ) as moved_amount
    from steps
)

select
    versions.account_id,
    versions.reported_at,
    versions.reported_balance,
    openings.opening_balance + running.moved_amount as expected_balance
from versions
inner join openings
    on versions.account_id = openings.account_id
inner join running
    on
        versions.account_id = running.account_id
        and versions.reported_at = running.moment
        and running.is_report = 1
where versions.reported_balance <> openings.opening_balance + running.moved_amount

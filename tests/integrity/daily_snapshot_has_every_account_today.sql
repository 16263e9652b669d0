-- On the as-of date every account that is not closed has one row, and its balance is the account's sum.
with today as (
    select
        daily.account_id,
        count(*) as daily_rows,
        sum(daily.balance_amount) as balance_amount
    from {{ ref('fact_account_daily_snapshot') }} as daily
    inner join {{ ref('as_of_date') }} as as_of
        on daily.snapshot_date = as_of.as_of_date
    group by daily.account_id
),

expected as (
    select
        openings.account_id,
        openings.reported_balance + coalesce(movements.approved_amount, 0) as balance_amount
    from {{ ref('dim_account') }} as openings
    inner join {{ ref('dim_account') }} as latest
        on openings.account_id = latest.account_id and latest.is_current
    cross join {{ ref('as_of_date') }} as as_of
    left join ( -- noqa: ST05
        select
            transactions.account_id,
            sum(transactions.approved_amount) as approved_amount
        from {{ ref('fact_transactions') }} as transactions
        inner join {{ ref('as_of_date') }} as last_day
            on transactions.transaction_date <= last_day.as_of_date
        group by transactions.account_id
    ) as movements
        on openings.account_id = movements.account_id
    where
        openings.effective_date = cast('1900-01-01' as date)
        and cast(openings.reported_at as date) <= as_of.as_of_date
        and (latest.close_date is null or latest.close_date >= as_of.as_of_date)
)

select
    coalesce(today.account_id, expected.account_id) as account_id,
    today.balance_amount,
    expected.balance_amount as expected_amount
from today
full outer join expected
    on today.account_id = expected.account_id
where
    today.daily_rows is distinct from 1
    or today.balance_amount is distinct from expected.balance_amount

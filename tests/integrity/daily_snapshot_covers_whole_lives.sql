-- A sample of accounts has one row for every day from its opening to its closing or the as-of date,
-- and the daily changes add up to its approved transactions.
with lives as (
    select
        latest.account_id,
        cast(openings.reported_at as date) as first_date,
        least(coalesce(latest.close_date, as_of.as_of_date), as_of.as_of_date) as last_date
    from {{ ref('dim_account') }} as latest
    inner join {{ ref('dim_account') }} as openings
        on
            latest.account_id = openings.account_id
            and openings.effective_date = cast('1900-01-01' as date)
    cross join {{ ref('as_of_date') }} as as_of
    where latest.is_current and mod(latest.account_id, 199) = 7
),

daily as (
    select
        account_id,
        min(snapshot_date) as first_date,
        max(snapshot_date) as last_date,
        count(*) as days,
        count(distinct snapshot_date) as different_days,
        sum(credit_amount - debit_amount) as moved_amount,
        sum(transaction_count) as transaction_count
    from {{ ref('fact_account_daily_snapshot') }}
    where mod(account_id, 199) = 7
    group by account_id
),

movements as (
    select
        account_id,
        sum(approved_amount) as approved_amount,
        count(*) as transaction_count
    from {{ ref('fact_transactions') }}
    where is_approved and mod(account_id, 199) = 7
    group by account_id
)

select lives.account_id
from lives
left join daily
    on lives.account_id = daily.account_id
left join movements
    on lives.account_id = movements.account_id
where
    lives.first_date >= cast('2020-01-01' as date)
    and (
        daily.first_date is distinct from lives.first_date
        or daily.last_date is distinct from lives.last_date
        or daily.days is distinct from {{ dbt.datediff('lives.first_date', 'lives.last_date', 'day') }} + 1
        or daily.days <> daily.different_days
        or daily.moved_amount is distinct from coalesce(movements.approved_amount, 0)
        or daily.transaction_count is distinct from coalesce(movements.transaction_count, 0)
    )

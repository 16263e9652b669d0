-- What the source reports as an account's balance is the opening balance plus every approved
-- transaction up to that instant, for every version ever reported.
with steps as (
    select
        account_id,
        transaction_timestamp as moment,
        approved_amount as moved_amount,
        cast(null as numeric) as reported_balance
    from {{ ref('fact_transactions') }}
    where is_approved
    union all
    -- the first version opens the account with its balance; the later ones only report
    select
        account_id,
        reported_at as moment,
        case when effective_date = cast('1900-01-01' as date) then reported_balance else 0 end as moved_amount,
        reported_balance
    from {{ ref('dim_account') }}
),

running as (
    select
        *,
        sum(moved_amount) over (
            partition by account_id
            order by moment, case when reported_balance is null then 0 else 1 end
            rows between unbounded preceding and current row
        ) as expected_balance
    from steps
)

select
    account_id,
    moment as reported_at,
    reported_balance,
    expected_balance
from running
where reported_balance <> expected_balance

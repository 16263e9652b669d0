-- Per account: the periods are unbroken and end with the account, the last balance is the opening balance
-- plus every approved transaction, and so are the counts.
with periods as (
    select
        *,
        lead(period_start_date) over (partition by account_id order by period_start_date) as next_start_date
    from {{ ref('account_balance_periods') }}
),

closing as (
    select
        account_id,
        max(case when next_start_date is null then balance_amount end) as balance_amount,
        sum(transaction_count) as transaction_count,
        max(case when next_start_date is null then period_end_date end) as end_date,
        count(*) filter (where period_end_date <> next_start_date) as broken_periods
    from periods
    group by account_id
),

openings as (
    select
        account_id,
        reported_balance as opening_balance
    from {{ ref('dim_account') }}
    where effective_date = cast('1900-01-01' as date)
),

ends as (
    select
        account_id,
        coalesce(
            cast({{ dbt.dateadd('day', 1, 'close_date') }} as date), cast('9999-12-31' as date)
        ) as expected_end_date
    from {{ ref('dim_account') }}
    where is_current
),

movements as (
    select
        account_id,
        sum(approved_amount) as approved_amount,
        count(*) as transaction_count
    from {{ ref('fact_transactions') }}
    where is_approved
    group by account_id
)

select
    openings.account_id,
    closing.balance_amount,
    openings.opening_balance + coalesce(movements.approved_amount, 0) as expected_amount
from openings
inner join ends
    on openings.account_id = ends.account_id
left join closing
    on openings.account_id = closing.account_id
left join movements
    on openings.account_id = movements.account_id
where
    closing.balance_amount is distinct from openings.opening_balance + coalesce(movements.approved_amount, 0)
    or closing.transaction_count is distinct from coalesce(movements.transaction_count, 0)
    or closing.broken_periods is distinct from 0
    or closing.end_date is distinct from ends.expected_end_date

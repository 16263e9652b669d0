-- grain: one row per account and day of its life
-- A view that expands periods to days: see docs/decisions/0006 for the figures.
{{ config(materialized='view') }}

with periods as (
    select * from {{ ref('account_balance_periods') }}
),

days as (
    select
        dates.full_date,
        dates.date_key
    from {{ ref('dim_date') }} as dates
    inner join {{ ref('as_of_date') }} as as_of
        on dates.full_date <= as_of.as_of_date
),

final as (
    select
        days.date_key,
        days.full_date as snapshot_date,
        periods.account_key,
        periods.customer_key,
        periods.product_key,
        periods.account_id,
        periods.customer_id,
        periods.product_id,
        periods.account_status,
        periods.currency,
        periods.balance_amount,
        case when days.full_date = periods.period_start_date then periods.change_amount else 0 end
            as daily_change_amount,
        case when days.full_date = periods.period_start_date then periods.debit_amount else 0 end
            as debit_amount,
        case when days.full_date = periods.period_start_date then periods.credit_amount else 0 end
            as credit_amount,
        case when days.full_date = periods.period_start_date then periods.transaction_count else 0 end
            as transaction_count,
        periods.credit_limit,
        {{ percent_of('greatest(-periods.balance_amount, 0)', 'periods.credit_limit') }}
            as credit_used_percent,
        periods.credit_limit + periods.balance_amount as available_credit_amount,
        -- a loan is owed by nature
        periods.balance_amount < 0 and periods.product_category in ('Checking', 'Savings') as is_overdrawn,
        days.full_date = periods.period_start_date and periods.change_amount <> 0 as is_balance_changed,
        cast({{ dbt.datediff('periods.open_date', 'days.full_date', 'day') }} as integer) as account_age_days
    from periods
    inner join days
        on
            periods.period_start_date <= days.full_date
            and periods.period_end_date > days.full_date
)

select * from final

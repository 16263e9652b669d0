-- grain: one row per connected account and day of its life, as far as the data reach
{{ config(materialized='view') }}

with periods as (
    select * from {{ ref('open_banking_balance_periods') }}
),

days as (
    select dates.full_date
    from {{ ref('dim_date') }} as dates
    inner join {{ ref('data_as_of') }} as as_of
        on dates.full_date <= as_of.as_of_date
)

select
    periods.account_id,
    periods.user_id,
    periods.account_name,
    periods.account_type,
    days.full_date as balance_date,
    periods.balance_amount,
    periods.balance_currency,
    case when days.full_date = periods.period_start_date then periods.daily_change else 0 end as daily_change,
    days.full_date = periods.period_start_date and periods.is_actual_snapshot as is_actual_snapshot
from periods
inner join days
    on
        periods.period_start_date <= days.full_date
        and periods.period_end_date > days.full_date

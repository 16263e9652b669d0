-- grain: one row per quarter of sign-up and number of months since
-- A cell counts only once the whole cohort has lived through the month: until then it is NULL, never 0.
-- Cohorts from before the first batch are left out: who had left by then is not known.

with months as (
    select * from {{ ref('fact_customer_monthly') }}
),

as_of as (
    select {{ dbt.dateadd('day', 1, 'as_of_date') }} as day_after from {{ ref('as_of_date') }}
),

lives as (
    select
        customer_id,
        min(signup_date) as signup_date
    from {{ ref('dim_customer_private') }}
    group by customer_id
),

known as (
    select min(month_start_date) as first_month from months
),

members as (
    select
        lives.customer_id,
        cast({{ dbt.date_trunc('quarter', 'lives.signup_date') }} as date) as cohort_start_date
    from lives
    cross join known
    where lives.signup_date >= known.first_month
),

-- who joined in the last month of the quarter is the last to reach an age
cohorts as (
    select
        members.cohort_start_date,
        count(*) as cohort_size,
        {{ dbt.datediff('members.cohort_start_date', 'max(as_of.day_after)', 'month') }} - 3 as observed_months
    from members
    cross join as_of
    group by members.cohort_start_date
),

counts as (
    select
        members.cohort_start_date,
        months.tenure_months,
        count(*) filter (where months.is_customer_active) as retained_count,
        count(*) filter (where months.is_transacting) as active_count
    from months
    inner join members
        on months.customer_id = members.customer_id
    group by members.cohort_start_date, months.tenure_months
),

ages as (
    select distinct tenure_months as months_since_signup
    from counts
),

cells as (
    select
        cohorts.cohort_start_date,
        ages.months_since_signup,
        cohorts.cohort_size,
        ages.months_since_signup <= cohorts.observed_months as is_observed,
        case when ages.months_since_signup <= cohorts.observed_months then coalesce(counts.retained_count, 0) end
            as retained_count,
        case when ages.months_since_signup <= cohorts.observed_months then coalesce(counts.active_count, 0) end
            as active_count
    from cohorts
    cross join ages
    left join counts
        on
            cohorts.cohort_start_date = counts.cohort_start_date
            and ages.months_since_signup = counts.tenure_months
)

select
    {{ surrogate_key(['cohort_start_date', 'months_since_signup']) }} as cohort_month_key,
    cohort_start_date,
    months_since_signup,
    cohort_size,
    is_observed,
    retained_count,
    {{ percent_of('retained_count', 'cohort_size') }} as retained_percent,
    {{ wilson_bound('retained_count', 'cohort_size', 'lower') }} as retained_ci_low,
    {{ wilson_bound('retained_count', 'cohort_size', 'upper') }} as retained_ci_high,
    active_count,
    {{ percent_of('active_count', 'cohort_size') }} as active_percent,
    {{ wilson_bound('active_count', 'cohort_size', 'lower') }} as active_ci_low,
    {{ wilson_bound('active_count', 'cohort_size', 'upper') }} as active_ci_high
from cells

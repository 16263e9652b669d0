-- grain: one row per month in which members joined and number of months since, where all of them can be judged

with as_of as (
    select as_of_date from {{ ref('as_of_date') }}
),

subscriptions as (
    select
        *,
        case
            when
                lag(end_date) over (partition by customer_id order by start_date, subscription_id) = start_date
                and lag(is_plan_change) over (partition by customer_id order by start_date, subscription_id)
                then 0
            else 1
        end as is_joining
    from {{ ref('fact_subscriptions') }}
),

chained as (
    select
        *,
        sum(is_joining) over (
            partition by customer_id order by start_date, subscription_id
            rows between unbounded preceding and current row
        ) as joining_number
    from subscriptions
),

-- a change of plan does not end a membership
memberships as (
    select
        customer_id,
        joining_number,
        min(start_date) as joined_date,
        case when count(*) = count(end_date) then max(end_date) end as left_date,
        cast({{ dbt.date_trunc('month', 'min(start_date)') }} as date) as cohort_month
    from chained
    group by customer_id, joining_number
),

numbers as (
    select cast(row_number() over (order by date_key) as integer) - 1 as months_since
    from {{ ref('dim_date') }}
    where full_date < {{ dbt.dateadd('day', 120, "cast('2020-01-01' as date)") }}
),

counts as (
    select
        memberships.cohort_month,
        numbers.months_since,
        count(*) as cohort_members,
        count(*) filter (
            where
            memberships.left_date is null
            or memberships.left_date > {{ dbt.dateadd('month', 'numbers.months_since', 'memberships.joined_date') }}
        ) as retained_members
    from memberships
    cross join as_of
    inner join numbers
        on {{ dbt.dateadd('month', 'numbers.months_since + 1', 'memberships.cohort_month') }} <= as_of.as_of_date
    group by memberships.cohort_month, numbers.months_since
),

final as (
    select
        {{ surrogate_key(['cohort_month', 'months_since']) }} as cohort_key,
        cohort_month,
        months_since,
        cohort_members,
        retained_members,
        {{ percent_of('retained_members', 'cohort_members') }} as retention_percent,
        {{ wilson_bound('retained_members', 'cohort_members', 'lower') }} as retention_lower_percent,
        {{ wilson_bound('retained_members', 'cohort_members', 'upper') }} as retention_upper_percent
    from counts
)

select * from final

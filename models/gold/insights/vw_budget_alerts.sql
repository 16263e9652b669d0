-- grain: one row per active customer and category with a budget of the month that runs

with spending as (
    select
        *,
        greatest(1.0 * period_amount / nullif(months_observed, 0), 0) as usual_amount
    from {{ ref('person_spending') }}
    where spending_kind <> 'fraud' and (has_history_budget or explicit_budget_amount is not null)
),

people as (
    select * from {{ ref('financial_health_private') }}
),

as_of as (
    select
        as_of_date,
        extract(day from as_of_date) as days_elapsed,
        extract(day from {{ dbt.last_day('as_of_date', 'month') }}) as days_in_month
    from {{ ref('as_of_date') }}
),

-- what is still to come this month: the usual amount of a day for each day left, and a bill that is due and not booked
expected as (
    select
        spending.*,
        case
            when spending.months_observed < 3 then 0
            when spending.spending_kind = 'flexible'
                then round(spending.usual_amount * (as_of.days_in_month - as_of.days_elapsed) / as_of.days_in_month, 2)
            when spending.is_bill_due then greatest(spending.usual_bill_amount - spending.month_to_date_amount, 0)
            else 0
        end as expected_rest_amount
    from spending
    cross join as_of
),

budgets as (
    select
        customer_id,
        category_name,
        category_group,
        coalesce(max(explicit_budget_amount), sum(history_budget_amount)) as budget_amount,
        case when max(explicit_budget_amount) is null then 'history' else 'explicit' end as budget_source,
        max(explicit_budget_amount) is not null or sum(history_budget_amount) > 0 as has_budget,
        sum(month_to_date_amount) as spent_amount,
        sum(month_to_date_amount) + sum(expected_rest_amount) as projected_amount,
        max(coalesce(category_highest_amount, 0)) as highest_month_amount
    from expected
    group by customer_id, category_name, category_group
),

judged as (
    select
        *,
        budget_amount * (1 + {{ var('budget_tolerance_percent') }} / 100.0) as limit_amount,
        greatest(spent_amount, projected_amount) - budget_amount as overrun_amount
    from budgets
    where has_budget
),

alerts as (
    select
        *,
        case
            when overrun_amount < {{ var('smallest_saving') }} then 'none'
            when spent_amount > limit_amount and spent_amount > highest_month_amount then 'critical'
            when spent_amount > limit_amount then 'high'
            when projected_amount > limit_amount then 'medium'
            else 'none'
        end as alert_level
    from judged
)

select
    {{ surrogate_key(['alerts.customer_id', 'alerts.category_name']) }} as budget_alert_key,
    alerts.customer_id,
    {{ masked_name("people.person_name") }} as person_name,
    alerts.category_name,
    alerts.category_group,
    as_of.as_of_date,
    {{ month_of('as_of.as_of_date') }} as month_start_date,
    cast(as_of.days_elapsed as integer) as days_elapsed,
    cast(as_of.days_in_month as integer) as days_in_month,
    alerts.alert_level,
    case
        when alerts.alert_level <> 'none'
            then cast(row_number() over (
                    partition by alerts.customer_id, alerts.alert_level = 'none'
                    order by alerts.overrun_amount desc, alerts.category_name asc
                ) as integer)
    end as alert_rank,
    alerts.budget_amount,
    alerts.budget_source,
    alerts.spent_amount,
    {{ percent_of('alerts.spent_amount', 'alerts.budget_amount') }} as spent_percent,
    alerts.projected_amount,
    alerts.overrun_amount,
    alerts.highest_month_amount
from alerts
inner join people
    on alerts.customer_id = people.customer_id
cross join as_of

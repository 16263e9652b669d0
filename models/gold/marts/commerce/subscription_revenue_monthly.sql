-- grain: one row per month from the first membership to the as-of date

with as_of as (
    select as_of_date from {{ ref('as_of_date') }}
),

subscriptions as (
    select * from {{ ref('fact_subscriptions') }}
),

calendar as (
    select
        cast({{ dbt.date_trunc('month', 'full_date') }} as date) as month_start_date,
        max(full_date) as last_date
    from {{ ref('dim_date') }}
    where full_date <= (select as_of.as_of_date from as_of)
    group by cast({{ dbt.date_trunc('month', 'full_date') }} as date)
),

-- whoever changes the plan begins anew on the day the old membership ends
changes as (
    select
        begun.subscription_id,
        begun.monthly_amount - ended.monthly_amount as changed_amount
    from subscriptions as begun
    inner join subscriptions as ended
        on
            begun.customer_id = ended.customer_id
            and begun.start_date = ended.end_date
            and ended.is_plan_change
),

months as (
    select
        calendar.month_start_date,
        count(*) filter (where subscriptions.start_date < calendar.month_start_date) as opening_members,
        count(*) filter (
            where subscriptions.start_date >= calendar.month_start_date and changes.subscription_id is null
        ) as new_members,
        count(*) filter (
            where subscriptions.end_date <= calendar.last_date and not subscriptions.is_plan_change
        ) as churned_members,
        count(*) filter (
            where subscriptions.end_date is null or subscriptions.end_date > calendar.last_date
        ) as closing_members,
        coalesce(sum(subscriptions.monthly_amount) filter (
            where subscriptions.start_date < calendar.month_start_date
        ), 0) as opening_amount,
        coalesce(sum(subscriptions.monthly_amount) filter (
            where subscriptions.start_date >= calendar.month_start_date and changes.subscription_id is null
        ), 0) as new_amount,
        coalesce(sum(changes.changed_amount) filter (
            where subscriptions.start_date >= calendar.month_start_date and changes.changed_amount > 0
        ), 0) as expansion_amount,
        coalesce(sum(-changes.changed_amount) filter (
            where subscriptions.start_date >= calendar.month_start_date and changes.changed_amount < 0
        ), 0) as contraction_amount,
        coalesce(sum(subscriptions.monthly_amount) filter (
            where subscriptions.end_date <= calendar.last_date and not subscriptions.is_plan_change
        ), 0) as churned_amount,
        coalesce(sum(subscriptions.monthly_amount) filter (
            where subscriptions.end_date is null or subscriptions.end_date > calendar.last_date
        ), 0) as closing_amount
    from calendar
    inner join subscriptions
        on
            calendar.last_date >= subscriptions.start_date
            and (subscriptions.end_date is null or calendar.month_start_date <= subscriptions.end_date)
    left join changes
        on subscriptions.subscription_id = changes.subscription_id
    group by calendar.month_start_date
),

final as (
    select
        {{ month_columns('month_start_date', with_end=false) }},
        opening_members,
        new_members,
        churned_members,
        closing_members,
        opening_amount,
        new_amount,
        expansion_amount,
        contraction_amount,
        churned_amount,
        closing_amount,
        {{ percent_of('churned_members', 'opening_members') }} as member_churn_percent,
        {{ percent_of('churned_amount', 'opening_amount') }} as revenue_churn_percent,
        12 * closing_amount as annual_run_rate_amount
    from months
)

select * from final

-- What the insights say was spent is what dst says, to the cent; no dollar is saved twice, and none that was not spent.
with people as (
    select * from {{ ref('financial_health_private') }}
),

dst as (
    select
        summary.customer_id,
        summary.category_name,
        sum(summary.total_spending) filter (
            where summary.month_start_date between people.period_start_date and people.period_end_date
        ) as period_amount,
        sum(summary.total_spending) filter (
            where summary.month_start_date > people.period_end_date
        ) as month_to_date_amount
    from {{ ref('dst_monthly_spending_summary_private') }} as summary
    inner join people
        on summary.customer_id = people.customer_id
    where summary.month_start_date <= (select as_of.as_of_date from {{ ref('as_of_date') }} as as_of)
    group by summary.customer_id, summary.category_name
),

lines as (
    select
        customer_id,
        category_name,
        sum(period_amount) as period_amount,
        sum(month_to_date_amount) as month_to_date_amount,
        sum(case when spending_kind = 'fraud' then 0 else month_to_date_amount end) as spent_amount
    from {{ ref('person_spending') }}
    group by customer_id, category_name
),

spent as (
    select
        customer_id,
        sum(period_amount) as amount
    from lines
    group by customer_id
),

patterns as (
    select
        customer_id,
        sum(period_amount) as amount
    from {{ ref('vw_spending_patterns') }}
    group by customer_id
),

recommendations as (
    select
        customer_id,
        sum(monthly_saving_amount) as saving_amount,
        max(cumulative_saving_amount) as cumulative_amount,
        count(*) as recommendation_count,
        count(distinct recommendation_key) as id_count,
        max(recommendation_rank) as last_rank,
        count(*) filter (where monthly_saving_amount not between 0.01 and monthly_amount) as impossible_count,
        count(*) filter (where peer_count < {{ var('smallest_peer_group') }}) as small_group_count
    from {{ ref('vw_financial_recommendations') }}
    group by customer_id
),

savings as (
    select
        customer_id,
        sum(monthly_saving_amount) as saving_amount,
        sum(case when monthly_amount > 0 then monthly_amount else 0 end) as spent_amount
    from {{ ref('person_spending') }}
    group by customer_id
)

select
    'spending' as what,
    coalesce(dst.customer_id, lines.customer_id) as customer_id
from dst
full outer join lines
    on dst.customer_id = lines.customer_id and dst.category_name = lines.category_name
where
    coalesce(dst.period_amount, 0) <> coalesce(lines.period_amount, 0)
    or coalesce(dst.month_to_date_amount, 0) <> coalesce(lines.month_to_date_amount, 0)
union all
-- the year's spending in gold, from which the grade is made
select
    'health' as what,
    people.customer_id
from people
left join spent
    on people.customer_id = spent.customer_id
where
    coalesce(people.monthly_spending_amount, 0)
    <> coalesce(round(spent.amount / nullif(people.months_observed, 0), 2), 0)
union all
select
    'saving' as what,
    savings.customer_id
from savings
left join recommendations
    on savings.customer_id = recommendations.customer_id
where
    savings.saving_amount <> coalesce(recommendations.saving_amount, 0)
    or savings.saving_amount > savings.spent_amount
    or recommendations.cumulative_amount <> recommendations.saving_amount
    or recommendations.id_count <> recommendations.recommendation_count
    or recommendations.last_rank <> recommendations.recommendation_count
    or recommendations.impossible_count + recommendations.small_group_count > 0
union all
select
    'habit' as what,
    habits.customer_id
from {{ ref('vw_lifestyle_improvements') }} as habits
left join {{ ref('vw_financial_recommendations') }} as named
    on
        habits.recommendation_key = named.recommendation_key
        and habits.monthly_saving_amount = named.monthly_saving_amount
where named.recommendation_key is null
union all
select
    'pattern' as what,
    people.customer_id
from people
left join patterns
    on people.customer_id = patterns.customer_id
left join spent
    on people.customer_id = spent.customer_id
where coalesce(patterns.amount, 0) <> coalesce(spent.amount, 0)
union all
select
    'alert' as what,
    alerts.customer_id
from {{ ref('vw_budget_alerts') }} as alerts
inner join lines
    on alerts.customer_id = lines.customer_id and alerts.category_name = lines.category_name
where alerts.spent_amount <> lines.spent_amount
union all
select
    'masked' as what,
    people.customer_id
from people
left join {{ ref('financial_health') }} as shown
    on people.customer_id = shown.customer_id
where shown.customer_id is null or shown.financial_health_grade <> people.financial_health_grade

-- grain: one row per way of counting (absolute or relative) and estimator (naive or adjusted)
-- Difference in differences: 30 days before and after the contact, treated and held out. Naive: the change
-- of the treated alone. Errors are clustered by customer.

with contacts as (
    select
        customer_id,
        campaign_group = 'treated' as is_treated,
        before_count,
        after_count
    from {{ ref('campaign_outcomes') }}
    where campaign_group in ('treated', 'control')
),

groups as (
    select
        is_treated,
        cast(count(*) as numeric) as contact_count,
        count(distinct customer_id) as customer_count,
        cast(sum(before_count) as numeric) as before_count,
        cast(sum(after_count) as numeric) as after_count
    from contacts
    group by is_treated
),

-- by how much one customer moves a group's result
customers as (
    select
        contacts.is_treated,
        contacts.customer_id,
        round(sum(
            (contacts.after_count - contacts.before_count)
            - (groups.after_count - groups.before_count) / groups.contact_count
        ) / min(groups.contact_count), 12) as absolute_influence,
        round(
            sum(contacts.after_count) / nullif(min(groups.after_count), 0)
            - sum(contacts.before_count) / nullif(min(groups.before_count), 0),
            12
        ) as relative_influence
    from contacts
    inner join groups
        on contacts.is_treated = groups.is_treated
    group by contacts.is_treated, contacts.customer_id
),

estimators as (
    select true as is_adjusted
    union all
    select false as is_adjusted
),

kinds as (
    select true as is_log
    union all
    select false as is_log
),

signed as (
    select
        estimators.is_adjusted,
        customers.customer_id,
        sum(case when customers.is_treated then 1 else -1 end * customers.absolute_influence) as absolute_influence,
        sum(case when customers.is_treated then 1 else -1 end * customers.relative_influence) as relative_influence
    from customers
    inner join estimators
        on estimators.is_adjusted or customers.is_treated
    group by estimators.is_adjusted, customers.customer_id
),

spreads as (
    select
        is_adjusted,
        sum(absolute_influence * absolute_influence) * count(*) / nullif(count(*) - 1, 0) as absolute_variance,
        sum(relative_influence * relative_influence) * count(*) / nullif(count(*) - 1, 0) as relative_variance
    from signed
    group by is_adjusted
),

estimates as (
    select
        estimators.is_adjusted,
        sum(
            case when groups.is_treated then 1 else -1 end
            * (groups.after_count - groups.before_count) / groups.contact_count
        ) as absolute_change,
        sum(
            case when groups.is_treated then 1 else -1 end
            * cast(ln({{ as_float('nullif(groups.after_count, 0) / nullif(groups.before_count, 0)') }}) as numeric)
        ) as relative_change,
        coalesce(sum(groups.contact_count) filter (where groups.is_treated), 0) as treated_count,
        coalesce(sum(groups.contact_count) filter (where not groups.is_treated), 0) as compared_count,
        min(groups.customer_count) - 1 as df
    from groups
    inner join estimators
        on estimators.is_adjusted or groups.is_treated
    group by estimators.is_adjusted
)

select
    estimates.is_adjusted,
    kinds.is_log,
    round(case when kinds.is_log then estimates.relative_change else estimates.absolute_change end, 8) as estimate,
    round(
        cast(
            sqrt(cast(
                case when kinds.is_log then spreads.relative_variance else spreads.absolute_variance end
                as {{ dbt.type_float() }}
            ))
            as numeric
        ),
        8
    ) as standard_error,
    cast(estimates.df as numeric) as df,
    cast(estimates.treated_count as bigint) as treated_count,
    cast(estimates.compared_count as bigint) as compared_count
from estimates
inner join spreads
    on estimates.is_adjusted = spreads.is_adjusted
cross join kinds

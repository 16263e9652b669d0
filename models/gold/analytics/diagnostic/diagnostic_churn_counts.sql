-- grain: one row per dimension, member and period of 12 complete calendar months
-- The unit is a month at whose start a customer was with the bank (or joined in it). What may have to do
-- with leaving is as known when the month began, so that leaving itself cannot have caused it.
{%- set dimensions = [
    'tenure', 'customer_segment', 'bad_service', 'balances', 'fees', 'declined_payments', 'open_loan'
] %}

with as_of as (
    select
        -- the month before the one of tomorrow: a month that ends today is complete
        cast({{ dbt.dateadd('month', -1, dbt.date_trunc('month', dbt.dateadd('day', 1, 'as_of_date'))) }} as date)
            as last_month
    from {{ ref('as_of_date') }}
),

bounds as (
    select
        last_month,
        cast({{ dbt.dateadd('month', -11, 'last_month') }} as date) as current_start,
        cast({{ dbt.dateadd('month', -23, 'last_month') }} as date) as previous_start,
        cast({{ dbt.dateadd('month', -24, 'last_month') }} as date) as month_before
    from as_of
),

months as (
    select
        facts.customer_id,
        facts.month_start_date,
        facts.customer_segment,
        facts.tenure_months,
        facts.asset_amount,
        facts.declined_count,
        facts.loan_payment_count,
        facts.is_customer_active,
        bounds.current_start,
        bounds.previous_start,
        cast({{ dbt.dateadd('month', 1, 'facts.month_start_date') }} as date) as month_after,
        {{ dbt.dateadd('day', -90, 'facts.month_start_date') }} as service_since
    from {{ ref('fact_customer_monthly') }} as facts
    cross join bounds
    where facts.month_start_date >= bounds.month_before and facts.month_start_date <= bounds.last_month
),

disappointed as (
    select distinct
        months.customer_id,
        months.month_start_date
    from months
    inner join {{ ref('fact_customer_interactions') }} as contacts
        on
            months.customer_id = contacts.customer_id
            and months.service_since <= contacts.interaction_at
            and months.month_start_date > contacts.interaction_at
    where contacts.satisfaction_rating <= 2
),

charged as (
    select
        customer_id,
        month_start_date
    from {{ ref('dst_monthly_spending_summary_private') }}
    where category_name = 'Bank fees'
    group by customer_id, month_start_date
    having sum(total_spending) > 0
),

at_risk as (
    select
        months.month_start_date >= months.current_start as is_current_period,
        not months.is_customer_active as has_left,
        case
            when months.tenure_months < 12 then 'under 1 year'
            when months.tenure_months < 24 then '1 to 2 years'
            when months.tenure_months < 36 then '2 to 3 years'
            when months.tenure_months < 60 then '3 to 5 years'
            when months.tenure_months >= 60 then '5 years and more'
            else 'unknown'
        end as tenure,
        coalesce(before.customer_segment, months.customer_segment, 'unknown') as customer_segment,
        case when disappointed.customer_id is not null then 'yes' else 'no' end as bad_service,
        case
            when before.asset_amount < 200 then 'below 200'
            when before.asset_amount < 2000 then '200 to 2,000'
            when before.asset_amount >= 2000 then '2,000 and more'
            else 'unknown'
        end as balances,
        case when charged.customer_id is not null then 'yes' else 'no' end as fees,
        case when before.declined_count > 0 then 'yes' else 'no' end as declined_payments,
        case when before.loan_payment_count > 0 then 'yes' else 'no' end as open_loan
    from months
    left join months as before
        on months.customer_id = before.customer_id and months.month_start_date = before.month_after
    left join disappointed
        on
            months.customer_id = disappointed.customer_id
            and months.month_start_date = disappointed.month_start_date
    left join charged
        on before.customer_id = charged.customer_id and before.month_start_date = charged.month_start_date
    where
        months.month_start_date >= months.previous_start
        and (before.is_customer_active or (before.customer_id is null and months.tenure_months = 0))
),

counts as (
    {%- for dimension in dimensions %}
    select
        '{{ dimension }}' as dimension,
        {{ dimension }} as member,
        is_current_period,
        count(*) as unit_count,
        count(*) filter (where has_left) as left_count
    from at_risk
    group by {{ dimension }}, is_current_period
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
)

select
    'churn' as analysis,
    'share' as measure,
    counts.dimension,
    counts.member,
    counts.is_current_period,
    case when counts.is_current_period then bounds.current_start else bounds.previous_start end as period_start_date,
    cast({{ dbt.dateadd('day', -1, dbt.dateadd('month', 12,
        'case when counts.is_current_period then bounds.current_start else bounds.previous_start end')) }} as date)
        as period_end_date,
    counts.unit_count,
    cast(counts.left_count as numeric) as event_total,
    cast(sum(counts.unit_count) over (partition by counts.dimension, counts.is_current_period) as bigint)
        as all_unit_count,
    false as has_shared_units
from counts
cross join bounds

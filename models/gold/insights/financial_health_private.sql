-- grain: one row per active customer
-- Names in clear: for the owner only. Nothing in it depends on the day of the month, so that a day touches few.
{{ config(
    materialized='incremental',
    incremental_strategy='append',
    pre_hook="{{ delete_touched_people() }}",
    grants={'select': []}
) }}
{% set components = health_components() %}

with as_of as (
    select {{ month_of('as_of_date') }} as this_month
    from {{ ref('as_of_date') }}
),

-- judged twice by the same rule: now, and with the year before the year
moments as (
    select
        this_month,
        true as is_now
    from as_of
    union all
    select
        {{ months_from('this_month', -12) }} as this_month,
        false as is_now
    from as_of
),

people as (
    select * from {{ ref('dim_customer_private') }}
    where is_current and is_active and not is_deleted
),

customers as (
    select
        *,
        {{ household('number_of_dependents', 'marital_status') }} as household
    from people
    {%- if is_incremental() %}
    where customer_id not in (select known.customer_id from {{ this }} as known)
    {%- endif %}
),

monthly as (
    select
        customer_id,
        month_start_date,
        tenure_months,
        purchase_count,
        income_amount,
        spending_amount,
        essential_amount,
        discretionary_amount,
        loan_paid_amount,
        loan_payment_count,
        late_payment_count,
        asset_amount
    from {{ ref('fact_customer_monthly') }}
    where customer_id in (select customers.customer_id from customers)
),

-- complete months only: neither the one of sign-up nor the one that is not over
months as (
    select
        monthly.*,
        customers.annual_income,
        moments.is_now
    from monthly
    inner join customers
        on monthly.customer_id = customers.customer_id
    cross join moments
    where
        monthly.tenure_months >= 1
        and monthly.month_start_date >= {{ months_from('moments.this_month', -12) }}
        and monthly.month_start_date < moments.this_month
),

sums as (
    select
        customer_id,
        is_now,
        min(month_start_date) as period_start_date,
        count(*) as months_observed,
        -- interest alone is no pay: a quarter of a twelfth of the stated income is
        count(*) filter (where income_amount >= 0.25 * annual_income / 12) as pay_months,
        sum(purchase_count) as purchase_count,
        sum(income_amount) as income_amount,
        sum(spending_amount) as spending_amount,
        sum(essential_amount) as essential_amount,
        sum(discretionary_amount) as discretionary_amount,
        sum(loan_paid_amount) as loan_paid_amount,
        sum(loan_payment_count) as loan_payment_count,
        sum(late_payment_count) as late_payment_count
    from months
    group by customer_id, is_now
),

lives as (
    select
        customer_id,
        min(month_start_date) as first_full_month
    from monthly
    where tenure_months >= 1
    group by customer_id
),

assets as (
    select
        monthly.customer_id,
        moments.is_now,
        monthly.asset_amount
    from monthly
    inner join moments
        on monthly.month_start_date = moments.this_month
),

seen as (
    select
        customers.customer_id,
        customers.full_name as person_name,
        customers.income_bracket,
        customers.household,
        customers.annual_income,
        moments.this_month,
        moments.is_now,
        sums.period_start_date,
        lives.first_full_month,
        coalesce(sums.months_observed, 0) as months_observed,
        coalesce(sums.pay_months, 0) as pay_months,
        coalesce(sums.purchase_count, 0) as purchase_count,
        coalesce(sums.spending_amount, 0) as spending_amount,
        coalesce(sums.essential_amount, 0) as essential_amount,
        coalesce(sums.discretionary_amount, 0) as discretionary_amount,
        sums.income_amount,
        sums.loan_paid_amount,
        sums.loan_payment_count,
        sums.late_payment_count,
        coalesce(assets.asset_amount, 0) as asset_amount,
        case
            when sums.months_observed >= 3 and 4 * sums.pay_months >= 3 * sums.months_observed then 'full'
            when sums.months_observed >= 3 and sums.purchase_count >= sums.months_observed then 'partial'
            else 'sparse'
        end as coverage
    from customers
    cross join moments
    left join sums
        on customers.customer_id = sums.customer_id and moments.is_now = sums.is_now
    left join lives
        on customers.customer_id = lives.customer_id
    left join assets
        on customers.customer_id = assets.customer_id and moments.is_now = assets.is_now
),

measured as (
    select
        *,
        case when coverage = 'full' then round(1.0 * income_amount / months_observed, 2) end as monthly_income_amount,
        round(1.0 * spending_amount / nullif(months_observed, 0), 2) as monthly_spending_amount,
        round(1.0 * essential_amount / nullif(months_observed, 0), 2) as monthly_essential_amount,
        round(1.0 * discretionary_amount / nullif(months_observed, 0), 2) as monthly_discretionary_amount,
        {{ percent_of('discretionary_amount', 'spending_amount') }} as discretionary_percent,
        round(1.0 * essential_amount / nullif(discretionary_amount, 0), 2) as essential_to_discretionary_ratio,
        case when coverage = 'full' then {{ percent_of('(income_amount - spending_amount)', 'income_amount') }} end
            as savings_rate_percent,
        case
            when coverage = 'full'
                then round(1.0 * asset_amount * months_observed / nullif(spending_amount + loan_paid_amount, 0), 1)
        end as buffer_months,
        case when coverage = 'full' then {{ percent_of('loan_paid_amount', 'income_amount') }} end
            as debt_service_percent,
        {{ percent_of('late_payment_count', 'loan_payment_count') }} as late_payment_percent
    from seen
),

components as (
    select
        {% for name, (measure, weight, at_0, at_100) in components.items() -%}
        case
            when coverage = 'full' and months_observed = 12 then {{ linear_score(measure, at_0, at_100) }}
        end as {{ name }}_score,
        {% endfor -%}
        *
    from measured
),

-- what is unknown (instalments of somebody without a loan) takes no part; a part of a year would, by chance, hold
-- more or fewer of the bills that come every few months
scored as (
    select
        *,
        {% set points, weights = [], [] -%}
        {% for name, parts in components.items() -%}
        {% do points.append('coalesce(' ~ parts[1] ~ ' * ' ~ name ~ '_score, 0)') -%}
        {% do weights.append('case when ' ~ name ~ '_score is not null then ' ~ parts[1] ~ ' else 0 end') -%}
        {% endfor -%}
        round(({{ points | join(' + ') }}) / nullif({{ weights | join(' + ') }}, 0), 1) as financial_health_score,
        least({{ components | join('_score, ') }}_score) as lowest_score
    from components
),

compared as (
    select
        *,
        lag(financial_health_score) over (partition by customer_id order by this_month) as year_ago_health_score
    from scored
),

final as (
    select
        ---------- who
        customer_id,
        person_name,
        income_bracket,
        household,
        ---------- what is known
        first_full_month,
        period_start_date,
        cast({{ dbt.dateadd('day', -1, 'this_month') }} as date) as period_end_date,
        cast(months_observed as integer) as months_observed,
        cast(pay_months as integer) as pay_months,
        cast(purchase_count as integer) as purchase_count,
        coverage,
        ---------- money
        monthly_income_amount,
        monthly_spending_amount,
        monthly_essential_amount,
        monthly_discretionary_amount,
        asset_amount,
        ---------- measures
        discretionary_percent,
        essential_to_discretionary_ratio,
        {{ ratio_reading('essential_to_discretionary_ratio') }} as ratio_reading,
        savings_rate_percent,
        buffer_months,
        debt_service_percent,
        late_payment_percent,
        ---------- grade
        {% for name in components -%}
        {{ name }}_score,
        {% endfor -%}
        financial_health_score,
        {{ health_grade('financial_health_score') }} as financial_health_grade,
        year_ago_health_score,
        case
            when coverage <> 'full' then 'not rated: pay is not booked here in at least three of four months'
            when months_observed < 12 then 'not rated: fewer than twelve complete months'
            when lowest_score = 100 then 'nothing: every part scores 100'
            {% for name in components -%}
            when {{ name }}_score = lowest_score then '{{ name | replace("_", " ") }}'
            {% endfor -%}
        end as weakest_part,
        ---------- load
        {{ dbt.current_timestamp() }} as dw_updated_at,
        {{ build_number() }} as _build_id
    from compared
    where is_now
)

select * from final
order by customer_id

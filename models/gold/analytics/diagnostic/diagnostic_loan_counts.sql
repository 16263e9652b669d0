-- grain: one row per dimension, member and period of 90 days
-- The unit is an instalment that fell due in the period.
{%- set dimensions = [
    'credit_score_band', 'income_bracket', 'loan_product', 'loan_age', 'autopay', 'balances'
] %}

with as_of as (
    select
        as_of_date,
        cast({{ dbt.dateadd('day', -90, 'as_of_date') }} as date) as previous_end_date,
        cast({{ dbt.dateadd('day', -180, 'as_of_date') }} as date) as day_before
    from {{ ref('as_of_date') }}
),

payments as (
    select
        facts.*,
        facts.scheduled_date > as_of.previous_end_date as is_current_period,
        cast(
            {{ dbt.dateadd('month', -1, dbt.date_trunc('month', 'facts.scheduled_date')) }} as date
        ) as month_before
    from {{ ref('fact_loan_payments') }} as facts
    cross join as_of
    where facts.scheduled_date > as_of.day_before and facts.scheduled_date <= as_of.as_of_date
),

customers as (
    select
        customer_key,
        credit_score_band,
        income_bracket
    from {{ ref('dim_customer_private') }}
),

accounts as (
    select
        account_key,
        open_date,
        is_autopay_enabled
    from {{ ref('dim_account') }}
),

products as (
    select
        product_key,
        product_category
    from {{ ref('dim_product') }}
),

months as (
    select
        customer_id,
        month_start_date,
        asset_amount
    from {{ ref('fact_customer_monthly') }}
),

described as (
    select
        payments.is_current_period,
        payments.is_late,
        payments.delinquency_bucket,
        coalesce(customers.credit_score_band, 'unknown') as credit_score_band,
        coalesce(customers.income_bracket, 'unknown') as income_bracket,
        coalesce(products.product_category, 'unknown') as loan_product,
        {{ dbt.datediff('accounts.open_date', 'payments.scheduled_date', 'month') }} as loan_months,
        case
            when accounts.is_autopay_enabled then 'yes' when not accounts.is_autopay_enabled then 'no' else 'unknown'
        end as autopay,
        case
            when months.asset_amount < 200 then 'below 200'
            when months.asset_amount < 2000 then '200 to 2,000'
            when months.asset_amount >= 2000 then '2,000 and more'
            else 'unknown'
        end as balances
    from payments
    left join customers
        on payments.customer_key = customers.customer_key
    left join accounts
        on payments.account_key = accounts.account_key
    left join products
        on payments.product_key = products.product_key
    left join months
        on payments.customer_id = months.customer_id and payments.month_before = months.month_start_date
),

aged as (
    select
        *,
        case
            when loan_months < 12 then 'under 1 year'
            when loan_months < 24 then '1 to 2 years'
            when loan_months < 48 then '2 to 4 years'
            when loan_months >= 48 then '4 years and more'
            else 'unknown'
        end as loan_age
    from described
),

totals as (
    select
        is_current_period,
        count(*) as payment_count
    from aged
    group by is_current_period
),

counts as (
    {%- for dimension in dimensions %}
    select
        '{{ dimension }}' as dimension,
        {{ dimension }} as member,
        is_current_period,
        count(*) as unit_count,
        count(*) filter (where is_late) as late_count,
        false as has_shared_units
    from aged
    group by {{ dimension }}, is_current_period
    union all
    {%- endfor %}
    -- every instalment could have been late by any number of days
    select
        'days_late' as dimension,
        aged.delinquency_bucket as member,
        aged.is_current_period,
        totals.payment_count as unit_count,
        count(*) as late_count,
        true as has_shared_units
    from aged
    inner join totals
        on aged.is_current_period = totals.is_current_period
    where aged.is_late
    group by aged.delinquency_bucket, aged.is_current_period, totals.payment_count
)

select
    'late_payments' as analysis,
    'share' as measure,
    counts.dimension,
    counts.member,
    counts.is_current_period,
    cast({{ dbt.dateadd('day', 1,
        'case when counts.is_current_period then as_of.previous_end_date else as_of.day_before end') }} as date)
        as period_start_date,
    case when counts.is_current_period then as_of.as_of_date else as_of.previous_end_date end as period_end_date,
    counts.unit_count,
    cast(counts.late_count as numeric) as event_total,
    totals.payment_count as all_unit_count,
    counts.has_shared_units
from counts
inner join totals
    on counts.is_current_period = totals.is_current_period
cross join as_of

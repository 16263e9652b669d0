-- grain: one row per customer and calendar month at whose start the customer was free to leave
-- Free to leave: active, without an open loan or a pending application. What may explain leaving is as
-- known at the start of the month, so nothing that leaving itself changes is among it.
{{ config(materialized='incremental', incremental_strategy='append', pre_hook="{{ delete_touched_months() }}") }}

with versions as (
    select * from {{ ref('dim_customer_private') }}
),

as_of as (
    select as_of_date from {{ ref('as_of_date') }}
),

lives as (
    select
        customer_id,
        min(signup_date) as signup_date,
        min(valid_from) filter (where not is_active) as left_at
    from versions
    group by customer_id
),

months as (
    select
        months.customer_month_key,
        months.customer_id,
        months.month_start_date,
        lives.signup_date,
        lives.left_at,
        least(
            {{ dbt.dateadd('month', 1, 'months.month_start_date') }},
            {{ dbt.dateadd('day', 1, 'as_of.as_of_date') }}
        ) as month_over,
        {{ dbt.dateadd('day', -90, 'months.month_start_date') }} as service_since
    from {{ ref('fact_customer_monthly') }} as months
    cross join as_of
    inner join lives
        on months.customer_id = lives.customer_id
    where
        lives.signup_date < months.month_start_date
        and (lives.left_at is null or lives.left_at >= months.month_start_date)
        {%- if is_incremental() %}
        and months.customer_month_key in ({{ touched_months() }})
        {%- endif %}
),

-- that saw a month begin; each customer's are read together and not month by month
periods as (
    select
        customer_id,
        product_category,
        balance_amount,
        period_start_date,
        period_end_date,
        {{ evaluate_once() }} as is_computed
    from {{ ref('account_balance_periods') }}
    where
        product_category in ('Checking', 'Personal Loan', 'Auto Loan', 'Mortgage')
        and {{ dbt.date_trunc('month', 'period_end_date') }} > period_start_date
),

-- as at the end of the day before
balances as (
    select
        months.customer_month_key,
        sum(periods.balance_amount) filter (where periods.product_category = 'Checking') as checking_balance,
        count(*) filter (
            where
            periods.product_category <> 'Checking'
            and periods.period_end_date > months.month_start_date
        ) as open_loan_count
    from months
    inner join periods
        on
            months.customer_id = periods.customer_id
            and months.month_start_date > periods.period_start_date
            and months.month_start_date <= periods.period_end_date
    group by months.customer_month_key
),

applicants as (
    select distinct months.customer_month_key
    from months
    inner join {{ ref('fact_credit_applications') }} as applications
        on
            months.customer_id = applications.customer_id
            and months.month_start_date > applications.application_at
            and (applications.decision_at is null or months.month_start_date <= applications.decision_at)
),

disappointed as (
    select distinct months.customer_month_key
    from months
    inner join {{ ref('fact_customer_interactions') }} as interactions
        on
            months.customer_id = interactions.customer_id
            and months.service_since <= interactions.interaction_at
            and months.month_start_date > interactions.interaction_at
    where interactions.satisfaction_rating <= 2
)

select
    months.customer_month_key,
    months.customer_id,
    months.month_start_date,
    coalesce(versions.customer_segment, 'Unknown') as customer_segment,
    round({{ dbt.datediff('months.signup_date', 'months.month_start_date', 'day') }} / 365.25, 2) as tenure_years,
    disappointed.customer_month_key is not null as has_bad_service,
    coalesce(balances.checking_balance < 200, false) as is_low_balance,
    coalesce(months.left_at < months.month_over, false) as has_left,
    round(
        cast(
            {{ seconds_between('months.month_start_date', 'least(months.left_at, months.month_over)') }}
            as numeric
        ) / (86400 * 30.4375),
        6
    ) as exposure_months,
    {{ build_number() }} as _build_id
from months
inner join versions
    on
        months.customer_id = versions.customer_id
        and {{ valid_at('versions', 'months.month_start_date') }}
left join balances
    on months.customer_month_key = balances.customer_month_key
left join applicants
    on months.customer_month_key = applicants.customer_month_key
left join disappointed
    on months.customer_month_key = disappointed.customer_month_key
where
    coalesce(balances.open_loan_count, 0) = 0
    and applicants.customer_month_key is null

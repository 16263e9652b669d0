-- grain: one row per customer and kind of product
-- What a customer brought in the last twelve months that are over, and whether the product was held before
-- they began (so that the product comes before the value) and now.

with as_of as (
    select
        as_of_date,
        cast({{ dbt.date_trunc('month', dbt.dateadd('day', 1, 'as_of_date')) }} as date) as value_until
    from {{ ref('as_of_date') }}
),

year_bounds as (
    select
        as_of_date,
        value_until,
        cast({{ dbt.dateadd('month', -12, 'value_until') }} as date) as value_from
    from as_of
),

versions as (
    select * from {{ ref('dim_customer_private') }}
),

customers as (
    select
        versions.customer_id,
        min(versions.signup_date) as signup_date,
        bool_or(
            versions.is_active
            and year_bounds.value_from >= versions.signup_date
            and {{ valid_at('versions', 'year_bounds.value_from') }}
        ) as is_compared,
        max(case when {{ valid_at('versions', 'year_bounds.value_from') }} then versions.customer_segment end)
            as customer_segment,
        max(case when {{ valid_at('versions', 'year_bounds.value_from') }} then versions.income_bracket end)
            as income_bracket
    from versions
    cross join year_bounds
    group by versions.customer_id
),

revenue as (
    select
        months.customer_id,
        sum(months.revenue_amount) as revenue_amount
    from {{ ref('fact_customer_monthly') }} as months
    inner join year_bounds
        on
            months.month_start_date >= year_bounds.value_from
            and months.month_start_date < year_bounds.value_until
    group by months.customer_id
),

holdings as (
    select
        periods.customer_id,
        case
            when periods.product_category in ('Personal Loan', 'Auto Loan', 'Mortgage') then 'Loan'
            else periods.product_category
        end as product_kind,
        bool_or(
            periods.period_start_date < year_bounds.value_from
            and periods.period_end_date >= year_bounds.value_from
        ) as is_held_before,
        bool_or(
            periods.period_start_date <= year_bounds.as_of_date
            and periods.period_end_date > year_bounds.as_of_date
        ) as is_held_now
    from {{ ref('account_balance_periods') }} as periods
    inner join year_bounds
        on periods.period_end_date >= year_bounds.value_from
    group by
        periods.customer_id,
        case
            when periods.product_category in ('Personal Loan', 'Auto Loan', 'Mortgage') then 'Loan'
            else periods.product_category
        end
),

kinds as (
    select 'Credit Card' as product_kind
    union all
    select 'Savings' as product_kind
    union all
    select 'Loan' as product_kind
)

select
    {{ surrogate_key(['customers.customer_id', 'kinds.product_kind']) }} as product_value_key,
    customers.customer_id,
    kinds.product_kind,
    coalesce(holdings.is_held_before, false) as is_held_before,
    coalesce(holdings.is_held_now, false) as is_held_now,
    customers.is_compared,
    coalesce(customers.customer_segment, 'Unknown') as customer_segment,
    coalesce(customers.income_bracket, 'Unknown') as income_bracket,
    case
        when {{ dbt.datediff('customers.signup_date', 'year_bounds.value_from', 'day') }} < 365 then 'under 1 year'
        when {{ dbt.datediff('customers.signup_date', 'year_bounds.value_from', 'day') }} < 3 * 365 then '1 to 3 years'
        else '3 years and more'
    end as tenure_band,
    coalesce(revenue.revenue_amount, 0) as revenue_amount
from customers
cross join kinds
cross join year_bounds
left join holdings
    on
        customers.customer_id = holdings.customer_id
        and kinds.product_kind = holdings.product_kind
left join revenue
    on customers.customer_id = revenue.customer_id
where customers.signup_date < year_bounds.value_until

-- grain: one row per customer who is with the bank and was so for a complete calendar month
-- What they did in the last 12 complete calendar months, and how they are now.

with as_of as (
    select
        as_of_date,
        -- a month that ends today is complete
        cast({{ dbt.date_trunc('month', dbt.dateadd('day', 1, 'as_of_date')) }} as date) as month_after
    from {{ ref('as_of_date') }}
),

bounds as (
    select
        month_after,
        cast({{ dbt.dateadd('month', -12, 'month_after') }} as date) as first_month
    from as_of
),

months as (
    select facts.*
    from {{ ref('fact_customer_monthly') }} as facts
    inner join bounds
        on facts.month_start_date >= bounds.first_month and facts.month_start_date < bounds.month_after
),

customers as (
    select * from {{ ref('dim_customer') }}
    where is_current and is_active
),

sums as (
    select
        customer_id,
        count(*) as month_count,
        sum(transaction_count) as transaction_count,
        sum(purchase_count) as purchase_count,
        sum(spending_amount) as spending_amount,
        sum(discretionary_amount) as discretionary_amount,
        sum(online_count) as online_count,
        sum(weekend_count) as weekend_count,
        sum(night_count) as night_count,
        sum(interaction_count) as contact_count,
        avg(asset_amount) as average_asset_amount,
        avg(debt_amount) as average_debt_amount
    from months
    group by customer_id
),

final as (
    select
        customers.customer_id,
        customers.customer_key,
        coalesce(customers.city, 'Unknown') as city,
        coalesce(customers.state, 'Unknown') as state,
        customers.customer_segment,
        customers.age,
        customers.annual_income,
        customers.credit_score,
        customers.tenure_months,
        cast(sums.month_count as integer) as month_count,
        cast(sums.transaction_count as integer) as transaction_count,
        cast(sums.purchase_count as integer) as purchase_count,
        sums.spending_amount,
        round(sums.spending_amount / sums.month_count, 2) as monthly_spending_amount,
        round(1.0 * sums.purchase_count / sums.month_count, 4) as monthly_purchase_count,
        round(sums.spending_amount / nullif(sums.purchase_count, 0), 2) as avg_purchase_amount,
        {{ percent_of('sums.discretionary_amount', 'nullif(greatest(sums.spending_amount, 0), 0)') }}
            as discretionary_percent,
        {{ percent_of('sums.online_count', 'sums.transaction_count') }} as online_percent,
        {{ percent_of('sums.weekend_count', 'sums.transaction_count') }} as weekend_percent,
        {{ percent_of('sums.night_count', 'sums.transaction_count') }} as night_percent,
        cast(sums.contact_count as integer) as contact_count,
        round(sums.average_asset_amount, 2) as average_asset_amount,
        round(sums.average_debt_amount, 2) as average_debt_amount
    from customers
    inner join sums
        on customers.customer_id = sums.customer_id
)

select * from final

-- grain: one row per day from the first order to the as-of date, days without an order included

with as_of as (
    select as_of_date from {{ ref('as_of_date') }}
),

sales as (
    select
        order_date,
        count(*) as order_count,
        count(distinct customer_id) as customer_count,
        cast(sum(unit_count) as bigint) as unit_count,
        sum(revenue_amount) as revenue_amount,
        sum(returned_amount) as returned_amount,
        sum(profit_amount) as profit_amount,
        sum(total_amount) as total_amount
    from {{ ref('order_totals') }}
    group by order_date
),

days as (
    select
        full_date,
        is_weekend,
        is_holiday
    from {{ ref('dim_date') }}
    where
        full_date >= (select min(sales.order_date) from sales)
        and full_date <= (select as_of.as_of_date from as_of)
),

filled as (
    select
        days.full_date as revenue_date,
        days.is_weekend,
        days.is_holiday,
        coalesce(sales.order_count, 0) as order_count,
        coalesce(sales.customer_count, 0) as customer_count,
        coalesce(sales.unit_count, 0) as unit_count,
        coalesce(sales.revenue_amount, 0) as revenue_amount,
        coalesce(sales.returned_amount, 0) as returned_amount,
        coalesce(sales.profit_amount, 0) as profit_amount,
        coalesce(sales.total_amount, 0) as total_amount
    from days
    left join sales
        on days.full_date = sales.order_date
),

final as (
    select
        *,
        -- there is a row for every day, so 7 rows are 7 days; before there are so many there is no average
        case when count(*) over last_7_days = 7 then round(avg(revenue_amount) over last_7_days, 2) end
            as revenue_7_day_average,
        case when count(*) over last_30_days = 30 then round(avg(revenue_amount) over last_30_days, 2) end
            as revenue_30_day_average,
        {{ percent_change('revenue_amount', 'lag(revenue_amount, 7) over (order by revenue_date)') }}
            as week_on_week_percent
    from filled
    window
        last_7_days as (order by revenue_date rows between 6 preceding and current row),
        last_30_days as (order by revenue_date rows between 29 preceding and current row)
)

select * from final

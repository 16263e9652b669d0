-- grain: one row per month from the first order to the as-of date, months without an order included

with as_of as (
    select as_of_date from {{ ref('as_of_date') }}
),

-- these have every day, also those without an order
days as (
    select
        *,
        cast({{ dbt.date_trunc('month', 'revenue_date') }} as date) as month_start_date
    from {{ ref('daily_revenue') }}
),

sales as (
    select
        month_start_date,
        cast(sum(order_count) as bigint) as order_count,
        sum(revenue_amount) as revenue_amount,
        sum(profit_amount) as profit_amount
    from days
    group by month_start_date
),

months as (
    select
        sales.*,
        cast({{ dbt.date_trunc('quarter', 'sales.month_start_date') }} as date) as quarter_start_date,
        cast({{ dbt.last_day('sales.month_start_date', 'month') }} as date) <= as_of.as_of_date as is_complete
    from sales
    cross join as_of
),

quarters as (
    select
        quarter_start_date,
        sum(revenue_amount) as revenue_amount
    from months
    group by quarter_start_date
),

compared as (
    select
        months.*,
        lag(months.revenue_amount) over (order by months.month_start_date) as prev_month_revenue_amount,
        quarters.revenue_amount as quarter_revenue_amount,
        earlier.revenue_amount as prev_quarter_revenue_amount,
        count(*) over last_12_months as months_of_the_year,
        avg(months.revenue_amount) over last_12_months as year_average_amount,
        stddev_samp(months.revenue_amount) over last_12_months as year_deviation_amount,
        -- a month that is not over cannot be the best or the worst
        rank() over (
            partition by months.is_complete order by months.revenue_amount desc, months.month_start_date asc
        ) as best_rank,
        rank() over (
            partition by months.is_complete order by months.revenue_amount, months.month_start_date
        ) as worst_rank
    from months
    inner join quarters
        on months.quarter_start_date = quarters.quarter_start_date
    left join quarters as earlier
        on quarters.quarter_start_date = {{ dbt.dateadd('month', 3, 'earlier.quarter_start_date') }}
    window last_12_months as (order by months.month_start_date rows between 11 preceding and current row)
),

final as (
    select
        {{ month_columns('month_start_date', with_end=false) }},
        order_count,
        revenue_amount,
        profit_amount,
        prev_month_revenue_amount,
        {{ percent_change('revenue_amount', 'prev_month_revenue_amount') }} as mom_percent_change,
        quarter_revenue_amount,
        prev_quarter_revenue_amount,
        {{ percent_change('quarter_revenue_amount', 'prev_quarter_revenue_amount') }} as qoq_percent_change,
        case when months_of_the_year = 12 then round(year_deviation_amount, 2) end as revenue_volatility_amount,
        case
            when months_of_the_year = 12
                then {{ percent_of('year_deviation_amount', 'year_average_amount') }}
        end as revenue_volatility_percent,
        is_complete,
        is_complete and best_rank = 1 as is_best_month,
        is_complete and worst_rank = 1 as is_worst_month
    from compared
)

select * from final

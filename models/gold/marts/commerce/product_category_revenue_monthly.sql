-- grain: one row per month, department and shelf of the marketplace

with sales as (
    select
        *,
        cast({{ dbt.date_trunc('month', 'order_date') }} as date) as month_start_date
    from {{ ref('fact_sales') }}
),

-- an order counts once on a shelf: numbering its lines spares the sort by names that `count(distinct …)` needs
lines as (
    select
        *,
        row_number() over (
            partition by order_id, month_start_date, category_name, subcategory_name order by order_id
        ) as line_of_shelf
    from sales
),

months as (
    select
        month_start_date,
        category_name,
        subcategory_name,
        count(*) filter (where line_of_shelf = 1) as order_count,
        sum(quantity) as unit_count,
        sum(gross_amount) as gross_amount,
        sum(discount_amount) as discount_amount,
        sum(revenue_amount) as revenue_amount,
        sum(returned_amount) as returned_amount,
        sum(cost_amount) as cost_amount,
        sum(profit_amount) as profit_amount
    from lines
    group by month_start_date, category_name, subcategory_name
),

final as (
    select
        {{ surrogate_key(['month_start_date', 'category_name', 'subcategory_name']) }} as category_month_key,
        {{ month_columns('month_start_date', with_end=false) }},
        category_name,
        subcategory_name,
        order_count,
        unit_count,
        gross_amount,
        discount_amount,
        revenue_amount,
        returned_amount,
        cost_amount,
        profit_amount,
        {{ percent_of('profit_amount', 'revenue_amount') }} as profit_margin_percent,
        {{ percent_of('revenue_amount', 'sum(revenue_amount) over (partition by month_start_date)') }}
            as revenue_share_percent,
        cast(rank() over (partition by month_start_date order by revenue_amount desc) as integer) as revenue_rank
    from months
)

select * from final

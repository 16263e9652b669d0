"""How does the marketplace do? The queries of report 10."""

from __future__ import annotations

from analytics_viz.kpi import Kpi

KPIS = (
    Kpi(
        "marketplace_revenue",
        "Sales",
        "money",
        "up",
        "Goods sold less discounts, without shipping and tax; returned ones included.",
        """
        select coalesce(sum(revenue_amount), 0)
        from gold.fact_sales
        where order_date between %(start)s and %(end)s
        """,
    ),
    Kpi(
        "marketplace_profit",
        "Profit",
        "money",
        "up",
        "Sales less what the goods cost on the day of the sale.",
        """
        select coalesce(sum(profit_amount), 0)
        from gold.fact_sales
        where order_date between %(start)s and %(end)s
        """,
    ),
    Kpi(
        "marketplace_margin",
        "Margin",
        "percent",
        "up",
        "Profit as a share of sales.",
        """
        select round(100 * sum(profit_amount) / nullif(sum(revenue_amount), 0), 2)
        from gold.fact_sales
        where order_date between %(start)s and %(end)s
        """,
    ),
    Kpi(
        "marketplace_orders",
        "Orders",
        "count",
        "up",
        "Orders placed in the period, returned ones included.",
        """
        select count(distinct order_id)
        from gold.fact_sales
        where order_date between %(start)s and %(end)s
        """,
    ),
    Kpi(
        "average_order",
        "Average order",
        "price",
        "up",
        "Sales per order.",
        """
        select round(sum(revenue_amount) / nullif(count(distinct order_id), 0), 2)
        from gold.fact_sales
        where order_date between %(start)s and %(end)s
        """,
    ),
    Kpi(
        "visits",
        "Visits",
        "count",
        "up",
        "Visits of the marketplace, by the day on which they began.",
        """
        select count(*)
        from gold.shopping_sessions
        where session_date between %(start)s and %(end)s
        """,
    ),
    Kpi(
        "visit_conversion",
        "Visits that buy",
        "percent",
        "up",
        "Share of the visits that end in an order.",
        """
        select round(100.0 * count(*) filter (where has_purchase) / nullif(count(*), 0), 2)
        from gold.shopping_sessions
        where session_date between %(start)s and %(end)s
        """,
    ),
    Kpi(
        "membership_revenue",
        "Membership revenue a month",
        "money",
        "up",
        "What memberships running at the end of the period's last day bring in every month.",
        """
        select coalesce(sum(monthly_amount), 0)
        from gold.fact_subscriptions
        where start_date <= %(end)s and (end_date is null or end_date > %(end)s)
        """,
        is_stock=True,
    ),
    Kpi(
        "out_of_stock",
        "Out of stock",
        "percent",
        "down",
        "Share of the products on offer that were out of stock at the end of the last day.",
        """
        select
            round(
                100.0 * count(*) filter (where inventory_status = 'Out of Stock')
                / nullif(count(*), 0), 2
            )
        from gold.dim_catalogue_product
        where valid_from < %(end)s + interval '1 day'
          and valid_to >= %(end)s + interval '1 day'
          and inventory_status not in ('Discontinued', 'Unknown')
        """,
        is_stock=True,
    ),
)

# The running month is in it, marked: a month that has just begun would look like a crash.
MONTHS = """
    select
        month_start_date, is_complete, order_count, revenue_amount, profit_amount,
        mom_percent_change, qoq_percent_change, revenue_volatility_percent
    from gold.seasonal_sales_analysis
    order by month_start_date
"""

DAYS = """
    select
        revenue_date, is_weekend, is_holiday, order_count, revenue_amount, revenue_7_day_average,
        revenue_30_day_average
    from gold.daily_revenue
    where revenue_date between %(start)s and %(end)s
    order by revenue_date
"""

CATEGORIES = """
    with months as (
        select month_start_date, row_number() over (order by month_start_date desc) as months_ago
        from gold.seasonal_sales_analysis
        where is_complete
    )

    select
        sales.category_name,
        sum(sales.revenue_amount) filter (where months.months_ago <= 12) as revenue_amount,
        sum(sales.profit_amount) filter (where months.months_ago <= 12) as profit_amount,
        sum(sales.returned_amount) filter (where months.months_ago <= 12) as returned_amount,
        sum(sales.unit_count) filter (where months.months_ago <= 12) as unit_count,
        sum(sales.revenue_amount) filter (where months.months_ago > 12) as previous_revenue_amount,
        max(months.months_ago) filter (where months.months_ago <= 12) as month_count,
        max(months.month_start_date) as last_month
    from gold.product_category_revenue_monthly as sales
    inner join months
        on sales.month_start_date = months.month_start_date
    where months.months_ago <= 24
    group by sales.category_name
    having sum(sales.revenue_amount) filter (where months.months_ago <= 12) > 0
    order by revenue_amount
"""

FUNNEL = """
    select
        coalesce(device_type, 'unknown') as device_type,
        count(*) as visits,
        count(*) filter (where view_count > 0) as views,
        count(*) filter (where search_count > 0) as searches,
        count(*) filter (where has_cart) as carts,
        count(*) filter (where has_checkout) as checkouts,
        count(*) filter (where has_purchase) as purchases,
        sum(abandoned_cart_amount) as abandoned_amount
    from gold.shopping_sessions
    where session_date between %(start)s and %(end)s
    group by coalesce(device_type, 'unknown')
    order by visits desc
"""

SESSIONS = """
    select
        month_start_date,
        sum(session_count) as visits,
        sum(purchase_count) as purchases,
        sum(abandoned_cart_amount) as abandoned_amount
    from gold.shopping_funnel
    where month_start_date < date_trunc('month', %(as_of)s + interval '1 day')
    group by month_start_date
    order by month_start_date
"""

SEGMENTS = """
    select
        value_segment,
        count(*) as customer_count,
        sum(lifetime_revenue_amount) as revenue_amount,
        sum(lifetime_profit_amount) as profit_amount,
        sum(order_count) as order_count
    from gold.customer_segments
    group by value_segment
"""

# An order's discount up to the next 5 %; exactly 30 % does not break the rule.
DISCOUNTS = """
    with orders as (
        select
            order_id,
            sum(gross_amount) as gross_amount,
            sum(discount_amount) as discount_amount,
            sum(revenue_amount) as revenue_amount,
            sum(profit_amount) as profit_amount
        from gold.fact_sales
        where order_date between %(start)s and %(end)s
        group by order_id
    )

    select
        cast(
            5 * ceil(20 * orders.discount_amount / nullif(orders.gross_amount, 0)) as integer
        ) as discount_to,
        count(*) as order_count,
        count(*) filter (where reviews.has_high_discount) as high_discount_count,
        count(*) filter (where reviews.has_high_shipping) as high_shipping_count,
        count(*) filter (where reviews.has_high_discount and reviews.has_high_shipping)
            as both_count,
        sum(orders.revenue_amount) as revenue_amount,
        sum(orders.profit_amount) as profit_amount
    from orders
    left join gold.order_for_reviews as reviews
        on orders.order_id = reviews.order_id
    where orders.gross_amount > 0
    group by 1
    order by 1
"""

STOCK = """
    select category_name, inventory_status, count(*) as product_count
    from gold.dim_catalogue_product
    where is_current and not is_deleted and inventory_status <> 'Unknown'
    group by category_name, inventory_status
    order by category_name, inventory_status
"""

MEMBERSHIPS = """
    select
        month_start_date, new_amount, expansion_amount, contraction_amount, churned_amount,
        closing_amount, closing_members, opening_members, new_members, churned_members
    from gold.subscription_revenue_monthly
    where month_start_date < date_trunc('month', %(as_of)s + interval '1 day')
    order by month_start_date
"""

# A quarter's field is there once all who joined in it have lived through that month.
COHORTS = """
    with cohorts as (
        select
            cast(date_trunc('quarter', cohort_month) as date) as cohort_start_date,
            months_since,
            sum(cohort_members) as member_count,
            sum(retained_members) as retained_count,
            max(sum(cohort_members)) over (partition by date_trunc('quarter', cohort_month))
                as quarter_count
        from gold.subscription_cohorts
        group by date_trunc('quarter', cohort_month), months_since
    )

    select cohort_start_date, months_since, member_count, retained_count
    from cohorts
    where
        member_count = quarter_count
        and cohort_start_date + interval '3 months' <= %(as_of)s + interval '1 day'
    order by cohort_start_date, months_since
"""

WEATHER = """
    select
        effects.category_name,
        effects.city_days,
        effects.rainy_days,
        effects.order_count,
        effects.rainy_order_count,
        effects.rate_ratio,
        effects.rate_ratio_ci_low,
        effects.rate_ratio_ci_high,
        effects.adjusted_p_value,
        effects.revenue_correlation,
        effects.revenue_correlation_ci_low,
        effects.revenue_correlation_ci_high,
        effects.revenue_correlation_adjusted_p_value,
        days.as_of_date
    from gold.weather_sales_effects as effects
    cross join gold.analyses_as_of as days
    order by effects.rate_ratio desc nulls last
"""

-- Each mart of the marketplace tells the same total as fact_sales, to the cent and the order; the flagged orders the
-- same as those orders in the fact; purchases in the click stream are orders, and each order of a visit is sold.
{% set marts = {
    'order_totals': ('revenue_amount', 'unit_count'),
    'product_category_revenue_monthly': ('revenue_amount', 'unit_count'),
    'product_revenue_payment_analysis': ('revenue_amount', 'unit_count'),
    'daily_revenue': ('revenue_amount', 'order_count'),
    'payment_method_preference': ('revenue_amount', 'order_count'),
    'customer_segments': ('lifetime_revenue_amount', 'order_count'),
    'seasonal_sales_analysis': ('revenue_amount', 'order_count')
} %}

with expected as (
    select
        coalesce(sum(revenue_amount), 0) as revenue_amount,
        count(distinct order_id) as order_count,
        coalesce(sum(quantity), 0) as unit_count
    from {{ ref('fact_sales') }}
),

told as (
    {% for mart, (amount, number) in marts.items() -%}
    select
        '{{ mart }}' as mart,
        '{{ number }}' as counted,
        coalesce(sum({{ amount }}), 0) as revenue_amount,
        coalesce(sum({{ number }}), 0) as told_count
    from {{ ref(mart) }}
    {%- if not loop.last %}
    union all
    {% endif -%}
    {% endfor %}
),

flagged as (
    select
        reviews.order_id,
        reviews.revenue_amount,
        sum(sales.revenue_amount) as sold_amount
    from {{ ref('order_for_reviews') }} as reviews
    left join {{ ref('fact_sales') }} as sales
        on reviews.order_id = sales.order_id
    group by reviews.order_id, reviews.revenue_amount
),

visits as (
    select
        sessions.order_id,
        count(*) as session_count
    from {{ ref('shopping_sessions') }} as sessions
    where sessions.has_purchase
    group by sessions.order_id
)

select told.mart
from told
cross join expected
where
    told.revenue_amount <> expected.revenue_amount
    or told.told_count <> case told.counted when 'unit_count' then expected.unit_count else expected.order_count end

union all

select 'order_for_reviews' as mart
from flagged
where sold_amount is null or revenue_amount <> sold_amount

union all

select 'shopping_sessions' as mart
from visits
where session_count > 1

union all

select 'subscription_revenue_monthly' as mart
from (
    select
        closing_amount,
        lead(opening_amount) over (order by month_start_date) as next_opening_amount,
        row_number() over (order by month_start_date desc) as months_ago,
        (
            select coalesce(sum(subscriptions.monthly_amount), 0)
            from {{ ref('fact_subscriptions') }} as subscriptions
            where subscriptions.is_active
        ) as active_amount
    from {{ ref('subscription_revenue_monthly') }}
) as months
where closing_amount <> coalesce(next_opening_amount, case months_ago when 1 then active_amount end)

-- Check 6 of 6: the four tables tell the same story: totals per month, per person, per category.
with summary as (
    select * from {{ ref('dst_monthly_spending_summary_private') }}
),

months as (
    select
        month_start_date,
        max(case when source = 'summary' then amount end) as summary_amount,
        max(case when source = 'trends' then amount end) as trends_amount,
        max(case when source = 'people' then amount end) as people_amount,
        max(case when source = 'methods' then amount end) as methods_amount
    from (
        select
            'summary' as source,
            month_start_date,
            sum(total_spending) as amount
        from summary
        group by month_start_date
        union all
        select
            'trends' as source,
            month_start_date,
            sum(total_spending) as amount
        from {{ ref('dst_category_trends') }}
        group by month_start_date
        union all
        select
            'people' as source,
            month_start_date,
            sum(total_spending) as amount
        from {{ ref('dst_person_analytics_private') }}
        group by month_start_date
        union all
        select
            'methods' as source,
            month_start_date,
            sum(total_amount) as amount
        from {{ ref('dst_payment_method_summary') }}
        group by month_start_date
    ) as sources
    group by month_start_date
),

people as (
    select
        summary.month_start_date,
        summary.customer_id,
        sum(summary.total_spending) as amount,
        sum(summary.transaction_count) as transaction_count
    from summary
    group by summary.month_start_date, summary.customer_id
),

categories as (
    select
        summary.month_start_date,
        summary.category_name,
        sum(summary.total_spending) as amount,
        count(distinct summary.customer_id) as unique_persons
    from summary
    group by summary.month_start_date, summary.category_name
)

select
    'months' as level,
    month_start_date
from months
where
    summary_amount is distinct from trends_amount
    or summary_amount is distinct from people_amount
    or summary_amount is distinct from methods_amount

union all

select
    'people' as level,
    people.month_start_date
from people
full outer join {{ ref('dst_person_analytics_private') }} as analytics
    on
        people.month_start_date = analytics.month_start_date
        and people.customer_id = analytics.customer_id
where
    people.amount is distinct from analytics.total_spending
    or people.transaction_count is distinct from analytics.transaction_count

union all

select
    'categories' as level,
    categories.month_start_date
from categories
full outer join {{ ref('dst_category_trends') }} as trends
    on
        categories.month_start_date = trends.month_start_date
        and categories.category_name = trends.category_name
where
    categories.amount is distinct from trends.total_spending
    or categories.unique_persons is distinct from trends.unique_persons

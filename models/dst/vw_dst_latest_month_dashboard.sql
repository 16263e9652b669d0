-- grain: one row, the latest month with spending
{{ config(materialized='view') }}

-- the persons are named twice: one step for both would copy every month of them to find the latest
with latest as (
    select max(month_start_date) as month_start_date from {{ ref('dst_person_analytics') }}
),

spenders as (
    select
        people.*,
        row_number() over (order by people.total_spending desc, people.customer_id asc) as spender_rank
    from {{ ref('dst_person_analytics') }} as people
    where people.month_start_date = (select latest.month_start_date from latest)
),

sums as (
    select
        cast(count(*) as integer) as total_persons,
        sum(total_spending) as total_spending,
        sum(transaction_count) as total_transactions,
        max(case when spender_rank = 1 then person_name end) as top_spender,
        max(snapshot_version_source) as snapshot_version
    from spenders
),

categories as (
    select
        cast(count(*) as integer) as total_categories,
        max(case when trends.category_rank_current = 1 then trends.category_name end) as top_category
    from {{ ref('dst_category_trends') }} as trends
    where trends.month_start_date = (select latest.month_start_date from latest)
),

methods as (
    select
        max(case when summary.payment_method_rank = 1 then summary.payment_method_name end)
            as top_payment_method
    from {{ ref('dst_payment_method_summary') }} as summary
    where summary.month_start_date = (select latest.month_start_date from latest)
),

final as (
    select
        sums.total_persons,
        categories.total_categories,
        sums.total_spending,
        sums.total_transactions,
        round(sums.total_spending / nullif(sums.total_transactions, 0), 2) as avg_transaction_size,
        categories.top_category,
        sums.top_spender,
        methods.top_payment_method,
        cast(extract(year from latest.month_start_date) as integer) as year,
        cast(extract(month from latest.month_start_date) as integer) as month,
        latest.month_start_date,
        sums.snapshot_version
    from latest
    cross join sums
    cross join categories
    cross join methods
)

select * from final

-- grain: one row per month, person, category and location
-- What everybody reads: names are masked for all but the owner.
{{ config(materialized='view') }}

select
    summary_id,
    year,
    month,
    quarter,
    month_start_date,
    month_end_date,
    customer_id,
    {{ masked_name("person_name") }} as person_name,
    category_name,
    category_group,
    location_name,
    location_type,
    total_spending,
    transaction_count,
    avg_transaction_amount,
    min_transaction_amount,
    max_transaction_amount,
    prev_month_spending,
    mom_absolute_change,
    mom_percent_change,
    prev_year_spending,
    yoy_absolute_change,
    yoy_percent_change,
    avg_quality_score,
    snapshot_version_source,
    created_at,
    updated_at
from {{ ref('dst_monthly_spending_summary_private') }}

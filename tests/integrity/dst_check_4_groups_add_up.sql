-- Check 4 of 6: essential + discretionary + transport + healthcare + education + other = total.
select
    month_start_date,
    customer_id,
    total_spending
from {{ ref('dst_person_analytics_private') }}
where
    essential_spending + discretionary_spending + transport_spending
    + healthcare_spending + education_spending + other_spending <> total_spending

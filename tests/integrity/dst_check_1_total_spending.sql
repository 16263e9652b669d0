-- Check 1 of 6: spending per month is the same in curated and in every dst table, to the cent.

{{ months_that_differ('sum(amount_cleaned)', {
    'dst_monthly_spending_summary_private': 'total_spending', 'dst_category_trends': 'total_spending',
    'dst_person_analytics_private': 'total_spending', 'dst_payment_method_summary': 'total_amount'
}) }}

-- Check 2 of 6: the number of spending transactions per month is the same in curated and in every dst table.

{{ months_that_differ('count(*)', {
    'dst_monthly_spending_summary_private': 'transaction_count', 'dst_category_trends': 'transaction_count',
    'dst_person_analytics_private': 'transaction_count', 'dst_payment_method_summary': 'transaction_count'
}) }}

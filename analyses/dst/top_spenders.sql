SELECT 
    person_name,
    total_spending,
    essential_percent,
    discretionary_percent,
    top_category
FROM dst_person_analytics
WHERE year = 2024 AND month = 10
ORDER BY total_spending DESC
LIMIT 10;

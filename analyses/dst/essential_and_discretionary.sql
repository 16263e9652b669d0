SELECT 
    person_name,
    total_spending,
    essential_spending,
    discretionary_spending,
    essential_percent,
    discretionary_percent,
    essential_to_discretionary_ratio
FROM dst_person_analytics
WHERE year = 2024 AND month = 10
ORDER BY discretionary_percent DESC;

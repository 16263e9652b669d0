-- Example: Person YoY comparison
SELECT 
    person_name,
    year, month,
    total_spending,
    yoy_percent_change
FROM dst_person_analytics
WHERE month = 10
ORDER BY year, person_name;

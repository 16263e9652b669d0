-- Example: Category growth trends
SELECT 
    category_name,
    total_spending,
    mom_percent_change,
    mom_trend_direction
FROM dst_category_trends
WHERE year = 2024 AND month = 10
ORDER BY mom_percent_change DESC
LIMIT 5;

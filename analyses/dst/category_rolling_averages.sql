SELECT 
    category_name,
    month_start_date,
    total_spending,
    rolling_3month_avg,
    rolling_6month_avg
FROM dst_category_trends
WHERE year = 2024
ORDER BY category_name, month;

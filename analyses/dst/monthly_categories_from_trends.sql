-- Query pre-aggregated table (scans 324 rows)
SELECT 
    category_name,
    month_start_date,
    total_spending
FROM dst_category_trends
WHERE year = 2024;

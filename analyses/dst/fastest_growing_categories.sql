SELECT 
    category_name,
    total_spending,
    mom_percent_change,
    yoy_percent_change
FROM dst_category_trends
WHERE year = 2024 AND month = 10
  AND mom_percent_change IS NOT NULL
ORDER BY mom_percent_change DESC
LIMIT 10;

-- Query to get monthly category spending (scans 6,000+ rows)
SELECT 
    category_name,
    DATE_TRUNC('month', spending_date) as month,
    SUM(amount_cleaned) as total
FROM curated_spending_snapshots
WHERE is_latest = 1
GROUP BY category_name, month;

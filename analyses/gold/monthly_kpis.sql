-- Monthly KPIs
SELECT
    TO_CHAR(transaction_date, 'YYYY-MM') as month,
    COUNT(*) as transactions,
    COUNT(DISTINCT customer_key) as active_customers,
    SUM(transaction_amount_abs) as volume,
    AVG(transaction_amount_abs) as avg_transaction
FROM gold.fact_transactions
GROUP BY TO_CHAR(transaction_date, 'YYYY-MM')
ORDER BY month DESC;

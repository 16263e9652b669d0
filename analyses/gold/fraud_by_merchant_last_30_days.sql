-- Fraud analysis by merchant
SELECT
    m.merchant_name,
    m.category,
    COUNT(*) as fraud_count,
    SUM(f.transaction_amount_abs) as fraud_amount
FROM gold.fact_transactions f
JOIN gold.dim_merchant m ON f.merchant_key = m.merchant_key
WHERE f.is_fraud = TRUE
  AND f.transaction_date >= CURRENT_DATE - INTERVAL '30 days'
GROUP BY m.merchant_name, m.category
ORDER BY fraud_count DESC;

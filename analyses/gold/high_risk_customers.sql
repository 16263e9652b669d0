-- Get high-risk churn customers
SELECT
    customer_id,
    churn_risk_score,
    customer_lifetime_value,
    total_transactions_90d
FROM gold.predictive_analytics
WHERE churn_risk_score > 0.7
ORDER BY customer_lifetime_value DESC;

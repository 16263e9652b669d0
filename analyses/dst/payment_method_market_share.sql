SELECT 
    payment_method_name,
    payment_type,
    SUM(transaction_count) as total_transactions,
    SUM(total_amount) as total_amount,
    AVG(percent_of_spending) as avg_market_share
FROM dst_payment_method_summary
WHERE year = 2024
GROUP BY payment_method_name, payment_type
ORDER BY total_amount DESC;

SELECT 
    person_name,
    year, month,
    total_spending,
    discretionary_percent,
    essential_to_discretionary_ratio
FROM dst_person_analytics
WHERE discretionary_percent > 40  -- Flag if >40% discretionary
ORDER BY discretionary_percent DESC;

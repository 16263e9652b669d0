-- What lifestyle choices can ease the financial burden of the person with most recommendations?
select
    recommendation_rank,
    recommendation,
    monthly_saving_amount,
    evidence_own_history,
    evidence_peers
from gold.vw_financial_recommendations
where customer_id = (
    select customer_id
    from gold.vw_financial_recommendations
    group by customer_id
    order by count(*) desc, customer_id
    limit 1
)
order by recommendation_rank;

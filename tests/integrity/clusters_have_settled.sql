-- After its rounds of k-means hardly any customer is nearer to another centre than to its own (1 in 100 may still
-- stand on a border). Fails with the share of those who are.

with customers as (
    select * from {{ ref('customer_clusters') }}
),

centres as (
    select
        cluster_number,
        min(centre_spending_score) as spending,
        min(centre_balance_score) as balance,
        min(centre_debt_score) as debt
    from customers
    group by cluster_number
),

nearest as (
    select
        customers.customer_id,
        max(customers.centre_distance) as own_distance,
        min(sqrt(
            power(customers.spending_score - centres.spending, 2)
            + power(customers.balance_score - centres.balance, 2)
            + power(customers.debt_score - centres.debt, 2)
        )) as distance
    from customers
    cross join centres
    group by customers.customer_id
)

select
    count(*) as customer_count,
    sum(case when own_distance > distance + 0.02 then 1 else 0 end) as restless_count
from nearest
having sum(case when own_distance > distance + 0.02 then 1 else 0 end) > 0.01 * count(*)

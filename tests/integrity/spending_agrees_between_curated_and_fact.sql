-- Latest spending in curated = spending in fact_transactions, per customer and day, to the cent.
with both_sides as (
    select
        customer_id,
        spending_date,
        amount_cleaned as curated_amount,
        0 as fact_amount,
        1 as curated_rows,
        0 as fact_rows
    from {{ ref('curated_spending_snapshots') }}
    where is_latest = 1
    union all
    select
        customer_id,
        transaction_date as spending_date,
        0 as curated_amount,
        spending_amount as fact_amount,
        0 as curated_rows,
        1 as fact_rows
    from {{ ref('fact_transactions') }}
    where is_spending
)

select
    customer_id,
    spending_date,
    sum(curated_amount) as curated_amount,
    sum(fact_amount) as fact_amount
from both_sides
group by customer_id, spending_date
having sum(curated_amount) <> sum(fact_amount) or sum(curated_rows) <> sum(fact_rows)

-- stg_transactions = fact_transactions: rows and the sum of amounts, per day, to the cent.
with both_sides as (
    select
        transaction_date,
        amount as stg_amount,
        0 as fact_amount,
        1 as stg_rows,
        0 as fact_rows
    from {{ ref('stg_transactions') }}
    union all
    select
        transaction_date,
        0 as stg_amount,
        transaction_amount as fact_amount,
        0 as stg_rows,
        transaction_count as fact_rows
    from {{ ref('fact_transactions') }}
)

select
    transaction_date,
    sum(stg_rows) as stg_rows,
    sum(fact_rows) as fact_rows,
    sum(stg_amount) as stg_amount,
    sum(fact_amount) as fact_amount
from both_sides
group by transaction_date
having sum(stg_rows) <> sum(fact_rows) or sum(stg_amount) <> sum(fact_amount)

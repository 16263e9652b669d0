-- A person's month in dst = the customer's month in gold, to the cent and the transaction.
with people as (
    select
        customer_id,
        month_start_date,
        total_spending,
        transaction_count
    from {{ ref('dst_person_analytics_private') }}
),

customers as (
    select
        customer_id,
        month_start_date,
        spending_amount,
        purchase_count + refund_count as spending_count
    from {{ ref('fact_customer_monthly') }}
    where spending_amount <> 0 or purchase_count <> 0 or refund_count <> 0
)

select
    coalesce(people.customer_id, customers.customer_id) as customer_id,
    coalesce(people.month_start_date, customers.month_start_date) as month_start_date,
    people.total_spending,
    customers.spending_amount
from people
full outer join customers
    on
        people.customer_id = customers.customer_id
        and people.month_start_date = customers.month_start_date
where
    people.total_spending is distinct from customers.spending_amount
    or people.transaction_count is distinct from customers.spending_count

-- fact_customer_monthly has every customer in every month from the later of sign-up and the first
-- month of transactions to the as-of date: no month missing, none too many.
with bounds as (
    select
        min(monthly.month_start_date) as first_month,
        max(as_of.as_of_date) as as_of_date
    from {{ ref('fact_customer_monthly') }} as monthly
    cross join {{ ref('as_of_date') }} as as_of
),

expected as (
    select
        customers.customer_id,
        dates.month_start_date
    from (
        select
            customer_id,
            min(signup_date) as signup_date
        from {{ ref('dim_customer_private') }}
        group by customer_id
    ) as customers
    cross join bounds
    inner join {{ ref('dim_date') }} as dates
        on
            dates.is_month_start
            and dates.full_date between bounds.first_month and bounds.as_of_date
            and customers.signup_date <= dates.month_end_date
)

select
    coalesce(expected.customer_id, monthly.customer_id) as customer_id,
    coalesce(expected.month_start_date, monthly.month_start_date) as month_start_date
from expected
full outer join {{ ref('fact_customer_monthly') }} as monthly
    on
        expected.customer_id = monthly.customer_id
        and expected.month_start_date = monthly.month_start_date
where expected.customer_id is null or monthly.customer_id is null

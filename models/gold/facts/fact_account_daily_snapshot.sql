-- grain: one row per account and day of its life
-- A view over the days on which balances changed: see docs/decisions/0006 for the figures.
{{ config(materialized='view') }}

with periods as (
    select * from {{ ref('account_balance_periods') }}
),

accounts as (
    select * from {{ ref('dim_account') }}
),

customers as (
    select * from {{ ref('dim_customer_private') }}
),

products as (
    select * from {{ ref('dim_product') }}
),

days as (
    select
        dates.full_date,
        dates.date_key,
        {{ dbt.dateadd('day', 1, 'dates.full_date') }} as next_midnight
    from {{ ref('dim_date') }} as dates
    inner join {{ ref('as_of_date') }} as as_of
        on dates.full_date <= as_of.as_of_date
),

final as (
    select
        days.date_key,
        days.full_date as snapshot_date,
        accounts.account_key,
        customers.customer_key,
        products.product_key,
        periods.account_id,
        accounts.customer_id,
        accounts.product_id,
        accounts.account_status,
        accounts.currency,
        periods.balance_amount,
        case
            when periods.period_start_date = days.full_date then periods.change_amount else 0
        end as daily_change_amount,
        case
            when periods.period_start_date = days.full_date then periods.debit_amount else 0
        end as debit_amount,
        case
            when periods.period_start_date = days.full_date then periods.credit_amount else 0
        end as credit_amount,
        case
            when periods.period_start_date = days.full_date then periods.transaction_count else 0
        end as transaction_count,
        accounts.credit_limit,
        {{ percent_of('greatest(-periods.balance_amount, 0)', 'accounts.credit_limit') }}
            as credit_used_percent,
        accounts.credit_limit + periods.balance_amount as available_credit_amount,
        periods.balance_amount < 0 and products.product_category in ('Checking', 'Savings') as is_overdrawn,
        periods.period_start_date = days.full_date as is_balance_changed,
        cast({{ dbt.datediff('accounts.open_date', 'days.full_date', 'day') }} as integer) as account_age_days
    from days
    inner join periods
        on
            days.full_date >= periods.period_start_date
            and days.full_date < periods.period_end_date
    inner join accounts
        on
            periods.account_id = accounts.account_id
            and accounts.valid_from < days.next_midnight
            and days.next_midnight <= accounts.valid_to
    inner join customers
        on
            accounts.customer_id = customers.customer_id
            and customers.valid_from < days.next_midnight
            and days.next_midnight <= customers.valid_to
    inner join products
        on
            accounts.product_id = products.product_id
            and products.valid_from < days.next_midnight
            and days.next_midnight <= products.valid_to
    where accounts.close_date is null or days.full_date <= accounts.close_date
)

select * from final

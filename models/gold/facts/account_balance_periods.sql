-- grain: one row per account and day on which its balance or one of its dimensions changed
-- Valid from period_start_date until period_end_date, excluded: see docs/decisions/0006.
-- depends_on: {{ ref('base_transactions') }}
{{ config(unique_key='balance_period_key', pre_hook="{{ delete_touched_periods() }}") }}

with accounts as (
    select * from {{ ref('dim_account') }}
    {%- if is_incremental() %}
    where account_id in (select touched.account_id from ({{ touched_accounts() }}) as touched)
    {%- endif %}
),

customers as (
    select * from {{ ref('dim_customer_private') }}
),

products as (
    select * from {{ ref('dim_product') }}
),

-- the first version of an account carries the balance it was opened with
openings as (
    select
        account_id,
        cast(reported_at as date) as opening_date,
        reported_balance as opening_balance
    from accounts
    where effective_date = cast('1900-01-01' as date)
),

starts as (
    {{ where_balances_start('openings') }}
),

movements as (
    select bookings.*
    from {{ ref('fact_transactions') }} as bookings
    inner join starts
        on
            bookings.account_id = starts.account_id
            and bookings.transaction_date >= starts.start_date
    where bookings.is_approved
),

closings as (
    select
        account_id,
        {{ dbt.dateadd('day', 1, 'close_date') }} as day_after
    from accounts
    where is_current and close_date is not null
),

events as (
    select
        account_id,
        start_date as change_date,
        opening_balance,
        0 as debit_amount,
        0 as credit_amount,
        0 as transaction_count
    from starts
    union all
    select
        account_id,
        transaction_date as change_date,
        0 as opening_balance,
        sum(debit_amount) as debit_amount,
        sum(credit_amount) as credit_amount,
        count(*) as transaction_count
    from movements
    group by account_id, transaction_date
    union all
    -- days on which a version of the account, its customer or its product begins
    select
        account_id,
        effective_date as change_date,
        0 as opening_balance,
        0 as debit_amount,
        0 as credit_amount,
        0 as transaction_count
    from accounts
    union all
    select
        accounts.account_id,
        customers.effective_date as change_date,
        0 as opening_balance,
        0 as debit_amount,
        0 as credit_amount,
        0 as transaction_count
    from accounts
    inner join customers
        on accounts.customer_id = customers.customer_id
    union all
    select
        accounts.account_id,
        products.effective_date as change_date,
        0 as opening_balance,
        0 as debit_amount,
        0 as credit_amount,
        0 as transaction_count
    from accounts
    inner join products
        on accounts.product_id = products.product_id
),

changes as (
    select
        events.account_id,
        events.change_date,
        sum(events.opening_balance) as opening_balance,
        sum(events.debit_amount) as debit_amount,
        sum(events.credit_amount) as credit_amount,
        sum(events.transaction_count) as transaction_count,
        max(starts.carried_balance) as carried_balance
    from events
    inner join starts
        on events.account_id = starts.account_id and events.change_date >= starts.start_date
    left join closings
        on events.account_id = closings.account_id
    where closings.day_after is null or events.change_date < closings.day_after
    group by events.account_id, events.change_date
),

periods as (
    select
        changes.*,
        changes.carried_balance
        + sum(changes.opening_balance + changes.credit_amount - changes.debit_amount)
            over (partition by changes.account_id order by changes.change_date) as balance_amount,
        coalesce(
            lead(changes.change_date) over (partition by changes.account_id order by changes.change_date),
            cast(closings.day_after as date),
            cast('9999-12-31' as date)
        ) as period_end_date,
        {{ dbt.dateadd('day', 1, 'changes.change_date') }} as next_midnight
    from changes
    left join closings
        on changes.account_id = closings.account_id
),

final as (
    select
        {{ surrogate_key(['periods.account_id', 'periods.change_date']) }} as balance_period_key,
        accounts.account_key,
        customers.customer_key,
        products.product_key,
        periods.account_id,
        accounts.customer_id,
        accounts.product_id,
        periods.change_date as period_start_date,
        periods.period_end_date,
        accounts.account_status,
        accounts.open_date,
        accounts.currency,
        accounts.credit_limit,
        products.product_category,
        periods.balance_amount,
        periods.opening_balance + periods.credit_amount - periods.debit_amount as change_amount,
        periods.debit_amount,
        periods.credit_amount,
        cast(periods.transaction_count as integer) as transaction_count,
        {{ build_number() }} as _build_id
    from periods
    -- as at the end of the day
    inner join accounts
        on
            periods.account_id = accounts.account_id
            and periods.next_midnight > accounts.valid_from
            and periods.next_midnight <= accounts.valid_to
    inner join customers
        on
            accounts.customer_id = customers.customer_id
            and periods.next_midnight > customers.valid_from
            and periods.next_midnight <= customers.valid_to
    inner join products
        on
            accounts.product_id = products.product_id
            and periods.next_midnight > products.valid_from
            and periods.next_midnight <= products.valid_to
)

select * from final
order by period_start_date

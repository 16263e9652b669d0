-- grain: one row per transfer of a person with connected accounts, on those or on accounts at this bank
-- Both legs of an own transfer name each other: see docs/decisions/0021.
-- depends_on: {{ ref('base_external_transactions') }}
-- depends_on: {{ ref('base_balance_snapshots') }}
-- depends_on: {{ ref('base_transaction_tags') }}
-- depends_on: {{ ref('base_transactions') }}
-- depends_on: {{ ref('open_banking_tags') }}
{{ config(pre_hook="{{ delete_touched('user_id', touched_users()) }}") }}

with external_transactions as (
    select * from {{ ref('stg_external_transactions') }}
),

accounts as (
    select * from {{ ref('open_banking_accounts') }}
),

bank_transactions as (
    select * from {{ ref('fact_transactions') }}
),

people as (
    select accounts.user_id from accounts
    {%- if is_incremental() %}
    where accounts.user_id in ({{ touched_users() }})
    {%- endif %}
    group by accounts.user_id
),

legs as (
    select
        'external' as leg_source,
        transactions.transaction_id,
        people.user_id,
        transactions.external_account_id as account_id,
        transactions.booking_date,
        transactions.currency,
        transactions.amount
    from external_transactions as transactions
    inner join accounts
        on transactions.external_account_id = accounts.account_id
    inner join people
        on accounts.user_id = people.user_id
    where
        transactions.transaction_status = 'booked'
        and transactions.transaction_type = 'credit_transfer'
    union all
    select
        'bank' as leg_source,
        bookings.transaction_id,
        people.user_id,
        bookings.account_id,
        bookings.transaction_date as booking_date,
        bookings.currency,
        bookings.transaction_amount as amount
    from bank_transactions as bookings
    inner join people
        on bookings.customer_id = people.user_id
    where
        bookings.is_approved
        and bookings.transaction_type in ('deposit', 'withdrawal')
        and bookings.payment_method = 'Bank Transfer'
),

keyed as (
    select
        *,
        {{ surrogate_key(['leg_source', 'transaction_id']) }} as transfer_leg_key
    from legs
),

-- money arrives on the day it leaves or up to three days later
candidates as (
    select
        sent.transfer_leg_key as out_key,
        received.transfer_leg_key as in_key,
        sent.leg_source as out_source,
        sent.transaction_id as out_id,
        received.leg_source as in_source,
        received.transaction_id as in_id,
        {{ dbt.datediff('sent.booking_date', 'received.booking_date', 'day') }} as days_apart
    from keyed as sent
    inner join keyed as received
        on
            sent.user_id = received.user_id
            and sent.currency = received.currency
            and sent.amount = -received.amount
            and sent.booking_date <= received.booking_date
            and {{ dbt.dateadd('day', 3, 'sent.booking_date') }} >= received.booking_date
    where
        sent.amount < 0
        -- what moves within this bank is told by its own types of transactions
        and not (sent.leg_source = 'bank' and received.leg_source = 'bank')
        and (sent.leg_source <> received.leg_source or sent.account_id <> received.account_id)
),

-- Each leg chooses the nearest other one; where the choice is mutual they are a pair. Whoever was not
-- chosen chooses again among the rest.
{% for round in range(3) -%}
choices_{{ round }} as (
    select
        *,
        row_number() over (
            partition by out_key order by days_apart, in_source, in_id
        ) as out_choice,
        row_number() over (
            partition by in_key order by days_apart, out_source, out_id
        ) as in_choice
    from candidates
    {%- if round %}
    where
        out_key not in (select pairs_{{ round - 1 }}.out_key from pairs_{{ round - 1 }})
        and in_key not in (select pairs_{{ round - 1 }}.in_key from pairs_{{ round - 1 }})
    {%- endif %}
),

pairs_{{ round }} as (
    select
        out_key,
        in_key
    from choices_{{ round }}
    where out_choice = 1 and in_choice = 1
    {%- if round %}
    union all
    select
        out_key,
        in_key
    from pairs_{{ round - 1 }}
    {%- endif %}
),

{% endfor -%}
partners as (
    select
        out_key as transfer_leg_key,
        in_key as partner_leg_key
    from pairs_2
    union all
    select
        in_key as transfer_leg_key,
        out_key as partner_leg_key
    from pairs_2
),

final as (
    select
        keyed.transfer_leg_key,
        keyed.user_id,
        keyed.leg_source,
        keyed.transaction_id,
        keyed.account_id,
        keyed.booking_date,
        keyed.currency,
        keyed.amount,
        partners.partner_leg_key,
        other.leg_source as partner_source,
        other.transaction_id as partner_transaction_id,
        partners.partner_leg_key is not null as is_own_transfer,
        {{ build_number() }} as _build_id
    from keyed
    left join partners
        on keyed.transfer_leg_key = partners.transfer_leg_key
    left join keyed as other
        on partners.partner_leg_key = other.transfer_leg_key
)

select * from final

-- grain: one row per transaction on a connected account, pending ones included
-- depends_on: {{ ref('base_external_transactions') }}
-- depends_on: {{ ref('base_balance_snapshots') }}
-- depends_on: {{ ref('base_transaction_tags') }}
-- depends_on: {{ ref('base_transactions') }}
-- depends_on: {{ ref('fact_transactions') }}
{{ config(pre_hook="{{ delete_touched('user_id', touched_users()) }}") }}

with external_transactions as (
    select * from {{ ref('stg_external_transactions') }}
),

accounts as (
    select * from {{ ref('open_banking_accounts') }}
    {%- if is_incremental() %}
    where user_id in ({{ touched_users() }})
    {%- endif %}
),

own_transfers as (
    select transaction_id from {{ ref('open_banking_transfers') }}
    where leg_source = 'external' and is_own_transfer
),

tagged as (
    select
        links.transaction_id,
        {{ dbt.listagg('tags.tag_name', "', '", 'order by tags.tag_name, tags.tag_id') }} as tags
    from {{ ref('stg_transaction_tags') }} as links
    inner join {{ ref('open_banking_tags') }} as tags
        on links.tag_id = tags.tag_id
    where
        not links.is_deleted
        and not tags.is_deleted
        {%- if is_incremental() %}
        and tags.user_id in ({{ touched_users() }})
        {%- endif %}
    group by links.transaction_id
),

named as (
    select
        transactions.transaction_id,
        accounts.account_id,
        accounts.user_id,
        transactions.booking_date,
        transactions.value_date,
        transactions.amount,
        transactions.currency,
        transactions.counterparty_name,
        transactions.description,
        transactions.category,
        tagged.tags,
        accounts.account_name,
        accounts.institution_name,
        transactions.transaction_status as status,
        own_transfers.transaction_id is not null as is_own_transfer,
        transactions.transaction_status = 'booked' and own_transfers.transaction_id is null as is_counted,
        -- money back on a card takes from what was spent; other money that arrives was earned
        transactions.amount < 0 or transactions.transaction_type = 'card_payment' as is_spending
    from external_transactions as transactions
    inner join accounts
        on transactions.external_account_id = accounts.account_id
    left join own_transfers
        on transactions.transaction_id = own_transfers.transaction_id
    left join tagged
        on transactions.transaction_id = tagged.transaction_id
),

final as (
    select
        transaction_id,
        account_id,
        user_id,
        case when status = 'booked' then booking_date end as booking_date,
        value_date,
        amount,
        currency,
        counterparty_name,
        description,
        category,
        tags,
        account_name,
        institution_name,
        case when is_counted and is_spending then -amount else 0 end as spending_amount,
        case when is_counted and not is_spending then amount else 0 end as income_amount,
        status,
        is_own_transfer,
        {{ build_number() }} as _build_id
    from named
)

select * from final
order by booking_date, transaction_id

-- grain: one row per person, day, tag and currency on which something was spent; tag -1 is what carries no tag
-- depends_on: {{ ref('base_external_transactions') }}
-- depends_on: {{ ref('base_balance_snapshots') }}
-- depends_on: {{ ref('base_transaction_tags') }}
-- depends_on: {{ ref('base_transactions') }}
-- depends_on: {{ ref('open_banking_accounts') }}
-- depends_on: {{ ref('fact_transactions') }}
{{ config(pre_hook="{{ delete_touched('user_id', touched_users()) }}") }}

with transactions as (
    select * from {{ ref('open_banking_transactions') }}
    where
        spending_amount <> 0
        {%- if is_incremental() %}
        and user_id in ({{ touched_users() }})
        {%- endif %}
),

tags as (
    select * from {{ ref('open_banking_tags') }}
    where
        not is_deleted
        {%- if is_incremental() %}
        and user_id in ({{ touched_users() }})
        {%- endif %}
),

links as (
    select
        links.transaction_id,
        tags.tag_id,
        tags.tag_name,
        tags.tag_colour
    from {{ ref('stg_transaction_tags') }} as links
    inner join tags
        on links.tag_id = tags.tag_id
    where not links.is_deleted
),

-- a person's transaction under each of its tags
spent as (
    select
        transactions.transaction_id,
        transactions.booking_date,
        transactions.user_id,
        transactions.currency,
        transactions.spending_amount,
        coalesce(links.tag_id, -1) as tag_id,
        coalesce(links.tag_name, 'Untagged') as tag_name,
        coalesce(links.tag_colour, '#9e9e9e') as tag_colour,
        count(*) over (partition by transactions.transaction_id) as tag_count,
        row_number() over (partition by transactions.transaction_id order by links.tag_id) as tag_place
    from transactions
    left join links
        on transactions.transaction_id = links.transaction_id
),

-- equal parts in cents; the last tag takes what rounding leaves
shared as (
    select
        *,
        case
            when tag_place < tag_count then round(spending_amount / tag_count, 2)
            else spending_amount - (tag_count - 1) * round(spending_amount / tag_count, 2)
        end as part_amount
    from spent
),

final as (
    select
        {{ surrogate_key(['user_id', 'booking_date', 'tag_id', 'currency']) }} as daily_spending_key,
        booking_date as spending_date,
        user_id,
        tag_id,
        max(tag_name) as tag_name,
        max(tag_colour) as tag_colour,
        currency,
        sum(spending_amount) as total_spending,
        cast(count(*) as integer) as transaction_count,
        sum(part_amount) as attributed_spending,
        {{ build_number() }} as _build_id
    from shared
    group by user_id, booking_date, tag_id, currency
)

select * from final
order by spending_date

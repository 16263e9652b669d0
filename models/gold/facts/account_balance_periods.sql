-- grain: one row per account and day on which its balance changed, valid until the next one

with accounts as (
    select * from {{ ref('dim_account') }}
),

movements as (
    select * from {{ ref('fact_transactions') }}
    where is_approved
),

{% if is_incremental() -%}
touched as (
    select account_id from {{ ref('fact_transactions') }} where _build_id > {{ watermark() }}
    union
    select account_id from accounts where _build_id > {{ watermark() }}
),
{%- endif %}

-- the first version of an account carries the balance it was opened with
openings as (
    select
        account_id,
        cast(reported_at as date) as change_date,
        reported_balance as opening_balance,
        0 as debit_amount,
        0 as credit_amount,
        0 as transaction_count
    from accounts
    where
        effective_date = cast('1900-01-01' as date)
        {%- if is_incremental() %}
        and account_id in (select touched.account_id from touched)
        {%- endif %}
),

days as (
    select
        account_id,
        transaction_date as change_date,
        0 as opening_balance,
        sum(debit_amount) as debit_amount,
        sum(credit_amount) as credit_amount,
        count(*) as transaction_count
    from movements
    {%- if is_incremental() %}
    where account_id in (select touched.account_id from touched)
    {%- endif %}
    group by account_id, transaction_date
),

changes as (
    select
        account_id,
        change_date,
        sum(opening_balance) as opening_balance,
        sum(debit_amount) as debit_amount,
        sum(credit_amount) as credit_amount,
        sum(transaction_count) as transaction_count
    from (
        select * from openings
        union all
        select * from days
    ) as both_kinds
    group by account_id, change_date
),

final as (
    select
        {{ surrogate_key(['account_id', 'change_date']) }} as balance_period_key,
        account_id,
        change_date as period_start_date,
        coalesce(
            lead(change_date) over (partition by account_id order by change_date),
            cast('9999-12-31' as date)
        ) as period_end_date,
        sum(opening_balance + credit_amount - debit_amount)
            over (partition by account_id order by change_date) as balance_amount,
        opening_balance + credit_amount - debit_amount as change_amount,
        debit_amount,
        credit_amount,
        cast(transaction_count as integer) as transaction_count,
        {{ build_number() }} as _build_id
    from changes
)

select * from final

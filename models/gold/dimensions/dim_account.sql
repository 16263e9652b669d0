-- grain: one row per account version

with versions as (
    select * from {{ ref('accounts_snapshot') }}
    {%- if is_incremental() %}
    where account_id in (
            select changed.account_id from {{ ref('accounts_snapshot') }} as changed
            where changed._recorded_build_id > {{ watermark() }}
        )
    {%- endif %}
),

final as (
    select
        {{ surrogate_key(['account_id', 'updated_at']) }} as account_key,
        account_id,
        customer_id,
        product_id,
        case
            when account_number is not null
                then '****' || substr(account_number, length(account_number) - 3)
        end as account_number_masked,
        account_status,
        open_date,
        close_date,
        credit_limit,
        currency,
        interest_rate,
        minimum_payment,
        payment_due_date,
        last_statement_date,
        is_autopay_enabled,
        has_overdraft_protection,
        is_primary_account,
        current_balance as reported_balance,
        updated_at as reported_at,
        is_deleted,
        ---------- validity
        {{ validity_columns() }}
    from versions
)

select * from final

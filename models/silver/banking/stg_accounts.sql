-- grain: one row per account: its latest usable version

select
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
    current_balance,
    available_balance,
    credit_limit,
    currency,
    interest_rate,
    minimum_payment,
    payment_due_date,
    last_statement_date,
    is_autopay_enabled,
    has_overdraft_protection,
    is_primary_account,
    created_at,
    updated_at,
    is_deleted,
    _batch_id,
    _batch_date,
    _build_id
from {{ kept(ref('base_accounts')) }}

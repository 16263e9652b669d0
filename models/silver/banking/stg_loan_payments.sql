-- grain: one row per payment: its latest usable version

select
    payment_id,
    account_id,
    customer_id,
    scheduled_date,
    actual_date,
    scheduled_amount,
    actual_amount,
    is_late,
    days_late,
    late_fee,
    payment_method,
    outstanding_balance,
    created_at,
    updated_at,
    _batch_id,
    _batch_date,
    _build_id
from {{ kept(ref('base_loan_payments')) }}

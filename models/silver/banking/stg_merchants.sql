-- grain: one row per merchant: its latest usable version

select
    merchant_id,
    merchant_name,
    category,
    mcc_code,
    city,
    state,
    country,
    latitude,
    longitude,
    risk_rating,
    avg_transaction_amount,
    is_online,
    established_date,
    created_at,
    updated_at,
    is_deleted,
    _batch_id,
    _batch_date,
    _build_id
from {{ kept(ref('base_merchants')) }}

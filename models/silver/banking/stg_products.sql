-- grain: one row per product: its latest usable version

select
    product_id,
    product_name,
    category,
    interest_rate,
    min_balance,
    monthly_fee,
    overdraft_limit,
    product_tier,
    is_premium,
    created_at,
    updated_at,
    is_deleted,
    _batch_id,
    _batch_date,
    _build_id
from {{ kept(ref('base_products')) }}

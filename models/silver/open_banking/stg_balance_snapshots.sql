-- grain: one row per reported balance: its latest usable version

select
    balance_snapshot_id,
    external_account_id,
    balance_date,
    balance_amount,
    currency,
    created_at,
    updated_at,
    _batch_id,
    _batch_date,
    _build_id
from {{ kept(ref('base_balance_snapshots')) }}

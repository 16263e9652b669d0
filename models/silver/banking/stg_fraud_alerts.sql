-- grain: one row per alert: its latest usable version

select
    alert_id,
    transaction_id,
    customer_id,
    account_id,
    alert_at,
    alert_type,
    alert_severity,
    investigation_status,
    resolution_at,
    amount_recovered,
    assigned_to,
    notes,
    created_at,
    updated_at,
    _batch_id,
    _batch_date,
    _build_id
from {{ kept(ref('base_fraud_alerts')) }}

-- grain: one row per connection: its latest usable version

select
    connection_id,
    customer_id,
    institution_id,
    connection_status,
    consented_at,
    consent_expires_at,
    created_at,
    updated_at,
    _batch_id,
    _batch_date,
    _build_id
from {{ kept(ref('base_connections')) }}

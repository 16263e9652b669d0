-- grain: one row per external account: its latest usable version

select
    external_account_id,
    connection_id,
    account_name,
    account_type,
    currency,
    account_number_last_four,
    created_at,
    updated_at,
    _batch_id,
    _batch_date,
    _build_id
from {{ kept(ref('base_external_accounts')) }}

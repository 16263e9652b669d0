-- grain: one row per institution: its latest usable version

select
    institution_id,
    institution_name,
    bic,
    country,
    created_at,
    updated_at,
    _batch_id,
    _batch_date,
    _build_id
from {{ kept(ref('base_institutions')) }}

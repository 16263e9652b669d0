-- grain: one row per tag: its latest usable version

select
    tag_id,
    customer_id,
    tag_name,
    tag_colour,
    created_at,
    updated_at,
    is_deleted,
    _batch_id,
    _batch_date,
    _build_id
from {{ kept(ref('base_tags')) }}

-- grain: one row per shelf of the marketplace (subcategory): its latest usable version

select
    category_id,
    category_name,
    subcategory_name,
    reorder_level,
    created_at,
    updated_at,
    is_deleted,
    _batch_id,
    _batch_date,
    _build_id
from {{ kept(ref('base_product_category')) }}

-- grain: one row per product of the catalogue: its latest usable version

select
    catalogue_product_id,
    product_name,
    brand,
    category_id,
    list_price,
    unit_cost,
    stock_quantity,
    listing_status,
    launched_date,
    created_at,
    updated_at,
    is_deleted,
    _batch_id,
    _batch_date,
    _build_id
from {{ kept(ref('base_product')) }}

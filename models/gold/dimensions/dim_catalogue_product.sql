-- grain: one row per version of a product of the marketplace's catalogue, and one (key -1) for no product

with versions as (
    select * from {{ ref('product_snapshot') }}
    {%- if is_incremental() %}
    where
        catalogue_product_id in (
            select changed.catalogue_product_id from {{ ref('product_snapshot') }} as changed
            where changed._recorded_build_id > {{ watermark() }}
        )
        or category_id in (
            select shelves.category_id from {{ ref('stg_product_categories') }} as shelves
            where shelves._build_id > {{ watermark() }}
        )
    {%- endif %}
),

shelves as (
    select * from {{ ref('stg_product_categories') }}
),

described as (
    select
        versions.*,
        shelves.category_name,
        shelves.subcategory_name,
        shelves.reorder_level
    from versions
    left join shelves
        on versions.category_id = shelves.category_id
),

final as (
    select
        {{ surrogate_key(['catalogue_product_id', 'updated_at']) }} as catalogue_product_key,
        catalogue_product_id,
        product_name,
        brand,
        coalesce(category_name, 'Unknown') as category_name,
        coalesce(subcategory_name, 'Unknown') as subcategory_name,
        list_price as list_price_amount,
        unit_cost as unit_cost_amount,
        {{ percent_of('(list_price - unit_cost)', 'list_price') }} as list_margin_percent,
        cast(stock_quantity as integer) as stock_quantity,
        cast(reorder_level as integer) as reorder_level,
        case
            when listing_status = 'discontinued' or is_deleted then 'Discontinued'
            when stock_quantity <= 0 then 'Out of Stock'
            when stock_quantity <= reorder_level then 'Low Stock'
            when stock_quantity > 0 then 'In Stock'
            else 'Unknown'
        end as inventory_status,
        launched_date,
        is_deleted,
        ---------- validity
        {{ validity_columns() }}
    from described
    {%- if not is_incremental() %}

    union all

    select
        -1 as catalogue_product_key,
        -1 as catalogue_product_id,
        'No product' as product_name,
        null as brand,
        'Unknown' as category_name,
        'Unknown' as subcategory_name,
        null as list_price_amount,
        null as unit_cost_amount,
        null as list_margin_percent,
        null as stock_quantity,
        null as reorder_level,
        'Unknown' as inventory_status,
        null as launched_date,
        false as is_deleted,
        cast('1900-01-01' as date) as effective_date,
        cast('9999-12-31' as date) as end_date,
        true as is_current,
        cast('1900-01-01' as date) as valid_from,
        cast('9999-12-31' as date) as valid_to,
        {{ dbt.current_timestamp() }} as dw_created_at,
        {{ dbt.current_timestamp() }} as dw_updated_at,
        null as _batch_id,
        {{ build_number() }} as _build_id
    {%- endif %}
)

select * from final

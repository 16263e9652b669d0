-- grain: one row per product version

with versions as (
    select * from {{ ref('products_snapshot') }}
    {%- if is_incremental() %}
    where product_id in (
            select changed.product_id from {{ ref('products_snapshot') }} as changed
            where changed._recorded_build_id > {{ watermark() }}
        )
    {%- endif %}
),

final as (
    select
        {{ surrogate_key(['product_id', 'updated_at']) }} as product_key,
        product_id,
        product_name,
        category as product_category,
        interest_rate,
        min_balance,
        monthly_fee,
        overdraft_limit,
        product_tier,
        is_premium,
        is_deleted,
        ---------- validity
        {{ validity_columns() }}
    from versions
)

select * from final

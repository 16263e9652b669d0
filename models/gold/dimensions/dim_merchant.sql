-- grain: one row per merchant version

with versions as (
    select * from {{ ref('merchants_snapshot') }}
    {%- if is_incremental() %}
    where merchant_id in (
        select changed.merchant_id from {{ ref('merchants_snapshot') }} as changed
        where changed._recorded_build_id > {{ watermark() }}
    )
    {%- endif %}
),

final as (
    select
        {{ surrogate_key(['merchant_id', 'updated_at']) }} as merchant_key,
        merchant_id,
        merchant_name,
        category,
        mcc_code,
        city,
        state,
        country,
        latitude,
        longitude,
        risk_rating,
        avg_transaction_amount,
        is_online,
        established_date,
        is_deleted,
        ---------- validity
        {{ validity_columns() }}
    from versions
)

select * from final

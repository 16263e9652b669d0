-- grain: one row per merchant version, and one (key -1) for no merchant

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
    {%- if not is_incremental() %}

    union all

    select
        -1 as merchant_key,
        -1 as merchant_id,
        'No merchant' as merchant_name,
        null as category,
        null as mcc_code,
        null as city,
        null as state,
        null as country,
        null as latitude,
        null as longitude,
        null as risk_rating,
        null as avg_transaction_amount,
        null as is_online,
        null as established_date,
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

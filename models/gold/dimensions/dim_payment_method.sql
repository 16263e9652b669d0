-- grain: one row per way to pay, and one called Unknown
-- What the seed knows, and whatever else transactions have named since.
{{ config(unique_key='payment_method_key') }}

with methods as (
    select * from {{ ref('payment_methods') }}
),

names as (
    select payment_method as payment_method_name from methods
    union
    select 'Unknown' as payment_method_name
    union
    select coalesce(payment_method, 'Unknown') as payment_method_name
    from {{ ref('stg_transactions') }}
    {%- if is_incremental() %}
    where _build_id > {{ watermark() }}
    {%- endif %}
),

final as (
    select
        {{ surrogate_key(['names.payment_method_name']) }} as payment_method_key,
        names.payment_method_name,
        coalesce(methods.payment_type, 'Unknown') as payment_type,
        coalesce(methods.is_payment_channel, false) as is_payment_channel,
        coalesce(methods.fee_percent, 0) as fee_percent,
        {{ build_number() }} as _build_id
    from names
    left join methods
        on names.payment_method_name = methods.payment_method
)

select * from final

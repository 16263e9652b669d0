-- grain: one row per click-stream event of the marketplace
-- depends_on: {{ ref('customers_snapshot') }}
-- depends_on: {{ ref('product_snapshot') }}

with events as (
    select * from {{ ref('stg_kafka_stream') }}
),

customers as (
    select * from {{ ref('dim_customer_private') }}
),

products as (
    select * from {{ ref('dim_catalogue_product') }}
),

{% if is_incremental() -%}
touched as (
    {{ with_changed_history(
        ref('stg_kafka_stream'), 'event_id', 'event_at', {
            ref('customers_snapshot'): 'customer_id', ref('product_snapshot'): 'catalogue_product_id'
        }
    ) }}
),
{%- endif %}

final as (
    select
        ---------- ids
        events.event_id,
        cast({{ date_key('events.event_at') }} as integer) as date_key,
        customers.customer_key,
        coalesce(products.catalogue_product_key, -1) as catalogue_product_key,
        events.customer_id,
        events.catalogue_product_id,
        events.session_id,
        events.order_id,
        ---------- when
        events.event_at,
        cast(events.event_at as date) as event_date,
        ---------- what
        events.event_type,
        events.search_term,
        events.device_type,
        events.traffic_source,
        ---------- measures
        cast(events.quantity as integer) as quantity,
        events.unit_price as unit_price_amount,
        case when events.event_type = 'add_to_cart' then events.quantity * events.unit_price else 0 end as cart_amount,
        ---------- load
        {{ dbt.current_timestamp() }} as dw_updated_at,
        events._batch_id,
        {{ build_number() }} as _build_id
    from events
    left join customers
        on
            events.customer_id = customers.customer_id
            and {{ valid_at('customers', 'events.event_at') }}
    left join products
        on
            events.catalogue_product_id = products.catalogue_product_id
            and {{ valid_at('products', 'events.event_at') }}
    {%- if is_incremental() %}
    where events.event_id in (select touched.event_id from touched)
    {%- endif %}
)

select * from final
-- a visit's events lie together, which is how they are read
order by session_id, event_at

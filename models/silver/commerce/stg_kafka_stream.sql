-- grain: one row per click-stream event

select
    event_id,
    event_type,
    event_at,
    session_id,
    customer_id,
    catalogue_product_id,
    order_id,
    quantity,
    unit_price,
    search_term,
    device_type,
    traffic_source,
    _batch_id,
    _batch_date,
    _build_id
from {{ kept(ref('base_kafka_stream')) }}

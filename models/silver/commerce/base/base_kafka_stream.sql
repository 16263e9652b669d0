-- grain: one row per delivered row of bronze.kafka_stream

{% set columns = [
    'event_id', 'event_type', 'event_at', 'session_id',
    'customer_id', 'catalogue_product_id', 'order_id', 'quantity',
    'unit_price', 'search_term', 'device_type', 'traffic_source',
    'raw_message', 'updated_at'
] %}

with delivered as (
    {{ new_deliveries('kafka_stream') }}
),

typed as (
    select
        {{ delivery_columns() }},
        {{ clean_text('event_id') }} as event_id,
        lower({{ clean_text('event_type') }}) as event_type,
        {{ clean_timestamp('event_timestamp') }} as event_at,
        {{ clean_text('session_id') }} as session_id,
        {{ clean_integer('customer_id') }} as customer_id,
        {{ clean_integer('product_id') }} as catalogue_product_id,
        {{ clean_integer('order_id') }} as order_id,
        {{ clean_integer('quantity') }} as quantity,
        {{ clean_amount('unit_price') }} as unit_price,
        {{ clean_text('search_term') }} as search_term,
        lower({{ clean_text('device_type') }}) as device_type,
        lower({{ clean_text('traffic_source') }}) as traffic_source,
        {{ clean_text('raw_message') }} as raw_message,
        {{ evaluate_once() }} as is_typed
    from delivered
),

checked as (
    select
        *,
        -- an event does not change: told again it is a duplicate
        event_at as updated_at,
        case
            when raw_message is not null then 'unreadable_message'
            when event_id is null or session_id is null then 'missing_id'
            when event_at is null then 'unreadable_date'
            when
                event_type not in ('view', 'search', 'add_to_cart', 'checkout', 'purchase') or event_type is null
                then 'unknown_type'
            when event_at >= {{ dbt.dateadd('day', 2, '_batch_date') }} then 'impossible_date'
        end as row_defect,
        {{ evaluate_once() }} as is_checked
    from typed
),

candidates as (
    {{ with_known_deliveries('checked', columns, 'event_id') }}
),

customers as (
    select customer_id from {{ ref('base_customers') }}
    where disposition = 'kept'
    group by customer_id
),

resolved as (
    select
        candidates.*,
        case
            when candidates.row_defect is not null then candidates.row_defect
            when candidates.customer_id is not null and customers.customer_id is null then 'orphan_customer'
        end as quarantine_reason
    from candidates
    left join customers
        on candidates.customer_id = customers.customer_id
),

{{ verdicts('resolved', columns, 'event_id') }}

select * from final

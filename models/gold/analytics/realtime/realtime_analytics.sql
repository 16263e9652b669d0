-- grain: one row per section, metric, length of bucket and bucket
{{ config(materialized='view') }}
{% set live_event_types = ['view', 'search', 'add_to_cart', 'checkout', 'purchase'] %}
{% set live_metrics = [
    ('events', 'event_count'), ('views', 'view_count'), ('searches', 'search_count'),
    ('added_to_cart', 'add_to_cart_count'), ('checkouts', 'checkout_count'),
    ('purchases', 'purchase_count'), ('visits', 'visit_count'),
] %}

with as_of as (
    select as_of_date from {{ ref('as_of_date') }}
),

observed as (
    select
        max(buckets.observed_at) as observed_at,
        max(as_of.as_of_date) as as_of_date
    from {{ ref('realtime_buckets') }} as buckets
    cross join as_of
),

deliveries as (
    select * from {{ ref('realtime_deliveries') }}
),

activity as (
    select * from {{ ref('realtime_activity') }}
),

health as (
    select * from {{ ref('database_health') }}
),

live_events as (
    select * from {{ ref('stg_live_events') }}
),

alerts as (
    {% for metric, column, unit in [
        ('open_alerts', 'open_alert_count', 'count'),
        ('open_alerts_over_1_day', 'over_1_day_count', 'count'),
        ('open_alerts_over_3_days', 'over_3_days_count', 'count'),
        ('open_alerts_over_7_days', 'over_7_days_count', 'count'),
        ('oldest_open_alert', 'oldest_hours', 'hours'),
        ('disputed_amount', 'disputed_amount', 'USD'),
    ] -%}
    select
        '{{ metric }}' as metric,
        'now' as time_grain,
        alert_severity as bucket,
        max(cast({{ column }} as numeric)) filter (where moment = 'now') as actual_value,
        '{{ unit }}' as unit,
        max(cast({{ column }} as numeric)) filter (where moment = 'previous day') as previous_day_value,
        max(cast({{ column }} as numeric)) filter (where moment = 'previous week') as previous_week_value
    from {{ ref('realtime_alerts') }}
    group by alert_severity
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

pipeline as (
    {% for metric, expression in [
        ('delivered_rows', 'sum(delivered_rows)'),
        ('kept_rows', 'sum(kept_rows)'),
        ('duplicate_rows', 'sum(duplicate_rows)'),
        ('quarantined_rows', 'sum(quarantined_rows)'),
        ('unbalanced_tables', 'count(*) filter (where not is_balanced)'),
    ] -%}
    select
        '{{ metric }}' as metric,
        'batch' as time_grain,
        cast(batch_date as {{ dbt.type_string() }}) as bucket,
        cast({{ expression }} as numeric) as actual_value,
        'count' as unit
    from deliveries
    where is_recent
    group by batch_date
    union all
    {% endfor -%}
    select
        'days_since_delivery' as metric,
        'now' as time_grain,
        deliveries.source_table as bucket,
        cast({{ dbt.datediff('deliveries.batch_date', 'as_of.as_of_date', 'day') }} as numeric) as actual_value,
        'days' as unit
    from deliveries
    cross join as_of
    where deliveries.is_latest
),

database as (
    select
        metric,
        'now' as time_grain,
        relation_name as bucket,
        cast(actual_value as numeric) as actual_value,
        unit
    from health
),

-- "now" of the stream is its own latest event: it runs ahead of the bank's books
live_now as (
    select coalesce(max(event_at), max(_loaded_at)) as observed_at from live_events
),

live_placed as (
    select
        live_events.event_type,
        live_events.session_id,
        live_now.observed_at,
        {{ dbt.dateadd(
            'minute',
            'cast(5 * floor(extract(minute from live_events.event_at) / 5) as integer)',
            dbt.date_trunc('hour', 'live_events.event_at')
        ) }} as bucket_start_at
    from live_events
    inner join live_now
        on live_events.event_at > {{ dbt.dateadd('hour', -2, 'live_now.observed_at') }}
),

live_buckets as (
    select
        bucket_start_at,
        observed_at,
        count(*) as event_count,
        {%- for event in live_event_types %}
        count(*) filter (where event_type = '{{ event }}') as {{ event }}_count,
        {%- endfor %}
        count(distinct session_id) as visit_count
    from live_placed
    group by bucket_start_at, observed_at
),

stream as (
    {% for metric, column in live_metrics -%}
    select
        '{{ metric }}' as metric,
        '5 minutes' as time_grain,
        cast(cast(bucket_start_at as date) as {{ dbt.type_string() }})
        {%- for part in ['hour', 'minute'] %}
        || '{{ ' ' if part == 'hour' else ':' }}'
        || lpad(cast(extract({{ part }} from bucket_start_at) as {{ dbt.type_string() }}), 2, '0')
        {%- endfor %} as bucket,
        bucket_start_at,
        observed_at,
        cast({{ column }} as numeric) as actual_value,
        'count' as unit,
        {{ dbt.dateadd('minute', 5, 'bucket_start_at') }} <= observed_at as is_complete
    from live_buckets
    union all
    {% endfor -%}
    select
        'unreadable_messages' as metric,
        'now' as time_grain,
        'last 3 hours' as bucket,
        null as bucket_start_at,
        live_now.observed_at,
        cast(count(*) as numeric) as actual_value,
        'count' as unit,
        true as is_complete
    from live_events
    cross join live_now
    where live_events.is_unreadable
    group by live_now.observed_at
)

-- not one more step and a select from it: the catalogue's functions would make that step be computed whole
-- whichever section is asked for
{% for section in ['activity', 'alerts', 'pipeline', 'database', 'stream'] -%}
{%- set is_timed = section == 'activity' %}
{%- set is_compared = section in ('activity', 'alerts') %}
select
    ---------- what
    '{{ section }}' as section,
    {{ section }}.metric,
    {{ section }}.time_grain,
    {{ section }}.bucket,
    ---------- when
    {{ section ~ '.bucket_start_at' if is_timed or section == 'stream' else 'null as bucket_start_at' }},
    {{ 'stream' if section == 'stream' else 'observed' }}.observed_at,
    observed.as_of_date,
    ---------- measures
    {{ section }}.actual_value,
    {{ section }}.unit,
    {%- for column in ['previous_day_value', 'previous_week_value'] %}
    {{ section ~ '.' ~ column if is_compared else 'null as ' ~ column }},
    {%- endfor %}
    {%- for column in ['expected_value', 'expected_low_value', 'expected_high_value'] %}
    {{ 'activity.' ~ column if is_timed else 'null as ' ~ column }},
    {%- endfor %}
    {{ 'activity.comparison_weeks' if is_timed else 'null as comparison_weeks' }},
    ---------- flags
    {{ section ~ '.is_complete' if is_timed or section == 'stream' else 'true as is_complete' }},
    {{ 'activity.is_unusual' if is_timed else 'null as is_unusual' }}
from {{ section }}
cross join observed
{{ 'union all' if not loop.last }}
{% endfor %}

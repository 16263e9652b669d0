-- grain: one row per event or unreadable message that a stream brought in the last three hours
-- Read past the builds, straight from where the consumer writes: an event is here as soon as it is committed.
-- "Last" is by the stream's own time, when its latest message came; not by the clock.

with progress as (
    select max(received_at) as received_at from {{ source('loads', 'kafka_offsets') }}
),

received as (
    select * from {{ source('bronze', 'kafka_stream') }}
    where
        _loaded_at >= (select {{ dbt.dateadd('hour', -3, 'progress.received_at') }} from progress)
        and _source_file like '____/__/__/kafka/%'
),

typed as (
    select
        _source_file,
        _source_row,
        _loaded_at,
        _batch_date,
        {{ clean_text('event_id') }} as event_id,
        lower({{ clean_text('event_type') }}) as event_type,
        {{ clean_timestamp('event_timestamp') }} as event_at,
        {{ clean_text('session_id') }} as session_id,
        raw_message is not null as is_unreadable
    from received
),

counted as (
    select
        *,
        row_number() over (
            partition by event_id
            order by _loaded_at, _source_file, _source_row
        ) as copy_number
    from typed
)

select
    _source_file,
    _source_row,
    _loaded_at,
    event_id,
    event_type,
    event_at,
    session_id,
    is_unreadable
from counted
where
    is_unreadable
    -- Told again by the producer, an event counts once. The clock of one that lies two days ahead is wrong (as in
    -- base_kafka_stream), and would be "now" for all others.
    or copy_number = 1 and event_at < {{ dbt.dateadd('day', 2, '_batch_date') }}

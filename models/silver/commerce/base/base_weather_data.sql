-- grain: one row per delivered row of bronze.weather_data

{% set columns = [
    'weather_key', 'weather_date', 'city', 'state',
    'weather_condition', 'temperature_c', 'precipitation_mm', 'humidity_percent',
    'wind_speed_kmh', 'created_at', 'updated_at'
] %}

with delivered as (
    {{ new_deliveries('weather_data') }}
),

typed as (
    select
        {{ delivery_columns() }},
        {{ clean_date('weather_date') }} as weather_date,
        {{ clean_text('city') }} as city,
        {{ clean_text('state') }} as state,
        {{ clean_text('weather_condition') }} as weather_condition,
        {{ clean_numeric('temperature_c') }} as temperature_c,
        {{ clean_numeric('precipitation_mm') }} as precipitation_mm,
        {{ clean_numeric('humidity_percent') }} as humidity_percent,
        {{ clean_numeric('wind_speed_kmh') }} as wind_speed_kmh,
        {{ clean_timestamp('created_at') }} as created_at,
        coalesce({{ clean_timestamp('updated_at') }}, {{ clean_timestamp('created_at') }}) as updated_at,
        {{ evaluate_once() }} as is_typed
    from delivered
),

checked as (
    select
        *,
        {{ surrogate_key(['weather_date', 'city', 'state']) }} as weather_key,
        case
            when weather_date is null then 'unreadable_date'
            when city is null then 'missing_id'
            when
                temperature_c not between -90 and 60 or precipitation_mm < 0
                or humidity_percent not between 0 and 100
                then 'impossible_value'
        end as row_defect,
        {{ evaluate_once() }} as is_checked
    from typed
),

candidates as (
    {{ with_known_deliveries('checked', columns, 'weather_key') }}
),

resolved as (
    select
        *,
        row_defect as quarantine_reason
    from candidates
),

{{ verdicts('resolved', columns, 'weather_key') }}

select * from final

-- grain: one row per day and city: its latest usable version

select
    weather_key,
    weather_date,
    city,
    state,
    weather_condition,
    temperature_c,
    precipitation_mm,
    precipitation_mm >= {{ var('rainy_day_mm') }} as is_rainy,
    humidity_percent,
    wind_speed_kmh,
    created_at,
    updated_at,
    _batch_id,
    _batch_date,
    _build_id
from {{ kept(ref('base_weather_data')) }}

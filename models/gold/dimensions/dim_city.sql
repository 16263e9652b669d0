-- grain: one row per city that customers, merchants or transactions name, and one called Unknown
{{ config(unique_key='city_key') }}
{% set sources = {
    'dim_customer_private': ['city', 'state', 'country'],
    'dim_merchant': ['city', 'state', 'country'],
    'stg_transactions': ['location_city', 'location_state', 'location_country']
} %}

with places as (
    select
        'Unknown' as city_name,
        'Unknown' as state,
        'Unknown' as country
    {% for source, columns in sources.items() -%}
    union
    select
        coalesce({{ columns[0] }}, 'Unknown') as city_name,
        coalesce({{ columns[1] }}, 'Unknown') as state,
        coalesce({{ columns[2] }}, 'Unknown') as country
    from {{ ref(source) }}
    {%- if is_incremental() %}
    where _build_id > {{ watermark() }}
    {%- endif %}
    {% endfor %}
),

final as (
    select
        {{ city_key('city_name', 'state', 'country') }} as city_key,
        city_name,
        state,
        {{ region('state', 'country') }} as region,
        country,
        {{ build_number() }} as _build_id
    from places
)

select * from final

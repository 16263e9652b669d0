-- grain: one row per month, person, category and location
{% set series = ['customer_id', 'category_name', 'location_name', 'location_type'] %}
{% set shifts = [0, 1, 12] %}
{{ config(pre_hook="{{ delete_affected_months(" ~ series ~ ", " ~ shifts ~ ", true) }}", grants={'select': []}) }}

with spending as (
    {{ latest_spending(series, shifts, each_alone=true) }}
),

monthly as (
    select
        {{ series_key(series) }} as series_key,
        customer_id,
        person_name,
        category_name,
        category_group,
        location_name,
        location_type,
        spending_month as month_start_date,
        sum(amount_cleaned) as total_spending,
        cast(count(*) as integer) as transaction_count,
        round(avg(amount_cleaned), 2) as avg_transaction_amount,
        min(amount_cleaned) as min_transaction_amount,
        max(amount_cleaned) as max_transaction_amount,
        round(avg(quality_score), 2) as avg_quality_score,
        max(snapshot_version) as snapshot_version_source
    from spending
    group by
        customer_id, person_name, category_name, category_group, location_name, location_type,
        spending_month
),

compared as (
    {{ compared('monthly', series) }}
),

final as (
    select
        {{ surrogate_key(['month_start_date', 'customer_id', 'category_name', 'location_name', 'location_type']) }}
            as summary_id,
        {{ month_columns('month_start_date') }},
        customer_id,
        person_name,
        category_name,
        category_group,
        location_name,
        location_type,
        total_spending,
        transaction_count,
        avg_transaction_amount,
        min_transaction_amount,
        max_transaction_amount,
        {{ change_columns('total_spending') }},
        avg_quality_score,
        snapshot_version_source,
        {{ dbt.current_timestamp() }} as created_at,
        {{ dbt.current_timestamp() }} as updated_at
    from compared
)

select * from final
order by month_start_date, customer_id

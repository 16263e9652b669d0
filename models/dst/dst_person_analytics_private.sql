-- grain: one row per month and person
{% set series = ['customer_id'] %}
{% set shifts = [0, 1, 12] %}
{{ config(pre_hook="{{ delete_affected_months(" ~ series ~ ", " ~ shifts ~ ", true) }}", grants={'select': []}) }}

with spending as (
    {{ latest_spending(series, shifts, each_alone=true) }}
),

categorized as (
    select
        *,
        sum(amount_cleaned) over (partition by customer_id, spending_month, category_name) as category_spending
    from spending
),

described as (
    select
        *,
        dense_rank() over (
            partition by customer_id, spending_month order by category_spending desc, category_name asc
        ) as category_rank,
        {{ iso_day_of_week('spending_at') }} >= 6 as is_weekend,
        {{ time_of_day('extract(hour from spending_at)') }} as time_of_day,
        {{ size_bucket('abs(amount_cleaned)') }} as size_bucket
    from categorized
),

monthly as (
    select
        {{ series_key(series) }} as series_key,
        customer_id,
        person_name,
        spending_month as month_start_date,
        cast(extract(day from {{ dbt.last_day('spending_month', 'month') }}) as integer) as days_in_month,
        sum(amount_cleaned) as total_spending,
        cast(count(*) as integer) as transaction_count,
        round(avg(amount_cleaned), 2) as avg_transaction_amount,
        round(cast(percentile_cont(0.5) within group (order by amount_cleaned) as numeric), 2)
            as median_transaction_amount,
        max(category_name) filter (where category_rank = 1) as top_category,
        max(category_spending) filter (where category_rank = 1) as top_category_spending,
        {% for group in ['essential', 'discretionary', 'transport', 'healthcare', 'education', 'other'] -%}
        coalesce(sum(amount_cleaned) filter (where category_group = '{{ group }}'), 0) as {{ group }}_spending,
        {% endfor -%}
        cast(count(distinct category_name) as integer) as unique_categories_count,
        cast(count(distinct location_name) as integer) as unique_locations_count,
        cast(count(distinct payment_method_name) as integer) as unique_payment_methods_count,
        coalesce(sum(amount_cleaned) filter (where not is_weekend), 0) as weekday_spending,
        coalesce(sum(amount_cleaned) filter (where is_weekend), 0) as weekend_spending,
        {% for time in ['morning', 'afternoon', 'evening', 'night'] -%}
        coalesce(sum(amount_cleaned) filter (where time_of_day = '{{ time }}'), 0) as {{ time }}_spending,
        {% endfor -%}
        {% for size in ['small', 'medium', 'large', 'xlarge'] -%}
        cast(count(*) filter (where size_bucket = '{{ size }}') as integer) as {{ size }}_transactions_count,
        {% endfor -%}
        cast(count(distinct spending_date) as integer) as days_with_spending,
        round(avg(quality_score), 2) as avg_quality_score,
        max(snapshot_version) as snapshot_version_source
    from described
    group by customer_id, person_name, spending_month
),

compared as (
    {{ compared('monthly', series) }}
),

final as (
    select
        {{ surrogate_key(['compared.month_start_date', 'compared.customer_id']) }} as analytics_id,
        {{ month_columns('compared.month_start_date', with_end=false) }},
        compared.customer_id,
        compared.person_name,
        compared.total_spending,
        compared.transaction_count,
        compared.avg_transaction_amount,
        compared.median_transaction_amount,
        compared.top_category,
        compared.top_category_spending,
        {{ percent_of('compared.top_category_spending', 'compared.total_spending') }} as top_category_percent,
        compared.essential_spending,
        compared.discretionary_spending,
        compared.transport_spending,
        compared.healthcare_spending,
        compared.education_spending,
        compared.other_spending,
        {{ percent_of('compared.essential_spending', 'compared.total_spending') }} as essential_percent,
        {{ percent_of('compared.discretionary_spending', 'compared.total_spending') }} as discretionary_percent,
        round(1.0 * compared.essential_spending / nullif(compared.discretionary_spending, 0), 2)
            as essential_to_discretionary_ratio,
        compared.unique_categories_count,
        compared.unique_locations_count,
        compared.unique_payment_methods_count,
        compared.weekday_spending,
        compared.weekend_spending,
        {{ percent_of('compared.weekend_spending', 'compared.total_spending') }} as weekend_spending_percent,
        compared.morning_spending,
        compared.afternoon_spending,
        compared.evening_spending,
        compared.night_spending,
        compared.small_transactions_count,
        compared.medium_transactions_count,
        compared.large_transactions_count,
        compared.xlarge_transactions_count,
        round(1.0 * compared.total_spending / compared.days_in_month, 2) as avg_daily_spending,
        round(7.0 * compared.total_spending / compared.days_in_month, 2) as avg_weekly_spending,
        compared.days_with_spending,
        {{ percent_of('compared.days_with_spending', 'compared.days_in_month') }} as spending_frequency_percent,
        {{ change_columns('compared.total_spending', 'prev_month_total', 'prev_year_total') }},
        compared.avg_quality_score,
        compared.snapshot_version_source,
        {{ dbt.current_timestamp() }} as created_at,
        {{ dbt.current_timestamp() }} as updated_at
    from compared
)

select * from final
order by month_start_date, customer_id

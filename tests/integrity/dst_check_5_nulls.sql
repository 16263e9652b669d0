-- Check 5 of 6: nothing is missing in the columns that every reader relies on.
{% set critical = {
    'dst_monthly_spending_summary_private': [
        'summary_id', 'month_start_date', 'customer_id', 'person_name', 'category_name', 'category_group',
        'location_name', 'location_type', 'total_spending', 'transaction_count'
    ],
    'dst_category_trends': [
        'trend_id', 'month_start_date', 'category_name', 'category_group', 'total_spending',
        'transaction_count', 'mom_trend_direction', 'yoy_trend_direction', 'rolling_3month_avg',
        'rolling_6month_avg', 'category_rank_current'
    ],
    'dst_person_analytics_private': [
        'analytics_id', 'month_start_date', 'customer_id', 'person_name', 'total_spending',
        'transaction_count', 'top_category', 'avg_daily_spending'
    ],
    'dst_payment_method_summary': [
        'payment_summary_id', 'month_start_date', 'payment_method_name', 'payment_type', 'total_amount',
        'transaction_count', 'top_category_1', 'payment_method_rank'
    ]
} %}

{% set is_written = is_newly_written_month('month_start_date') %}

{% for table, columns in critical.items() -%}
select
    '{{ table }}' as dst_table,
    month_start_date
from {{ ref(table) }}
where
    {{ is_written }}
    and not (
        {% for column in columns -%}
        {{ column }} is not null
        {{- '\n        and ' if not loop.last }}
        {%- endfor %}
    )
{%- if not loop.last %}

union all

{% endif -%}
{% endfor %}

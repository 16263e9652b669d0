-- Check 1 of 6: spending per month is the same in curated and in every dst table, to the cent.
{% set tables = {
    'dst_monthly_spending_summary_private': 'total_spending', 'dst_category_trends': 'total_spending',
    'dst_person_analytics_private': 'total_spending', 'dst_payment_method_summary': 'total_amount'
} %}

with curated as (
    select
        spending_month as month_start_date,
        sum(amount_cleaned) as curated_amount
    from {{ ref('curated_spending_snapshots') }}
    where is_latest = 1
    group by spending_month
)

{% for table, amount in tables.items() -%}
select
    '{{ table }}' as dst_table,
    coalesce(curated.month_start_date, dst.month_start_date) as month_start_date,
    curated.curated_amount,
    dst.dst_amount
from curated
full outer join ( -- noqa: ST05
    select
        month_start_date,
        sum({{ amount }}) as dst_amount
    from {{ ref(table) }}
    group by month_start_date
) as dst
    on curated.month_start_date = dst.month_start_date
where curated.curated_amount is distinct from dst.dst_amount
{%- if not loop.last %}

union all

{% endif -%}
{% endfor %}

-- Check 2 of 6: the number of spending transactions per month is the same in curated and in every dst table.
{% set tables = {
    'dst_monthly_spending_summary_private': 'transaction_count', 'dst_category_trends': 'transaction_count',
    'dst_person_analytics_private': 'transaction_count', 'dst_payment_method_summary': 'transaction_count'
} %}

with curated as (
    select
        spending_month as month_start_date,
        count(*) as curated_count
    from {{ ref('curated_spending_snapshots') }}
    where is_latest = 1
    group by spending_month
)

{% for table, amount in tables.items() -%}
select
    '{{ table }}' as dst_table,
    coalesce(curated.month_start_date, dst.month_start_date) as month_start_date,
    curated.curated_count,
    dst.dst_count
from curated
full outer join ( -- noqa: ST05
    select
        month_start_date,
        sum({{ amount }}) as dst_count
    from {{ ref(table) }}
    group by month_start_date
) as dst
    on curated.month_start_date = dst.month_start_date
where curated.curated_count is distinct from dst.dst_count
{%- if not loop.last %}

union all

{% endif -%}
{% endfor %}

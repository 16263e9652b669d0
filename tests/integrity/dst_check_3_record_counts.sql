-- Check 3 of 6: every dst table has one row for each group that curated knows, no more and no fewer.
{% set groups = {
    'dst_monthly_spending_summary_private':
        ['spending_month', 'customer_id', 'category_name', 'location_name', 'location_type'],
    'dst_category_trends': ['spending_month', 'category_name'],
    'dst_person_analytics_private': ['spending_month', 'customer_id'],
    'dst_payment_method_summary': ['spending_month', 'payment_method_name']
} %}

with counts as (
    {% for table, keys in groups.items() -%}
    select
        '{{ table }}' as dst_table,
        (select count(*) from {{ ref(table) }}) as record_count,
        (
            select count(*)
            from (
                select {{ keys | join(', ') }}
                from {{ ref('curated_spending_snapshots') }}
                where is_latest = 1
                group by {{ keys | join(', ') }}
            ) as found_groups
        ) as group_count
    {%- if not loop.last %}
    union all
    {% endif -%}
    {% endfor %}
)

select *
from counts
where record_count <> group_count

{#- What the checks of the dst layer have in common. -#}

{% macro months_that_differ(curated_value, dst_columns) -%}
    {#- The months in which a dst table does not add up to curated. `dst_columns`: {table: column to add up}. -#}
    with curated as (
        select
            spending_month as month_start_date,
            {{ curated_value }} as curated_value
        from {{ ref('curated_spending_snapshots') }}
        where is_latest = 1
        group by spending_month
    )

    {% for table, column in dst_columns.items() -%}
    select
        '{{ table }}' as dst_table,
        coalesce(curated.month_start_date, dst.month_start_date) as month_start_date,
        curated.curated_value,
        dst.dst_value
    from curated
    full outer join ( -- noqa: ST05
        select
            month_start_date,
            sum({{ column }}) as dst_value
        from {{ ref(table) }}
        group by month_start_date
    ) as dst
        on curated.month_start_date = dst.month_start_date
    where curated.curated_value is distinct from dst.dst_value
    {%- if not loop.last %}

    union all

    {% endif -%}
    {% endfor %}
{%- endmacro %}

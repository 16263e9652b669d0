{#- What the checks of the dst layer have in common. -#}

{% macro is_newly_written_month(month) -%}
    {#- Whether the last build may have written the month: what it changed in curated, and the months that compare
        themselves with those (any month with `--vars 'test_everything: true'`). -#}
    {%- set curated = ref('curated_spending_snapshots') -%}
    {%- if var('test_everything', false) or not execute or load_relation(curated) is none -%}{{ return('true') }}{%- endif -%}
    {%- set newest = newest_build_of(curated) -%}
    {%- set shifted = [] -%}
    {%- for shift in [0, 1, 12] -%}
        {%- do shifted.append(
            'select ' ~ months_from('spending_month', shift) ~ ' from ' ~ curated ~ ' where _build_id = ' ~ newest
        ) -%}
    {%- endfor -%}
    {%- set months = run_query(shifted | join(' union ')).columns[0].values() -%}
    {{ month }} in ({% for found in months %}cast('{{ found }}' as date), {% endfor %}null)
{%- endmacro %}

{% macro months_that_differ(curated_value, dst_columns) -%}
    {#- The months in which a dst table does not add up to curated. `dst_columns`: {table: column to add up}. -#}
    {%- set is_written = is_newly_written_month('month_start_date') -%}
    with curated as (
        select
            spending_month as month_start_date,
            {{ curated_value }} as curated_value
        from {{ ref('curated_spending_snapshots') }}
        where is_latest = 1 and {{ is_newly_written_month('spending_month') }}
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
        where {{ is_written }}
        group by month_start_date
    ) as dst
        on curated.month_start_date = dst.month_start_date
    where curated.curated_value is distinct from dst.dst_value
    {%- if not loop.last %}

    union all

    {% endif -%}
    {% endfor %}
{%- endmacro %}

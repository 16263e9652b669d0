{% macro collect_statistics() -%}
    {#- Post-hook: after a relation is made anew the planner must not guess its size until a background
        process comes by. An incremental change leaves most statistics as good as they were, but the planner
        has never heard of the newest build, and would take its rows for none. How many rows each build wrote
        is told from a sample of 3,000 rows, a tenth of the usual, since it is taken after every change. -#}
    {{- return(adapter.dispatch('collect_statistics', 'financial_analytics')()) -}}
{%- endmacro %}

{% macro default__collect_statistics() -%}
    {{- return('') -}}
{%- endmacro %}

{% macro postgres__collect_statistics() -%}
    {%- if model.config.materialized == 'view' -%}{{ return('') }}{%- endif -%}
    {%- if not is_incremental() -%}{{ return('analyze ' ~ this) }}{%- endif -%}
    {%- if '_build_id' not in model.columns -%}{{ return('') }}{%- endif -%}
    {{- return('alter table ' ~ this ~ ' alter column _build_id set statistics 10; analyze ' ~ this ~ ' (_build_id)') -}}
{%- endmacro %}

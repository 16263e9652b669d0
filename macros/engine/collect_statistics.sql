{% macro collect_statistics() -%}
    {#- Post-hook: after a relation is made anew the planner must not guess its size until a background
        process comes by. An incremental change leaves most statistics as good as they were, but the planner
        has never heard of the newest build, and would take its rows for none. -#}
    {{- return(adapter.dispatch('collect_statistics', 'financial_analytics')()) -}}
{%- endmacro %}

{% macro default__collect_statistics() -%}
    {{- return('') -}}
{%- endmacro %}

{% macro postgres__collect_statistics() -%}
    {%- if model.config.materialized == 'view' -%}{{ return('') }}{%- endif -%}
    {%- if not is_incremental() -%}{{ return('analyze ' ~ this) }}{%- endif -%}
    {%- set columns = adapter.get_columns_in_relation(this) | map(attribute='name') if execute else [] -%}
    {{- return('analyze ' ~ this ~ ' (_build_id)' if '_build_id' in columns else '') -}}
{%- endmacro %}

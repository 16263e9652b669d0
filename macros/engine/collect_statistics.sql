{% macro collect_statistics() -%}
    {#- Post-hook: after a relation is made anew the planner must not guess its size until a background
        process comes by. An incremental change leaves the statistics as good as they were. -#}
    {{- return(adapter.dispatch('collect_statistics', 'financial_analytics')()) -}}
{%- endmacro %}

{% macro default__collect_statistics() -%}
    {{- return('') -}}
{%- endmacro %}

{% macro postgres__collect_statistics() -%}
    {{- return('' if is_incremental() or model.config.materialized == 'view' else 'analyze ' ~ this) -}}
{%- endmacro %}

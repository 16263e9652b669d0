{% macro evaluate_once() -%}
    {#- A column that makes a step of a query stand for itself. PostgreSQL merges steps and then writes
        a costly expression out wherever its column is used (1 million transactions cleaned: 91 s); a
        step that calls a volatile function is computed as it stands, still in parallel. The function
        is a constant that the planner inlines after that decision. Other engines need nothing. -#}
    {{- return(adapter.dispatch('evaluate_once', 'financial_analytics')()) -}}
{%- endmacro %}

{% macro default__evaluate_once() -%}
    true
{%- endmacro %}

{% macro postgres__evaluate_once() -%}
    silver.evaluate_once()
{%- endmacro %}

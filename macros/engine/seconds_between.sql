{% macro seconds_between(first, second) -%}
    {#- Whole seconds from one moment to another: as many as a clock turns over on the way. On PostgreSQL dbt's own
        macro adds up days, hours, minutes and seconds, ten conversions for each row. -#}
    {{- return(adapter.dispatch('seconds_between', 'financial_analytics')(first, second)) -}}
{%- endmacro %}

{% macro default__seconds_between(first, second) -%}
    {{- return(dbt.datediff(first, second, 'second')) -}}
{%- endmacro %}

{% macro postgres__seconds_between(first, second) -%}
    (floor(date_part('epoch', {{ second }})) - floor(date_part('epoch', {{ first }})))
{%- endmacro %}

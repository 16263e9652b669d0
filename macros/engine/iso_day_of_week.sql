{% macro iso_day_of_week(value) -%}
    {#- 1 = Monday … 7 = Sunday; engines number days differently. -#}
    {{- return(adapter.dispatch('iso_day_of_week', 'financial_analytics')(value)) -}}
{%- endmacro %}

{% macro default__iso_day_of_week(value) -%}
    cast(extract(isodow from {{ value }}) as integer)
{%- endmacro %}

{% macro spark__iso_day_of_week(value) -%}
    (weekday({{ value }}) + 1)
{%- endmacro %}

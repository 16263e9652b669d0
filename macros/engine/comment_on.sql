{% macro comment_on(table, description, columns) -%}
    {#- Describe a table that is not a model in the database; dbt does so for models. -#}
    {{- adapter.dispatch('comment_on', 'financial_analytics')(table, description, columns) -}}
{%- endmacro %}

{% macro default__comment_on(table, description, columns) -%}
    comment on table {{ table }} is '{{ description }}';
    {%- for column, text in columns.items() %}
    comment on column {{ table }}.{{ column }} is '{{ text }}';
    {%- endfor %}
{%- endmacro %}

{% macro spark__comment_on(table, description, columns) -%}
    comment on table {{ table }} is '{{ description }}';
{%- endmacro %}

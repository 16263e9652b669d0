{% macro generate_schema_name(custom_schema_name, node) -%}
    {#- A layer is a schema, under its own name in every target. -#}
    {{ (custom_schema_name or target.schema) | trim }}
{%- endmacro %}

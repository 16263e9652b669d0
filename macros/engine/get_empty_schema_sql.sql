{% macro postgres__get_empty_schema_sql(columns) -%}
    {#- What a contract compares a model with. dbt's own macro warns of every `numeric` without a
        precision, for engines where that rounds; PostgreSQL keeps every digit. -#}
    select
    {% for column in columns.values() -%}
        {%- if column['data_type'] is not defined -%}
            {{ exceptions.column_type_missing(column_names=[column['name']]) }}
        {%- endif -%}
        cast(null as {{ column['data_type'] }}) as {{ column['name'] }}{{ ', ' if not loop.last }}
    {%- endfor %}
{%- endmacro %}

{#- The given rows of a unit test. dbt asks the adapter for the columns of each input and casts every one of them in
    every row; here the relation's own row type does both, in a text of a tenth of the length: see
    docs/benchmarks.md. -#}

{% macro get_fixture_sql(rows, column_name_to_data_types) -%}
    {%- set known = run_query('select * from ' ~ this ~ ' limit 0').column_names -%}
    {%- for row in rows -%}
        {%- set unknown = row.keys() | reject('in', known) | list -%}
        {%- if unknown -%}
            {{- exceptions.raise_compiler_error(
                'Unknown column in a given row of ' ~ model.name ~ ': ' ~ unknown | join(', ')
                ~ '. It has: ' ~ known | join(', ')
            ) -}}
        {%- endif -%}
    {%- endfor -%}
    select * from jsonb_populate_recordset(
        cast(null as {{ this }}), cast({{ dbt.string_literal(dbt.escape_single_quotes(tojson(rows))) }} as jsonb)
    )
{%- endmacro %}

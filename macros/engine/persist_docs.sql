{#- Descriptions change with the project, not with the data: they are written where they are not what they should be.
    dbt writes all of them in every build, and reads the columns twice for it. -#}

{% macro postgres__persist_docs(relation, model, for_relation, for_columns) -%}
    {%- if not config.persist_column_docs() -%}
        {{- return(dbt.default__persist_docs(relation, model, for_relation, for_columns)) -}}
    {%- endif -%}
    {%- set found = run_query(
        "select coalesce((select attname from pg_attribute where attrelid = objoid and attnum = objsubid), ''), description"
        ~ " from pg_description where classoid = 'pg_class'::regclass and objoid = '" ~ relation ~ "'::regclass"
    ).rows -%}
    {%- set known = {} -%}
    {%- for name, description in found -%}{%- do known.update({name: description}) -%}{%- endfor -%}
    {%- set wanted = {'': model.description} -%}
    {%- for name, column in model.columns.items() -%}{%- do wanted.update({name: column.description}) -%}{%- endfor -%}
    {%- if known != wanted -%}
        {%- do dbt.default__persist_docs(relation, model, for_relation, for_columns) -%}
    {%- endif -%}
{%- endmacro %}

{#- Whether a model's columns are still those of its table. dbt reads both lists from the information schema; here the
    catalogue compares them, and only where they differ dbt is asked, to say how. -#}

{% macro postgres__process_schema_changes(on_schema_change, source_relation, target_relation) -%}
    {%- if on_schema_change != 'fail' -%}
        {{- return(dbt.default__process_schema_changes(on_schema_change, source_relation, target_relation)) -}}
    {%- endif -%}
    {%- set columns -%}
        select attname, format_type(atttypid, atttypmod)
        from pg_attribute
        where attnum > 0 and not attisdropped and attrelid =
    {%- endset -%}
    {%- set ours = run_query(columns ~ " '" ~ source_relation ~ "'::regclass order by attnum").rows -%}
    {%- set theirs = run_query(columns ~ " '" ~ target_relation ~ "'::regclass").rows -%}
    {%- if ours | map('join', ' ') | sort != theirs | map('join', ' ') | sort -%}
        {{- return(dbt.default__process_schema_changes(on_schema_change, source_relation, target_relation)) -}}
    {%- endif -%}
    {%- set found = [] -%}
    {%- for name, type in ours -%}
        {%- do found.append(api.Column.create(name, type)) -%}
    {%- endfor -%}
    {{- return(found) -}}
{%- endmacro %}

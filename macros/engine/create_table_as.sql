{% macro postgres__create_table_as(temporary, relation, sql) -%}
    {#- dbt declares the key of a contract while the table is empty, and each row is then searched its place in
        the index: 2.4 million visits of the marketplace took 9.6 s of processor time. Rows first, then the key,
        in one transaction and with the same end, took 3.9 s. -#}
    {%- if temporary or not config.get('contract').enforced -%}
        {{- return(dbt.postgres__create_table_as(temporary, relation, sql)) -}}
    {%- endif -%}
    {%- set columns = adapter.render_raw_columns_constraints(raw_columns=model['columns']) -%}
    {%- set rules = adapter.render_raw_model_constraints(raw_constraints=model['constraints']) -%}
    {{ get_assert_columns_equivalent(sql) }}
    create table {{ relation }} (
        {{ (columns + rules) | join(',\n        ') | replace(' primary key', '') }}
    );
    insert into {{ relation }} (
        {{ adapter.dispatch('get_column_names', 'dbt')() }}
    ) (
        {{ get_select_subquery(sql) }}
    );
    {%- for column in columns if ' primary key' in column %}
    alter table {{ relation }} add primary key ({{ column.split(' ')[0] }});
    {%- endfor %}
{%- endmacro %}

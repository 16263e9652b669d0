{#- dbt declares the key of a contract while the table is empty, so that each row has to find its place in the
    index as it comes: 3.1 s of processor time for a million hashed keys, beside 0.7 s when the rows come first
    and the key is made of them. It is the same transaction, so nobody sees the table without its key.
    Where rows have nothing else to fulfil, the table is made of its query: pages are filled in bulk then, which
    `insert` does not do: about a tenth less processor time for 2.4 million rows. Parallel workers, which an `insert`
    does without, are left out here too: other models of the build want the processors. -#}

{% macro postgres__create_table_as(temporary, relation, sql) -%}
    {%- if temporary or not config.get('contract').enforced -%}
        {{- return(dbt.postgres__create_table_as(temporary, relation, sql)) -}}
    {%- endif -%}
    {%- set rules = adapter.render_raw_model_constraints(raw_constraints=model['constraints']) -%}
    {%- set columns = model['columns'].values() -%}
    {{ get_assert_columns_equivalent(sql) }}
    {%- if rules or columns | map(attribute='constraints') | sum(start=[]) | rejectattr('type', 'eq', 'primary_key') | list %}
    {%- set columns = adapter.render_raw_columns_constraints(raw_columns=model['columns']) -%}
    create table {{ relation }} (
        {{ (columns + rules) | join(',\n        ') | replace(' primary key', '') }}
    );
    insert into {{ relation }} (
        {{ adapter.dispatch('get_column_names', 'dbt')() }}
    ) (
        {{ get_select_subquery(sql) }}
    );
    {%- else %}
    set local max_parallel_workers_per_gather = 0;
    create table {{ relation }} as
    select
        {%- for column in columns %}
        cast({{ column.name }} as {{ column.data_type }}) as {{ column.name }}{{ ',' if not loop.last }}
        {%- endfor %}
    from (
        {{ sql }}
    ) as model_subq;
    {%- endif %}
{%- endmacro %}

{% macro postgres__create_indexes(relation) -%}
    {#- Without parallel workers here too: they take a quarter to a third more processor time for the same index. -#}
    {%- set statements = ['set local max_parallel_maintenance_workers = 0'] -%}
    {%- if config.get('contract').enforced -%}
        {%- for column in adapter.render_raw_columns_constraints(raw_columns=model['columns'])
            if ' primary key' in column -%}
            {%- do statements.append('alter table ' ~ relation ~ ' add primary key (' ~ column.split(' ')[0] ~ ')') -%}
        {%- endfor -%}
    {%- endif -%}
    {%- for index in config.get('indexes', default=[]) -%}
        {%- do statements.append(get_create_index_sql(relation, index)) -%}
    {%- endfor -%}
    {%- if statements | length > 1 -%}{%- do run_query(statements | join(';\n')) -%}{%- endif -%}
{%- endmacro %}

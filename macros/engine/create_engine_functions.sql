{% macro create_engine_functions() %}
    {#- Functions that an engine needs before any model runs. PostgreSQL has no cast that yields
        NULL, so `cast_or_null` calls these; DuckDB and Spark have one (`try_cast`) and need nothing. -#}
    {{ return(adapter.dispatch('create_engine_functions', 'financial_analytics')()) }}
{% endmacro %}

{% macro default__create_engine_functions() %}
    {{ return('') }}
{% endmacro %}

{% macro postgres__create_engine_functions() %}
    {#- `pg_input_is_valid` exists from PostgreSQL 16 on, and a SQL function around it is inlined;
        before that a block that catches the error does the same, slower and not in parallel.
        The test stands inside the cast: a cast of its own would be tried while planning, wherever
        the planner knows the value.
        `evaluate_once` is volatile to the eye of the planner only (see the macro of that name).
        Rewriting a function that is there would make concurrent builds collide, so only once. -#}
    {% if not execute %}{{ return('') }}{% endif %}
    {% set types = {'bigint': 'bigint', 'numeric': 'numeric', 'timestamptz': 'timestamptz', 'date': 'date'} %}
    {% set modern = run_query('show server_version_num').columns[0].values()[0] | int >= 160000 %}
    {% set statements = ['create schema if not exists silver;'] %}
    {% for name, type in types.items() %}
        {% if modern %}
            {% do statements.append(
                "create or replace function silver.try_" ~ name ~ "(value text) returns " ~ type
                ~ " language sql stable parallel safe return cast(case when pg_input_is_valid(value, '"
                ~ type ~ "') then value end as " ~ type ~ ");"
            ) %}
        {% else %}
            {% do statements.append(
                "create or replace function silver.try_" ~ name ~ "(value text) returns " ~ type
                ~ " language plpgsql stable parallel unsafe as $$ begin return cast(value as " ~ type
                ~ "); exception when data_exception then return null; end $$;"
            ) %}
        {% endif %}
    {% endfor %}
    {% do statements.append(
        'create or replace function silver.evaluate_once() returns boolean'
        ~ ' language sql volatile parallel safe return true;'
    ) %}
    {% set known = run_query(
        "select count(*) from pg_proc where pronamespace = to_regnamespace('silver') and proname in ('evaluate_once', 'try_bigint')"
    ).columns[0].values()[0] %}
    {% if known == 2 %}{{ return('select 1') }}{% endif %}
    {{ return(statements | join('\n')) }}
{% endmacro %}

{#- dbt rebuilds a view under another name and drops the old one with everything that reads it, so a view on
    a view would be missing until its own turn comes. As long as its columns stay what they are, a view is
    replaced in place here and its readers never notice: see docs/decisions/0007. -#}

{% materialization view, adapter='postgres' %}
    {%- set sql = visible_rows(sql) -%}
    {%- set existing = load_cached_relation(this) -%}
    {%- set target_relation = this.incorporate(type='view') -%}
    {%- set grant_config = config.get('grants') -%}

    {{ run_hooks(pre_hooks, inside_transaction=False) }}
    {{ run_hooks(pre_hooks, inside_transaction=True) }}

    {%- if existing is not none and not (existing.is_view and has_same_columns(existing, sql)) -%}
        {{ drop_relation_if_exists(existing) }}
    {%- endif -%}
    {% call statement('main') -%}
        {{ get_replace_view_sql(target_relation, sql) }}
    {%- endcall %}

    {% do apply_grants(target_relation, grant_config, should_revoke=should_revoke(existing, full_refresh_mode=False)) %}
    {% do persist_docs(target_relation, model) %}
    {{ run_hooks(post_hooks, inside_transaction=True) }}
    {{ adapter.commit() }}
    {{ run_hooks(post_hooks, inside_transaction=False) }}
    {{ return({'relations': [target_relation]}) }}
{% endmaterialization %}

{% macro has_same_columns(existing, sql) -%}
    {#- Names, types and order, asked of the database itself through a view that lives for a moment. -#}
    {%- set probe = 'probe_' ~ local_md5(existing.render())[:12] -%}
    {%- do run_query('create or replace temporary view ' ~ probe ~ ' as ' ~ sql) -%}
    {%- set columns -%}
        select array_agg(attname || ' ' || format_type(atttypid, atttypmod) order by attnum)
        from pg_attribute
        where attnum > 0 and not attisdropped and attrelid =
    {%- endset -%}
    {%- set same = run_query(
        'select (' ~ columns ~ " 'pg_temp." ~ probe ~ "'::regclass) = ("
        ~ columns ~ " '" ~ existing.render() ~ "'::regclass)"
    ).columns[0].values()[0] -%}
    {%- do run_query('drop view pg_temp.' ~ probe) -%}
    {{- return(same) -}}
{%- endmacro %}

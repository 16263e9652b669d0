{% macro database_health() -%}
    {#- The state of the database itself, from its own catalogue: metric, relation_name, actual_value, unit. What a
        reader without special rights may see; engines without a server have no rows. -#}
    {{- return(adapter.dispatch('database_health', 'financial_analytics')()) -}}
{%- endmacro %}

{% macro default__database_health() -%}
    select
        cast(null as {{ dbt.type_string() }}) as metric,
        cast(null as {{ dbt.type_string() }}) as relation_name,
        cast(null as numeric) as actual_value,
        cast(null as {{ dbt.type_string() }}) as unit
    where 1 = 0
{%- endmacro %}

{% macro postgres__database_health() -%}
    {#- Partitions count with the relation they belong to; what a running build has not finished does not.
        A reader may ask for the size of any relation, not for its rows. -#}
    with parts as (
        select
            schemas.nspname || '.' || coalesce(whole.relname, part.relname) as relation_name,
            pg_total_relation_size(part.oid) as size_bytes,
            coalesce(stats.n_live_tup, 0) as live_rows,
            coalesce(stats.n_dead_tup, 0) as dead_rows
        from pg_class as part
        inner join pg_namespace as schemas
            on part.relnamespace = schemas.oid
        left join pg_inherits as kinship
            on part.oid = kinship.inhrelid
        left join pg_class as whole
            on kinship.inhparent = whole.oid
        left join pg_stat_all_tables as stats
            on part.oid = stats.relid
        where
            part.relkind in ('r', 'm')
            and schemas.nspname in ('bronze', 'silver', 'curated', 'dst', 'gold')
            and part.relname not like '%\_\_dbt\_%'
    ),

    relations as (
        select
            relation_name,
            sum(size_bytes) as size_bytes,
            sum(live_rows) as live_rows,
            sum(dead_rows) as dead_rows
        from parts
        group by relation_name
    ),

    activity as (
        select
            cast(datname as text) as relation_name,
            numbackends as connections,
            round(100.0 * blks_hit / nullif(blks_hit + blks_read, 0), 2) as cache_hit_percent,
            deadlocks
        from pg_stat_database
        where datname = current_database()
    )

    select 'relation_size' as metric, relation_name, size_bytes as actual_value, 'bytes' as unit from relations
    union all
    select 'live_rows' as metric, relation_name, live_rows as actual_value, 'count' as unit from relations
    union all
    select 'dead_rows' as metric, relation_name, dead_rows as actual_value, 'count' as unit from relations
    union all
    select 'database_size' as metric, relation_name, pg_database_size(relation_name) as actual_value, 'bytes' as unit from activity
    union all
    select 'connections' as metric, relation_name, connections as actual_value, 'count' as unit from activity
    union all
    select
        'connection_limit' as metric,
        relation_name,
        cast(current_setting('max_connections') as integer) as actual_value,
        'count' as unit
    from activity
    union all
    select 'cache_hit_percent' as metric, relation_name, cache_hit_percent as actual_value, 'percent' as unit from activity
    union all
    select 'deadlocks' as metric, relation_name, deadlocks as actual_value, 'count' as unit from activity
{%- endmacro %}

{#- SCD2 history that is complete in any order: see docs/decisions/0005. -#}

{% macro versions_to_record(table, key) -%}
    {#- The usable versions of a base table that its snapshot has not recorded yet. dbt compares a
        snapshot's query with open rows only, so a version recorded and closed must not come again. -#}
    {%- set recorded = load_relation(api.Relation.create(
        database=target.database, schema='curated', identifier=table ~ '_snapshot')) if execute -%}
    select
        versions.*,
        {{ build_number() }} as _recorded_build_id
    from {{ ref('base_' ~ table) }} as versions
    where
        versions.disposition = 'kept'
        {%- if recorded %}
        and not exists (
            select 1 from {{ recorded }} as recorded
            where recorded.{{ key }} = versions.{{ key }} and recorded.updated_at = versions.updated_at
        )
        {%- endif %}
{%- endmacro %}

{% macro chain_versions(key) %}
    {#- Closes each version where the next begins, so that it is no longer the latest, and lets the first reach
        back to the beginning, for the keys that have just received a version. Half-open: valid_from <= t < valid_to. -#}
    update {{ this }} as versions
    set
        dbt_valid_from = chained.valid_from,
        dbt_valid_to = chained.valid_to,
        is_latest = chained.valid_to is null
    from (
        select
            dbt_scd_id,
            case
                when row_number() over (partition by {{ key }} order by updated_at) = 1
                    then cast('1900-01-01' as {{ dbt.type_timestamp() }})
                else updated_at
            end as valid_from,
            lead(updated_at) over (partition by {{ key }} order by updated_at) as valid_to
        from {{ this }}
        where {{ key }} in (
            select {{ key }} from {{ this }}
            group by {{ key }}
            having
                count(*) filter (where dbt_valid_to is null) <> 1
                or min(dbt_valid_from) > cast('1900-01-01' as {{ dbt.type_timestamp() }})
        )
    ) as chained
    where
        versions.dbt_scd_id = chained.dbt_scd_id
        and (
            versions.dbt_valid_from is distinct from chained.valid_from
            or versions.dbt_valid_to is distinct from chained.valid_to
        )
{% endmacro %}

{% macro valid_at(history, moment) -%}
    {#- As-was join condition: the version of `history` that was valid at `moment`. -#}
    {{ history }}.valid_from <= {{ moment }} and {{ moment }} < {{ history }}.valid_to
{%- endmacro %}

{% macro validity_columns() -%}
    {#- How a gold dimension states the life of a version, from a snapshot's row. -#}
    cast(dbt_valid_from as date) as effective_date,
        cast(coalesce(dbt_valid_to, cast('9999-12-31' as date)) as date) as end_date,
        dbt_valid_to is null as is_current,
        dbt_valid_from as valid_from,
        coalesce(dbt_valid_to, cast('9999-12-31' as date)) as valid_to,
        {{ dbt.current_timestamp() }} as dw_created_at,
        {{ dbt.current_timestamp() }} as dw_updated_at,
        _batch_id,
        {{ build_number() }} as _build_id
{%- endmacro %}

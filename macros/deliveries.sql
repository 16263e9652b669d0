{#- The four steps every base model takes with the rows bronze delivered. -#}

{% macro delivery_columns() -%}
    {{ surrogate_key(['_source_file', '_source_row']) }} as delivery_key,
    _batch_id,
    _batch_date,
    _source_file,
    _source_row,
    _loaded_at
{%- endmacro %}

{% macro delivery_column_names() -%}
    {{ return(['delivery_key', '_batch_id', '_batch_date', '_source_file', '_source_row', '_loaded_at']) }}
{%- endmacro %}

{% macro delivery_columns_of(relation, columns, without=[]) -%}
    {#- Every column of a delivered row, qualified, but those that the caller computes. -#}
    {%- for column in delivery_column_names() + columns if column not in without -%}
        {{ relation }}.{{ column }}{{ ', ' if not loop.last }}
    {%- endfor -%}
{%- endmacro %}

{% macro new_deliveries(table) -%}
    {#- What this relation has not seen yet. Their dates are named, too: bronze has its transactions in a
        partition a month, and so only the months concerned are read. -#}
    select * from {{ source('bronze', table) }}
    where
        _batch_id <= {{ batch_ceiling() }}
        {%- if is_incremental() %}
        {%- set last_seen = watermark('_batch_id') %}
        and _batch_id > {{ last_seen }}
        and _batch_date in ({{ batch_dates_after(last_seen) }})
        {%- endif %}
{%- endmacro %}

{% macro batch_dates_after(batch_id) -%}
    {%- if not execute -%}{{ return('null') }}{%- endif -%}
    {{- return(date_literals(
        'select batch_date from bronze.load_batches where batch_id > ' ~ batch_id ~ ' and batch_id <= '
        ~ batch_ceiling() ~ ' order by batch_date'
    )) -}}
{%- endmacro %}

{% macro date_literals(question) -%}
    {#- The dates that answer a question, as a list to stand in a query, so that the planner can use an index. -#}
    {%- for date in run_query(question).columns[0].values() %}cast('{{ date }}' as date){{ ', ' if not loop.last }}{% else %}null{% endfor -%}
{%- endmacro %}

{% macro with_known_deliveries(relation, columns, key) -%}
    {#- The new rows, and the rows already here whose verdict they may change: other versions and
        copies of the same key, and orphans whose parent may have come. -#}
    {%- set names = (delivery_column_names() + columns) | join(', ') -%}
    select {{ names }}, row_defect, cast(null as {{ dbt.type_string() }}) as known_verdict
    from {{ relation }}
    {%- if is_incremental() %}
    {#- two ways to be known, each by its own index #}
    {%- for is_known in [
        key ~ ' in (select ' ~ key ~ ' from ' ~ relation ~ ')',
        "quarantine_reason is not null and quarantine_reason like 'orphan%'"
        ~ ' and not exists (select 1 from ' ~ relation ~ ' where ' ~ relation ~ '.' ~ key ~ ' = known.' ~ key ~ ')'
    ] %}
    union all
    select {{ names }}, row_defect,
        disposition || coalesce(quarantine_reason, '') || cast(is_latest as {{ dbt.type_string() }})
    from {{ this }} as known
    where {{ is_known }}
    {%- endfor %}
    {%- endif %}
{%- endmacro %}

{% macro verdicts(relation, columns, key) -%}
    {#- One verdict per delivered row. A row with a reason is quarantined; of the rows with the same
        key and version the first delivered is kept and the others are duplicates; of the versions
        kept the youngest is the latest. Order of business dates, never of loading. Rows whose verdict
        stands are left alone; `_build_id` tells readers what to look at again. -#}
    ranked as (
        select
            *,
            row_number() over (
                partition by {{ key }}, updated_at, quarantine_reason
                order by _source_file, _source_row
            ) as copy_number,
            rank() over (
                partition by {{ key }}, case when quarantine_reason is null then 1 else 0 end
                order by updated_at desc
            ) as version_rank
        from {{ relation }}
    ),

    judged as (
        select
            *,
            case
                when quarantine_reason is not null then 'quarantined'
                when copy_number > 1 then 'duplicate'
                else 'kept'
            end as disposition,
            quarantine_reason is null and copy_number = 1 and version_rank = 1 as is_latest
        from ranked
    ),

    final as (
        select
            {{ (delivery_column_names() + columns) | join(', ') }},
            row_defect,
            quarantine_reason,
            disposition,
            is_latest,
            {{ build_number() }} as _build_id
        from judged
        where
            known_verdict is null
            or known_verdict
            <> disposition || coalesce(quarantine_reason, '') || cast(is_latest as {{ dbt.type_string() }})
    )
{%- endmacro %}

{% macro kept(relation) -%}
    {#- Latest version of every usable row: what a `stg_` model shows. -#}
    {{ relation }}
    where disposition = 'kept' and is_latest
{%- endmacro %}

{% macro batches_with_new_verdicts() -%}
    {#- The batches, by table, of which rows were judged, or judged anew, since the last build of `this`: literals, since
        the planner takes the batches of a few hundred rows for all there are, and would count every row. -#}
    {%- if not (execute and is_incremental()) -%}{{ return({}) }}{%- endif -%}
    {%- set known = watermark() -%}
    {%- set asked = [] -%}
    {%- for table in source_keys() -%}
        {%- do asked.append(
            "select distinct '" ~ table ~ "' as source_table, _batch_id from " ~ ref('base_' ~ table)
            ~ ' where _build_id > ' ~ known
        ) -%}
    {%- endfor -%}
    {%- set found = {} -%}
    {%- for table, batch_id in run_query(asked | join(' union all ')).rows -%}
        {%- do found.setdefault(table, []).append(batch_id) -%}
    {%- endfor -%}
    {{- return(found) -}}
{%- endmacro %}

{#- A build is one run of dbt. Every relation marks the rows it writes with the number of the build, so
    that the next relation knows which rows to look at again: see docs/decisions/0003. -#}

{% macro record_build() %}
    {#- Before everything else: which build this is, and from which batches it is made. -#}
    {% if not execute %}{{ return('') }}{% endif %}
    {% if not load_relation(api.Relation.create(target.database, 'bronze', 'load_batches')) %}
        {{ exceptions.raise_compiler_error(
            "Nothing has been loaded into " ~ target.database ~ " on " ~ target.host
            ~ " yet: run `make generate` (or `python -m warehouse load FOLDER`) first."
        ) }}
    {% endif %}
    {{ hold_streams() }}
    create table if not exists silver.builds (
        build_id bigint, invocation_id {{ dbt.type_string() }},
        started_at {{ dbt.type_timestamp() }}, last_batch_id bigint
    );
    {{ comment_on(
        'silver.builds',
        'Which runs of dbt have there been, and what had been loaded when each began? One row per run.', {
            'build_id': 'Number of the run, from 1; the rows it wrote carry it as _build_id.',
            'invocation_id': 'The name dbt gave the run, as in its logs.',
            'started_at': 'When the run began (UTC).',
            'last_batch_id': 'The last batch loaded by then; the run reads no later one.'
        }
    ) }}
    create table if not exists silver.finished_builds (
        build_id bigint, finished_at {{ dbt.type_timestamp() }}
    );
    {{ comment_on(
        'silver.finished_builds',
        'Which runs of dbt have ended, well or not? One row per run; of one that was killed there is none.', {
            'build_id': 'Number of the run, as in silver.builds.',
            'finished_at': 'When it ended (UTC): from then on it changes nothing.'
        }
    ) }}
    {{ show_to_api(['silver.builds', 'silver.finished_builds']) }}
    insert into silver.builds
    select
        coalesce((select max(build_id) from silver.builds), 0) + 1, '{{ invocation_id }}',
        {{ dbt.current_timestamp() }}, (select max(batch_id) from bronze.load_batches);
{% endmacro %}

{% macro record_end() %}
    {% if not execute %}{{ return('') }}{% endif %}
    insert into silver.finished_builds
    select build_id, {{ dbt.current_timestamp() }} from silver.builds where invocation_id = '{{ invocation_id }}';
{% endmacro %}

{% macro asked_once(question, when='') -%}
    {#- The one value that answers a question, asked once in a run: `graph` is the dictionary that all nodes of a run
        share. For what does not change while the run reads it: of a relation one thing before it is built, and
        one `after`. -#}
    {%- set known = graph.setdefault(invocation_id, {}) -%}
    {%- set asked = question ~ when -%}
    {%- if asked not in known -%}
        {%- do known.update({asked: run_query(question).columns[0].values()[0]}) -%}
    {%- endif -%}
    {{- return(known[asked]) -}}
{%- endmacro %}

{% macro this_build(column) -%}
    {#- A fact about the running build, as a literal; 0 where nothing is built (parse, compile, docs).
        The catalogue is asked, not dbt's cache, which was filled before the first build made the table. -#}
    {%- if not execute -%}{{ return(0) }}{%- endif -%}
    {%- set known = asked_once(
        "select count(*) from pg_tables where schemaname = 'silver' and tablename = 'builds'"
    ) -%}
    {%- if not known -%}{{ return(0) }}{%- endif -%}
    {{- return(asked_once(
        "select max(" ~ column ~ ") from silver.builds where invocation_id = '" ~ invocation_id ~ "'"
    ) or 0) -}}
{%- endmacro %}

{% macro build_number() -%}
    {{- return(this_build('build_id')) -}}
{%- endmacro %}

{% macro batch_ceiling() -%}
    {#- The last batch loaded when this build began: one that arrives in the middle waits for the next
        build, so that all relations of a build speak of the same batches. -#}
    {{- return(this_build('last_batch_id')) -}}
{%- endmacro %}

{% macro watermark(column='_build_id') -%}
    {#- How far this relation has got, as a literal, so that the planner can use an index; 0 on a first
        build. Builds and batches are counted as they come, whatever their business date, so late and
        out-of-order batches are never behind it. -#}
    {%- if not (execute and is_incremental()) -%}{{ return(0) }}{%- endif -%}
    {{- return(asked_once('select coalesce(max(' ~ column ~ '), 0) from ' ~ this)) -}}
{%- endmacro %}

{% macro business_day() -%}
    {#- The day that "today" means, of some batches: the latest that files were delivered for. A stream runs ahead of
        the bank's books, so its batches count only where there are no others. -#}
    coalesce(max(batch_date) filter (where manifest_sha256 is not null), max(batch_date))
{%- endmacro %}

{% macro previous_business_day() -%}
    {#- The day that "today" meant when this relation was last built, as a literal. -#}
    {%- if not (execute and is_incremental()) -%}{{ return('1900-01-01') }}{%- endif -%}
    {{- return(asked_once(
        'select ' ~ business_day() ~ ' from bronze.load_batches where batch_id <= ('
        ~ 'select max(last_batch_id) from silver.builds where build_id <= ' ~ watermark() ~ ')'
    ) or '1900-01-01') -}}
{%- endmacro %}

{% macro batches_tested_before() -%}
    {#- The last batch that the build before the newest one knew, as a literal: a test of deliveries looks at
        those after it (at all with `--vars 'test_everything: true'`). -#}
    {%- if var('test_everything', false) or not execute -%}{{ return(0) }}{%- endif -%}
    {{- return(asked_once(
        'select coalesce(max(last_batch_id), 0) from silver.builds where last_batch_id < '
        ~ '(select max(last_batch_id) from silver.builds)'
    )) -}}
{%- endmacro %}

{% macro replace_all_rows() -%}
    {#- Pre-hook, in the transaction of the insert that follows: what views read is made anew in its place. -#}
    {{- return('delete from ' ~ this if is_incremental() else 'select 1') -}}
{%- endmacro %}

{% macro delete_touched(column, touched) -%}
    {#- Pre-hook, in the transaction of the insert that follows: a member may have vanished from what was touched. -#}
    {%- if is_incremental() %}
    delete from {{ this }} where {{ column }} in ({{ touched }})
    {%- else %}
    select 1
    {%- endif %}
{%- endmacro %}

{% macro differing_rows(relation, key) -%}
    {#- Of the rows made anew those that `this` does not hold as they are: what comes out as it was keeps its
        `_build_id`, and nobody looks at it again. Columns that only say when are not compared. -#}
    select * from {{ relation }}
    {%- if execute and is_incremental() %}
    where
        not exists (
            select 1 from {{ this }} as known
            where
                known.{{ key }} = {{ relation }}.{{ key }}
                {%- for column in model.columns if column not in [key, 'dw_updated_at', '_build_id'] %}
                and known.{{ column }} is not distinct from {{ relation }}.{{ column }}
                {%- endfor %}
        )
    {%- endif %}
{%- endmacro %}

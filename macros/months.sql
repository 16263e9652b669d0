{#- Monthly aggregates that recompute only the months new rows touch, and the months that compare
    themselves with those: see docs/decisions/0004. -#}

{% macro affected_months(series, shifts) -%}
    {#- The months that the new rows change, as a list of dates: the months touched since the last build of
        `this`, moved by each of `shifts` (0: the month itself, 1: the next month, whose "previous month"
        it is, 12: the same month a year on), and, where a series now begins in another month, all months
        that ask whether it had begun. A list, because it is made before anything is deleted and because
        the planner can count it. -#}
    {%- if not (execute and is_incremental()) -%}{{ return("cast('1900-01-01' as date)") }}{%- endif -%}
    {%- set changed -%}
        select {{ series[0] }}, spending_month
        from {{ ref('curated_spending_snapshots') }}
        where _build_id > {{ watermark_by_time() }}
    {%- endset -%}
    {%- set query -%}
        with changed as ({{ changed }}),
        begun_before as (
            select
                {{ series_key(series) }} as series_key,
                {{ series[0] }} as member,
                min(month_start_date) as first_month
            from {{ this }}
            where {{ series[0] }} in (select changed.{{ series[0] }} from changed)
            group by {{ ([series_key(series)] + series[:1]) | unique | join(', ') }}
        ),
        -- only what changed in its first month, or before it, may begin in another month now
        unsettled as (
            select begun_before.member
            from begun_before
            inner join changed
                on begun_before.member = changed.{{ series[0] }} and changed.spending_month <= begun_before.first_month
        ),
        begun_now as (
            select {{ series_key(series) }} as series_key, min(spending_month) as first_month
            from {{ ref('curated_spending_snapshots') }}
            where is_latest = 1 and {{ series[0] }} in (select unsettled.member from unsettled)
            group by {{ series_key(series) }}
        )
        {%- for shift in shifts %}
        select
            cast({{ dbt.dateadd('month', shift, 'spending_month') }} as date) as from_month,
            cast({{ dbt.dateadd('month', shift, 'spending_month') }} as date) as to_month
        from changed
        union
        {%- endfor %}
        select
            least(begun_before.first_month, begun_now.first_month),
            cast({{ dbt.dateadd('month', 12, 'greatest(begun_before.first_month, begun_now.first_month)') }} as date)
        from begun_before
        inner join begun_now
            on begun_before.series_key = begun_now.series_key
        where begun_before.first_month <> begun_now.first_month
    {%- endset -%}
    {%- set months = [] -%}
    {%- for bounds in run_query(query).rows -%}
        {%- for number in range(bounds[0].year * 12 + bounds[0].month - 1, bounds[1].year * 12 + bounds[1].month) -%}
            {%- do months.append("cast('%04d-%02d-01' as date)" % (number // 12, number % 12 + 1)) -%}
        {%- endfor -%}
    {%- endfor -%}
    {{- return(months | unique | sort | join(', ') or "cast('1900-01-01' as date)") -}}
{%- endmacro %}

{% macro affected_rows(month, series, shifts, each_alone) -%}
    {#- The rows to compute anew: all of the affected months, or, where no row looks at another member of the
        series (`each_alone`: a person's sums hold no ranks or shares among people), those of the members
        that new rows touch. -#}
    {{ month }} in ({{ affected_months(series, shifts) }})
        {%- set members = affected_members(series) if each_alone else none %}
        {%- if members %}
        and {{ series[0] }} in ({{ members | join(', ') }})
        {%- endif %}
{%- endmacro %}

{% macro affected_members(series, at_most=2000) -%}
    {#- The members that new rows touch, as a list for the same reasons as the months; none if there are so
        many that whole months are as quick. -#}
    {%- if not (execute and is_incremental()) -%}{{ return(none) }}{%- endif -%}
    {%- set found = run_query(
        'select distinct ' ~ series[0] ~ ' from ' ~ ref('curated_spending_snapshots') ~ ' where _build_id > '
        ~ watermark_by_time() ~ ' order by 1 limit ' ~ (at_most + 1)
    ).columns[0].values() | list -%}
    {{- return(found if found | length <= at_most else none) -}}
{%- endmacro %}

{% macro delete_affected_months(series, shifts, each_alone=false) -%}
    {#- Pre-hook, in the transaction of the insert that follows: a group that no longer exists would
        survive a merge. -#}
    {%- if is_incremental() %}
    delete from {{ this }}
    where {{ affected_rows('month_start_date', series, shifts, each_alone) }}
    {%- else %}
    select 1
    {%- endif %}
{%- endmacro %}

{% macro watermark_by_time() -%}
    {#- The build that last wrote to a relation whose columns are fixed by contract and leave no room
        for `_build_id`: builds are recorded before they write. -#}
    {%- if not (execute and is_incremental()) -%}{{ return(0) }}{%- endif -%}
    {{- return(asked_once(
        'select coalesce(max(build_id), 0) from silver.builds where started_at <= (select max(updated_at) from '
        ~ this ~ ')'
    )) -}}
{%- endmacro %}

{% macro latest_spending(series, shifts, each_alone=false) -%}
    {#- The latest version of every spending transaction, of the months (and members) to compute. -#}
    select * from {{ ref('curated_spending_snapshots') }}
    where
        is_latest = 1
        {%- if is_incremental() %}
        and {{ affected_rows('spending_month', series, shifts, each_alone) }}
        {%- endif %}
{%- endmacro %}

{% macro standing_months(relation, columns, shift=none) -%}
    {#- Months that `this` holds and this build leaves alone: all of them, or those `shift` months before
        the months of `relation`. -#}
    select {{ columns | join(', ') }}
    from {{ this }}
    where
        month_start_date not in (select computed.month_start_date from {{ relation }} as computed)
        {%- if shift is not none %}
        and month_start_date in (
            select cast({{ dbt.dateadd('month', -shift, 'computed.month_start_date') }} as date)
            from {{ relation }} as computed
        )
        {%- endif %}
{%- endmacro %}

{% macro series_key(series) -%}
    {#- One column to join a series by: the planner multiplies the odds of several and then expects a single
        row where there are many (a join of 8 minutes instead of half a second at 1 million transactions). -#}
    {{- series[0] if series | length == 1 else surrogate_key(series) -}}
{%- endmacro %}

{% macro months_before(relation, series, measures, shift) -%}
    {#- What each series had `shift` months before, under the month to compare it with. -#}
    {%- set columns = measures + ['cast(' ~ dbt.dateadd('month', shift, 'month_start_date') ~ ' as date)'] -%}
    select
        series_key,
        {{ measures | join(', ') }},
        {{ columns[-1] }} as compared_month
    from {{ relation }}
    {%- if is_incremental() %}
    union all
    {{ standing_months(relation, [series_key(series)] + columns, shift) }}
        and {{ series[0] }} in (select computed.{{ series[0] }} from {{ relation }} as computed)
    {%- endif %}
{%- endmacro %}

{% macro first_months(relation, series) -%}
    {#- The month in which each series of `relation` began. -#}
    select series_key, min(month_start_date) as first_month
    from (
        select series_key, month_start_date from {{ relation }}
        {%- if is_incremental() %}
        union all
        {{ standing_months(relation, [series_key(series), 'month_start_date']) }}
            and {{ series[0] }} in (select computed.{{ series[0] }} from {{ relation }} as computed)
        {%- endif %}
    ) as known_months
    group by series_key
{%- endmacro %}

{% macro compared(relation, series, amount='total_spending', year=true) -%}
    {#- `relation`, which carries its `series_key`, with the same series a calendar month (and a year) before:
        0 where the series had begun but was silent, NULL before it began. -#}
    select
        {{ relation }}.*,
        begun.first_month,
        coalesce(
            month_before.{{ amount }},
            case when begun.first_month < {{ relation }}.month_start_date then 0 end
        ) as prev_month_value
        {%- if year %},
        coalesce(
            year_before.{{ amount }},
            case when begun.first_month <= {{ dbt.dateadd('month', -12, relation ~ '.month_start_date') }} then 0 end
        ) as prev_year_value
        {%- endif %}
    from {{ relation }}
    inner join ({{ first_months(relation, series) }}) as begun
        on {{ relation }}.series_key = begun.series_key
    left join ({{ months_before(relation, series, [amount], 1) }}) as month_before
        on
            {{ relation }}.series_key = month_before.series_key
            and {{ relation }}.month_start_date = month_before.compared_month
    {%- if year %}
    left join ({{ months_before(relation, series, [amount], 12) }}) as year_before
        on
            {{ relation }}.series_key = year_before.series_key
            and {{ relation }}.month_start_date = year_before.compared_month
    {%- endif %}
{%- endmacro %}

{% macro months_begun(relation) -%}
    {#- How many calendar months a series counts, its first and the row's own included. -#}
    1 + {{ dbt.datediff(relation ~ '.first_month', relation ~ '.month_start_date', 'month') }}
{%- endmacro %}

{% macro month_columns(month, with_end=true) -%}
    cast(extract(year from {{ month }}) as integer) as year,
        cast(extract(month from {{ month }}) as integer) as month,
        cast(extract(quarter from {{ month }}) as integer) as quarter,
        {{ month }}
        {%- if with_end %},
        cast({{ dbt.last_day(month, 'month') }} as date) as month_end_date
        {%- endif %}
{%- endmacro %}

{% macro change_columns(value, month_name='prev_month_spending', year_name='prev_year_spending', trend=false) -%}
    {#- The six columns of a comparison, eight with the trends, from `compared`. -#}
    prev_month_value as {{ month_name }},
        {{ value }} - prev_month_value as mom_absolute_change,
        {{ percent_change(value, 'prev_month_value') }} as mom_percent_change,
        {%- if trend %}
        {{ trend_direction(percent_change(value, 'prev_month_value')) }} as mom_trend_direction,
        {%- endif %}
        prev_year_value as {{ year_name }},
        {{ value }} - prev_year_value as yoy_absolute_change,
        {{ percent_change(value, 'prev_year_value') }} as yoy_percent_change
        {%- if trend %},
        {{ trend_direction(percent_change(value, 'prev_year_value')) }} as yoy_trend_direction
        {%- endif %}
{%- endmacro %}

{#- Monthly aggregates that recompute only the months new rows touch, and the months that compare
    themselves with those: see docs/decisions/0004. -#}

{% macro affected_months(shifts) -%}
    {#- Months touched since the last build of `this`, moved by each of `shifts` (0: the month itself,
        1: the next month, whose "previous month" it is, 12: the same month a year on). -#}
    {%- for shift in shifts %}
    select cast({{ dbt.dateadd('month', shift, 'spending_month') }} as date) as affected_month
    from {{ ref('curated_spending_snapshots') }}
    where _build_id > {{ watermark_by_time() }}
    {%- if not loop.last %}
    union
    {%- endif %}
    {%- endfor %}
{%- endmacro %}

{% macro delete_affected_months(shifts) -%}
    {#- Pre-hook, in the transaction of the insert that follows: a group that no longer exists would
        survive a merge. -#}
    {%- if is_incremental() %}
    delete from {{ this }} where month_start_date in ({{ affected_months(shifts) }})
    {%- else %}
    select 1
    {%- endif %}
{%- endmacro %}

{% macro watermark_by_time() -%}
    {#- The build that last wrote to a relation whose columns are fixed by contract and leave no room
        for `_build_id`: builds are recorded before they write. -#}
    {%- if not (execute and is_incremental()) -%}{{ return(0) }}{%- endif -%}
    {{- return(run_query(
        'select coalesce(max(build_id), 0) from silver.builds where started_at <= (select max(updated_at) from '
        ~ this ~ ')'
    ).columns[0].values()[0]) -}}
{%- endmacro %}

{% macro latest_spending(shifts) -%}
    {#- The latest version of every spending transaction, of the months to compute. -#}
    select * from {{ ref('curated_spending_snapshots') }}
    where
        is_latest = 1
        {%- if is_incremental() %}
        and spending_month in ({{ affected_months(shifts) }})
        {%- endif %}
{%- endmacro %}

{% macro month_totals(relation, keys, measures) -%}
    {#- Totals of every month that `relation` (just computed) or `this` (standing) knows, to compare with. -#}
    select {{ keys | join(', ') }}, month_start_date, {{ measures | join(', ') }}
    from {{ relation }}
    {%- if is_incremental() %}
    union all
    select {{ keys | join(', ') }}, month_start_date, {{ measures | join(', ') }}
    from {{ this }}
    where month_start_date not in (select {{ relation }}.month_start_date from {{ relation }})
    {%- endif %}
{%- endmacro %}

{% macro compared(relation, keys, totals, amount='total_spending', year=true) -%}
    {#- `relation` with the same series a calendar month (and a year) before: 0 where the series had
        begun but was silent, NULL before it began. -#}
    select
        {{ relation }}.*,
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
    inner join (
        select {{ keys | join(', ') }}, min(month_start_date) as first_month
        from {{ totals }}
        group by {{ keys | join(', ') }}
    ) as begun
        on {% for key in keys %}{{ relation }}.{{ key }} = begun.{{ key }}{{ ' and ' if not loop.last }}{% endfor %}
    left join {{ totals }} as month_before
        on {% for key in keys %}{{ relation }}.{{ key }} = month_before.{{ key }} and {% endfor -%}
        month_before.month_start_date = {{ dbt.dateadd('month', -1, relation ~ '.month_start_date') }}
    {%- if year %}
    left join {{ totals }} as year_before
        on {% for key in keys %}{{ relation }}.{{ key }} = year_before.{{ key }} and {% endfor -%}
        year_before.month_start_date = {{ dbt.dateadd('month', -12, relation ~ '.month_start_date') }}
    {%- endif %}
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

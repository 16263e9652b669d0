-- grain: one row per analysis, dimension and member
-- How a change is taken apart: see docs/decisions/0016-what-moved.md.

with counts as (
    {%- for relation in ['transaction', 'churn', 'loan', 'service'] %}
    select * from {{ ref('diagnostic_' ~ relation ~ '_counts') }}
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
),

-- of each dimension: both periods as wholes
wholes as (
    select
        analysis,
        measure,
        dimension,
        min(period_start_date) filter (where is_current_period) as period_start_date,
        max(period_end_date) filter (where is_current_period) as period_end_date,
        min(period_start_date) filter (where not is_current_period) as previous_start_date,
        max(period_end_date) filter (where not is_current_period) as previous_end_date,
        max(all_unit_count) filter (where is_current_period) as all_units,
        max(all_unit_count) filter (where not is_current_period) as previous_all_units,
        sum(event_total) filter (where is_current_period) as all_events,
        sum(event_total) filter (where not is_current_period) as previous_all_events,
        max(case when has_shared_units then 1 else 0 end) = 1 as has_shared_units
    from counts
    group by analysis, measure, dimension
),

members as (
    select
        analysis,
        dimension,
        member,
        coalesce(sum(unit_count) filter (where is_current_period), 0) as units,
        coalesce(sum(unit_count) filter (where not is_current_period), 0) as previous_units,
        coalesce(sum(event_total) filter (where is_current_period), 0) as events,
        coalesce(sum(event_total) filter (where not is_current_period), 0) as previous_events
    from counts
    group by analysis, dimension, member
),

-- where members share the units, one without an event has them all the same
sized as (
    select
        wholes.*,
        members.member,
        case when wholes.has_shared_units then coalesce(wholes.all_units, 0) else members.units end as units,
        case when wholes.has_shared_units then coalesce(wholes.previous_all_units, 0) else members.previous_units end
            as previous_units,
        members.events,
        members.previous_events
    from members
    inner join wholes
        on members.analysis = wholes.analysis and members.dimension = wholes.dimension
),

-- a rate is events per unit, a share the part of all units
rates as (
    select
        *,
        1.0 * events / nullif(units, 0) as rate,
        1.0 * previous_events / nullif(previous_units, 0) as previous_rate,
        1.0 * units / nullif(all_units, 0) as unit_share,
        1.0 * previous_units / nullif(previous_all_units, 0) as previous_unit_share,
        1.0 * all_events / nullif(all_units, 0) as all_rate,
        1.0 * previous_all_events / nullif(previous_all_units, 0) as previous_all_rate
    from sized
),

-- a member that was not there has the rate it has in the other period: it can only have moved the mix
means as (
    select
        *,
        coalesce(rate, previous_rate) - coalesce(previous_rate, rate) as rate_change,
        (coalesce(rate, previous_rate) + coalesce(previous_rate, rate)) / 2 as mean_rate,
        unit_share - previous_unit_share as share_change,
        (unit_share + previous_unit_share) / 2 as mean_share,
        (all_rate + previous_all_rate) / 2 as mean_all_rate,
        (all_units + previous_all_units) / 2.0 as mean_all_units,
        all_units - previous_all_units as all_units_change
    from rates
),

effects as (
    select
        *,
        case
            when measure = 'sum' then rate_change * (units + previous_units) / 2.0
            else 100 * rate_change * mean_share
        end as exact_rate_effect,
        case
            when measure = 'sum' then share_change * mean_all_units * mean_rate
            else 100 * share_change * (mean_rate - mean_all_rate)
        end as exact_mix_effect,
        case when measure = 'sum' then all_units_change * mean_share * mean_rate else 0 end as exact_volume_effect,
        case when measure = 'sum' then all_events else round(100 * all_rate, 6) end as total_value,
        case when measure = 'sum' then previous_all_events else round(100 * previous_all_rate, 6) end
            as previous_total_value
    from means
),

-- Rounded so that what is shown adds up: each member gets what rounding the running total adds.
running as (
    select
        *,
        row_number() over (partition by analysis, dimension order by member desc) as members_left,
        round(
            sum(exact_rate_effect + exact_mix_effect + exact_volume_effect)
                over (partition by analysis, dimension order by member),
            case when measure = 'sum' then 2 else 6 end
        ) as rounded_total
    from effects
),

closed as (
    select
        *,
        case when members_left = 1 then total_value - previous_total_value else rounded_total end as running_total,
        round(exact_rate_effect, case when measure = 'sum' then 2 else 6 end) as rate_effect,
        round(exact_volume_effect, case when measure = 'sum' then 2 else 6 end) as volume_effect
    from running
),

contributions as (
    select
        *,
        running_total - coalesce(lag(running_total) over (partition by analysis, dimension order by member), 0)
            as contribution
    from closed
),

final as (
    select
        {{ surrogate_key(['analysis', 'dimension', 'member']) }} as diagnostic_key,
        analysis,
        measure,
        dimension,
        member,
        period_start_date,
        period_end_date,
        previous_start_date,
        previous_end_date,
        units as unit_count,
        previous_units as previous_unit_count,
        events as event_total,
        previous_events as previous_event_total,
        round(100 * unit_share, 4) as share_percent,
        round(100 * previous_unit_share, 4) as previous_share_percent,
        round(case when measure = 'sum' then 1 else 100 end * rate, 4) as rate,
        round(case when measure = 'sum' then 1 else 100 end * previous_rate, 4) as previous_rate,
        case when measure = 'share' then {{ wilson_bound('events', 'units', 'lower') }} end as rate_low,
        case when measure = 'share' then {{ wilson_bound('events', 'units', 'upper') }} end as rate_high,
        total_value,
        previous_total_value,
        total_value - previous_total_value as total_change,
        rate_effect,
        contribution - rate_effect - volume_effect as mix_effect,
        volume_effect,
        contribution,
        cast(rank() over (partition by analysis, dimension order by abs(contribution) desc nulls last) as integer)
            as contribution_rank
    from contributions
)

select * from final

-- grain: one row per outcome and estimator (naive or adjusted)
-- Least squares of the log odds of a purchase, weighted by their precision, on ten points of the confidence
-- index. Adjusted: within calendar months (season) and beside a linear trend; the season is removed by taking
-- each month's departure from the mean of its namesakes, which leaves two equations (Frisch and Waugh).

with months as (
    select
        *,
        extract(month from month_start_date) as calendar_month,
        row_number() over (order by month_start_date) as month_number
    from {{ ref('discretionary_months') }}
    where consumer_confidence_index is not null
),

estimators as (
    select true as is_adjusted
    union all
    select false as is_adjusted
),

outcomes as (
    select
        'Discretionary purchases' as outcome,
        month_start_date,
        calendar_month,
        month_number,
        consumer_confidence_index,
        discretionary_count as chosen_count,
        purchase_count as all_count
    from months
    union all
    -- a placebo: nobody expects confidence to move it
    select
        'Healthcare among other purchases' as outcome,
        month_start_date,
        calendar_month,
        month_number,
        consumer_confidence_index,
        healthcare_count as chosen_count,
        purchase_count - discretionary_count as all_count
    from months
),

totals as (
    select
        outcome,
        cast(sum(chosen_count) as numeric) / nullif(sum(all_count), 0) as mean_share
    from outcomes
    group by outcome
),

designs as (
    select
        outcomes.outcome,
        estimators.is_adjusted,
        case when estimators.is_adjusted then outcomes.calendar_month else 0 end as stratum,
        outcomes.all_count,
        round(outcomes.all_count * totals.mean_share * (1 - totals.mean_share), 6) as weight,
        outcomes.consumer_confidence_index / 10 as confidence,
        case when estimators.is_adjusted then outcomes.month_number else 0 end as trend,
        round(
            cast(ln(cast(
                (outcomes.chosen_count + 0.5) / (outcomes.all_count - outcomes.chosen_count + 0.5)
                as {{ dbt.type_float() }}
            )) as numeric),
            10
        ) as log_odds
    from outcomes
    inner join totals
        on outcomes.outcome = totals.outcome
    cross join estimators
),

means as (
    select
        outcome,
        is_adjusted,
        stratum,
        concat(outcome, is_adjusted, stratum) as design_stratum,
        sum(weight * confidence) / nullif(sum(weight), 0) as confidence,
        sum(weight * trend) / nullif(sum(weight), 0) as trend,
        sum(weight * log_odds) / nullif(sum(weight), 0) as log_odds
    from designs
    group by outcome, is_adjusted, stratum
),

departures as (
    select
        designs.outcome,
        designs.is_adjusted,
        designs.all_count,
        designs.weight,
        round(designs.confidence - means.confidence, 10) as c,
        round(designs.trend - means.trend, 10) as t,
        round(designs.log_odds - means.log_odds, 10) as y
    from designs
    inner join means
        on concat(designs.outcome, designs.is_adjusted, designs.stratum) = means.design_stratum
),

sums as (
    select
        departures.outcome,
        departures.is_adjusted,
        count(*) as month_count,
        sum(departures.all_count) as purchase_count,
        sum(departures.weight * departures.c * departures.c) as cc,
        sum(departures.weight * departures.c * departures.t) as ct,
        sum(departures.weight * departures.t * departures.t) as tt,
        sum(departures.weight * departures.c * departures.y) as cy,
        sum(departures.weight * departures.t * departures.y) as ty,
        sum(departures.weight * departures.y * departures.y) as yy
    from departures
    group by departures.outcome, departures.is_adjusted
),

strata as (
    select
        outcome,
        is_adjusted,
        count(*) as stratum_count
    from means
    group by outcome, is_adjusted
),

-- the two normal equations (one without the trend)
solved as (
    select
        sums.*,
        sums.month_count - strata.stratum_count - case when sums.is_adjusted then 2 else 1 end as df,
        case
            when sums.is_adjusted
                then (sums.tt * sums.cy - sums.ct * sums.ty) / nullif(sums.cc * sums.tt - sums.ct * sums.ct, 0)
            else sums.cy / nullif(sums.cc, 0)
        end as slope,
        case
            when sums.is_adjusted
                then (sums.cc * sums.ty - sums.ct * sums.cy) / nullif(sums.cc * sums.tt - sums.ct * sums.ct, 0)
            else 0
        end as trend_slope,
        case
            when sums.is_adjusted then sums.tt / nullif(sums.cc * sums.tt - sums.ct * sums.ct, 0)
            else 1 / nullif(sums.cc, 0)
        end as unit_variance
    from sums
    inner join strata
        on sums.outcome = strata.outcome and sums.is_adjusted = strata.is_adjusted
)

select
    outcome,
    is_adjusted,
    case when df >= 1 then round(slope, 8) end as estimate,
    case
        when df >= 1
            then round(cast(
                    sqrt(cast(
                        unit_variance * greatest(yy - slope * cy - trend_slope * ty, 0) / df as {{ dbt.type_float() }}
                    ))
                    as numeric
                ), 8)
    end as standard_error,
    cast(df as numeric) as df,
    cast(month_count as bigint) as month_count,
    cast(purchase_count as bigint) as purchase_count
from solved

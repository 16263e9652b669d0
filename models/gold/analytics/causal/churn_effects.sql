-- grain: one row per driver of churn and estimator (naive or adjusted)
-- Poisson regression on one driver at a time, conditional on the events of each stratum: within strata of
-- all other drivers (adjusted), or in one stratum (naive). Newton's method on the logarithm of the rate ratio.
{%- set steps = 6 %}
{%- set drivers = [
    'Bad service', 'Low balance', 'Year of tenure', 'Student', 'Mass Affluent', 'Affluent', 'Private Banking'
] %}

with exposure as (
    select * from {{ ref('churn_exposure') }}
),

cells as (
    select
        customer_segment,
        has_bad_service,
        is_low_balance,
        round(least(tenure_years, 5), 1) as tenure_years,
        sum(exposure_months) as exposure_months,
        count(*) filter (where has_left) as leaver_count
    from exposure
    group by customer_segment, has_bad_service, is_low_balance, round(least(tenure_years, 5), 1)
),

-- of a segment, against the largest
drivers as (
    {%- for driver in drivers %}
    select '{{ driver }}' as driver
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
),

estimators as (
    select true as is_adjusted
    union all
    select false as is_adjusted
),

designs as (
    select
        concat(drivers.driver, '|', estimators.is_adjusted) as design,
        drivers.driver,
        estimators.is_adjusted,
        case drivers.driver
            when 'Bad service' then cast(cells.has_bad_service as integer)
            when 'Low balance' then cast(cells.is_low_balance as integer)
            when 'Year of tenure' then cells.tenure_years
            else cast(cells.customer_segment = drivers.driver as integer)
        end as x,
        case
            when estimators.is_adjusted
                then concat(
                        case when drivers.driver <> 'Bad service' then cells.has_bad_service end, '|',
                        case when drivers.driver <> 'Low balance' then cells.is_low_balance end, '|',
                        case when drivers.driver <> 'Year of tenure' then floor(cells.tenure_years) end, '|',
                        case
                            when drivers.driver in ('Bad service', 'Low balance', 'Year of tenure')
                                then cells.customer_segment
                        end
                    )
            else ''
        end as stratum,
        cells.exposure_months,
        cells.leaver_count
    from cells
    cross join drivers
    cross join estimators
    where
        drivers.driver in ('Bad service', 'Low balance', 'Year of tenure')
        or cells.customer_segment in ('Mass Market', drivers.driver)
),

step_0 as (
    select
        design,
        cast(0 as numeric) as log_ratio
    from designs
    group by design
),

{% for step in range(1, steps + 1) -%}
-- what the leavers of each stratum would be like if leaving went by the ratio reached so far
strata_{{ step }} as (
    select
        weighted.design,
        sum(weighted.leaver_count) as leavers,
        sum(weighted.leaver_count * weighted.x) as leaver_x,
        sum(weighted.risk * weighted.x) / sum(weighted.risk) as mean_x,
        sum(weighted.risk * weighted.x * weighted.x) / sum(weighted.risk) as mean_x_squared
    from (
        select
            designs.*,
            designs.exposure_months
            * round(cast(exp({{ as_float('designs.x * before.log_ratio') }}) as numeric), 12) as risk
        from designs
        inner join step_{{ step - 1 }} as before
            on designs.design = before.design
    ) as weighted
    group by weighted.design, weighted.stratum
),

moves_{{ step }} as (
    select
        design,
        sum(leavers * (mean_x_squared - mean_x * mean_x)) as information,
        sum(leaver_x - leavers * mean_x) / nullif(sum(leavers * (mean_x_squared - mean_x * mean_x)), 0) as step_size
    from strata_{{ step }}
    group by design
),

step_{{ step }} as (
    select
        before.design,
        moves.information,
        moves.step_size,
        before.log_ratio + round(greatest(least(moves.step_size, 2), -2), 12) as log_ratio
    from step_{{ step - 1 }} as before
    inner join moves_{{ step }} as moves
        on before.design = moves.design
),

{% endfor -%}
sizes as (
    select
        design,
        driver,
        is_adjusted,
        sum(leaver_count) as leaver_count,
        sum(exposure_months) as exposure_months
    from designs
    group by design, driver, is_adjusted
)

select
    sizes.design,
    sizes.driver,
    sizes.is_adjusted,
    -- where only one side has leavers the steps never end
    case when abs(estimates.step_size) < 0.000001 then round(estimates.log_ratio, 8) end as estimate,
    case
        when abs(estimates.step_size) < 0.000001
            then round(cast(1 / sqrt({{ as_float('estimates.information') }}) as numeric), 8)
    end as standard_error,
    cast(sizes.leaver_count as bigint) as leaver_count,
    round(sizes.exposure_months, 1) as exposure_months
from sizes
inner join step_{{ steps }} as estimates
    on sizes.design = estimates.design

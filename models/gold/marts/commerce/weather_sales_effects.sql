-- grain: one row per department of the marketplace
-- Rainy days against dry ones within city, month and weekday: the rate ratio of Mantel and Haenszel for orders
-- per day (variance of Greenland and Robins, 1985), and the partial correlation of rain and revenue. Holm's
-- correction for as many comparisons as there are departments.
{{ config(tags=['analyses']) }}

with days as (
    select
        weather_date,
        city,
        state,
        is_rainy,
        {{ surrogate_key([
            'city', 'state', dbt.date_trunc('month', 'weather_date'), iso_day_of_week('weather_date')
        ]) }} as stratum
    from {{ ref('stg_weather_data') }}
    where is_rainy is not null
),

-- an order counts once in a department: numbering its lines spares the sort by names that `count(distinct …)` needs
lines as (
    select
        *,
        row_number() over (
            partition by order_id, order_date, ship_city, ship_state, category_name order by order_id
        ) as line_of_department
    from {{ ref('fact_sales') }}
),

sales as (
    select
        order_date,
        ship_city,
        ship_state,
        category_name,
        count(*) filter (where line_of_department = 1) as order_count,
        sum(revenue_amount) as revenue_amount
    from lines
    group by order_date, ship_city, ship_state, category_name
),

-- each day knows how many of its kind there are, so that sales meet their days in one join
exposed as (
    select
        *,
        count(*) over (partition by stratum) as all_days,
        sum(case when is_rainy then 1 else 0 end) over (partition by stratum) as rainy_days,
        sum(case when is_rainy then 0 else 1 end) over (partition by stratum) as dry_days
    from days
),

exposures as (
    select
        all_days,
        rainy_days,
        dry_days
    from exposed
    group by stratum, all_days, rainy_days, dry_days
),

overall as (
    select
        sum(all_days) as city_days,
        sum(rainy_days) as rainy_days,
        sum(dry_days) as dry_days,
        count(*) as strata,
        sum(1.0 * rainy_days * dry_days / all_days) as rain_variation
    from exposures
),

sold as (
    select
        sales.category_name,
        exposed.all_days,
        exposed.rainy_days,
        exposed.dry_days,
        sum(case when exposed.is_rainy then sales.order_count else 0 end) as rainy_orders,
        sum(case when exposed.is_rainy then 0 else sales.order_count end) as dry_orders,
        sum(case when exposed.is_rainy then sales.revenue_amount else 0 end) as rainy_revenue,
        sum(sales.revenue_amount) as revenue,
        sum(sales.revenue_amount * sales.revenue_amount) as squared_revenue
    from sales
    inner join exposed
        on
            sales.order_date = exposed.weather_date
            and sales.ship_city = exposed.city
            and sales.ship_state = exposed.state
    group by sales.category_name, exposed.stratum, exposed.all_days, exposed.rainy_days, exposed.dry_days
),

-- days without an order add nothing to any of these sums
sums as (
    select
        category_name,
        sum(rainy_orders) as rainy_orders,
        sum(dry_orders) as dry_orders,
        sum(1.0 * rainy_orders * dry_days / all_days) as weighted_rainy,
        sum(1.0 * dry_orders * rainy_days / all_days) as weighted_dry,
        sum(
            1.0 * (rainy_orders + dry_orders) * rainy_days * dry_days
            / (all_days * all_days)
        ) as weighted_variance,
        sum(rainy_revenue - revenue * rainy_days / all_days) as joint_variation,
        sum(squared_revenue - revenue * revenue / all_days) as revenue_variation
    from sold
    group by category_name
),

estimates as (
    select
        sums.*,
        overall.city_days,
        overall.rainy_days,
        overall.dry_days,
        overall.city_days - overall.strata - 1 as residual_days,
        {{ as_float('ln(nullif(weighted_rainy, 0) / nullif(weighted_dry, 0))') }} as log_ratio,
        {{ as_float('sqrt(weighted_variance / nullif(weighted_rainy * weighted_dry, 0))') }} as log_error,
        {{ as_float('joint_variation / nullif(sqrt(rain_variation * revenue_variation), 0)') }} as rain_correlation
    from sums
    cross join overall
),

tested as (
    select
        *,
        2 * {{ function('normal_cdf') }}(-abs(log_ratio / nullif(log_error, 0))) as p_value,
        {{ function('student_t_p_value') }}(
            rain_correlation
            * sqrt({{ as_float('residual_days') }} / nullif(1 - rain_correlation * rain_correlation, 0)),
            {{ as_float('residual_days') }}
        ) as correlation_p_value,
        ln((1 + rain_correlation) / nullif(1 - rain_correlation, 0)) / 2 as fisher_z,
        {{ function('normal_quantile') }}({{ as_float(0.975) }}) as z,
        1 / sqrt({{ as_float('nullif(residual_days - 1, 0)') }}) as fisher_error
    from estimates
),

ranked as (
    select
        *,
        count(*) over () - row_number() over (order by p_value, category_name) + 1 as tests_left,
        count(*) over () - row_number() over (order by correlation_p_value, category_name) + 1
            as correlation_tests_left
    from tested
),

corrected as (
    select
        *,
        max(least(1, tests_left * p_value)) over (
            order by p_value, category_name rows between unbounded preceding and current row
        ) as adjusted_p_value,
        max(least(1, correlation_tests_left * correlation_p_value)) over (
            order by correlation_p_value, category_name rows between unbounded preceding and current row
        ) as correlation_adjusted_p_value
    from ranked
),

final as (
    select
        category_name,
        cast(city_days as integer) as city_days,
        cast(rainy_days as integer) as rainy_days,
        cast(rainy_orders + dry_orders as integer) as order_count,
        cast(rainy_orders as integer) as rainy_order_count,
        round(1.0 * rainy_orders / nullif(rainy_days, 0) / nullif(1.0 * dry_orders / nullif(dry_days, 0), 0), 4)
            as crude_rate_ratio,
        {{ significant('exp(log_ratio)', 6) }} as rate_ratio,
        {{ significant('exp(log_ratio - z * log_error)', 6) }} as rate_ratio_ci_low,
        {{ significant('exp(log_ratio + z * log_error)', 6) }} as rate_ratio_ci_high,
        {{ significant('p_value', 4) }} as p_value,
        {{ significant('adjusted_p_value', 4) }} as adjusted_p_value,
        coalesce(adjusted_p_value < 0.05, false) as is_significant,
        case
            when adjusted_p_value < 0.05 and log_ratio > 0 then 'more orders on rainy days'
            when adjusted_p_value < 0.05 then 'fewer orders on rainy days'
            else 'no difference shown'
        end as finding,
        {{ significant('rain_correlation', 6) }} as revenue_correlation,
        {{ significant('1 - 2 / (exp(2 * (fisher_z - z * fisher_error)) + 1)', 6) }} as revenue_correlation_ci_low,
        {{ significant('1 - 2 / (exp(2 * (fisher_z + z * fisher_error)) + 1)', 6) }} as revenue_correlation_ci_high,
        {{ significant('correlation_p_value', 4) }} as revenue_correlation_p_value,
        {{ significant('correlation_adjusted_p_value', 4) }} as revenue_correlation_adjusted_p_value
    from corrected
)

select * from final

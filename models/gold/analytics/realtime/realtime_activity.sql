-- grain: one row per metric, length of bucket and bucket of time
{{ config(materialized='view') }}
{# How far a bucket may stray from what is expected, in standard deviations, and from how many weeks on. #}
{% set tolerance = 4 %}
{% set weeks_needed = 6 %}

with buckets as (
    select * from {{ ref('realtime_buckets') }}
),

-- a share is kept as what it is made of: the shares of twelve hours do not add up to the share of the twelve
measures as (
    {% for metric, kind, part, whole in [
        ('transactions', 'count', 'transaction_count', 'null'),
        ('everyday_spending', 'amount', 'spending_amount', 'null'),
        ('declines', 'count', 'declined_count', 'null'),
        ('decline_percent', 'share', 'declined_count', 'transaction_count'),
        ('fraud_percent', 'share', 'fraud_count', 'transaction_count'),
    ] -%}
    select
        '{{ metric }}' as metric,
        '{{ kind }}' as kind,
        time_grain,
        bucket,
        bucket_start_at,
        observed_at,
        is_complete,
        compared_with,
        cast({{ part }} as numeric) as part,
        cast({{ whole }} as numeric) as whole,
        case when '{{ kind }}' = 'amount' then spending_square_sum end as square_sum
    from buckets
    {{ 'union all' if not loop.last }}
    {% endfor -%}
),

measured as (
    select
        metric,
        kind,
        time_grain,
        bucket,
        bucket_start_at,
        observed_at,
        is_complete,
        {% for name, compared_with in [('now', 'none'), ('day', 'previous day'), ('week', '1 weeks before')] -%}
        max(part) filter (where compared_with = '{{ compared_with }}') as part_{{ name }},
        max(whole) filter (where compared_with = '{{ compared_with }}') as whole_{{ name }},
        {% endfor -%}
        count(*) filter (where compared_with like '%weeks before') as weeks,
        sum(part) filter (where compared_with like '%weeks before') as part_before,
        sum(whole) filter (where compared_with like '%weeks before') as whole_before,
        avg(square_sum) filter (where compared_with like '%weeks before') as square_before,
        cast(
            percentile_cont(0.5) within group (order by part) filter (where compared_with like '%weeks before')
            as numeric
        ) as median_before
    from measures
    group by metric, kind, time_grain, bucket, bucket_start_at, observed_at, is_complete
),

spread as (
    select
        measures.metric as spread_metric,
        measures.time_grain as spread_grain,
        measures.bucket as spread_bucket,
        cast(
            percentile_cont(0.5) within group (order by abs(measures.part - measured.median_before))
            as numeric
        ) as median_deviation
    from measures
    inner join measured
        on
            measures.metric = measured.metric
            and measures.time_grain = measured.time_grain
            and measures.bucket = measured.bucket
    where measures.compared_with like '%weeks before'
    group by measures.metric, measures.time_grain, measures.bucket
),

valued as (
    select
        measured.*,
        {% for name in ['now', 'day', 'week', 'before'] -%}
        100.0 * part_{{ name }} / nullif(whole_{{ name }}, 0) as share_{{ name }},
        {% endfor -%}
        spread.median_deviation
    from measured
    left join spread
        on
            measured.metric = spread.spread_metric
            and measured.time_grain = spread.spread_grain
            and measured.bucket = spread.spread_bucket
),

-- 1.4826 median deviations are one standard deviation of a normal distribution. Chance alone moves a count
-- by the root of what is expected (Poisson), a sum of amounts by the root of the sum of their squares (compound
-- Poisson) and a share by its binomial deviation (with two of each kind added, after Agresti and Coull: a share
-- of 0 % is not certain): a narrower band would call chance unusual.
judged as (
    select
        *,
        case when kind = 'share' then share_now else part_now end as actual_value,
        case when kind = 'share' then share_day else part_day end as value_day,
        case when kind = 'share' then share_week else part_week end as value_week,
        case when kind = 'share' then share_before else median_before end as expected,
        {{ tolerance }} * case
            when weeks < {{ weeks_needed }} or whole_before = 0
                then null
            when kind = 'count'
                then greatest(1.4826 * median_deviation, sqrt(greatest(median_before, 1)))
            when kind = 'amount'
                then nullif(greatest(1.4826 * median_deviation, sqrt(square_before)), 0)
            else
                100.0 * sqrt((part_before + 2) * (whole_before - part_before + 2) / nullif(whole_now, 0))
                / (whole_before + 4)
        end as reach
    from valued
),

banded as (
    select
        *,
        case
            when kind = 'amount' then expected - reach
            when reach is not null then greatest(expected - reach, 0)
        end as low,
        case
            when kind <> 'share' then expected + reach
            when reach is not null then least(expected + reach, 100)
        end as high
    from judged
),

final as (
    select
        ---------- what
        metric,
        time_grain,
        bucket,
        ---------- when
        bucket_start_at,
        observed_at,
        ---------- measures
        round(actual_value, 2) as actual_value,
        case kind when 'count' then 'count' when 'amount' then 'USD' else 'percent' end as unit,
        round(value_day, 2) as previous_day_value,
        round(value_week, 2) as previous_week_value,
        round(expected, 2) as expected_value,
        round(low, 2) as expected_low_value,
        round(high, 2) as expected_high_value,
        cast(weeks as integer) as comparison_weeks,
        ---------- flags
        is_complete,
        actual_value < low or actual_value > high as is_unusual
    from banded
)

select * from final

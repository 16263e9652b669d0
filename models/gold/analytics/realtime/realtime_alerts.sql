-- grain: one row per severity and moment: now, a day before, a week before
{{ config(materialized='view') }}
{% set moments = {'now': 0, 'previous day': -1, 'previous week': -7} %}

with as_of as (
    select as_of_date from {{ ref('as_of_date') }}
),

observed as (
    select max(observed_at) as observed_at from {{ ref('realtime_buckets') }}
),

moments as (
    {% for name, days in moments.items() %}
    select
        '{{ name }}' as moment,
        {{ dbt.dateadd('day', days, 'observed.observed_at') }} as moment_at
    from observed
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

severities as (
    {% for severity in ['critical', 'high', 'medium', 'low'] -%}
    select '{{ severity }}' as alert_severity{{ ' union all' if not loop.last }}
    {% endfor %}
),

-- an alert raised after the latest transaction counts as raised with it
alerts as (
    select
        facts.alert_severity,
        facts.transaction_id,
        facts.resolution_at,
        least(facts.alert_at, observed.observed_at) as alert_at
    from {{ ref('fact_fraud_alerts') }} as facts
    inner join as_of
        on cast(facts.alert_at as date) <= as_of.as_of_date
    cross join observed
),

standing as (
    select
        moments.moment,
        alerts.alert_severity,
        alerts.transaction_id,
        {{ dbt.datediff('alerts.alert_at', 'moments.moment_at', 'hour') }} as age_hours
    from alerts
    inner join moments
        on
            alerts.alert_at <= moments.moment_at
            and (alerts.resolution_at is null or alerts.resolution_at > moments.moment_at)
),

open_alerts as (
    select
        standing.moment,
        standing.alert_severity,
        count(*) as alert_count,
        count(*) filter (where standing.age_hours >= 24) as over_1_day_count,
        count(*) filter (where standing.age_hours >= 72) as over_3_days_count,
        count(*) filter (where standing.age_hours >= 168) as over_7_days_count,
        max(standing.age_hours) as oldest_hours,
        sum(transactions.transaction_amount_abs) as disputed_amount
    from standing
    left join {{ ref('fact_transactions') }} as transactions
        on standing.transaction_id = transactions.transaction_id
    group by standing.moment, standing.alert_severity
),

final as (
    select
        ---------- what
        severities.alert_severity,
        moments.moment,
        ---------- when
        moments.moment_at,
        ---------- measures
        coalesce(open_alerts.alert_count, 0) as open_alert_count,
        coalesce(open_alerts.over_1_day_count, 0) as over_1_day_count,
        coalesce(open_alerts.over_3_days_count, 0) as over_3_days_count,
        coalesce(open_alerts.over_7_days_count, 0) as over_7_days_count,
        cast(open_alerts.oldest_hours as integer) as oldest_hours,
        coalesce(open_alerts.disputed_amount, 0) as disputed_amount
    from severities
    cross join moments
    left join open_alerts
        on
            severities.alert_severity = open_alerts.alert_severity
            and moments.moment = open_alerts.moment
)

select * from final

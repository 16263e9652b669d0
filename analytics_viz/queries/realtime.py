"""What is happening now? The queries of report 08."""

from __future__ import annotations

from analytics_viz.kpi import Kpi
from analytics_viz.queries import descriptive

_SHARED = {kpi.name: kpi for kpi in descriptive.KPIS}

KPIS = (
    _SHARED["transactions"],
    _SHARED["spending"],
    _SHARED["active_customers"],
    _SHARED["decline_rate"],
    _SHARED["fraud_rate"],
    Kpi(
        "slow_transactions",
        "Slow transactions",
        "percent",
        "down",
        "Share of transactions that took 3 seconds and more to process.",
        """
        select
            round(
                100.0 * count(*) filter (where processing_delay_bucket = 'slow')
                / nullif(count(processing_delay_bucket), 0), 2
            )
        from gold.fact_transactions
        where transaction_date between %(start)s and %(end)s
        """,
    ),
    Kpi(
        "alerts_raised",
        "Alerts raised",
        "count",
        "down",
        "Fraud alerts raised in the period.",
        """
        select count(*)
        from gold.fact_fraud_alerts
        where cast(alert_at as date) between %(start)s and %(end)s
        """,
    ),
    Kpi(
        "open_alerts",
        "Open alerts",
        "count",
        "down",
        "Fraud alerts raised and not yet resolved at the end of the period's last day.",
        """
        select count(*)
        from gold.fact_fraud_alerts
        where cast(alert_at as date) <= %(end)s
          and (resolution_at is null or cast(resolution_at as date) > %(end)s)
        """,
        is_stock=True,
    ),
)

# The running day against the same part of the day a week before.
TODAY = """
    select section, metric, bucket, actual_value, previous_week_value, is_unusual, observed_at
    from gold.realtime_analytics
    where (
        section = 'activity' and time_grain = 'day' and metric <> 'declines'
        and bucket_start_at = (
            select max(bucket_start_at)
            from gold.realtime_activity
            where time_grain = 'day'
        )
    )
    or (section = 'alerts' and metric in ('open_alerts', 'oldest_open_alert'))
    order by section, metric, bucket
"""

HOURS = """
    select
        bucket_start_at,
        actual_value as transactions,
        previous_week_value as week_before,
        expected_value as expected,
        expected_low_value as low,
        expected_high_value as high,
        is_complete,
        is_unusual
    from gold.realtime_activity
    where time_grain = 'hour' and metric = 'transactions'
    order by bucket_start_at
"""

MINUTES = """
    select
        bucket_start_at,
        max(actual_value) filter (where metric = 'transactions') as transactions,
        max(actual_value) filter (where metric = 'declines') as declines,
        max(expected_value) filter (where metric = 'transactions') as expected,
        observed_at
    from gold.realtime_activity
    where time_grain = '5 minutes'
    group by bucket_start_at, observed_at
    order by bucket_start_at
"""

# Always a row: where no stream is listened to, one without a time.
STREAM = """
    select
        stream.bucket_start_at,
        stream.views,
        stream.searches,
        stream.added_to_cart,
        stream.checkouts,
        stream.purchases,
        stream.visits,
        stream.unreadable_messages,
        stream.observed_at
    from gold.data_as_of
    left join (
        select
            bucket_start_at,
            observed_at,
            max(actual_value) filter (where metric = 'views') as views,
            max(actual_value) filter (where metric = 'searches') as searches,
            max(actual_value) filter (where metric = 'added_to_cart') as added_to_cart,
            max(actual_value) filter (where metric = 'checkouts') as checkouts,
            max(actual_value) filter (where metric = 'purchases') as purchases,
            max(actual_value) filter (where metric = 'visits') as visits,
            max(actual_value) filter (where metric = 'unreadable_messages') as unreadable_messages
        from gold.realtime_analytics
        where section = 'stream'
        group by bucket_start_at, observed_at
    ) as stream
        on true
    order by stream.bucket_start_at
"""

DAYS = """
    select
        bucket_start_at,
        actual_value as spending,
        expected_value as expected,
        expected_low_value as low,
        expected_high_value as high,
        comparison_weeks,
        is_complete,
        is_unusual
    from gold.realtime_activity
    where time_grain = 'day' and metric = 'everyday_spending'
    order by bucket_start_at
"""

SHARES = """
    select
        shares.metric,
        shares.bucket_start_at,
        shares.actual_value as share_percent,
        shares.expected_value as expected,
        shares.expected_high_value as high,
        shares.is_unusual,
        counts.actual_value as transactions
    from gold.realtime_activity as shares
    inner join gold.realtime_activity as counts
        on
            shares.bucket_start_at = counts.bucket_start_at
            and counts.time_grain = 'day'
            and counts.metric = 'transactions'
    where shares.time_grain = 'day' and shares.unit = 'percent'
    order by shares.metric, shares.bucket_start_at
"""

ALERTS = """
    select
        alert_severity,
        open_alert_count - over_1_day_count as under_1_day,
        over_1_day_count - over_3_days_count as days_1_to_3,
        over_3_days_count - over_7_days_count as days_3_to_7,
        over_7_days_count as over_7_days,
        oldest_hours,
        disputed_amount
    from gold.realtime_alerts
    where moment = 'now'
    order by alert_severity
"""

ALERT_LIST = """
    select
        alerts.alert_id,
        alerts.alert_severity,
        alerts.alert_type,
        alerts.alert_at,
        transactions.transaction_amount_abs as amount,
        transactions.channel,
        count(*) over () as open_alerts
    from gold.fact_fraud_alerts as alerts
    inner join gold.fact_transactions as transactions
        on alerts.transaction_id = transactions.transaction_id
    where cast(alerts.alert_at as date) <= %(as_of)s
      and (
          alerts.resolution_at is null
          or alerts.resolution_at > (select max(observed_at) from gold.realtime_buckets)
      )
    order by
        case alerts.alert_severity
            when 'critical' then 1 when 'high' then 2 when 'medium' then 3 else 4
        end,
        alerts.alert_at
    limit 12
"""

BATCHES = """
    select
        batch_date,
        sum(delivered_rows) as delivered,
        sum(kept_rows) as kept,
        sum(duplicate_rows) as duplicates,
        sum(quarantined_rows) as quarantined,
        count(*) filter (where not is_balanced) as unbalanced_tables
    from gold.realtime_deliveries
    where is_recent
    group by batch_date
    order by batch_date
"""

DELIVERIES = """
    select bucket as source_table, actual_value as days_since_delivery
    from gold.realtime_analytics
    where section = 'pipeline' and metric = 'days_since_delivery'
    order by actual_value desc, bucket
"""

DATABASE = """
    select metric, relation_name, actual_value
    from gold.database_health
    where metric <> 'live_rows' or actual_value > 0
    order by metric, actual_value desc
"""

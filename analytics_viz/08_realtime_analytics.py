"""Report 08, real-time analytics: what is happening now?

``--watch`` builds the page anew every minute; an open page loads itself anew as often.
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # for a script started by its path

from analytics_viz.charts import realtime as charts
from analytics_viz.queries import realtime as queries
from analytics_viz.report import Chart, Report, main

REPORT = Report(
    name="08_realtime_analytics",
    title="Real-time analytics",
    question="What is happening now?",
    summary="The last minutes, hours and days, open fraud alerts, health of pipeline and database.",
    kpis=queries.KPIS,
    charts=(
        Chart("today", charts.today, queries.TODAY, is_wide=True),
        Chart("hours", charts.hours, queries.HOURS, is_wide=True),
        Chart("minutes", charts.minutes, queries.MINUTES),
        Chart("days", charts.days, queries.DAYS),
        Chart("stream", charts.stream, queries.STREAM, is_wide=True),
        Chart("shares", charts.shares, queries.SHARES, is_wide=True),
        Chart("alerts", charts.alerts, queries.ALERTS),
        Chart("alert_list", charts.alert_list, queries.ALERT_LIST),
        Chart("batches", charts.batches, queries.BATCHES, is_wide=True),
        Chart("deliveries", charts.deliveries, queries.DELIVERIES),
        Chart("database", charts.database, queries.DATABASE),
    ),
    days=1,
    refresh_seconds=60,
)

if __name__ == "__main__":
    sys.exit(main(REPORT))

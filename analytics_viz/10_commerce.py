"""Report 10, commerce: how does the marketplace do?"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # for a script started by its path

from analytics_viz.charts import commerce as charts
from analytics_viz.queries import commerce as queries
from analytics_viz.report import Chart, Report, main

REPORT = Report(
    name="10_commerce",
    title="Commerce",
    question="How does the marketplace do?",
    summary="Sales and profit, where visits end, who buys, discounts, stock, memberships, and what"
    " goes along with rain.",
    kpis=queries.KPIS,
    charts=(
        Chart("revenue", charts.revenue, queries.MONTHS, is_wide=True),
        Chart("days", charts.days, queries.DAYS, days=90),
        Chart("categories", charts.categories, queries.CATEGORIES),
        Chart("seasons", charts.seasons, queries.MONTHS, is_wide=True),
        Chart("funnel", charts.funnel, queries.FUNNEL),
        Chart("sessions", charts.sessions, queries.SESSIONS),
        Chart("segments", charts.segments, queries.SEGMENTS),
        Chart("discounts", charts.discounts, queries.DISCOUNTS),
        Chart("stock", charts.stock, queries.STOCK),
        Chart("memberships", charts.memberships, queries.MEMBERSHIPS),
        Chart("cohorts", charts.cohorts, queries.COHORTS, is_wide=True),
        Chart("weather", charts.weather, queries.WEATHER, is_wide=True),
    ),
)

if __name__ == "__main__":
    sys.exit(main(REPORT))

"""Report 01, descriptive analytics: what happened?"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # for a script started by its path

from analytics_viz.charts import descriptive as charts
from analytics_viz.queries import descriptive as queries
from analytics_viz.report import Chart, Report, main

REPORT = Report(
    name="01_descriptive_analytics",
    title="Descriptive analytics",
    question="What happened?",
    summary="Key figures, trends, channels, customers, products, merchants and accounts.",
    kpis=queries.KPIS,
    charts=(
        Chart("kpi_changes", charts.kpi_changes, None),
        Chart("monthly_trends", charts.monthly_trends, queries.MONTHLY),
        Chart("channel_share", charts.channel_share, queries.CHANNELS),
        Chart("channel_spending", charts.channel_spending, queries.CHANNELS),
        Chart("customer_segments", charts.customer_segments, queries.SEGMENTS),
        Chart("demographics", charts.demographics, queries.DEMOGRAPHICS),
        Chart("product_treemap", charts.product_treemap, queries.PRODUCTS, is_wide=True),
        Chart("top_merchants", charts.top_merchants, queries.MERCHANTS),
        Chart("account_status", charts.account_status, queries.ACCOUNTS),
    ),
)

if __name__ == "__main__":
    sys.exit(main(REPORT))

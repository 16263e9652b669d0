"""Report 07, causal analytics: what causes what?"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # for a script started by its path

from analytics_viz.charts import causal as charts
from analytics_viz.queries import causal as queries
from analytics_viz.report import Chart, Report, main

REPORT = Report(
    name="07_causal_analytics",
    title="Causal analytics",
    question="What causes what?",
    summary="What campaigns bring that would not have come otherwise, and how far the economy,"
    " bad service and products go together with what customers do.",
    kpis=queries.KPIS,
    is_analysis=True,
    charts=(
        Chart("effects", charts.effects, queries.EFFECTS, is_wide=True),
        Chart("reasons", charts.reasons, queries.REASONS, is_wide=True),
        Chart("uplift", charts.uplift, queries.UPLIFT),
        Chart("attribution", charts.attribution, queries.ATTRIBUTION),
        Chart("economy", charts.economy, queries.ECONOMY, is_wide=True),
        Chart("products", charts.products, queries.PRODUCTS, is_wide=True),
    ),
)

if __name__ == "__main__":
    sys.exit(main(REPORT))

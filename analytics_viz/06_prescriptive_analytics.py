"""Report 06, prescriptive analytics: what should we do?"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # for a script started by its path

from analytics_viz.charts import prescriptive as charts
from analytics_viz.queries import prescriptive as queries
from analytics_viz.report import Chart, Report, main

REPORT = Report(
    name="06_prescriptive_analytics",
    title="Prescriptive analytics",
    question="What should we do?",
    summary="Which offer for whom, whom to keep, and how far the budget goes; costs, margins and"
    " effects of actions are assumptions.",
    kpis=queries.KPIS,
    is_analysis=True,
    charts=(
        Chart("offer_matrix", charts.offer_matrix, queries.OFFER_MATRIX, is_wide=True),
        Chart("retention_waterfall", charts.retention_waterfall, queries.RETENTION_WATERFALL),
        Chart("budget_curve", charts.budget_curve, queries.BUDGET_CURVE),
        Chart("budget_allocation", charts.budget_allocation, queries.BUDGET_ALLOCATION),
        Chart("acceptance", charts.acceptance, queries.ACCEPTANCE),
    ),
)

if __name__ == "__main__":
    sys.exit(main(REPORT))

"""Report 05, predictive analytics: what will happen?"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # for a script started by its path

from analytics_viz.charts import predictive as charts
from analytics_viz.queries import predictive as queries
from analytics_viz.report import Chart, Report, main

REPORT = Report(
    name="05_predictive_analytics",
    title="Predictive analytics",
    question="What will happen?",
    summary="Who may leave, pay late or be defrauded, what customers are worth, and how far to"
    " trust these scores.",
    kpis=queries.KPIS,
    is_analysis=True,
    charts=(
        Chart("churn_distribution", charts.churn_distribution, queries.CHURN_DISTRIBUTION),
        Chart("risk_and_value", charts.risk_and_value, queries.RISK_AND_VALUE),
        Chart("risk_categories", charts.risk_categories, queries.RISK_CATEGORIES),
        Chart("value_at_risk", charts.value_at_risk, queries.VALUE_AT_RISK),
        Chart("importance", charts.importance, queries.IMPORTANCE),
        Chart("roc", charts.roc, queries.ROC),
        Chart("calibration", charts.calibration, queries.CALIBRATION, is_wide=True),
    ),
    days=90,
)

if __name__ == "__main__":
    sys.exit(main(REPORT))

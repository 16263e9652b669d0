"""Report 02, diagnostic analytics: why did it happen?"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # for a script started by its path

from analytics_viz.charts import diagnostic as charts
from analytics_viz.queries import diagnostic as queries
from analytics_viz.report import Chart, Report, main

REPORT = Report(
    name="02_diagnostic_analytics",
    title="Diagnostic analytics",
    question="Why did it happen?",
    summary="What moved spending, fraud, churn, declines, late payments and service.",
    kpis=queries.KPIS,
    is_analysis=True,
    charts=(
        Chart("what_moved", charts.what_moved, queries.WHAT_MOVED, is_wide=True),
        Chart("problem_rates", charts.problem_rates, queries.PROBLEM_RATES),
        Chart("decline_reasons", charts.decline_reasons, queries.DECLINE_REASONS),
        Chart("fraud_by_channel", charts.fraud_by_channel, queries.FRAUD_BY_CHANNEL),
        Chart("fraud_heatmap", charts.fraud_heatmap, queries.FRAUD_HOURS, days=730),
        Chart("churn_by_tenure", charts.churn_by_tenure, queries.CHURN_BY_TENURE),
        Chart("churn_factors", charts.churn_factors, queries.CHURN_FACTORS),
        Chart(
            "delinquency_factors",
            charts.delinquency_factors,
            queries.DELINQUENCY_FACTORS,
            is_wide=True,
        ),
        Chart("service_issues", charts.service_issues, queries.SERVICE_ISSUES),
        Chart("contact_types", charts.contact_types, queries.CONTACT_TYPES),
    ),
    days=90,
)

if __name__ == "__main__":
    sys.exit(main(REPORT))

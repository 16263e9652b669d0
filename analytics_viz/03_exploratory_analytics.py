"""Report 03, exploratory analytics: what patterns exist?"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # for a script started by its path

from analytics_viz.charts import exploratory as charts
from analytics_viz.queries import exploratory as queries
from analytics_viz.report import Chart, Report, main

REPORT = Report(
    name="03_exploratory_analytics",
    title="Exploratory analytics",
    question="What patterns exist?",
    summary="Groups of similar customers, what goes together, where customers live, and which"
    " amounts are out of the ordinary.",
    kpis=queries.KPIS,
    is_analysis=True,
    charts=(
        Chart("clusters", charts.clusters, queries.CLUSTERS),
        Chart("cluster_profiles", charts.cluster_profiles, queries.CLUSTER_PROFILES),
        Chart("spending_distribution", charts.spending_distribution, queries.SPENDING_DISTRIBUTION),
        Chart("cluster_spending", charts.cluster_spending, queries.CLUSTER_SPENDING),
        Chart("spending_treemap", charts.spending_treemap, queries.SPENDING_CATEGORIES),
        Chart("geography_treemap", charts.geography_treemap, queries.PLACES),
        Chart("correlations", charts.correlations, queries.CORRELATIONS),
        Chart("geography_spending", charts.geography_spending, queries.STATES),
        Chart("amounts", charts.amounts, queries.AMOUNTS),
        Chart("outliers", charts.outliers, queries.OUTLIERS),
    ),
    days=90,
)

if __name__ == "__main__":
    sys.exit(main(REPORT))

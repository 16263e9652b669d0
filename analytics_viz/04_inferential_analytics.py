"""Report 04, inferential analytics: can we generalize?"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # for a script started by its path

from analytics_viz.charts import inferential as charts
from analytics_viz.queries import inferential as queries
from analytics_viz.report import Chart, Report, main

REPORT = Report(
    name="04_inferential_analytics",
    title="Inferential analytics",
    question="Can we generalize?",
    summary="Which differences are more than chance, how large they are and how sure that is;"
    " retention by cohort and campaigns against their hold-out.",
    kpis=queries.KPIS,
    is_analysis=True,
    charts=(
        Chart("tests", charts.tests, queries.TESTS, is_wide=True),
        Chart("groups", charts.groups, queries.GROUPS, is_wide=True),
        Chart("cohorts", charts.cohorts, queries.COHORTS, is_wide=True),
        Chart("retention", charts.retention, queries.RETENTION),
        Chart("campaigns", charts.campaigns, queries.CAMPAIGNS),
        Chart("effect_sizes", charts.effect_sizes, queries.TESTS, is_wide=True),
    ),
    days=90,
)

if __name__ == "__main__":
    sys.exit(main(REPORT))

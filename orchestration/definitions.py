"""What Dagster shows: `make dagster`, then http://localhost:3000.

    raw_batch ─▶ bronze ─▶ silver, curated, dst, gold (dbt) ─▶ processed_rows, reports

The work is done by `pipeline.steps` and by dbt; here it is only said what depends on what (batches,
dbt, outputs) and when it runs (automation). One run at a time: see dagster.yaml.
"""

from __future__ import annotations

import dagster as dg
from dagster_dbt import DbtCliResource

from orchestration import automation, batches, dbt, outputs
from orchestration.resources import Folders

defs = dg.Definitions(
    assets=[
        batches.raw_batch,
        batches.bronze,
        dbt.published,
        dbt.analyses,
        outputs.processed_rows,
        outputs.reports,
    ],
    jobs=[automation.day, automation.refresh, automation.look_back],
    schedules=[automation.every_night, automation.every_week],
    sensors=[automation.new_batches],
    resources={
        "dbt": DbtCliResource(project_dir=dbt.project, dbt_executable=dbt.DBT),
        "folders": Folders(),
    },
    # the steps of a day come one after the other anyway, and loading this costs seconds each time
    executor=dg.in_process_executor,
)

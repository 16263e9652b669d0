"""When what runs: every night, when a batch arrives, or when somebody asks."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterator

import dagster as dg

from orchestration.batches import bronze, raw_batch
from orchestration.dbt import analyses, published
from orchestration.outputs import processed_rows, reports
from orchestration.resources import Folders
from pipeline.day import today
from warehouse.batches import MANIFEST, find_batches, folder_date
from warehouse.config import Settings
from warehouse.db import connect
from warehouse.errors import WarehouseError

UP_TO_DATE = dg.AssetSelection.assets(published, processed_rows, reports)
AT_WORK = [
    dg.DagsterRunStatus.QUEUED, dg.DagsterRunStatus.NOT_STARTED, dg.DagsterRunStatus.STARTING,
    dg.DagsterRunStatus.STARTED, dg.DagsterRunStatus.CANCELING,
]  # fmt: skip

day = dg.define_asset_job(
    "day",
    dg.AssetSelection.assets(raw_batch, bronze) | UP_TO_DATE,
    description="One more day, from the raw files to the reports: what `make day` does.",
)
refresh = dg.define_asset_job(
    "refresh", UP_TO_DATE, description="What is loaded, built and reported; the API starts this."
)
look_back = dg.define_asset_job(
    "look_back",
    dg.AssetSelection.assets(analyses, reports),
    description="What looks back over months (reports 02 to 07).",
)


@dg.schedule(
    job=day, cron_schedule="30 2 * * *", execution_timezone="UTC",
    default_status=dg.DefaultScheduleStatus.RUNNING,
)  # fmt: skip
def every_night(context: dg.ScheduleEvaluationContext) -> dg.RunRequest:
    """The day that has just ended."""
    ended = context.scheduled_execution_time.date() - dt.timedelta(days=1)
    return dg.RunRequest(partition_key=ended.isoformat())


every_week = dg.ScheduleDefinition(
    "every_week", job=look_back, cron_schedule="0 4 * * 0", execution_timezone="UTC",
    default_status=dg.DefaultScheduleStatus.RUNNING,
)  # fmt: skip


@dg.sensor(job=day, minimum_interval_seconds=60, default_status=dg.DefaultSensorStatus.RUNNING)
def new_batches(
    context: dg.SensorEvaluationContext, folders: Folders
) -> Iterator[dg.RunRequest | dg.SkipReason]:
    """A batch that lies in data/raw and is not loaded: the day it is of, the earliest first."""
    if context.instance.get_runs_count(dg.RunsFilter(statuses=AT_WORK)):
        yield dg.SkipReason("A run is at work.")
        return
    try:
        waiting = _waiting(folders)
    except WarehouseError as error:
        yield dg.SkipReason(str(error))
        return
    for one, manifest_sha256 in waiting:
        # the same delivery is asked for once; one that was refused and delivered anew, again
        yield dg.RunRequest(run_key=f"{one} {manifest_sha256}", partition_key=one.isoformat())
    if not waiting:
        yield dg.SkipReason("Every batch is loaded.")


def _waiting(folders: Folders) -> list[tuple[dt.date, str]]:
    with connect(Settings.load(), patient=False) as conn:
        if conn.execute("select to_regclass('bronze.load_batches')").fetchone() == (None,):
            raise WarehouseError("The warehouse is empty: load its history first (`make demo`).")
        loaded = {one for (one,) in conn.execute("select batch_date from bronze.load_batches")}
    return [
        (one, hashlib.sha256((folder / MANIFEST).read_bytes()).hexdigest())
        for folder in find_batches(folders.raw_path)
        if (one := folder_date(folder)) is not None
        and one not in loaded
        and one <= today()
        and (folder / MANIFEST).exists()
    ]

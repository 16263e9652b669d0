"""A day's batch and the tables of bronze it goes to, by day."""

# no postponed annotations: Dagster reads them as they are

import datetime as dt
from collections.abc import Iterator

import dagster as dg

from orchestration.dbt import MANIFEST
from orchestration.resources import RETRIES, Folders, shown, told
from pipeline import steps
from warehouse import server
from warehouse.bronze import read_tables

# The day that has just begun is one of them: its batch may be there before it ends.
DAYS = dg.DailyPartitionsDefinition(start_date="2020-01-01", end_offset=1, timezone="UTC")
BRONZE = [
    dg.AssetKey(["bronze", source["name"]])
    for source in MANIFEST["sources"].values()
    if source["source_name"] == "bronze"
    and (source["name"] in read_tables() or source["name"].startswith("load_batch"))
]


def _day(context: dg.AssetExecutionContext) -> list[dt.date]:
    return [dt.date.fromisoformat(context.partition_key)]


@dg.asset(partitions_def=DAYS, group_name="raw", kinds={"csv"}, retry_policy=RETRIES)
def raw_batch(context: dg.AssetExecutionContext, folders: Folders) -> dg.MaterializeResult[None]:
    """The batch of the day in data/raw: picked up, or simulated."""
    with told():
        done = steps.deliver(_day(context), folders.raw_path)
    return dg.MaterializeResult(metadata=shown(done))


@dg.multi_asset(
    specs=[
        dg.AssetSpec(key, deps=[raw_batch], group_name="bronze", kinds={"postgres"})
        for key in BRONZE
    ],
    name="bronze", partitions_def=DAYS, retry_policy=RETRIES,
)  # fmt: skip
def bronze(
    context: dg.AssetExecutionContext, folders: Folders
) -> Iterator[dg.MaterializeResult[None]]:
    """The batch in bronze: loaded whole or not at all, and once."""
    with told():
        done = steps.load(_day(context), folders.raw_path, server.ensure())
    context.log.info("%d rows (%s)", done.rows, done.note or "loaded")
    for key in BRONZE:
        yield dg.MaterializeResult(asset_key=key)

"""What leaves the warehouse: cleaned rows as Parquet, and the reports."""

from __future__ import annotations

from pathlib import Path

import dagster as dg

from orchestration.dbt import analyses, published
from orchestration.resources import RETRIES, Folders, shown, told
from pipeline import steps
from warehouse import server


def _of(layers: set[str]) -> list[dg.AssetKey]:
    keys = sorted(published.keys | analyses.keys)
    return [key for key in keys if key.path[0] in layers]


@dg.asset(
    deps=[key for key in _of({"silver"}) if key.path[-1].startswith("base_")],
    group_name="outputs", kinds={"parquet"}, retry_policy=RETRIES,
)  # fmt: skip
def processed_rows(folders: Folders) -> dg.MaterializeResult[None]:
    """The rows silver keeps, by day, in data/processed."""
    with told():
        done = steps.process(Path(folders.processed), server.ensure())
    return dg.MaterializeResult(metadata=shown(done))


@dg.asset(deps=_of({"dst", "gold"}), group_name="outputs", kinds={"html"}, retry_policy=RETRIES)
def reports() -> dg.MaterializeResult[None]:
    """All reports, and the e-mail if it is switched on."""
    with told():
        server.ensure()
        done = steps.report()
    return dg.MaterializeResult(metadata=shown(done))

"""The models as assets, from dbt's manifest; their tests as asset checks."""

# no postponed annotations: Dagster reads them as they are

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import dagster as dg
from dagster_dbt import DagsterDbtTranslator, DbtCliResource, DbtProject, dbt_assets
from dagster_dbt.errors import DagsterDbtCliRuntimeError

from orchestration.resources import RETRIES, told
from warehouse import server
from warehouse.config import PROJECT_ROOT
from warehouse.db import connect, is_lost
from warehouse.errors import WarehouseError

# The environment's own command: it finds the database, and one build runs at a time.
DBT = str(Path(sys.executable).parent / "dbt")
project = DbtProject(
    PROJECT_ROOT,
    target_path=Path(os.environ.get("DBT_TARGET_PATH", "target")),
    profiles_dir=PROJECT_ROOT,
)


def manifest() -> dict[str, Any]:
    """dbt's manifest; written if there is none.

    Raises:
        WarehouseError: dbt cannot read the project.
    """
    if not project.manifest_path.exists():
        done = subprocess.run(
            [DBT, "parse"], cwd=PROJECT_ROOT, text=True, capture_output=True, check=False
        )
        if done.returncode:
            raise WarehouseError(f"`dbt parse` failed, run it to see why: {done.stdout[-500:]}")
    found: dict[str, Any] = json.loads(project.manifest_path.read_text(encoding="utf-8"))
    # dagster-dbt's own reading of selectors (test_name:) expects of every test what only generic
    # tests have
    for node in found["nodes"].values():
        if node["resource_type"] == "test":
            node.setdefault("test_metadata", {"name": "", "kwargs": {}})
    return found


class Layers(DagsterDbtTranslator):
    """Assets are named schema and relation, and grouped by layer."""

    def get_group_name(self, dbt_resource_props: Mapping[str, Any]) -> str:
        """The schema of a relation."""
        return str(dbt_resource_props["schema"])


MANIFEST = manifest()


@dbt_assets(
    manifest=MANIFEST, project=project, selector="published", name="published",
    dagster_dbt_translator=Layers(), retry_policy=RETRIES,
)  # fmt: skip
def published(context: dg.AssetExecutionContext, dbt: DbtCliResource) -> Iterator[Any]:
    """What a day touches, published with its tests."""
    yield from _built(context, dbt)


@dbt_assets(
    manifest=MANIFEST, project=project, selector="analyses", name="analyses",
    dagster_dbt_translator=Layers(), retry_policy=RETRIES,
)  # fmt: skip
def analyses(context: dg.AssetExecutionContext, dbt: DbtCliResource) -> Iterator[Any]:
    """What looks back over months."""
    yield from _built(context, dbt)


def _built(context: dg.AssetExecutionContext, dbt: DbtCliResource) -> Iterator[Any]:
    with told():
        session = connect(server.ensure(), autocommit=True, application_name="orchestration")
    with session:
        try:
            yield from dbt.cli(["build"], context=context).stream()
        except DagsterDbtCliRuntimeError as error:
            # a failing model or test fails again; a server that went away comes back
            raise dg.Failure(str(error), allow_retries=is_lost(session)) from error

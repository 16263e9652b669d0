"""Dagster's view of the warehouse: what depends on what, one day in process, and when it runs."""

from __future__ import annotations

import datetime as dt
import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest
from dagster_graphql.schema import create_schema
from graphql import parse, validate

from api import orchestrator
from pipeline.day import today
from pipeline.errors import TryLaterError
from tests.kit import ROOT, Warehouse
from warehouse.errors import WarehouseError


@pytest.fixture(scope="module")
def copy(
    demo_warehouse: Warehouse, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Warehouse]:
    """A copy of the default warehouse, to which the environment of this module leads."""
    folder = tmp_path_factory.mktemp("dagster")
    with demo_warehouse.copied(folder) as warehouse, pytest.MonkeyPatch.context() as patch:
        for name, value in warehouse.environment.items():
            patch.setenv(name, value)
        for name in ("DB_HOST", "DB_PORT", "DB_USER", "DB_PASSWORD", "DB_NAME"):
            patch.delenv(name, raising=False)
        patch.delenv("WAREHOUSE_EMBEDDED", raising=False)
        patch.setenv("REPORT_OUTPUT_DIR", str(folder / "reports"))
        yield warehouse


@pytest.fixture(scope="module")
def defs(copy: Warehouse) -> dg.Definitions:
    """The definitions, read with the manifest of that warehouse."""
    from orchestration.definitions import defs  # noqa: PLC0415 - reads the manifest

    return defs


@pytest.fixture
def folders(copy: Warehouse) -> dg.ConfigurableResource[None]:
    from orchestration.resources import Folders  # noqa: PLC0415

    return Folders(raw=str(copy.raw), processed=str(copy.raw.parent / "processed"))


def _parents(defs: dg.Definitions, *path: str) -> set[str]:
    graph = defs.resolve_asset_graph()
    return {key.to_user_string() for key in graph.get(dg.AssetKey(list(path))).parent_keys}


def test_from_the_batch_to_the_reports(defs: dg.Definitions) -> None:
    assert _parents(defs, "bronze", "transactions") == {"raw_batch"}
    assert "bronze/transactions" in _parents(defs, "silver", "base_transactions")
    assert "silver/base_transactions" in _parents(defs, "silver", "stg_transactions")
    assert "silver/base_transactions" in _parents(defs, "processed_rows")
    parents = _parents(defs, "reports")
    assert {"gold/fact_transactions", "gold/causal_analytics", "dst/dst_category_trends"} <= parents
    assert not [name for name in parents if name.startswith(("silver/", "bronze/"))]


def test_every_model_is_an_asset_and_tests_are_checks(
    defs: dg.Definitions, copy: Warehouse
) -> None:
    nodes = json.loads((copy.home / "target" / "manifest.json").read_text())["nodes"].values()
    models = {
        f"{node['schema']}/{node['name']}"
        for node in nodes
        if node["resource_type"] in ("model", "snapshot")
        and node["config"]["materialized"] != "ephemeral"
    }
    graph = defs.resolve_asset_graph()
    shown = {key.to_user_string() for key in graph.materializable_asset_keys}
    assert models <= shown
    attached = {
        node["name"]
        for node in nodes
        if node["resource_type"] == "test" and node.get("attached_node", "").startswith("model.")
    }
    checks = {key.name for key in graph.asset_check_keys}
    assert len(checks) > 100 and checks <= attached | {node["name"] for node in nodes}


def test_the_jobs(defs: dg.Definitions) -> None:
    for name, has_batch, has_analyses in (
        ("day", True, False), ("refresh", False, False), ("look_back", False, True)
    ):  # fmt: skip
        keys = defs.resolve_job_def(name).asset_layer.executable_asset_keys
        assert (dg.AssetKey("raw_batch") in keys) == has_batch
        assert (dg.AssetKey(["gold", "causal_analytics"]) in keys) == has_analyses
        assert dg.AssetKey("reports") in keys


def test_a_batch_is_sensed(
    defs: dg.Definitions, copy: Warehouse, folders: dg.ConfigurableResource[None]
) -> None:
    """Before it is loaded; the run of the next test loads it."""
    copy.generate("--date", f"{today()}")
    sensor = defs.resolve_sensor_def("new_batches")
    with dg.DagsterInstance.ephemeral() as instance:
        context = dg.build_sensor_context(
            instance=instance,
            resources={"folders": folders},
            repository_def=defs.get_repository_def(),
        )
        (request,) = sensor.evaluate_tick(context).run_requests or ()
        assert request.partition_key == f"{today()}"
        assert request.run_key is not None and request.run_key.startswith(f"{today()} ")
        instance.create_run_for_job(
            defs.resolve_job_def("refresh"), status=dg.DagsterRunStatus.STARTED
        )
        tick = sensor.evaluate_tick(context)
    assert not tick.run_requests and tick.skip_message == "A run is at work."


def test_one_day_in_process(
    defs: dg.Definitions, copy: Warehouse, folders: dg.ConfigurableResource[None]
) -> None:
    resources = {**(defs.resources or {}), "folders": folders}
    with dg.DagsterInstance.ephemeral() as instance:
        done = defs.resolve_job_def("day").execute_in_process(
            partition_key=f"{today()}", instance=instance, resources=resources
        )
        context = dg.build_sensor_context(instance=instance, resources={"folders": folders})
        tick = defs.resolve_sensor_def("new_batches").evaluate_tick(context)
    assert done.success
    made = {
        event.asset_key.to_user_string()
        for event in done.get_asset_materialization_events()
        if event.asset_key is not None
    }
    assert {"raw_batch", "bronze/transactions", "gold/fact_transactions", "reports"} <= made
    assert {"processed_rows", "gold/row_accounting"} <= made
    checks = done.get_asset_check_evaluations()
    assert len(checks) > 100 and all(check.passed for check in checks)
    assert copy.value("select as_of_date from gold.data_as_of") == today()
    assert (copy.raw.parent / "processed" / f"{today():%Y/%m/%d}" / "transactions.parquet").exists()
    assert (copy.raw.parent / "reports" / "index.html").exists()
    assert tick.skip_message == "Every batch is loaded."


def test_every_night_the_day_before(defs: dg.Definitions) -> None:
    schedule = defs.resolve_schedule_def("every_night")
    at = dt.datetime(2026, 3, 2, 2, 30, tzinfo=dt.UTC)
    context = dg.build_schedule_context(
        scheduled_execution_time=at, repository_def=defs.get_repository_def()
    )
    tick = schedule.evaluate_tick(context)
    assert tick.run_requests is not None
    assert [request.partition_key for request in tick.run_requests] == ["2026-03-01"]
    assert schedule.cron_schedule == "30 2 * * *"


@pytest.mark.parametrize(
    ("error", "again"), [(WarehouseError("Refused."), False), (TryLaterError("Away."), True)]
)
def test_only_what_may_pass_is_repeated(
    defs: dg.Definitions, error: WarehouseError, again: bool
) -> None:
    from orchestration.resources import told  # noqa: PLC0415

    with pytest.raises(dg.Failure) as failed, told():
        raise error
    assert failed.value.allow_retries is again
    assert failed.value.description == str(error)


def test_one_run_at_a_time_and_no_telemetry(tmp_path: Path) -> None:
    shutil.copy(ROOT / "orchestration" / "dagster.yaml", tmp_path / "dagster.yaml")
    with dg.DagsterInstance.from_config(str(tmp_path)) as instance:
        assert instance.get_concurrency_config().run_queue_config is not None
        assert instance.get_concurrency_config().run_queue_config.max_concurrent_runs == 1
        assert not instance.telemetry_enabled
        assert instance.run_retries_enabled


def test_the_definitions_stay_short() -> None:
    assert len((ROOT / "orchestration" / "definitions.py").read_text().splitlines()) <= 50


def test_the_questions_of_the_api_are_ones_dagster_understands() -> None:
    schema = create_schema().graphql_schema
    for query in (orchestrator._RUNS, orchestrator._LAUNCH):
        assert validate(schema, parse(query)) == []

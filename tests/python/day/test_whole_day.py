"""Whole days on a copy of the default warehouse: the server and the run are killed in mid-build."""

from __future__ import annotations

import contextlib
import csv
import datetime as dt
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from tests.kit import PATIENCE, ROOT, Warehouse, until
from tests.python.warehouse.conftest import write_manifest
from warehouse.server import _processes_in


@pytest.fixture(scope="module")
def copy(
    demo_warehouse: Warehouse, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Warehouse]:
    """A copy of the warehouse of the demo that may be spoilt."""
    with demo_warehouse.copied(tmp_path_factory.mktemp("copy")) as warehouse:
        yield warehouse


@pytest.fixture(scope="module")
def end(copy: Warehouse) -> dt.date:
    """The last day of the history."""
    return dt.date.fromisoformat(json.loads((copy.raw / "generator.json").read_text())["end"])


def _day(copy: Warehouse, day: dt.date, *options: str) -> subprocess.Popen[str]:
    folder = copy.raw.parent
    return subprocess.Popen(
        [sys.executable, "-m", "pipeline", "day", "--date", f"{day}", "--allow-future",
         "--raw", copy.raw, "--processed", folder / "processed", *options],
        cwd=ROOT, env=copy.environment | {"REPORT_OUTPUT_DIR": str(folder / "reports")},
        text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip


def _in_mid_build(copy: Warehouse, since: int) -> Callable[[], bool]:
    """Whether the build after ``since`` has written some of its relations."""
    connection = copy.connect()

    def is_so() -> bool:
        rows = connection.execute(
            "select 1 from silver.base_transactions where _build_id > %s limit 1", (since,)
        ).fetchall()
        return bool(rows)

    return is_so


def _newest_build(copy: Warehouse) -> int:
    return int(copy.value("select max(build_id) from silver.builds"))


def _promised(copy: Warehouse, table: str) -> int:
    """Rows of a table in all batches, as their manifests state them."""
    manifests = [json.loads((one / "manifest.json").read_text()) for one in copy.batches()]
    return sum(one["files"].get(f"{table}.csv", {"rows": 0})["rows"] for one in manifests)


def test_a_day_with_the_server_killed_in_mid_build(copy: Warehouse, end: dt.date) -> None:
    """The run starts the server anew, builds again, and ends well."""
    day = end + dt.timedelta(days=1)
    half = _in_mid_build(copy, _newest_build(copy))
    process = _day(copy, day, "--day-transactions", "500")
    until(half)
    for pid in _processes_in(copy.home / "data"):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    said, _ = process.communicate(timeout=PATIENCE * 2)
    assert process.returncode == 0, said
    assert "Trying again in" in said and "Traceback" not in said
    lines = [line for line in said.splitlines() if line.startswith(f"{day}: ")]
    steps = ["deliver", "load", "build", "parquet", "reports", "done"]
    assert [line.split(": ")[1].split()[0].strip(",") for line in lines] == steps
    assert all(" rows in " in line for line in lines[:-1])
    assert copy.value("select as_of_date from gold.data_as_of") == day
    assert copy.value("select count(*) from bronze.transactions") == _promised(copy, "transactions")
    told = (copy.raw.parent / "reports" / "01_descriptive_analytics.html").read_text()
    assert f"{day.day} {day:%B %Y}" in told or f"{day}" in told


def test_a_day_with_the_run_killed_in_mid_build(copy: Warehouse, end: dt.date) -> None:
    """With a new column, of which the same command then makes the day whole."""
    day = end + dt.timedelta(days=2)
    copy.generate("--date", f"{day}")
    folder = copy.raw / f"{day:%Y/%m/%d}"
    _add_column(folder / "transactions.csv")
    write_manifest(folder)
    before = _newest_build(copy)
    half = _in_mid_build(copy, before)
    process = _day(copy, day, "--no-reports")
    until(half)
    process.kill()
    process.communicate()
    again = _day(copy, day, "--no-reports")
    until(lambda: _newest_build(copy) > before + 1)
    refused = _day(copy, day, "--no-wait")  # two at once
    said, _ = refused.communicate(timeout=PATIENCE)
    assert refused.returncode == 75 and "error: Another run is at work" in said
    said, _ = again.communicate(timeout=PATIENCE * 2)
    assert again.returncode == 0, said
    assert "load, 0 rows" in said and "1 had been loaded before" in said
    assert copy.value("select as_of_date from gold.data_as_of") == day


def _add_column(path: Path) -> None:
    with path.open(newline="") as handle:
        rows = list(csv.reader(handle))
    with path.open("w", newline="") as handle:
        writer = csv.writer(handle, lineterminator="\n")
        writer.writerows([*row, "1" if number else "loyalty"] for number, row in enumerate(rows))


def test_nothing_is_lost_and_nothing_doubled(copy: Warehouse, end: dt.date) -> None:
    """After both days: each delivered row has one verdict, and all layers agree on all rows."""
    said = copy.run("dbt", "test", "--select", "tag:whole_history", check=False)
    assert said.returncode == 0, said.stdout[-3000:]
    # a day's build asks these of the months that it wrote
    everything = ("--vars", "test_everything: true", "--select", "dst_check_1_total_spending",
                  "dst_check_2_transaction_counts", "dst_check_5_nulls")  # fmt: skip
    said = copy.run("dbt", "test", *everything, check=False)
    assert said.returncode == 0, said.stdout[-3000:]
    assert copy.query("select * from gold.row_accounting where not is_balanced") == []
    for table in ("transactions", "customers", "accounts"):
        promised = _promised(copy, table)
        assert copy.value(f"select count(*) from silver.base_{table}") == promised
        assert copy.value(
            "select sum(delivered_rows) from gold.row_accounting where source_table = %s", [table]
        ) == promised  # fmt: skip


def test_parquet_is_what_silver_keeps(copy: Warehouse) -> None:
    processed = copy.raw.parent / "processed"
    tables = copy.query(
        "select table_name::text from information_schema.tables"
        " where table_schema = 'silver' and table_name like 'base\\_%'"
    )
    for (table,) in tables:
        name = table.removeprefix("base_")
        kept = copy.query(
            f"select to_char(_batch_date, 'YYYY/MM/DD'), count(*) from silver.{table}"
            " where disposition = 'kept' group by 1 order by 1"
        )
        paths = sorted(processed.glob(f"*/*/*/{name}.parquet"))
        found = [("/".join(path.parts[-4:-1]), pq.read_metadata(path).num_rows) for path in paths]
        assert found == kept, name
    amounts = sum(
        sum(pq.read_table(path, columns=["amount"])["amount"].to_pylist())
        for path in processed.glob("*/*/*/transactions.parquet")
    )
    assert amounts == copy.value(
        "select sum(amount) from silver.base_transactions where disposition = 'kept'"
    )

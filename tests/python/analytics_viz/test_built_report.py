"""Report 01 of the demo warehouse: its numbers are those of the queries it shows."""

from __future__ import annotations

import csv
import html as markup
import re
import sys
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from analytics_viz import page, run_all_viz
from analytics_viz.data import Warehouse as View
from analytics_viz.data import open_warehouse
from analytics_viz.kpi import periods_until
from analytics_viz.report import Report
from tests.kit import READER_PASSWORD, Warehouse
from warehouse.config import Settings
from warehouse.errors import WarehouseError

NAME = "01_descriptive_analytics"
METRICS = ("active_customers", "transactions", "spending", "average_transaction", "revenue",
           "deposits", "debt", "decline_rate", "fraud_rate")  # fmt: skip


@pytest.fixture(scope="module")
def folder(demo_warehouse: Warehouse, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where `run_all_viz.py` wrote the reports."""
    found = tmp_path_factory.mktemp("reports")
    demo_warehouse.run("python", "analytics_viz/run_all_viz.py", "--output-dir", str(found))
    return found


@pytest.fixture(scope="module")
def html(folder: Path) -> str:
    return (folder / f"{NAME}.html").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def report() -> Report:
    return run_all_viz.load_report(run_all_viz.find_scripts()["01"])


@pytest.fixture()
def view(demo_warehouse: Warehouse) -> Iterator[View]:
    with open_warehouse(Settings.embedded(demo_warehouse.home)) as opened:
        yield opened


def test_all_files_are_there(folder: Path) -> None:
    names = {path.name for path in folder.iterdir()}
    assert names == {f"{path.stem}.html" for path in run_all_viz.find_scripts().values()} | {
        "index.html"
    }
    for path in folder.iterdir():
        assert path.stat().st_size <= page.SIZE_BUDGET
    assert f'href="{NAME}.html"' in (folder / "index.html").read_text(encoding="utf-8")


def test_no_chart_is_empty(html: str, report: Report) -> None:
    assert "No data" not in re.sub(r"<script.*?</script>", "", html, flags=re.DOTALL)
    assert len(re.findall(r'<figure class="chart', html)) == len(report.charts) == 9


def test_cards_equal_the_queries_they_show(
    html: str, report: Report, demo_warehouse: Warehouse
) -> None:
    cards = re.findall(
        r'data-kpi="(\w+)" data-value="([^"]*)".*?<pre[^>]*><code>(.*?)</code>', html, re.DOTALL
    )
    assert [name for name, _, _ in cards] == [kpi.name for kpi in report.kpis]
    for name, shown, sql in cards:
        found = demo_warehouse.value(markup.unescape(sql))
        assert Decimal(shown) == Decimal(str(found)), name
        assert Decimal(shown) > 0, f"{name} is empty"


def test_chart_queries_can_be_run(html: str, demo_warehouse: Warehouse) -> None:
    queries = re.findall(r"<summary>SQL</summary>.*?<code>(.*?)</code>", html, re.DOTALL)
    assert len(queries) == 8
    for sql in queries:
        assert demo_warehouse.query(markup.unescape(sql))


def test_queries_keep_to_their_schemas_and_off_the_clock(report: Report) -> None:
    queries = [kpi.query for kpi in report.kpis] + [c.query for c in report.charts if c.query]
    for query in queries:
        read = set(re.findall(r"(?:from|join)\s+(\w+)\.\w+", query))
        assert read <= {"gold", "dst"}, query
        assert not re.search(r"current_date|current_timestamp|now\(\)", query, re.IGNORECASE)


def test_cards_agree_with_the_semantic_layer(
    demo_warehouse: Warehouse, view: View, report: Report, tmp_path: Path
) -> None:
    period = periods_until(view.as_of, view.first_day, report.days)[-1]
    file = tmp_path / "metrics.csv"
    demo_warehouse.run(
        "mf", "query", "--metrics", ",".join(METRICS), "--start-time", str(period.start),
        "--end-time", str(period.end), "--csv", str(file),
    )  # fmt: skip
    (row,) = csv.DictReader(file.open())
    kpis = {kpi.name: kpi for kpi in report.kpis}
    for name in METRICS:
        shown = view.value(kpis[name].query, period.parameters)
        scale = 100 if kpis[name].kind == "percent" else 1
        assert Decimal(row[name]) * scale == pytest.approx(
            Decimal(str(shown)), abs=Decimal("0.006")
        ), name


def test_missing_relation(view: View) -> None:
    with pytest.raises(WarehouseError, match=r"gold\.no_such does not exist.*run `dbt build`"):
        view.frame("select * from gold.no_such")


def test_nothing_built(demo_warehouse: Warehouse, tmp_path: Path) -> None:
    """Another database of the same server, where dbt never ran."""
    settings = Settings.embedded(demo_warehouse.home)
    environment = settings.environment() | {"DB_NAME": "postgres", "WAREHOUSE_EMBEDDED": ""}
    done = _run_with(demo_warehouse, environment, tmp_path)
    assert done.startswith("error: ") and "silver.as_of_date does not exist" in done
    assert "dbt build" in done


def test_reader_is_told_to_come_as_owner(demo_warehouse: Warehouse, tmp_path: Path) -> None:
    settings = Settings.embedded(demo_warehouse.home)
    environment = settings.environment() | {
        "DB_USER": "bi_reader", "DB_PASSWORD": READER_PASSWORD, "WAREHOUSE_EMBEDDED": "",
    }  # fmt: skip
    done = _run_with(demo_warehouse, environment, tmp_path)
    assert "bi_reader may not read" in done and "DB_USER" in done


def _run_with(demo_warehouse: Warehouse, environment: dict[str, str], folder: Path) -> str:
    """The one line that the report prints on stderr when it refuses."""
    pairs = [f"{name}={value}" for name, value in environment.items()]
    done = demo_warehouse.run(
        "env", *pairs, sys.executable, "analytics_viz/01_descriptive_analytics.py",
        "--output-dir", str(folder / "out"), check=False,
    )  # fmt: skip
    assert done.returncode == 1 and not (folder / "out").exists()
    (line,) = done.stderr.strip().splitlines()
    return line


def test_timestamp_keeps_the_stable_file(
    demo_warehouse: Warehouse, folder: Path, html: str, tmp_path: Path
) -> None:
    done = demo_warehouse.run(
        "python", f"analytics_viz/{NAME}.py", "--output-dir", str(tmp_path), "--timestamp"
    )
    (path,) = tmp_path.iterdir()
    assert re.fullmatch(NAME + r"_\d{8}_\d{6}\.html", path.name)
    assert path.name in done.stdout


def test_same_data_give_the_same_page(demo_warehouse: Warehouse, html: str, tmp_path: Path) -> None:
    demo_warehouse.run("python", f"analytics_viz/{NAME}.py", "--output-dir", str(tmp_path))
    again = (tmp_path / f"{NAME}.html").read_text(encoding="utf-8")
    # all that may differ is the time of the build, in the summary and in the footer
    time = r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d\+00:00)?( UTC)?"
    assert re.sub(time, "", again) == re.sub(time, "", html)

"""The reports of the demo warehouse: their numbers are those of the queries they show."""

from __future__ import annotations

import csv
import datetime as dt
import html as markup
import json
import re
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict
from decimal import Decimal
from pathlib import Path
from typing import Any

import plotly.graph_objects as go
import pytest

from analytics_viz import page, report, run_all_viz
from analytics_viz.data import Warehouse as View
from analytics_viz.data import open_warehouse
from analytics_viz.kpi import periods_until
from analytics_viz.page import Section
from analytics_viz.report import Report
from analytics_viz.theme import LIGHT
from tests.kit import READER_PASSWORD, Warehouse
from warehouse.config import Settings
from warehouse.errors import WarehouseError

NAME = "01_descriptive_analytics"
METRICS = ("active_customers", "transactions", "spending", "average_transaction", "revenue",
           "deposits", "debt", "decline_rate", "fraud_rate")  # fmt: skip
SCRIPTS = run_all_viz.find_scripts()
EACH = pytest.mark.parametrize("number", SCRIPTS)
# How many charts a report has at least.
FLOORS = {"01": 9, "02": 5, "03": 3, "04": 2, "05": 4, "06": 3, "07": 2, "08": 1, "09": 5,
          "10": 12}  # fmt: skip
# How many charts of a kind there are at least, over all reports.
KINDS = {
    "bar": 8, "line": 4, "pie": 3, "scatter": 3, "heatmap": 3, "treemap": 2, "histogram": 2,
    "indicator": 2, "waterfall": 1,
}  # fmt: skip
AXES = {"bar", "box", "heatmap", "histogram", "scatter", "scattergl", "violin", "waterfall"}


def report_of(number: str) -> Report:
    return run_all_viz.load_report(SCRIPTS[number])


def page_of(reports: Path, number: str) -> str:
    return (reports / f"{SCRIPTS[number].stem}.html").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def drawn(demo_warehouse: Warehouse) -> dict[str, list[Section]]:
    """The figures of each report with their rows."""
    with open_warehouse(Settings.embedded(demo_warehouse.home)) as opened:
        now = dt.datetime.now(dt.UTC)
        return {
            number: list(report.read(report_of(number), opened, now).sections) for number in SCRIPTS
        }


@pytest.fixture()
def view(demo_warehouse: Warehouse) -> Iterator[View]:
    with open_warehouse(Settings.embedded(demo_warehouse.home)) as opened:
        yield opened


def test_all_files_are_there(reports: Path) -> None:
    names = {path.name for path in reports.iterdir()}
    assert names == {f"{path.stem}.html" for path in SCRIPTS.values()} | {"index.html"}
    index = (reports / "index.html").read_text(encoding="utf-8")
    for path in SCRIPTS.values():
        assert f'href="{path.stem}.html"' in index


@EACH
def test_file_holds_plotly_once_and_fits_the_budget(reports: Path, number: str) -> None:
    html = page_of(reports, number)
    assert html.count('<script id="plotly">') == 1
    assert len(html.encode()) <= page.SIZE_BUDGET


@EACH
def test_no_chart_is_missing_or_empty(
    drawn: dict[str, list[Section]], reports: Path, number: str
) -> None:
    figures = re.findall(r'<figure class="chart', page_of(reports, number))
    assert len(figures) == len(drawn[number]) >= FLOORS[number]
    empty = [s.name for s in drawn[number] if s.frame.empty or is_empty(s.figure)]
    assert not empty


def test_kinds_of_charts(drawn: dict[str, list[Section]]) -> None:
    """Dots are scatter plots unless lines join them; each indicator is one by itself."""
    found: Counter[str] = Counter()
    for section in (s for sections in drawn.values() for s in sections):
        kinds = [
            "line" if trace.type == "scatter" and "lines" in (trace.mode or "") else trace.type
            for trace in section.figure.data
        ]
        found.update(set(kinds))
        found["indicator"] += max(kinds.count("indicator") - 1, 0)
    assert {kind: found[kind] for kind, floor in KINDS.items() if found[kind] < floor} == {}
    assert sum(len(sections) for sections in drawn.values()) >= sum(FLOORS.values())


def is_empty(figure: go.Figure) -> bool:
    return not figure.data or str(figure.layout.title.text).startswith("No data")


@EACH
def test_every_chart_says_what_a_reader_must_know(
    drawn: dict[str, list[Section]], number: str
) -> None:
    for section in drawn[number]:
        meta = section.figure.layout.meta
        assert len(str(section.figure.layout.title.text)) > 20, section.name
        assert meta["how_to_read"].endswith("."), section.name
        assert re.match(r"n = [\d,.]+", meta["sample"]), section.name
        assert meta["as_of_text"].startswith("data as of "), section.name
        assert meta["subtitle"], section.name
        told = json.dumps([section.figure.layout.title.text, *meta.values()])
        assert not re.search(r"\bnan\b", told, re.IGNORECASE), section.name


@EACH
def test_every_axis_has_a_title(drawn: dict[str, list[Section]], number: str) -> None:
    bare = [
        f"{section.name}: {axis.plotly_name}"
        for section in drawn[number]
        if any(trace.type in AXES for trace in section.figure.data)
        for axis in [*section.figure.select_xaxes(), *section.figure.select_yaxes()]
        if not axis.title.text and axis.showticklabels is not False and axis.visible is not False
    ]
    assert not bare


@EACH
def test_marks_answer_when_pointed_at(drawn: dict[str, list[Section]], number: str) -> None:
    silent = {
        f"{section.name}: {trace.type}"
        for section in drawn[number]
        for trace in section.figure.data
        if trace.type not in ("indicator", "table")
        and not (trace.hovertemplate or trace.hoverinfo == "skip")
    }
    assert not silent


@EACH
def test_only_colours_with_a_dark_counterpart(drawn: dict[str, list[Section]], number: str) -> None:
    known = set(asdict(LIGHT).values())
    for section in drawn[number]:
        text = json.dumps(section.figure.to_plotly_json(), default=str)
        assert set(re.findall(r"#[0-9A-Fa-f]{3,8}\b|rgba?\([^)]*\)", text)) <= known, section.name


@EACH
def test_cards_equal_the_queries_they_show(
    reports: Path, demo_warehouse: Warehouse, number: str
) -> None:
    cards = re.findall(
        r'data-kpi="(\w+)" data-value="([^"]*)".*?<pre[^>]*><code>(.*?)</code>',
        page_of(reports, number),
        re.DOTALL,
    )
    assert cards and [name for name, *_ in cards] == [kpi.name for kpi in report_of(number).kpis]
    for name, shown, sql in cards:
        found = demo_warehouse.value(markup.unescape(sql))
        assert shown != "None", f"{name} is empty"
        assert Decimal(shown) == Decimal(str(found)), name


@EACH
def test_chart_queries_can_be_run(reports: Path, demo_warehouse: Warehouse, number: str) -> None:
    queries = re.findall(
        r"<summary>SQL</summary>.*?<code>(.*?)</code>", page_of(reports, number), re.DOTALL
    )
    assert len(queries) == sum(chart.query is not None for chart in report_of(number).charts)
    for sql in queries:
        assert demo_warehouse.query(markup.unescape(sql))


@EACH
def test_queries_keep_to_their_schemas_and_off_the_clock(number: str) -> None:
    report = report_of(number)
    queries = [kpi.query for kpi in report.kpis] + [c.query for c in report.charts if c.query]
    for query in queries:
        read = set(re.findall(r"(?:from|join)\s+(\w+)\.\w+", query))
        assert read <= {"gold", "dst"}, query
        assert not re.search(r"current_date|current_timestamp|now\(\)", query, re.IGNORECASE)


def test_report_of_one_person(view: View) -> None:
    """The one with most recommendations: what the charts say is what the views of gold hold."""
    customer, saving, count = view.connection.execute(
        "select customer_id, sum(monthly_saving_amount), count(*)"
        " from gold.vw_financial_recommendations group by 1 order by 3 desc, 1 limit 1"
    ).fetchone() or (0, 0, 0)
    about = report_of("09").for_customer
    assert about is not None
    content = report.read(about(view, customer), view, dt.datetime.now(dt.UTC))
    figures = {section.name: section.figure for section in content.sections}
    assert len(figures) == 7
    assert not [name for name, figure in figures.items() if not figure.data and name != "habits"]
    assert f"${saving:,.2f}" in str(figures["savings"].layout.title.text)
    assert f"n = {count} recommendation" in figures["recommendations"].layout.meta["sample"]
    assert all(re.match(r"n = \d", figure.layout.meta["sample"]) for figure in figures.values())
    shown = {reading.kpi.name: reading.value for reading in content.readings}
    assert shown["person_possible_savings"] == saving
    # the page tells the query of this person, ready to be run
    assert all(f"customer_id = {customer}" in (section.sql or "") for section in content.sections)


def test_people_who_are_no_customers(demo_warehouse: Warehouse, tmp_path: Path) -> None:
    former = demo_warehouse.value(
        "select min(customer_id) from gold.dim_customer where is_current and not is_active"
    )
    for customer, words in (
        (999999999, "There is no customer 999999999: give --customer an id of"),
        (10**30, "There is no customer 1000"),
        (former, f"Customer {former} has left the bank: choose an active customer"),
    ):
        done = demo_warehouse.run(
            "python", "analytics_viz/09_financial_health.py", "--customer", str(customer),
            "--output-dir", str(tmp_path / "out"), check=False,
        )  # fmt: skip
        assert done.returncode == 1 and not (tmp_path / "out").exists()
        (line,) = done.stderr.strip().splitlines()
        assert line.startswith(f"error: {words}")


def test_cards_agree_with_the_semantic_layer(
    demo_warehouse: Warehouse, view: View, tmp_path: Path
) -> None:
    report = report_of("01")
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


def test_key_figures_of_one_name_are_one_query() -> None:
    known: dict[str, Any] = {}
    for number in SCRIPTS:
        for kpi in report_of(number).kpis:
            query = " ".join(kpi.query.split())
            assert known.setdefault(kpi.name, query) == query, kpi.name


def test_missing_relation(view: View) -> None:
    with pytest.raises(WarehouseError, match=r"gold\.no_such does not exist.*run `dbt build`"):
        view.frame("select * from gold.no_such")


def test_nothing_built(demo_warehouse: Warehouse, tmp_path: Path) -> None:
    """Another database of the same server, where dbt never ran."""
    settings = Settings.embedded(demo_warehouse.home)
    environment = settings.environment() | {"DB_NAME": "postgres", "WAREHOUSE_EMBEDDED": ""}
    done = _run_with(demo_warehouse, environment, tmp_path)
    assert done.startswith("error: ") and "does not exist" in done
    assert "dbt build" in done


def test_one_failing_report_does_not_lose_the_others(view: View, tmp_path: Path) -> None:
    """A script that does not load, one without its relation, one with a defect, and a good one."""
    start = "from analytics_viz.report import Chart, Report\n"
    report = 'REPORT = Report("{0}", "T", "Q?", "S", (), ({1}))\n'
    scripts = {
        "02_broken": "import no_such_module\n",
        "03_missing": start
        + report.format("03_missing", 'Chart("a", None, "select 1 from gold.x"),'),
        "04_defect": start
        + "def draw(frame, as_of):\n    return frame['no such column']\n"
        + report.format("04_defect", 'Chart("a", draw, "select 1 as one"),'),
    }
    for name, text in scripts.items():
        (tmp_path / f"{name}.py").write_text(text)
    paths = [*sorted(tmp_path.glob("*.py")), SCRIPTS["01"]]
    written, failed = run_all_viz.write_each(paths, view, tmp_path / "out")
    assert [one.path.name for one in written] == [f"{NAME}.html"]
    assert (tmp_path / "out" / f"{NAME}.html").stat().st_size > 1e6
    assert list(failed) == list(scripts)
    assert "no_such_module" in failed["02_broken"]
    assert "gold.x does not exist" in failed["03_missing"] and "dbt build" in failed["03_missing"]
    assert "no such column" in failed["04_defect"]


def test_missing_relation_ends_with_its_name_and_exit_code_1(
    demo_warehouse: Warehouse, tmp_path: Path
) -> None:
    """The whole command."""
    with demo_warehouse.connect() as connection:
        connection.execute("alter table gold.fact_fraud_alerts rename to hidden")
    try:
        done = demo_warehouse.run(
            "python", "analytics_viz/run_all_viz.py", "--only", "01,08", "--no-email",
            "--output-dir", str(tmp_path), check=False,
        )  # fmt: skip
    finally:
        with demo_warehouse.connect() as connection:
            connection.execute("alter table gold.hidden rename to fact_fraud_alerts")
    assert done.returncode == 1
    assert "error: 08_realtime_analytics was not built: " in done.stderr
    assert "gold.fact_fraud_alerts does not exist" in done.stderr
    assert {path.name for path in tmp_path.iterdir()} == {f"{NAME}.html", "index.html"}


def test_reader_builds_every_report(demo_warehouse: Warehouse, tmp_path: Path) -> None:
    """bi_reader reads gold and dst only, and needs no more."""
    pairs = [f"{name}={value}" for name, value in as_reader(demo_warehouse).items()]
    demo_warehouse.run(
        "env", *pairs, sys.executable, "analytics_viz/run_all_viz.py", "--no-email",
        "--output-dir", str(tmp_path),
    )  # fmt: skip
    assert len(list(tmp_path.glob("[0-9]*.html"))) == len(SCRIPTS)


def test_what_a_user_may_not_read(demo_warehouse: Warehouse, tmp_path: Path) -> None:
    with demo_warehouse.connect() as connection:
        connection.execute("revoke select on gold.data_as_of from bi_reader")
    try:
        done = _run_with(demo_warehouse, as_reader(demo_warehouse), tmp_path)
    finally:
        with demo_warehouse.connect() as connection:
            connection.execute("grant select on gold.data_as_of to bi_reader")
    assert "User bi_reader may not read" in done and "DB_USER" in done


def as_reader(demo_warehouse: Warehouse) -> dict[str, str]:
    """Variables that lead to the warehouse as bi_reader."""
    return Settings.embedded(demo_warehouse.home).environment() | {
        "DB_USER": "bi_reader", "DB_PASSWORD": READER_PASSWORD, "WAREHOUSE_EMBEDDED": "",
    }  # fmt: skip


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


def test_timestamp_keeps_the_stable_file(demo_warehouse: Warehouse, tmp_path: Path) -> None:
    done = demo_warehouse.run(
        "python", f"analytics_viz/{NAME}.py", "--output-dir", str(tmp_path), "--timestamp"
    )
    (path,) = tmp_path.iterdir()
    assert re.fullmatch(NAME + r"_\d{8}_\d{6}\.html", path.name)
    assert path.name in done.stdout


def test_same_data_give_the_same_page(
    demo_warehouse: Warehouse, reports: Path, tmp_path: Path
) -> None:
    demo_warehouse.run("python", f"analytics_viz/{NAME}.py", "--output-dir", str(tmp_path))
    again = (tmp_path / f"{NAME}.html").read_text(encoding="utf-8")
    # all that may differ is the time of the build, in the summary and in the footer
    time = r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d\+00:00)?( UTC)?"
    assert re.sub(time, "", again) == re.sub(time, "", page_of(reports, "01"))

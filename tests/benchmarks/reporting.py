"""The reports: how long they take to build, how large they are, what their queries cost."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median

from playwright.sync_api import sync_playwright

from analytics_viz import export, page, run_all_viz
from analytics_viz.data import Period, open_warehouse
from analytics_viz.data import Warehouse as View
from analytics_viz.kpi import periods_until
from analytics_viz.report import Report as Definition
from analytics_viz.report import write
from tests.benchmarks.building import server
from tests.benchmarks.measure import Span, middle, run_alone, span
from tests.benchmarks.report import Report
from tests.benchmarks.sizes import MILLION
from tests.kit import Warehouse
from warehouse.config import Settings
from warehouse.errors import WarehouseError


def run(report: Report, folder: Path, quick: bool) -> None:
    """All reports from a million transactions."""
    with server(folder, "reports") as warehouse:
        report.step(f"{MILLION.transactions:,} transactions: generating, loading, dbt build")
        warehouse.generate(*MILLION.arguments)
        warehouse.load()
        warehouse.build_models()
        measure(report, warehouse, folder / "reports", 1 if quick else 3)


def measure(report: Report, warehouse: Warehouse, folder: Path, turns: int) -> None:
    """Every promise about the reports of one warehouse."""
    reports = [run_all_viz.load_report(path) for path in run_all_viz.find_scripts().values()]
    _whole(report, warehouse, folder, len(reports), turns)
    with open_warehouse(Settings.embedded(warehouse.home)) as view:
        _each(report, view, folder, reports)
        _queries(report, view, reports, turns)
    _first_chart(report, folder, reports, turns)


def _whole(report: Report, warehouse: Warehouse, folder: Path, count: int, turns: int) -> None:
    """The command that people type, start of Python included."""
    spans: list[Span] = []
    for _ in range(turns):
        with span(warehouse) as found:
            run_alone(
                "analytics_viz/run_all_viz.py", "--no-email", "--output-dir", str(folder),
                environment=warehouse.environment,
            )  # fmt: skip
        spans.append(found)
    whole = middle(spans)
    report.promise(
        f"all {count} reports and the index", whole.wall, f"{whole} (median of {turns})",
        at_most=30, words="≤ 30 s", others=whole.others,
    )  # fmt: skip
    sizes = {path.stem: path.stat().st_size for path in folder.glob("[0-9]*.html")}
    largest = max(sizes, key=lambda name: sizes[name])
    report.promise(
        "largest page", sizes[largest], f"{sizes[largest] / 1e6:.2f} MB ({largest})",
        at_most=page.SIZE_BUDGET, words="≤ 6 MB",
    )  # fmt: skip


def _each(report: Report, view: View, folder: Path, reports: list[Definition]) -> None:
    """Report by report, on one connection that nothing is cached in."""
    for one in reports:
        with view.connection.transaction(), span() as found:
            written = write(
                one, View(view.connection, view.settings, view.as_of, view.first_day), folder
            )
        size = written.path.stat().st_size / 1e6
        report.figure(one.name, found.wall, f"{found.wall:.1f} s, {size:.2f} MB", found.others)


def _queries(report: Report, view: View, reports: list[Definition], turns: int) -> None:
    """Server time of every query that a page shows."""
    took = {
        f"{one.number} {name}": median(_server_times(view, sql, turns))
        for one in reports
        for name, sql in _statements(view, one)
    }
    ranked = sorted(took, key=lambda name: -took[name])
    report.promise(
        "slowest query", took[ranked[0]], f"{took[ranked[0]]:,.0f} ms ({ranked[0]})",
        at_most=1000, words="≤ 1 s",
    )  # fmt: skip
    for name in ranked[1:8]:
        report.figure(f"… {name}", took[name], f"{took[name]:,.0f} ms")
    report.figure(
        f"all {len(took)} queries, each once", sum(took.values()), f"{sum(took.values()):,.0f} ms"
    )


def _statements(view: View, report: Definition) -> Iterator[tuple[str, str]]:
    period = periods_until(view.as_of, view.first_day, report.days)[-1]
    for kpi in report.kpis:
        yield kpi.name, view.printed(kpi.query, period.parameters)
    for chart in report.charts:
        if chart.query is not None:
            days = Period.last(chart.days, view.as_of).parameters
            yield chart.name, view.printed(chart.query, {"as_of": view.as_of, **days})


def _server_times(view: View, statement: str, turns: int) -> list[float]:
    """Milliseconds with planning; one more run before them warms the cache and is not counted."""
    text = f"explain (analyze, timing off, format json) {statement}"
    plans = []
    for _ in range(turns + 1):
        with view.connection.cursor() as cursor:
            cursor.execute(text)  # type: ignore[call-overload]
            plans.append(cursor.fetchall()[0][0][0])
    return [plan["Planning Time"] + plan["Execution Time"] for plan in plans[1:]]


def _first_chart(report: Report, folder: Path, reports: list[Definition], turns: int) -> None:
    """From opening the file to the first figure on the screen, the slowest page of all."""
    try:
        browser_path = export.find_browser()
    except WarehouseError as error:
        report.step(f"no browser, no time to the first chart: {error}")
        return
    took: dict[str, float] = {}
    with sync_playwright() as driver, span() as found:
        browser = driver.chromium.launch(
            executable_path=browser_path, args=["--no-sandbox", "--disable-dev-shm-usage"]
        )
        for one in reports:
            seconds = []
            for _ in range(turns):
                tab = browser.new_page()
                started = time.perf_counter()
                tab.goto((folder / f"{one.name}.html").as_uri(), wait_until="commit")
                tab.wait_for_selector(".plot .main-svg", timeout=60_000)
                seconds.append(time.perf_counter() - started)
                tab.close()
            took[one.name] = median(seconds)
        browser.close()
    slowest = max(took, key=lambda name: took[name])
    report.promise(
        "first chart on the screen, slowest page", took[slowest],
        f"{took[slowest]:.2f} s ({slowest})", at_most=2, words="≤ 2 s", others=found.others,
    )  # fmt: skip

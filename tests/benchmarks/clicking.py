"""The dashboard: from a click on a filter to the new charts, and many visitors at once."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median

from playwright.sync_api import Browser, Page, sync_playwright

from analytics_viz import export
from tests.benchmarks.building import server
from tests.benchmarks.measure import span
from tests.benchmarks.report import Report
from tests.benchmarks.sizes import MILLION
from tests.kit import Warehouse
from tests.python.dashboard.conftest import served

SESSIONS = 20
# One after the other, each a choice that nobody has made before: nothing of it is cached.
CLICKS = (
    ("Channel", "UPI"), ("Segment", "Mass Market"), ("Period", "Last 365 days"),
    ("Compare by", "State"), ("Region", "West"), ("State", "CA"), ("Channel", "All"),
    ("Segment", "All"), ("State", "All"), ("Region", "All"), ("Compare by", "City"),
    ("Period", "Everything"), ("Compare by", "Segment"), ("Channel", "Credit Card"),
)  # fmt: skip
# What the page says, once all of it is drawn: a chart takes its label (what its card says) when it
# is drawn, bars are HTML. Where it differs there are new charts.
_SHOWN = """() => {
    if (document.querySelector('[data-testid=stApp]').dataset.testScriptState !== 'notRunning')
        return null;
    const charts = [...document.querySelectorAll('[data-testid=stEChartsChart]')];
    const words = charts.map(chart => {
        const said = chart.closest('[class*=st-key-card-]').querySelectorAll('.of, .finding');
        return [...said].map(text => text.textContent).join(': ');
    });
    const isDrawn = (chart, place) =>
        chart.ariaLabel === words[place] && chart.ariaBusy === 'false'
        && chart.querySelector('canvas') !== null;
    if (charts.length < 3 || !charts.every(isDrawn)) return null;
    const others = [...document.querySelectorAll('.card, .note, [data-testid=stMetricValue]')];
    return JSON.stringify([words, others.map(text => text.textContent)]);
}"""
_CHANGED = f"(before) => {{ const now = ({_SHOWN})(); return now !== null && now !== before; }}"


def run(report: Report, folder: Path, quick: bool) -> None:
    """The dashboard on a million transactions."""
    with server(folder, "dashboard") as warehouse:
        report.step(f"{MILLION.transactions:,} transactions: generating, loading, dbt build")
        warehouse.generate(*MILLION.arguments)
        warehouse.load()
        warehouse.build_models()
        measure(report, warehouse, folder / "dashboard.log", 1 if quick else 3)


def measure(report: Report, warehouse: Warehouse, log: Path, turns: int) -> None:
    """Every promise about the dashboard on one warehouse."""
    times: dict[tuple[str, str], list[float]] = {click: [] for click in CLICKS}
    with _browser() as browser:
        with span(warehouse) as found:
            for _ in range(turns):  # each on a dashboard that has cached nothing
                with served(warehouse, log) as address:
                    _click_through(browser, address, times)
        middle = {click: median(seconds) for click, seconds in times.items()}
        slowest = max(middle, key=lambda click: middle[click])
        report.promise(
            "a change of a filter, to the new charts", middle[slowest] * 1000,
            f"{middle[slowest] * 1000:.0f} ms for {' = '.join(slowest)}, the slowest of"
            f" {len(CLICKS)} (median of all {median(middle.values()) * 1000:.0f} ms; each the"
            f" median of {turns})",
            at_most=500, words="≤ 500 ms", others=found.others,
        )  # fmt: skip
        with served(warehouse, log) as address, span(warehouse) as found:
            errors = _all_at_once(browser, address)
        report.promise(
            f"{SESSIONS} sessions at once, pages with an error", errors,
            f"{errors} (all drawn after {found.wall:.1f} s)",
            at_most=0, words="none", others=found.others,
        )  # fmt: skip


@contextmanager
def _browser() -> Iterator[Browser]:
    with sync_playwright() as driver:
        opened = driver.chromium.launch(
            executable_path=export.find_browser(), args=["--no-sandbox", "--disable-dev-shm-usage"]
        )
        yield opened
        opened.close()


def _drawn(page: Page) -> str:
    page.wait_for_function(f"() => ({_SHOWN})() !== null", timeout=120_000)
    return str(page.evaluate(_SHOWN))


def _click_through(
    browser: Browser, address: str, times: dict[tuple[str, str], list[float]]
) -> None:
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    page = context.new_page()
    page.goto(address)
    for click in CLICKS:
        label, value = click
        before = _drawn(page)
        page.wait_for_timeout(300)
        box = page.get_by_role("combobox", name=label, exact=True)
        box.click()
        box.fill(value)
        option = page.get_by_role("option", name=value, exact=True)
        option.wait_for()
        started = time.perf_counter()
        option.click()
        page.wait_for_function(_CHANGED, arg=before, timeout=120_000, polling=20)
        times[click].append(time.perf_counter() - started)
    context.close()


def _all_at_once(browser: Browser, address: str) -> int:
    """Open many pages, each of another choice, without waiting; returns how many show an error."""
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    pages = [context.new_page() for _ in range(SESSIONS)]
    ways = ("channel", "region", "state", "city", "segment")
    for number, page in enumerate(pages):
        days = ("30", "90", "365", "all")[number // len(ways)]
        page.goto(f"{address}/?days={days}&by={ways[number % len(ways)]}", wait_until="commit")
    errors = 0
    for page in pages:
        page.locator("#end").wait_for(state="attached", timeout=180_000)
        errors += page.locator("[data-testid=stException], [data-testid=stAlert]").count() > 0
    context.close()
    return errors

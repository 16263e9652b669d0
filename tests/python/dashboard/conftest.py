"""A small bank, and the dashboard on it."""

from __future__ import annotations

import re
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.kit import ROOT, Warehouse

HISTORY = (
    "--customers", "80", "--transactions", "4000", "--seed", "7", "--start", "2025-01-01",
    "--end", "2025-08-20",
)  # fmt: skip
READ = (
    "+fact_channel_payments_daily", "+fact_city_payments_daily", "+monthly_transaction_totals",
    "+row_accounting", "+data_as_of", "+dst_category_trends", "+dim_channel", "+dim_city",
    "+dim_customer", "+fact_sales", "+shopping_sessions", "+subscription_revenue_monthly",
)  # fmt: skip
REFRESH_SECONDS = 2


@pytest.fixture(scope="module")
def bank(tmp_path_factory: pytest.TempPathFactory, parsed: Path) -> Iterator[Warehouse]:
    """What the dashboard reads, built from a small history."""
    folder = tmp_path_factory.mktemp("bank")
    warehouse = Warehouse(home=folder / "pg", raw=folder / "raw", parsed=parsed)
    warehouse.start()
    try:
        warehouse.generate(*HISTORY)
        warehouse.load()
        warehouse.build_models("--select", *READ)
        yield warehouse
    finally:
        warehouse.destroy()


@contextmanager
def served(warehouse: Warehouse, log: Path, refresh: int = REFRESH_SECONDS) -> Iterator[str]:
    """The address of a dashboard on a warehouse that looks for news every `refresh` seconds."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = warehouse.environment | {"DASHBOARD_REFRESH_SECONDS": str(refresh)}
    with log.open("w") as said:
        process = subprocess.Popen(
            [sys.executable, "-m", "streamlit", "run", "dashboard/app.py",
             "--server.port", str(port), "--server.address", "127.0.0.1"],
            cwd=ROOT, env=environment, stdout=said, stderr=subprocess.STDOUT,
        )  # fmt: skip
        try:
            address = f"http://127.0.0.1:{port}"
            _wait_for(f"{address}/_stcore/health", process, log)
            yield address
        finally:
            process.terminate()
            process.wait(60)


def _wait_for(address: str, process: subprocess.Popen[bytes], log: Path) -> None:
    for _ in range(600):
        assert process.poll() is None, log.read_text()
        try:
            with urllib.request.urlopen(address, timeout=5):
                return
        except OSError:
            time.sleep(0.1)
    raise AssertionError(log.read_text())


@pytest.fixture(scope="module")
def address(bank: Warehouse, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Where the dashboard of the small bank answers."""
    log = tmp_path_factory.mktemp("dashboard") / "log"
    with served(bank, log) as found:
        yield found
    assert "Traceback" not in log.read_text()


class Visitor:
    """Somebody at a browser window."""

    def __init__(self, page: Page, address: str) -> None:
        self.page = page
        self.address = address
        self.complaints: list[str] = []
        page.set_default_timeout(60_000)
        expect.set_options(timeout=60_000)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def open(self, path: str = "/") -> None:
        """Go to a page and wait until all of it is there."""
        self.page.goto(self.address + path)
        self.settled()

    def settled(self) -> None:
        """Wait until the page is drawn; whatever it says, it is no traceback."""
        app = self.page.get_by_test_id("stApp")
        expect(app).to_have_attribute("data-test-script-state", "notRunning")
        expect(self.page.locator("#end")).to_be_attached(timeout=60_000)
        expect(self.page.get_by_test_id("stException")).to_have_count(0)

    def filter(self, label: str) -> Locator:
        """The box of a filter; its value is what is chosen."""
        return self.page.get_by_role("combobox", name=label, exact=True)

    def choose(self, label: str, value: str) -> None:
        """Choose an option of a filter."""
        self.filter(label).click()
        self.filter(label).fill(value)
        self.page.get_by_role("option", name=value, exact=True).click()
        expect(self.filter(label)).to_have_value(value)
        self.settled()

    def options(self, label: str) -> list[str]:
        """What a filter offers."""
        self.filter(label).click()
        shown = self.page.get_by_role("option")
        expect(shown.first).to_be_visible()
        found = shown.all_inner_texts()
        self.page.keyboard.press("Escape")
        return found

    def has_charts(self, number: int, bars: int) -> None:
        """Wait until so many charts are drawn, each with what it says, and so many have bars."""
        charts = self.page.get_by_test_id("stEChartsChart")
        expect(charts).to_have_count(number)
        for chart in charts.all():
            expect(chart).to_have_attribute("aria-busy", "false")
            expect(chart).to_have_attribute("aria-label", re.compile("."))
            expect(chart.locator("canvas")).to_be_visible()
        expect(self.page.locator(".card .bars")).to_have_count(bars)

    def shows(self, *figures: str) -> None:
        """Wait until the first key figures are these."""
        for place, figure in enumerate(figures):
            expect(self.page.get_by_test_id("stMetricValue").nth(place)).to_have_text(figure)


@pytest.fixture()
def visitor(browser: Browser, address: str) -> Iterator[Visitor]:
    """A window of a desktop."""
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    found = Visitor(context.new_page(), address)
    yield found
    context.close()
    assert not found.complaints

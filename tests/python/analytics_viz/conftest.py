"""The reports of the demo warehouse, built once, and a browser to look at them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from analytics_viz import export
from tests.kit import Warehouse
from warehouse.errors import WarehouseError


@pytest.fixture(scope="session")
def reports(demo_warehouse: Warehouse, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that `run_all_viz.py` wrote."""
    folder = tmp_path_factory.mktemp("reports")
    demo_warehouse.run(
        "python", "analytics_viz/run_all_viz.py", "--no-email", "--output-dir", str(folder)
    )
    return folder


@pytest.fixture(scope="session")
def browser_path() -> Path:
    """A Chromium; without one these tests are skipped, but not where CI is to vouch for them."""
    try:
        return export.find_browser()
    except WarehouseError as error:
        if os.environ.get("CI"):
            pytest.fail(str(error))
        pytest.skip(str(error))


@pytest.fixture(scope="module")  # its event loop would be in the way of other modules
def browser(browser_path: Path) -> Iterator[Browser]:
    """It, started."""
    with sync_playwright() as driver:
        opened = driver.chromium.launch(
            executable_path=browser_path, args=["--no-sandbox", "--disable-dev-shm-usage"]
        )
        yield opened
        opened.close()

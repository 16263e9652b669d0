"""The page in a real browser: no error, no sideways scrolling, two themes, images.

Needs playwright and a Chromium; skipped where either is missing.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from analytics_viz import page
from analytics_viz.theme import DARK, LIGHT
from tests.python.analytics_viz.samples import CHARTS
from tests.python.analytics_viz.test_page import header, readings, sections

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
CHROMIUM = (
    shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
)
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")

Open = Callable[..., Any]


@pytest.fixture(scope="module")
def report_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("page") / "01_descriptive_analytics.html"
    path.write_text(page.render_report(header(), readings(), sections()), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with playwright.sync_playwright() as driver:
        opened = driver.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-dev-shm-usage"]
        )
        yield opened
        opened.close()


@pytest.fixture()
def open_page(browser: Any, report_file: Path) -> Iterator[Open]:
    """Opens the report; complains at the end of anything the browser complained of."""
    complaints: list[str] = []
    requested: list[str] = []
    contexts = []

    def opened(width: int, scheme: str = "light") -> Any:
        context = browser.new_context(viewport={"width": width, "height": 844}, color_scheme=scheme)
        contexts.append(context)
        tab = context.new_page()
        tab.on("console", lambda message: complaints.append(message.text))
        tab.on("pageerror", lambda error: complaints.append(str(error)))
        tab.on("request", lambda request: requested.append(request.url))
        tab.goto(report_file.as_uri())
        tab.wait_for_selector("html[data-drawn]", timeout=60_000)
        return tab

    yield opened
    for context in contexts:
        context.close()
    assert not complaints
    assert not [url for url in requested if not url.startswith(("file:", "data:", "blob:"))]


@pytest.mark.parametrize("width", [390, 1440])
def test_draws_everything_without_scrolling_sideways(open_page: Open, width: int) -> None:
    tab = open_page(width)
    assert tab.locator(".plot .main-svg").count() >= len(CHARTS)
    assert tab.evaluate("document.documentElement.scrollWidth") <= width
    outside = tab.evaluate(
        """[...document.querySelectorAll('.plot')].flatMap(plot => {
            const box = plot.getBoundingClientRect();
            return [...plot.querySelectorAll('text')].filter(text => {
                const { left, right, width } = text.getBoundingClientRect();
                return width > 0 && (right > box.right + 1 || left < box.left - 1);
            }).map(text => plot.dataset.figure + ': ' + text.textContent);
        })"""
    )
    assert not outside, "cut off"


def rgb(colour: str) -> str:
    return f"rgb({', '.join(str(int(colour[i : i + 2], 16)) for i in (1, 3, 5))})"


def ground(tab: Any) -> tuple[str, str]:
    """Background of the page, and of the first figure."""
    return (
        tab.evaluate("getComputedStyle(document.body).backgroundColor"),
        tab.evaluate("getComputedStyle(document.querySelector('.plot .main-svg')).backgroundColor"),
    )


@pytest.mark.parametrize(("scheme", "palette"), [("light", LIGHT), ("dark", DARK)])
def test_follows_the_system_theme(open_page: Open, scheme: str, palette: Any) -> None:
    tab = open_page(1440, scheme)
    assert ground(tab) == (rgb(palette.background), rgb(palette.surface))


def test_toggle_redraws_the_figures(open_page: Open) -> None:
    tab = open_page(1440, "light")
    tab.click("#theme")
    tab.wait_for_selector("html[data-drawn=dark]", timeout=60_000)
    assert ground(tab) == (rgb(DARK.background), rgb(DARK.surface))
    tab.reload()
    tab.wait_for_selector("html[data-drawn=dark]", timeout=60_000)


@pytest.mark.parametrize(
    ("kind", "start"), [("png", b"\x89PNG\r\n"), ("svg", b"<svg")], ids=["png", "svg"]
)
def test_toolbar_saves_an_image(open_page: Open, kind: str, start: bytes) -> None:
    tab = open_page(1440)
    with tab.expect_download() as waiting:
        tab.click(f"#product_treemap [data-export={kind}]")
    download = waiting.value
    assert download.suggested_filename == (
        f"01_descriptive_analytics-product_treemap-2026-11-20.{kind}"
    )
    content = Path(download.path()).read_bytes()
    assert content.startswith(start) and len(content) > 5_000

"""The pages in a real browser: no error, no sideways scrolling, nothing empty, two themes, images.

``REPORT_SCREENSHOTS`` names a folder that keeps a picture of each page in each size and theme.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from analytics_viz import page, run_all_viz
from analytics_viz.theme import DARK, LIGHT, Palette
from tests.python.analytics_viz.test_page import BUILT, header, readings, sections

SIZES = {"desktop": 1440, "phone": 390}
PAGES = [path.stem for path in run_all_viz.find_scripts().values()]

Open = Callable[..., Page]


@pytest.fixture()
def open_page(browser: Browser) -> Iterator[Open]:
    """Opens a file; complains at the end of anything the browser complained of."""
    complaints: list[str] = []
    requested: list[str] = []
    contexts = []

    def opened(file: Path, width: int = 1440, scheme: str = "light") -> Page:
        context = browser.new_context(
            viewport={"width": width, "height": 844},
            color_scheme="dark" if scheme == "dark" else "light",
            has_touch=width < 600,
            is_mobile=width < 600,
        )
        contexts.append(context)
        tab = context.new_page()
        tab.on("console", lambda message: complaints.append(message.text))
        tab.on("pageerror", lambda error: complaints.append(str(error)))
        tab.on("request", lambda request: requested.append(request.url))
        tab.goto(file.as_uri())
        if file.name != "index.html":
            wait_for_figures(tab, scheme)
        return tab

    yield opened
    for context in contexts:
        context.close()
    assert not complaints
    assert not [url for url in requested if not url.startswith(("file:", "data:", "blob:"))]


@pytest.fixture(scope="module")
def sample_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A page of given rows, for what does not hang on the data."""
    path = tmp_path_factory.mktemp("page") / "01_descriptive_analytics.html"
    path.write_text(page.render_report(header(), readings(), sections()), encoding="utf-8")
    return path


def wait_for_figures(tab: Page, scheme: str) -> None:
    tab.wait_for_selector(f"html[data-drawn={scheme}]", timeout=60_000)


def keep(tab: Page, name: str) -> None:
    if folder := os.environ.get("REPORT_SCREENSHOTS"):
        tab.screenshot(path=Path(folder) / f"{name}.png", full_page=True)


def texts_cut_off(tab: Page) -> list[str]:
    """Labels that reach out of their figure."""
    return tab.evaluate(  # type: ignore[no-any-return]
        """[...document.querySelectorAll('.plot')].flatMap(plot => {
            const box = plot.getBoundingClientRect();
            return [...plot.querySelectorAll('text')].filter(text => {
                const { left, right, width } = text.getBoundingClientRect();
                return width > 0 && (right > box.right + 1 || left < box.left - 1);
            }).map(text => plot.dataset.figure + ': ' + text.textContent);
        })"""
    )


def empty_figures(tab: Page) -> list[str]:
    """Figures without a mark: no bar, point, line, slice, cell or number."""
    return tab.evaluate(  # type: ignore[no-any-return]
        """[...document.querySelectorAll('.plot')].filter(plot => ![...plot.querySelectorAll(
            '.trace, .slice, .heatmaplayer image, .indicatorlayer text, .table text, .sankey'
        )].some(mark => mark.getBoundingClientRect().width > 0)).map(plot => plot.dataset.figure)"""
    )


def nameless(tab: Page) -> list[str]:
    """Figures that name only some of the rows they list from top to bottom."""
    return tab.evaluate(  # type: ignore[no-any-return]
        """[...document.querySelectorAll('.plot')].filter(plot => Object.values(plot._fullLayout)
            .some(axis => axis?._id?.startsWith('y') && axis.type === 'category' && axis.visible
                && axis._vals.filter(tick => tick.text).length < axis._categories.length)
        ).map(plot => plot.dataset.figure)"""
    )


def sideways(tab: Page) -> int:
    """By how many pixels the page is wider than the screen."""
    return int(tab.evaluate("document.documentElement.scrollWidth - innerWidth"))


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("name", PAGES)
def test_report_in_both_themes(open_page: Open, reports: Path, name: str, size: str) -> None:
    tab = open_page(reports / f"{name}.html", SIZES[size])
    for scheme, palette in (("light", LIGHT), ("dark", DARK)):
        if scheme == "dark":
            tab.click("#theme")
            wait_for_figures(tab, scheme)
        assert ground(tab) == (rgb(palette.background), rgb(palette.surface))
        assert sideways(tab) <= 0
        assert not empty_figures(tab)
        assert not texts_cut_off(tab)
        assert not nameless(tab)
        keep(tab, f"{name}-{size}-{scheme}")


@pytest.mark.parametrize("name", PAGES)
def test_toolbar_of_each_chart_saves_it(open_page: Open, reports: Path, name: str) -> None:
    tab = open_page(reports / f"{name}.html")
    figures = tab.locator("figure.chart")
    for number in range(figures.count()):
        figure = figures.nth(number)
        with tab.expect_download() as waiting:
            figure.locator("[data-export=svg]").click()
        # Chromium drops, without a word, what a page saves beyond ten files in a second.
        tab.wait_for_timeout(110)
        chart = figure.get_attribute("id")
        assert waiting.value.suggested_filename.startswith(f"{name}-{chart}-20")
        content = Path(waiting.value.path()).read_text(encoding="utf-8").replace("\u00a0", " ")
        assert content.startswith("<svg") and "data as of" in content, chart


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", SIZES)
def test_index(open_page: Open, reports: Path, size: str, scheme: str) -> None:
    tab = open_page(reports / "index.html", SIZES[size], scheme)
    assert sideways(tab) <= 0
    boxes = [link.bounding_box() for link in tab.locator(".list a").all()]
    assert len(boxes) == len(PAGES)
    for box in boxes:
        assert box and box["width"] >= 300 and box["x"] >= 0
        assert box["x"] + box["width"] <= SIZES[size]
    keep(tab, f"index-{size}-{scheme}")
    tab.click(".list a >> nth=0")
    wait_for_figures(tab, scheme)


def rgb(colour: str) -> str:
    return f"rgb({', '.join(str(int(colour[i : i + 2], 16)) for i in (1, 3, 5))})"


def ground(tab: Page) -> tuple[str, str]:
    """Background of the page, and of the first figure."""
    return (
        tab.evaluate("getComputedStyle(document.body).backgroundColor"),
        tab.evaluate("getComputedStyle(document.querySelector('.plot .main-svg')).backgroundColor"),
    )


@pytest.mark.parametrize(("scheme", "palette"), [("light", LIGHT), ("dark", DARK)])
def test_follows_the_system_theme(
    open_page: Open, sample_file: Path, scheme: str, palette: Palette
) -> None:
    assert ground(open_page(sample_file, 1440, scheme)) == (
        rgb(palette.background), rgb(palette.surface)
    )  # fmt: skip


def test_own_choice_of_theme_stays(open_page: Open, sample_file: Path) -> None:
    tab = open_page(sample_file)
    tab.click("#theme")
    wait_for_figures(tab, "dark")
    tab.reload()
    wait_for_figures(tab, "dark")


@pytest.mark.parametrize(
    ("kind", "start"), [("png", b"\x89PNG\r\n"), ("svg", b"<svg")], ids=["png", "svg"]
)
def test_toolbar_saves_an_image(
    open_page: Open, sample_file: Path, kind: str, start: bytes
) -> None:
    tab = open_page(sample_file)
    with tab.expect_download() as waiting:
        tab.click(f"#product_treemap [data-export={kind}]")
    download = waiting.value
    assert download.suggested_filename == (
        f"01_descriptive_analytics-product_treemap-2026-11-20.{kind}"
    )
    content = Path(download.path()).read_bytes()
    assert content.startswith(start) and len(content) > 5_000


def test_mouse_zooms_and_a_finger_does_not(open_page: Open, sample_file: Path) -> None:
    tops = {}
    for size, width in SIZES.items():
        tab = open_page(sample_file, width)
        tops[size] = tab.evaluate(
            "document.querySelector('[data-figure=monthly_trends]')._fullLayout.xaxis.fixedrange"
        )
    assert tops == {"desktop": False, "phone": True}


# ---------------------------------------------------------------- a page that loads itself anew


@pytest.fixture()
def live_file(tmp_path: Path) -> Path:
    """A page that loads itself anew every 3 seconds."""
    path = tmp_path / "08_realtime_analytics.html"
    live = page.Header(
        "08_realtime_analytics", "08", "Real-time", "Now?", "All of it.", header().as_of, BUILT,
        refresh_seconds=3,
    )  # fmt: skip
    path.write_text(page.render_report(live, readings(), sections()), encoding="utf-8")
    return path


def test_page_loads_itself_anew_where_the_reader_was(open_page: Open, live_file: Path) -> None:
    tab = open_page(live_file)
    tab.click("#theme")
    wait_for_figures(tab, "dark")
    tab.locator("#product_treemap summary >> nth=0").click()
    tab.evaluate("scrollTo(0, 1500)")
    # somebody builds the page anew meanwhile
    live_file.write_text(live_file.read_text().replace("Real-time</h1>", "Anew</h1>"))
    tab.wait_for_selector("h1:text('Anew')", timeout=60_000)
    wait_for_figures(tab, "dark")
    assert tab.evaluate("scrollY") == pytest.approx(1500, abs=2)
    assert tab.evaluate("document.querySelector('#product_treemap details').open") is True


def test_page_waits_while_paused(open_page: Open, live_file: Path) -> None:
    tab = open_page(live_file)
    assert "Reloads in" in tab.inner_text("#pause")
    tab.click("#pause")
    live_file.write_text(live_file.read_text().replace("Real-time</h1>", "Anew</h1>"))
    tab.wait_for_timeout(5_000)
    assert tab.inner_text("h1") == "Real-time"
    assert tab.get_attribute("#pause", "aria-pressed") == "true"
    tab.reload()
    assert "Resume" in tab.inner_text("#pause"), "forgets the pause"
    tab.click("#pause")
    assert "Reloads in" in tab.inner_text("#pause")


def test_page_that_nobody_builds_says_so(open_page: Open, live_file: Path) -> None:
    tab = open_page(live_file)
    assert "stale" in (tab.get_attribute("#age", "class") or "")
    assert tab.inner_text("#age").startswith("built ")


def test_other_pages_stay_as_they_are(open_page: Open, sample_file: Path) -> None:
    assert open_page(sample_file).locator("#refresh").count() == 0

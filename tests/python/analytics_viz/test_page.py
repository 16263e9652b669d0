"""Pages: one file, no network, everything a reader needs, nothing that breaks out."""

from __future__ import annotations

import datetime as dt
import json
import re
from pathlib import Path

import pytest

from analytics_viz import page, theme
from analytics_viz.kpi import Kpi, Reading, periods_until
from tests.python.analytics_viz.samples import AS_OF, CHARTS

HOSTILE = "</script><script>alert(1)</script>"
BUILT = dt.datetime(2026, 11, 21, 8, 30, tzinfo=dt.UTC)


def header(number: str = "01", built_at: dt.datetime = BUILT) -> page.Header:
    return page.Header(
        f"{number}_descriptive_analytics", number, "Descriptive", "What happened?", "All of it.",
        AS_OF, built_at,
    )  # fmt: skip


def readings() -> list[Reading]:
    kpi = Kpi("spending", "Spending", "money", "up", "What was spent.", "select 1")
    periods = periods_until(AS_OF, dt.date(2020, 1, 1))
    values = [100.0 + i for i in range(len(periods))]
    return [Reading(kpi, periods, values, "select sum(x) from t where a < 3")]


def sections() -> list[page.Section]:
    found = []
    for name, (draw, sample) in CHARTS.items():
        frame = sample()
        if name == "top_merchants":
            frame.loc[0, "merchant_name"] = HOSTILE
        found.append(page.Section(name, draw(frame, AS_OF), frame, "select 1"))
    return found


@pytest.fixture(scope="module")
def html() -> str:
    return page.render_report(header(), readings(), sections())


def without_plotly(html: str) -> str:
    return re.sub(r'<script id="plotly">.*?</script>', "", html, flags=re.DOTALL)


def between(text: str, start: str, end: str) -> str:
    """What stands after the first ``start`` and before the next ``end``."""
    return text.partition(start)[2].partition(end)[0]


def test_needs_no_network(html: str) -> None:
    own = without_plotly(html)
    assert not re.findall(r"""(?:src|href|action|data)\s*=\s*["']?(?:https?:)?//""", own)
    assert not re.findall(r"@import|url\(\s*['\"]?(?!data:)", own)
    assert "default-src 'none'" in own and "connect-src" not in own


def test_has_plotly_once_and_fits_the_budget(html: str) -> None:
    assert html.count('<script id="plotly">') == 1
    assert html.count("plotly.js v") <= 2
    assert len(html.encode()) <= page.SIZE_BUDGET


def test_names_from_the_data_cannot_break_out(html: str) -> None:
    assert HOSTILE not in html
    figures = between(html, '<script type="application/json" id="figures">', "</script>")
    names = [row[1] for row in json.loads(figures)["top_merchants"]["data"][0]["customdata"]]
    assert HOSTILE in names, "the name itself must survive"


def test_every_chart_is_explained(html: str) -> None:
    figures = re.findall(r'<figure class="chart.*?</figure>', html, flags=re.DOTALL)
    assert len(figures) == len(CHARTS)
    for figure in figures:
        for part in ("<h2>", "How to read this:", "n = ", "data as of 20 Nov 2026",
                     'data-export="png"', 'data-export="svg"', "<table>"):  # fmt: skip
            assert part in figure


def test_card_shows_value_change_and_query(html: str) -> None:
    card = between(html, 'id="kpi-spending"', "</article>")
    assert "$112" in card and "▲ +0.9" in card and "$111 in the 30 days before" in card
    assert "select sum(x) from t where a &lt; 3" in card
    assert 'class="spark"' in card


def test_period_is_said(html: str) -> None:
    assert "22 Oct to 20 Nov 2026" in html and "22 Sep to 21 Oct 2026" in html


def test_dark_theme_knows_every_colour(html: str) -> None:
    text = between(html, 'id="counterparts">', "</script>")
    assert json.loads(text) == theme.counterparts()
    assert ':root[data-theme="dark"]' in html and "prefers-color-scheme: dark" in html


def test_index_lists_the_newest_of_each_report(tmp_path: Path) -> None:
    later = dt.datetime(2026, 11, 22, 8, 30, tzinfo=dt.UTC)
    for name, head in {
        "01_descriptive_analytics.html": header(),
        "01_descriptive_analytics_20261122_083000.html": header(built_at=later),
        "02_diagnostic_analytics.html": header("02"),
    }.items():
        (tmp_path / name).write_text(page.render_report(head, readings(), []))
    (tmp_path / "03_notes.html").write_text("<p>not ours")
    (tmp_path / "04_old.html").write_text(page.SUMMARY_MARK + '{"name": "x"}</script>')
    found = page.find_summaries(tmp_path)
    assert [summary.file for summary in found] == [
        "01_descriptive_analytics_20261122_083000.html",
        "02_diagnostic_analytics.html",
    ]
    index = page.render_index(found, BUILT)
    assert 'href="02_diagnostic_analytics.html"' in index
    for part in ("What happened?", "All of it.", "$112", "20 Nov 2026", "2026-11-22 08:30"):
        assert part in index


def test_index_of_nothing_says_what_to_do() -> None:
    assert "run_all_viz.py" in page.render_index([], BUILT)


def test_sparkline_of_a_constant_is_a_line() -> None:
    flat = readings()[0]
    svg = page.sparkline(Reading(flat.kpi, flat.periods, [5.0] * len(flat.periods), ""))
    assert "nan" not in svg and svg.count("14.0") >= len(flat.periods)

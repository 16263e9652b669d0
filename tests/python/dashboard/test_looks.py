"""One look with the reports."""

from __future__ import annotations

import math
import re
import tomllib
from typing import Any

import pandas as pd
import pytest

from analytics_viz.theme import DARK, LIGHT, Palette
from dashboard import charts
from tests.kit import ROOT


@pytest.mark.parametrize(("name", "palette"), [("light", LIGHT), ("dark", DARK)])
def test_the_colours_are_those_of_the_reports(name: str, palette: Palette) -> None:
    theme: dict[str, Any] = tomllib.loads((ROOT / ".streamlit/config.toml").read_text())["theme"]
    assert theme[name] == {
        "primaryColor": palette.blue,
        "backgroundColor": palette.background,
        "secondaryBackgroundColor": palette.surface,
        "textColor": palette.text,
        "borderColor": palette.grid,
        "greenColor": palette.good,
        "redColor": palette.bad,
    }


def test_figures_change_their_colours_with_the_page() -> None:
    day = pd.Timestamp("2026-01-01")
    frame = pd.DataFrame({"day": [day], "value": [0.1], "average": [0.1]})
    figure = charts.trend({"All": frame}, charts.SHOWN["payment_failure_rate"])
    light, dark = (str(charts.in_theme(figure, is_dark)) for is_dark in (False, True))
    used = {palette: set(re.findall(r"#[0-9A-F]{6}", text)) for palette, text in
            (("light", light), ("dark", dark))}  # fmt: skip
    assert LIGHT.blue in used["light"]
    assert DARK.blue in used["dark"]
    assert not used["light"] & used["dark"]


def test_bars_are_as_long_as_their_values() -> None:
    """The longest is that of the largest value; what a name says is no HTML."""
    frame = pd.DataFrame(
        {"member": ["A", "<b>", "C"], "value": [0.1, 0.2, math.nan], "count": [3, 4, 5]}
    )
    drawn = charts.bars(frame, charts.SHOWN["payment_failure_rate"], 4, "payments")
    assert re.findall(r"\* ([\d.]+)\)", drawn) == ["0.5000", "1.0000", "0.0000"]
    assert 'title="A: 10\u00a0%, of 3 payments"' in drawn
    assert "<span>&lt;b&gt;</span>" in drawn
    assert "no data" in drawn


def test_a_gap_in_a_line_is_no_zero() -> None:
    days = pd.date_range("2026-01-01", periods=2)
    frame = pd.DataFrame({"day": days, "value": [math.nan, 0.25], "average": [math.nan, 0.2]})
    chart = charts.trend({"All": frame}, charts.SHOWN["payment_failure_rate"])
    assert [one["data"] for one in chart["series"]] == [[None, 25], [None, 20]]
    assert chart["xAxis"]["data"] == ["1 Jan 2026", "2 Jan 2026"]
    assert charts.legend(chart) == [("Each day", LIGHT.quiet), ("7-day average", LIGHT.blue)]

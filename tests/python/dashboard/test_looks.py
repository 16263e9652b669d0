"""One look with the reports."""

from __future__ import annotations

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
    frame = pd.DataFrame({"member": ["A"], "value": [0.1], "payments": [3]})
    figure = charts.bars(frame, charts.SHOWN["payment_failure_rate"], 4)
    light, dark = (str(charts.in_theme(figure, is_dark).to_dict()) for is_dark in (False, True))
    used = {palette: set(re.findall(r"#[0-9A-F]{6}", text)) for palette, text in
            (("light", light), ("dark", dark))}  # fmt: skip
    assert LIGHT.blue in used["light"]
    assert DARK.blue in used["dark"]
    assert not used["light"] & used["dark"]

"""What figures of estimates and their 95 % intervals share."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from analytics_viz import formats
from analytics_viz.theme import LIGHT

TICKS = [0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20]
Z = 1.959964  # 0.975 quantile of the normal distribution
ALPHA = 0.05


def add_intervals(
    figure: go.Figure,
    table: pd.DataFrame,
    *,
    colour: str,
    name: str,
    symbol: str = "circle",
    size: int = 10,
    **where: int,
) -> None:
    """Points with horizontal whiskers.

    Args:
        figure: to add a trace to.
        table: place (on the y axis), estimate, ci_low, ci_high (NaN: no whisker), hover.
        colour: of points and whiskers.
        name: in the legend.
        symbol: of the points.
        size: of the points.
        where: row and col of a panel.
    """
    figure.add_scatter(
        x=table["estimate"],
        y=table["place"],
        mode="markers",
        name=name,
        marker={
            "color": colour,
            "size": size,
            "symbol": symbol,
            "line": {"color": colour, "width": 2},
        },
        error_x=whiskers(table, colour),
        customdata=table["hover"],
        hovertemplate="%{customdata}<extra></extra>",
        **where,
    )


def whiskers(table: pd.DataFrame, colour: str) -> dict[str, object]:
    """Error bars from ci_low to ci_high around estimate."""
    return {
        "type": "data",
        "symmetric": False,
        "array": (table["ci_high"] - table["estimate"]).fillna(0),
        "arrayminus": (table["estimate"] - table["ci_low"]).fillna(0),
        "color": colour,
        "thickness": 2,
        "width": 4,
    }


def ratio_axis(low: float, high: float) -> dict[str, object]:
    """A logarithmic axis of ratios that shows ``low`` to ``high`` and 1, ticks written out."""
    ends = np.log10([min(low, 1.0) * 0.92, max(high, 1.0) * 1.08])
    return {
        "type": "log",
        "range": [float(end) for end in ends],
        "tickvals": TICKS,
        "ticktext": [f"{tick:g}" for tick in TICKS],
    }


def ratio(value: float) -> str:
    """``1.16``, ``12.3``."""
    return f"{value:.2f}" if value < 10 else f"{value:.1f}"


def span(low: float, high: float) -> str:
    """``95 % interval 0.97 to 1.38``."""
    return f"95{formats.SPACE}% interval {ratio(low)} to {ratio(high)}"


def p_text(value: float) -> str:
    """``p = 0.012``, ``p < 0.001``."""
    return "p < 0.001" if value < 0.001 else f"p = {value:.3f}"


def times(number: int, thing: str, things: str | None = None) -> str:
    """``1 test``, ``3 tests``."""
    return f"{formats.count(number)} {thing if number == 1 else things or thing + 's'}"


def holm(p_values: Sequence[float]) -> list[float]:
    """p-values corrected for their number (Holm, 1979); NaN stays NaN and does not count."""
    values = np.asarray(p_values, dtype=float)
    corrected = np.full(len(values), np.nan)
    places = [int(i) for i in np.argsort(values, kind="stable") if not np.isnan(values[i])]
    largest = 0.0
    for rank, place in enumerate(places):
        largest = max(largest, min((len(places) - rank) * values[place], 1.0))
        corrected[place] = largest
    return [float(value) for value in corrected]


def wilson(count: float, total: float) -> tuple[float, float]:
    """95 % interval of a share in percent (Wilson, 1927); ``total`` is above zero."""
    share, square = count / total, Z * Z / total
    middle = (share + square / 2) / (1 + square)
    half = Z * np.sqrt(share * (1 - share) / total + square / (4 * total)) / (1 + square)
    return 100 * max(float(middle - half), 0.0), 100 * min(float(middle + half), 1.0)


def floats(frame: pd.DataFrame, *columns: str) -> pd.DataFrame:
    """Decimals and missing values of ``columns`` as numbers that can be drawn."""
    return frame.assign(**{column: frame[column].astype(float) for column in columns})


def records(table: pd.DataFrame) -> list[dict[str, Any]]:
    """The rows as dictionaries."""
    return [{str(name): value for name, value in row.items()} for _, row in table.iterrows()]


def places(figure: go.Figure, labels: Sequence[str], **where: int) -> None:
    """A y axis with one row per label, the first on top."""
    figure.update_yaxes(
        tickvals=list(range(len(labels))),
        ticktext=list(labels),
        range=[len(labels) - 0.4, -0.6],
        showgrid=False,
        **where,
    )


def dotted_line(figure: go.Figure, value: float, **where: int) -> None:
    """A dotted line across a panel; only where traces are already, plotly leaves it out else."""
    figure.add_vline(
        x=value, line_dash="dot", line_color=LIGHT.muted, line_width=1.5, layer="below", **where
    )

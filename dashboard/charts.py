"""Figures of the dashboard: pure functions of data, with the looks of the reports."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pandas as pd
import plotly.graph_objects as go

from analytics_viz import formats
from analytics_viz.formats import Kind
from analytics_viz.theme import LIGHT, counterparts, template

TREND_HEIGHT = 320
BAR_HEIGHT = 46
CONFIG = {"displayModeBar": False, "responsive": True}


@dataclass(frozen=True)
class Shown:
    """How a metric is written: its kind, and what its values are multiplied by."""

    kind: Kind
    factor: float = 1.0
    better: str | None = None

    def text(self, value: float | None) -> str:
        """A value as people read it."""
        return formats.number(None if value is None else value * self.factor, self.kind)


SHOWN = {
    "revenue": Shown("money", better="up"),
    "payment_failure_rate": Shown("percent", 100, better="down"),
    "average_processing_time": Shown("seconds", better="down"),
    "spending": Shown("money"),
    "essential_share": Shown("percent", 100),
    "discretionary_share": Shown("percent", 100),
}
# few labels, side by side: a card is narrow
_DAYS: dict[str, Any] = {
    "nticks": 4, "tickangle": 0, "tickformatstops": [
        {"dtickrange": [None, "M1"], "value": "%-d %b"},
        {"dtickrange": ["M1", None], "value": "%b %y"},
    ],
}  # fmt: skip
# below the plot, two names in a row: a card is as narrow as a phone
_LEGEND = {
    "y": -0.14, "yanchor": "top", "x": 0.01, "xref": "container", "font": {"size": 11},
    "entrywidth": 0.46, "entrywidthmode": "fraction", "itemwidth": 30,
}  # fmt: skip
_AXES: dict[Kind, dict[str, Any]] = {
    "money": {"tickprefix": "$", "tickformat": "~s"},
    "percent": {"ticksuffix": " %"},
    "seconds": {"ticksuffix": " s"},
}


def trend(lines: dict[str, pd.DataFrame], shown: Shown) -> go.Figure:
    """A metric over time: dots are days, the line the moving average; with members a line for each.

    Args:
        lines: day, value and average of all payments, then of each member to draw beside them.
        shown: how the metric is written.
    """
    figure = go.Figure()
    is_split = len(lines) > 1
    colours = [LIGHT.muted, *LIGHT.series] if is_split else [LIGHT.blue]
    if not is_split:
        (frame,) = lines.values()
        figure.add_scatter(
            x=frame["day"], y=frame["value"] * shown.factor, mode="markers", name="Each day",
            marker={"color": LIGHT.quiet, "size": 4}, hovertemplate=_hover("", shown.kind),
        )  # fmt: skip
    for place, ((name, frame), colour) in enumerate(zip(lines.items(), colours, strict=False)):
        is_context = is_split and place == 0
        label = name if is_split else "7-day average"
        figure.add_scatter(
            x=frame["day"], y=frame["average"] * shown.factor, mode="lines", name=label,
            line={"color": colour, "width": 1.5 if is_context else 2.4,
                  "dash": "dot" if is_context else "solid"},
            hovertemplate=_hover(label, shown.kind),
        )  # fmt: skip
    figure.update_layout(
        template=template(), height=TREND_HEIGHT, margin={"l": 4, "r": 12, "t": 8, "b": 4},
        hovermode="closest", legend=_LEGEND,
    )  # fmt: skip
    figure.update_yaxes(rangemode="tozero", nticks=5, **_AXES.get(shown.kind, {}))
    figure.update_xaxes(**_DAYS)
    return figure


def _hover(name: str, kind: Kind) -> str:
    values = {"money": "$%{y:,.2f}", "percent": "%{y:.1f} %", "seconds": "%{y:.2f} s"}
    return f"%{{x|%-d %b %Y}}: {values[kind]}<extra>{name}</extra>"


def bars(frame: pd.DataFrame, shown: Shown, slots: int) -> go.Figure:
    """A metric by member as bars, the largest member on top.

    Args:
        frame: member, value, payments.
        shown: how the metric is written.
        slots: room for so many bars, so that the page does not jump with their number.
    """
    values = frame["value"] * shown.factor
    figure = go.Figure(
        go.Bar(
            x=values, y=frame["member"], orientation="h",
            marker={"color": LIGHT.blue}, width=0.5,
            text=[shown.text(v) for v in frame["value"]], textposition="outside",
            cliponaxis=False,
            customdata=[formats.count(n) for n in frame["payments"]],
            hovertemplate="%{y}: %{text}, of %{customdata} payments<extra></extra>",
        )
    )  # fmt: skip
    largest = float(values.max()) if len(values) else 0.0
    figure.update_layout(
        template=template(), height=slots * BAR_HEIGHT, showlegend=False,
        margin={"l": 4, "r": 12, "t": 4, "b": 4},
    )  # fmt: skip
    figure.update_yaxes(
        range=[slots - 0.5, -0.5], showgrid=False, tickfont={"color": LIGHT.text, "size": 13}
    )
    figure.update_xaxes(visible=False, range=[0, (largest or 1) * 1.4])
    return figure


def stacked(frame: pd.DataFrame, groups: list[str]) -> go.Figure:
    """Spending by month, one colour a group of categories.

    Args:
        frame: month, group, spending.
        groups: their order, from the bottom up.
    """
    figure = go.Figure()
    for group, colour in zip(groups, LIGHT.series, strict=False):
        mine = frame[frame["group"] == group]
        figure.add_bar(
            x=mine["month"], y=mine["spending"], name=group.capitalize(),
            marker={"color": colour},
            customdata=[formats.money(v) for v in mine["spending"]],
            hovertemplate="%{x|%B %Y}: %{customdata}<extra>" + group + "</extra>",
        )  # fmt: skip
    figure.update_layout(
        template=template(), barmode="relative", height=TREND_HEIGHT + 40,
        margin={"l": 4, "r": 12, "t": 8, "b": 4}, legend=_LEGEND,
    )  # fmt: skip
    figure.update_yaxes(nticks=5, **_AXES["money"])
    figure.update_xaxes(**_DAYS)
    return figure


def in_theme(figure: go.Figure, is_dark: bool) -> go.Figure:
    """A figure in the colours of the page; figures are drawn in the light ones."""
    return go.Figure(_swapped(figure.to_dict(), counterparts())) if is_dark else figure


def _swapped(value: Any, colours: dict[str, str]) -> Any:
    if isinstance(value, dict):
        return {name: _swapped(one, colours) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [_swapped(one, colours) for one in value]
    return colours.get(value, value) if isinstance(value, str) else value


def trend_finding(total: pd.DataFrame, shown: Shown) -> str:
    """What a trend says: its average at the end, and how it was when the period began."""
    known = total["average"].dropna()
    if known.empty:
        return "Fewer than seven days"
    first, last = float(known.iloc[0]), float(known.iloc[-1])
    if shown.text(first) == shown.text(last):
        return f"Unchanged at {shown.text(last)}"
    return f"{'Up' if last > first else 'Down'} from {shown.text(first)} to {shown.text(last)}"


def bars_finding(frame: pd.DataFrame, shown: Shown) -> str:
    """What a comparison says: who is highest, who lowest."""
    known = frame.dropna(subset=["value"]).sort_values("value", ascending=False)
    if known.empty:
        return "Nothing to compare"
    members = [str(name) for name in known["member"]]
    texts = [shown.text(float(value)) for value in known["value"]]
    if texts[0] == texts[-1]:
        return f"{formats.listing(members) if len(members) < 3 else 'All'} at {texts[0]}"
    return f"{members[0]} highest ({texts[0]}), {members[-1]} lowest ({texts[-1]})"


def shares(lines: dict[str, pd.DataFrame], shown: Shown) -> go.Figure:
    """Shares by month as lines: each frame has day (the month) and value."""
    figure = go.Figure()
    for (name, frame), colour in zip(lines.items(), LIGHT.series, strict=False):
        figure.add_scatter(
            x=frame["day"], y=frame["value"] * shown.factor, mode="lines+markers", name=name,
            line={"color": colour, "width": 2.4},
            customdata=[shown.text(v) for v in frame["value"]],
            hovertemplate="%{x|%B %Y}: %{customdata}<extra>" + name + "</extra>",
        )  # fmt: skip
    figure.update_layout(
        template=template(), height=TREND_HEIGHT + 40, margin={"l": 4, "r": 12, "t": 8, "b": 4},
        legend=_LEGEND,
    )  # fmt: skip
    figure.update_yaxes(rangemode="tozero", nticks=5, **_AXES.get(shown.kind, {}))
    figure.update_xaxes(**_DAYS | {"nticks": 8})
    return figure


def deliveries(batches: pd.DataFrame) -> go.Figure:
    """Rows that could not be used, by batch: quarantined and duplicates."""
    figure = go.Figure()
    for column, name, colour in (
        ("quarantined_rows", "Quarantined", LIGHT.vermillion),
        ("duplicate_rows", "Duplicates", LIGHT.quiet),
    ):
        figure.add_bar(
            x=[f"{day:%-d %b %Y}" for day in batches["batch_date"]],
            y=batches[column].astype(float), name=name, marker={"color": colour},
            hovertemplate="%{x}: %{y:,}<extra>" + name + "</extra>",
        )  # fmt: skip
    figure.update_layout(
        template=template(), barmode="stack", height=TREND_HEIGHT,
        margin={"l": 4, "r": 12, "t": 8, "b": 4}, legend=_LEGEND,
    )  # fmt: skip
    figure.update_yaxes(nticks=5, rangemode="tozero")
    figure.update_xaxes(nticks=4, tickangle=0, type="category")
    return figure

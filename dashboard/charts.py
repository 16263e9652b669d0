"""Figures of the dashboard: pure functions of data, with the looks of the reports."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
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
_LEGEND: dict[str, Any] = {
    "y": -0.14, "yanchor": "top", "x": 0.01, "xref": "container", "font": {"size": 11},
    "entrywidth": 0.46, "entrywidthmode": "fraction", "itemwidth": 30,
}  # fmt: skip
_AXES: dict[Kind, dict[str, Any]] = {
    "money": {"tickprefix": "$", "tickformat": "~s"},
    "percent": {"ticksuffix": " %"},
    "seconds": {"ticksuffix": " s"},
}


def _figure(data: list[dict[str, Any]], layout: dict[str, Any]) -> go.Figure:
    """A figure with the looks of the reports, checked once: every change would check it again."""
    return go.Figure({"data": data, "layout": layout | {"template": _template()}})


@cache
def _template() -> go.layout.Template:
    return template()


def _over_time(kind: Kind, height: int, ticks: int = 4, **layout: Any) -> dict[str, Any]:
    return {
        "height": height,
        "margin": {"l": 4, "r": 12, "t": 8, "b": 4},
        "legend": _LEGEND,
        "yaxis": {"rangemode": "tozero", "nticks": 5, **_AXES.get(kind, {})},
        "xaxis": _DAYS | {"nticks": ticks},
        **layout,
    }


def trend(lines: dict[str, pd.DataFrame], shown: Shown) -> go.Figure:
    """A metric over time: dots are days, the line the moving average; with members a line for each.

    Args:
        lines: day, value and average of all payments, then of each member to draw beside them.
        shown: how the metric is written.
    """
    is_split = len(lines) > 1
    colours = [LIGHT.muted, *LIGHT.series] if is_split else [LIGHT.blue]
    traces: list[dict[str, Any]] = []
    if not is_split:
        (frame,) = lines.values()
        traces.append({
            "type": "scatter", "x": frame["day"], "y": frame["value"] * shown.factor,
            "mode": "markers", "name": "Each day", "marker": {"color": LIGHT.quiet, "size": 4},
            "hovertemplate": _hover("", shown.kind),
        })  # fmt: skip
    for place, ((name, frame), colour) in enumerate(zip(lines.items(), colours, strict=False)):
        is_context = is_split and place == 0
        label = name if is_split else "7-day average"
        dash, width = ("dot", 1.5) if is_context else ("solid", 2.4)
        traces.append({
            "type": "scatter", "x": frame["day"], "y": frame["average"] * shown.factor,
            "mode": "lines", "name": label, "hovertemplate": _hover(label, shown.kind),
            "line": {"color": colour, "width": width, "dash": dash},
        })  # fmt: skip
    return _figure(traces, _over_time(shown.kind, TREND_HEIGHT, hovermode="closest"))


def _hover(name: str, kind: Kind, day: str = "%-d %b %Y") -> str:
    values = {"money": "$%{y:,.2f}", "percent": "%{y:.1f} %", "seconds": "%{y:.2f} s"}
    return f"%{{x|{day}}}: {values.get(kind, '%{y:,}')}<extra>{name}</extra>"


def bars(frame: pd.DataFrame, shown: Shown, slots: int) -> go.Figure:
    """A metric by member as bars, the largest member on top.

    Args:
        frame: member, value, payments.
        shown: how the metric is written.
        slots: room for so many bars, so that the page does not jump with their number.
    """
    values = frame["value"] * shown.factor
    largest = float(values.max()) if len(values) else 0.0
    trace = {
        "type": "bar", "x": values, "y": list(frame["member"]), "orientation": "h", "width": 0.5,
        "marker": {"color": LIGHT.blue}, "text": [shown.text(v) for v in frame["value"]],
        "textposition": "outside", "cliponaxis": False,
        "customdata": [formats.count(n) for n in frame["payments"]],
        "hovertemplate": "%{y}: %{text}, of %{customdata} payments<extra></extra>",
    }  # fmt: skip
    return _figure([trace], {
        "height": slots * BAR_HEIGHT, "showlegend": False,
        "margin": {"l": 4, "r": 12, "t": 4, "b": 4},
        "yaxis": {"range": [slots - 0.5, -0.5], "showgrid": False,
                  "tickfont": {"color": LIGHT.text, "size": 13}},
        "xaxis": {"visible": False, "range": [0, (largest or 1) * 1.4]},
    })  # fmt: skip


def stacked(frame: pd.DataFrame, groups: list[str]) -> go.Figure:
    """Spending by month, one colour a group of categories.

    Args:
        frame: month, group, spending.
        groups: their order, from the bottom up.
    """
    traces = []
    for group, colour in zip(groups, LIGHT.series, strict=False):
        mine = frame[frame["group"] == group]
        traces.append({
            "type": "bar", "x": mine["month"], "y": mine["spending"], "name": group.capitalize(),
            "marker": {"color": colour}, "hovertemplate": _hover(group, "money", "%B %Y"),
        })  # fmt: skip
    return _figure(traces, _over_time("money", TREND_HEIGHT + 40, barmode="relative"))


def shares(lines: dict[str, pd.DataFrame], shown: Shown) -> go.Figure:
    """Shares by month as lines: each frame has day (the month) and value."""
    traces = [
        {
            "type": "scatter", "x": frame["day"], "y": frame["value"] * shown.factor,
            "mode": "lines+markers", "name": name, "line": {"color": colour, "width": 2.4},
            "hovertemplate": _hover(name, shown.kind, "%B %Y"),
        }
        for (name, frame), colour in zip(lines.items(), LIGHT.series, strict=False)
    ]  # fmt: skip
    return _figure(traces, _over_time(shown.kind, TREND_HEIGHT + 40, ticks=8))


def deliveries(batches: pd.DataFrame) -> go.Figure:
    """Rows that could not be used, by batch: quarantined and duplicates."""
    traces = [
        {
            "type": "bar", "x": [f"{day:%-d %b %Y}" for day in batches["batch_date"]],
            "y": batches[column].astype(float), "name": name, "marker": {"color": colour},
            "hovertemplate": f"%{{x}}: %{{y:,}}<extra>{name}</extra>",
        }
        for column, name, colour in (
            ("quarantined_rows", "Quarantined", LIGHT.vermillion),
            ("duplicate_rows", "Duplicates", LIGHT.quiet),
        )
    ]  # fmt: skip
    layout = _over_time("count", TREND_HEIGHT, barmode="stack")
    layout["xaxis"] = {"nticks": 4, "tickangle": 0, "type": "category"}
    return _figure(traces, layout)


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

"""Charts of the dashboard: pure functions of data, with the looks of the reports.

What they return are options of Apache ECharts, which Streamlit brings along: a page changes all its
charts at a click, and ECharts draws them in a third of plotly's time (decision 0029).
"""

from __future__ import annotations

import datetime as dt
import html
import math
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import pandas as pd

from analytics_viz import formats
from analytics_viz.formats import Kind
from analytics_viz.theme import FONT, LIGHT, counterparts

HEIGHT = 250
POINTS = 400
MANY = 30  # points; so many begin and end at the edges of a chart, fewer stand in slots
BAR_HEIGHT = 30
Chart = dict[str, Any]


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
    "sales_revenue": Shown("money", better="up"),
    "orders": Shown("count", better="up"),
    "sales_profit": Shown("money", better="up"),
    "profit_margin": Shown("percent", 100, better="up"),
    "monthly_recurring_revenue": Shown("money", better="up"),
    "visits": Shown("count"),
    "conversion_rate": Shown("percent", 100, better="up"),
}
# of an axis, and of a value that is pointed at (as printf has it)
_TICKS: dict[Kind, str] = {"money": "${value}", "percent": "{value} %", "seconds": "{value} s"}
_VALUES: dict[Kind, str] = {"money": "$%,.2f", "percent": "%.1f %%", "seconds": "%.2f s"}
_SMALL = {"color": LIGHT.muted, "fontSize": 11, "fontFamily": FONT}
_TOOLTIP = {
    "backgroundColor": LIGHT.surface,
    "borderColor": LIGHT.quiet,
    "textStyle": {"color": LIGHT.text, "fontSize": 13, "fontFamily": FONT},
    "confine": True,
}


def _over_time(
    labels: Iterable[str], kind: Kind, series: list[Chart], colours: Iterable[str]
) -> Chart:
    shown = list(labels)
    return {
        "animation": False,
        "color": list(colours)[: len(series)],
        "grid": {"left": 4, "right": 14, "top": 10, "bottom": 2, "containLabel": True},
        "tooltip": _TOOLTIP | {
            "trigger": "axis", "valueFormatter": _VALUES.get(kind, "localized"),
            "axisPointer": {"lineStyle": {"color": LIGHT.quiet}},
        },
        "xAxis": {
            "type": "category", "data": shown,
            "boundaryGap": series[0]["type"] == "bar" or len(shown) < MANY,
            # few labels, side by side: a card is narrow
            "axisLabel": _SMALL | {"customValues": _labelled(len(shown)), "hideOverlap": True},
            "axisTick": {"show": False}, "axisLine": {"lineStyle": {"color": LIGHT.grid}},
        },
        "yAxis": {
            "type": "value", "splitNumber": 4,
            "axisLabel": _SMALL | {"formatter": _TICKS.get(kind, "{value}")},
            "splitLine": {"lineStyle": {"color": LIGHT.grid}},
        },
        "series": series,
    }  # fmt: skip


def step(days: int) -> int:
    """Every which day a trend draws: a card is no wider than `POINTS`."""
    return -(-days // POINTS)


def _thinned(frame: pd.DataFrame) -> pd.DataFrame:
    """The days that are drawn, the last one among them."""
    every = step(len(frame))
    return frame.iloc[(len(frame) - 1) % every :: every]


@lru_cache(maxsize=64)
def _days(days: tuple[dt.date, ...]) -> list[str]:
    """Days as people read them; the charts of a page have the same."""
    return [formats.day(day) for day in days]


def _labelled(number: int) -> list[int]:
    """Which of so many places on an axis are named: few, and none at its ends."""
    return [place * number // 6 for place in (1, 3, 5)] if number > 3 else list(range(number))


def _line(name: str, values: list[float | None], width: float, dash: str = "solid") -> Chart:
    return {
        "type": "line", "name": name, "data": values, "showSymbol": False, "symbol": "circle",
        "lineStyle": {"width": width, "type": dash}, "emphasis": {"disabled": True},
    }  # fmt: skip


def _numbers(values: pd.Series[float], factor: float = 1.0) -> list[float | None]:
    """Values as a chart takes them: a gap where there is none."""
    rounded = (values.astype(float) * factor).round(4).tolist()
    return [None if math.isnan(value) else value for value in rounded]


def trend(lines: dict[str, pd.DataFrame], shown: Shown) -> Chart:
    """A metric over time, by day and as moving average; with members the averages of each.

    Args:
        lines: day, value and average of the whole, then of each member to draw beside it.
        shown: how the metric is written.
    """
    lines = {name: _thinned(frame) for name, frame in lines.items()}
    (total, whole), *members = lines.items()
    averages = [_numbers(frame["average"], shown.factor) for frame in lines.values()]
    if members:
        colours = [LIGHT.muted, *LIGHT.series]
        series = [_line(total, averages[0], 1.5, "dotted")]
        for (name, _), average in zip(members, averages[1:], strict=True):
            series.append(_line(name, average, 2.4))
    else:
        colours = [LIGHT.quiet, LIGHT.blue]
        series = [
            _line("Each day", _numbers(whole["value"], shown.factor), 1),
            _line("7-day average", averages[0], 2.4),
        ]
    labels = _days(tuple(whole["day"]))
    return _over_time(labels, shown.kind, series, colours)


def bars(frame: pd.DataFrame, shown: Shown, slots: int, of: str) -> str:
    """A metric by member as bars, the largest member on top: HTML, as it takes nothing else.

    Args:
        frame: member, value, count.
        shown: how the metric is written.
        slots: room for so many bars, so that the page does not jump with their number.
        of: what is counted.
    """
    largest = frame["value"].max() or 1
    rows = []
    for name, value, number in zip(frame["member"], frame["value"], frame["count"], strict=True):
        text, share = shown.text(value), 0 if math.isnan(value) else max(value / largest, 0)
        words = html.escape(f"{name}: {text}, of {formats.count(number)} {of}")
        rows.append(
            f'<div title="{words}"><span>{html.escape(str(name))}</span>'
            f'<em><i style="width:calc((100% - 5.5em) * {share:.4f})"></i><b>{text}</b></em></div>'
        )
    return f'<div class="bars" style="min-height:{BAR_HEIGHT * slots}px">{"".join(rows)}</div>'


def stacked(frame: pd.DataFrame, groups: list[str], value: str = "spending") -> Chart:
    """Money by month, one colour a group.

    Args:
        frame: month, group, and a column named as `value`.
        groups: their order, from the bottom up.
        value: what is stacked.
    """
    months = sorted(frame["month"].unique())
    table = frame.pivot_table(index="month", columns="group", values=value, aggfunc="sum")
    table = table.reindex(index=months, columns=groups, fill_value=0.0)
    series = [
        {"type": "bar", "stack": "all", "name": group.capitalize(), "data": _numbers(table[group])}
        for group in groups
    ]
    return _over_time((f"{month:%b %Y}" for month in months), "money", series, LIGHT.series)


def by_month(lines: dict[str, pd.DataFrame], shown: Shown) -> Chart:
    """A metric by month as lines: each frame has day (the month) and value."""
    series = [
        _line(name, _numbers(frame["value"], shown.factor), 2.4) | {"showSymbol": True}
        for name, frame in lines.items()
    ]
    (first, *_) = lines.values()
    return _over_time(
        (f"{month:%b %Y}" for month in first["day"]), shown.kind, series, LIGHT.series
    )


def deliveries(batches: pd.DataFrame) -> Chart:
    """Rows that could not be used, by batch: quarantined and duplicates."""
    series = [
        {"type": "bar", "stack": "all", "name": name, "data": _numbers(batches[column])}
        for column, name in (("quarantined_rows", "Quarantined"), ("duplicate_rows", "Duplicates"))
    ]
    colours = [LIGHT.vermillion, LIGHT.quiet]
    return _over_time(map(formats.day, batches["batch_date"]), "count", series, colours)


def legend(chart: Chart) -> list[tuple[str, str]]:
    """Name and colour of each of several series; nothing for one alone."""
    names = [one["name"] for one in chart["series"] if "name" in one]
    return list(zip(names, chart["color"], strict=True)) if len(names) > 1 else []


def in_theme(chart: Chart, is_dark: bool) -> Chart:
    """A chart in the colours of the page; charts are made in the light ones."""
    found: Chart = _swapped(chart, counterparts()) if is_dark else chart
    return found


def _swapped(value: Any, colours: dict[str, str]) -> Any:
    if isinstance(value, dict):
        return {name: _swapped(one, colours) for name, one in value.items()}
    if isinstance(value, list):
        return [_swapped(one, colours) for one in value]
    return colours.get(value, value) if isinstance(value, str) else value


def trend_finding(total: pd.DataFrame, shown: Shown) -> str:
    """What a trend says: its average at the end, and how it was when the period began."""
    known = total["average"].dropna()
    if known.empty:
        return "Fewer than seven days"
    first, last = float(known.iloc[0]), float(known.iloc[-1])
    before, now = (_average_text(value, shown) for value in (first, last))
    if before == now:
        return f"Unchanged at {now}"
    return f"{'Up' if last > first else 'Down'} from {before} to {now}"


def _average_text(value: float, shown: Shown) -> str:
    """An average as people read it: of few things it is no whole number."""
    return f"{value:.1f}" if shown.kind == "count" and value < 100 else shown.text(value)


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

"""Key figures: a number, the query behind it, and its change against the period before."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import LiteralString

import pandas as pd

from analytics_viz import formats
from analytics_viz.data import Parameters, Period, Warehouse
from analytics_viz.formats import Kind, Number

HISTORY = 13  # periods: about a year of 28 or 30 days


@dataclass(frozen=True)
class Kpi:
    """A key figure.

    Attributes:
        name: stable, for links and tests.
        label: what the card says.
        kind: how its numbers are written.
        better: which direction is good news; None if neither is.
        meaning: one sentence that defines it.
        query: one row, one column; ``%(start)s`` and ``%(end)s`` are the first and last day.
        is_stock: measured on the last day, not summed over the period.
    """

    name: str
    label: str
    kind: Kind
    better: str | None
    meaning: str
    query: LiteralString
    is_stock: bool = False


@dataclass(frozen=True)
class Reading:
    """A key figure over consecutive periods of the same length, the oldest first."""

    kpi: Kpi
    periods: Sequence[Period]
    values: Sequence[Number | None]
    sql: str

    @property
    def value(self) -> Number | None:
        """The figure of the latest period."""
        return self.values[-1]

    @property
    def previous(self) -> Number | None:
        """The figure of the period before; None if the data do not reach back so far."""
        return self.values[-2] if len(self.values) > 1 else None

    @property
    def text(self) -> str:
        """The figure as the card shows it."""
        return formats.number(self.value, self.kpi.kind)

    @property
    def change_percent(self) -> float | None:
        """Relative change against the period before; None if there is nothing to compare with."""
        return relative_change(self.value, self.previous)

    @property
    def change_text(self) -> str:
        """The change in words: relative, for rates in percentage points."""
        if self.value is None or self.previous is None:
            return "nothing to compare with"
        if self.kpi.kind == "percent":
            points = self._difference
            sign = "+" if points > 0 else formats.MINUS if points < 0 else "±"
            return f"{sign}{abs(points):.2f} points"
        change = self.change_percent
        if change is None:  # from zero no change can be measured
            return f"from {self.previous_text}" if self._difference else "unchanged"
        return formats.signed_percent(change, 1)

    @property
    def verdict(self) -> str:
        """``good``, ``bad`` or ``neutral``: what the change means to the bank."""
        if not self._difference or self.kpi.better is None:
            return "neutral"
        return "good" if (self._difference > 0) == (self.kpi.better == "up") else "bad"

    @property
    def arrow(self) -> str:
        """The direction of the change, so that it is not told by colour alone."""
        return "▲" if self._difference > 0 else "▼" if self._difference < 0 else "•"

    @property
    def _difference(self) -> float:
        if self.value is None or self.previous is None:
            return 0.0
        return float(self.value) - float(self.previous)

    @property
    def previous_text(self) -> str:
        """The figure of the period before, as text."""
        return formats.number(self.previous, self.kpi.kind)


def relative_change(value: Number | None, base: Number | None) -> float | None:
    """Change in percent of ``base``; None if either is missing or the base is zero."""
    if value is None or base is None or not float(base):
        return None
    return 100 * (float(value) - float(base)) / abs(float(base))


def periods_until(as_of: dt.date, first_day: dt.date, days: int = 30) -> list[Period]:
    """Up to `HISTORY` periods until ``as_of``, all within the data, oldest first."""
    found = [Period.last(days, as_of)]
    while len(found) < HISTORY and found[-1].previous.start >= first_day:
        found.append(found[-1].previous)
    return found[::-1]


def read(
    warehouse: Warehouse,
    kpis: Sequence[Kpi],
    as_of: dt.date,
    days: int = 30,
    parameters: Parameters | None = None,
) -> list[Reading]:
    """Measure each figure in each period, every number by the very query that the card shows."""
    periods = periods_until(as_of, warehouse.first_day, days)
    bound = [{**(parameters or {}), **period.parameters} for period in periods]
    return [
        Reading(
            kpi,
            periods,
            [_number(warehouse.value(kpi.query, one)) for one in bound],
            warehouse.printed(kpi.query, bound[-1]),
        )
        for kpi in kpis
    ]


def to_frame(readings: Sequence[Reading]) -> pd.DataFrame:
    """One row per figure and period: label, kind, period_end, value."""
    return pd.DataFrame(
        [
            (reading.kpi.label, reading.kpi.kind, period.end, value)
            for reading in readings
            for period, value in zip(reading.periods, reading.values, strict=True)
        ],
        columns=["label", "kind", "period_end", "value"],
    )


def _number(value: Number | None) -> Number | None:
    return None if value is None or math.isnan(float(value)) else value

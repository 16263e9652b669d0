"""Key figures: periods of the same length, and what a change means."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from itertools import pairwise

import pytest

from analytics_viz.data import Period
from analytics_viz.formats import MINUS, SPACE, Kind
from analytics_viz.kpi import HISTORY, Kpi, Reading, periods_until, relative_change

AS_OF = dt.date(2026, 11, 20)


def reading(kind: Kind, better: str | None, *values: float | Decimal | None) -> Reading:
    kpi = Kpi("x", "X", kind, better, "An x.", "select 1")
    periods = periods_until(AS_OF, dt.date(2000, 1, 1))[-len(values) :]
    return Reading(kpi, periods, values, "select 1")


def test_period_includes_both_ends() -> None:
    period = Period.last(30, AS_OF)
    assert (period.start, period.end, period.days) == (dt.date(2026, 10, 22), AS_OF, 30)
    assert period.previous == Period(dt.date(2026, 9, 22), dt.date(2026, 10, 21))


def test_periods_meet_and_end_today() -> None:
    periods = periods_until(AS_OF, dt.date(2020, 1, 1))
    assert len(periods) == HISTORY and periods[-1].end == AS_OF
    for earlier, later in pairwise(periods):
        assert (later.start - earlier.end).days == 1


def test_periods_do_not_reach_before_the_data() -> None:
    assert len(periods_until(AS_OF, AS_OF - dt.timedelta(days=59))) == 2
    assert len(periods_until(AS_OF, AS_OF - dt.timedelta(days=58))) == 1


@pytest.mark.parametrize(
    ("value", "base", "change"),
    [(110, 100, 10.0), (-50, -100, 50.0), (1, 0, None), (None, 5, None), (5, None, None)],
)
def test_relative_change(value: float | None, base: float | None, change: float | None) -> None:
    assert relative_change(value, base) == change


@pytest.mark.parametrize(
    ("kind", "better", "values", "expected"),
    [
        ("money", "up", (100, 110), ("good", "▲", "+10.0 %")),
        ("money", "up", (110, 99), ("bad", "▼", "-10.0 %")),
        ("price", None, (100, 110), ("neutral", "▲", "+10.0 %")),
        ("percent", "down", (2.0, 1.5), ("good", "▼", "-0.50 points")),
        ("percent", "down", (0, Decimal("1.31")), ("bad", "▲", "+1.31 points")),
        ("count", "up", (5, 5), ("neutral", "•", "0.0 %")),
        ("count", "up", (5,), ("neutral", "•", "nothing to compare with")),
        ("count", "up", (0, 5), ("good", "▲", "from 0")),
        ("count", "up", (0, 0), ("neutral", "•", "unchanged")),
        ("money", "up", (None, 5), ("neutral", "•", "nothing to compare with")),
    ],
)
def test_change(
    kind: Kind, better: str | None, values: tuple[float, ...], expected: tuple[str, str, str]
) -> None:
    found = reading(kind, better, *values)
    text = found.change_text.replace(SPACE, " ").replace(MINUS, "-")
    assert (found.verdict, found.arrow, text) == expected

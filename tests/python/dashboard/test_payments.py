"""What the page on payments makes of sums: totals, changes, moving averages, comparisons."""

from __future__ import annotations

import datetime as dt
import math

import pandas as pd
import pytest

from analytics_viz.data import Period
from dashboard import charts
from dashboard.filters import Filters
from dashboard.metrics import metric
from dashboard.payments import Payments

FIRST = dt.date(2026, 1, 1)
NAMES = ["revenue", "failed_payments", "payments", "payment_seconds", "timed_payments"]


def day(number: int) -> dt.date:
    return FIRST + dt.timedelta(days=number - 1)


def sums(*rows: tuple[int, str, float, int, int]) -> pd.DataFrame:
    """Day, member, revenue, failed and all payments; each took two seconds."""
    return pd.DataFrame(
        [(day(d), member, money, bad, n, 2.0 * n, n) for d, member, money, bad, n in rows],
        columns=["day", "member", *NAMES],
    )


def payments(frame: pd.DataFrame, start: int, end: int, **choice: str) -> Payments:
    period = Period(day(start), day(end))
    filters = Filters(period, **choice)
    return Payments.of(filters, frame, frame, FIRST)


def test_readings_are_ratios_of_sums() -> None:
    """1 of 10 and 1 of 2 are 2 of 12, not the mean of 10 % and 50 %."""
    frame = sums((1, "A", 5, 1, 4), (2, "A", 5, 0, 4), (3, "A", 7, 1, 10), (4, "B", 3, 1, 2))
    shown = payments(frame, 3, 4)
    assert shown.by_channel.reading(metric("payment_failure_rate")) == (2 / 12, 1 / 8)
    assert shown.by_channel.reading(metric("revenue")) == (10, 10)
    assert shown.by_channel.reading(metric("average_processing_time")) == (2, 2)


def test_no_change_where_the_data_do_not_reach_back() -> None:
    shown = payments(sums((1, "A", 5, 1, 4), (2, "A", 5, 0, 4), (3, "A", 5, 0, 4)), 2, 3)
    assert shown.by_channel.reading(metric("revenue")) == (10, None)


def test_the_moving_average_is_of_seven_days() -> None:
    """A day without payments counts; the eighth day lets the first one go."""
    frame = sums(
        (1, "A", 70, 5, 10), (2, "A", 7, 0, 10), (4, "A", 7, 0, 10), (7, "A", 7, 0, 10),
        (8, "A", 14, 1, 10),
    )  # fmt: skip
    trend = payments(frame, 1, 8).by_channel.trend(metric("revenue"))["All"]
    assert trend["value"].tolist() == [70, 7, 0, 7, 0, 0, 7, 14]
    assert trend["average"].isna().tolist() == [True] * 6 + [False] * 2
    assert trend["average"].tolist()[6:] == [13, 5]
    rate = payments(frame, 1, 8).by_channel.trend(metric("payment_failure_rate"))["All"]
    assert math.isnan(rate["value"][2])
    assert rate["average"].tolist()[6:] == pytest.approx([5 / 40, 1 / 40])


def test_the_average_of_the_first_day_looks_before_the_period() -> None:
    frame = sums(*[(d, "A", 7, 0, 1) for d in range(1, 11)])
    trend = payments(frame, 8, 10).by_channel.trend(metric("revenue"))["All"]
    assert [one.date() for one in trend["day"]] == [day(8), day(9), day(10)]
    assert trend["average"].tolist() == [7, 7, 7]


def test_six_are_compared_and_four_drawn() -> None:
    """By number of payments in the period, then by name; what was large before does not count."""
    rows = [(3, name, 1.0, 0, number) for number, name in enumerate("GFEDCBA", start=1)]
    frame = sums((1, "Old", 1, 0, 99), *rows, (3, "Z", 1, 0, 7))
    shown = payments(frame, 2, 3)
    compared = shown.by_channel.compared(metric("payment_failure_rate"))
    assert compared["member"].tolist() == ["A", "Z", "B", "C", "D", "E"]
    assert compared["count"].tolist() == [7, 7, 6, 5, 4, 3]
    assert shown.split() == ["A", "Z", "B", "C"]


def test_nothing_is_split_where_one_is_chosen() -> None:
    assert payments(sums((1, "UPI", 1, 0, 1)), 1, 1, channel="UPI").split() == []


def test_empty_says_so() -> None:
    frame = sums((1, "A", 1, 0, 1))
    assert payments(frame, 2, 3).by_channel.is_empty
    assert not payments(frame, 1, 3).by_channel.is_empty
    assert payments(frame.head(0), 1, 3).by_channel.is_empty


def test_findings() -> None:
    shown = charts.SHOWN["payment_failure_rate"]
    frame = pd.DataFrame({"member": ["A", "B", "C"], "value": [0.1, 0.2, None], "payments": 1})
    assert charts.bars_finding(frame, shown) == "B highest (20\u00a0%), A lowest (10\u00a0%)"
    assert charts.bars_finding(frame.head(1), shown) == "A at 10\u00a0%"
    assert charts.bars_finding(frame.tail(1), shown) == "Nothing to compare"
    average = pd.DataFrame({"average": [None, 0.1, 0.2]})
    assert charts.trend_finding(average, shown) == "Up from 10\u00a0% to 20\u00a0%"
    assert charts.trend_finding(average.head(2), shown) == "Unchanged at 10\u00a0%"
    assert charts.trend_finding(average.head(1), shown) == "Fewer than seven days"
    few = pd.DataFrame({"average": [0.8, 1.2]})
    assert charts.trend_finding(few, charts.SHOWN["orders"]) == "Up from 0.8 to 1.2"

"""What the page on commerce makes of a link, and of orders."""

from __future__ import annotations

import datetime as dt

import pandas as pd
import pytest

from analytics_viz.data import Period
from dashboard import commerce
from dashboard.commerce import Basket, Choices
from dashboard.series import Series

FIRST, TODAY = dt.date(2026, 1, 1), dt.date(2026, 11, 20)
CHOICES = Choices(["Garden", "Groceries"], ["Affluent"], ["Mobile", "Online"], FIRST, TODAY)


@pytest.mark.parametrize(
    "said",
    [
        {},
        {"days": "365", "category": "Garden", "by": "segment"},
        {"segment": "Affluent", "channel": "Online"},
        {"from": "2026-02-01", "to": "2026-02-28"},
    ],
)
def test_a_link_comes_back_as_it_was(said: dict[str, str]) -> None:
    basket, wrong = commerce.read(said, CHOICES)
    assert not wrong
    assert basket.parameters() == said


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        ({"category": "Weapons"}, "no category “Weapons”"),
        ({"by": "city"}, "compared by “city”"),
        ({"region": "West"}, "“region” means nothing"),
        ({"from": "2027-01-01"}, "nothing from 2027-01-01"),
    ],
)
def test_what_a_link_cannot_have_is_said_and_left_out(said: dict[str, str], sentence: str) -> None:
    basket, wrong = commerce.read(said, CHOICES)
    assert len(wrong) == 1
    assert sentence in wrong[0]
    assert not basket.parameters()


def test_the_whole_is_not_the_sum_of_its_members() -> None:
    """One order of two departments: each has it, and there is one."""
    names = ["sales_revenue", "orders", "sales_profit"]
    whole = pd.DataFrame([(FIRST, 30, 1, 6)], columns=["day", *names])
    parts = pd.DataFrame(
        [(FIRST, "Garden", 10, 1, 5), (FIRST, "Groceries", 20, 1, 1)],
        columns=["day", "member", *names],
    )
    shown = Series(Period(FIRST, FIRST), FIRST, names, "orders", whole, parts)
    metrics = commerce.metrics()
    assert shown.reading(metrics["orders"]) == (1, None)
    assert shown.reading(metrics["profit_margin"]) == (0.2, None)
    compared = shown.compared(metrics["profit_margin"])
    assert compared["member"].tolist() == ["Garden", "Groceries"]
    assert compared["value"].tolist() == [0.5, 0.05]
    assert commerce.split(Basket(shown.period), shown) == ["Garden", "Groceries"]
    assert not commerce.split(Basket(shown.period, category="Garden"), shown)


@pytest.mark.parametrize(
    ("day", "months", "first"),
    [
        (dt.date(2026, 11, 20), 11, dt.date(2025, 12, 1)),
        (dt.date(2026, 12, 31), 11, dt.date(2026, 1, 1)),
        (dt.date(2026, 1, 1), 1, dt.date(2025, 12, 1)),
        (dt.date(2026, 1, 31), 0, dt.date(2026, 1, 1)),
    ],
)
def test_months_before(day: dt.date, months: int, first: dt.date) -> None:
    assert commerce.months_before(day, months) == first

"""Numbers and dates as people read them."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics_viz import formats
from analytics_viz.formats import Kind


def plain(text: str) -> str:
    return text.replace(formats.SPACE, " ").replace(formats.MINUS, "-")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "$0"),
        (999, "$999"),
        (1000, "$1.00 k"),
        (12_345, "$12.3 k"),
        (999_499, "$999 k"),
        (999_950, "$1.00 M"),  # not "$1,000 k"
        (1_234_567, "$1.23 M"),
        (Decimal("-68912.33"), "-$68.9 k"),
        (-0.2, "$0"),  # no minus in front of nothing
        (5e15, "$5,000 T"),
    ],
)
def test_money(value: float | Decimal, text: str) -> None:
    assert plain(formats.money(value)) == text


@pytest.mark.parametrize(
    ("value", "kind", "text"),
    [
        (12_345, "count", "12,345"),
        (99_999, "count", "99,999"),
        (1_234_567, "count", "1.23 M"),
        (Decimal("52.126"), "price", "$52.13"),
        (42.4, "percent", "42 %"),
        (4.24, "percent", "4.2 %"),
        (0.424, "percent", "0.42 %"),
        (None, "money", "no data"),
        (float("nan"), "percent", "no data"),
    ],
)
def test_number(value: float | None, kind: Kind, text: str) -> None:
    assert plain(formats.number(value, kind)) == text


@pytest.mark.parametrize(("value", "text"), [(3.94, "+3.9 %"), (-3.94, "-3.9 %"), (0, "0 %")])
def test_signed_percent(value: float, text: str) -> None:
    assert plain(formats.signed_percent(value)) == text


@given(st.floats(min_value=0, max_value=9e14))
def test_money_is_short_and_near(value: float) -> None:
    text = plain(formats.money(value))
    digits, _, unit = text.removeprefix("$").partition(" ")
    assert len(digits) <= 4
    scale = {"": 1, "k": 1e3, "M": 1e6, "B": 1e9, "T": 1e12}[unit]
    assert float(digits) * scale == pytest.approx(value, rel=0.0051, abs=0.51)


def test_days() -> None:
    assert formats.days(dt.date(2026, 10, 22), dt.date(2026, 11, 20)) == "22 Oct to 20 Nov 2026"
    assert formats.days(dt.date(2025, 12, 1), dt.date(2026, 1, 2)) == "1 Dec 2025 to 2 Jan 2026"


@pytest.mark.parametrize(
    ("words", "text"), [(["a"], "a"), (["a", "b"], "a and b"), (["a", "b", "c"], "a, b and c")]
)
def test_listing(words: list[str], text: str) -> None:
    assert formats.listing(words) == text

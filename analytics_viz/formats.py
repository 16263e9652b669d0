"""Numbers and dates as people read them: ``$1.2 M``, ``3.4 %``, ``20 Nov 2026``."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Callable
from decimal import Decimal
from typing import Literal

Number = int | float | Decimal
Kind = Literal["count", "money", "price", "percent", "seconds"]

MINUS = "\u2212"
EN_DASH = "\u2013"
SPACE = "\u00a0"  # between a number and its unit: they stay on one line
MISSING = "no data"
_STEPS = ((1e12, "T"), (1e9, "B"), (1e6, "M"), (1e3, "k"))


def count(value: Number) -> str:
    """``12,345``; from 100,000 on ``123 k``, ``1.23 M``."""
    return _signed(value, _short(abs(float(value)), whole_below=100_000))


def money(value: Number) -> str:
    """US dollars in at most four characters and a unit: ``$987``, ``$12.3 k``, ``$1.23 M``."""
    return _signed(value, "$" + _short(abs(float(value)), whole_below=1_000))


def price(value: Number) -> str:
    """US dollars and cents: ``$52.13``."""
    return _signed(value, f"${abs(float(value)):,.2f}")


def percent(value: Number, digits: int | None = None) -> str:
    """``value`` is 0-100: ``42 %``, ``4.2 %``, ``0.42 %``."""
    size = abs(float(value))
    if digits is None:
        digits = 0 if size >= 10 or size == 0 else 1 if size >= 1 else 2
    return _signed(value, f"{size:.{digits}f}{SPACE}%")


def seconds(value: Number) -> str:
    """``0.69 s``."""
    return _signed(value, f"{abs(float(value)):.2f}{SPACE}s")


def signed_percent(value: Number, digits: int | None = None) -> str:
    """A change, its sign always shown: ``+4.2 %``."""
    return ("+" if value > 0 else "") + percent(value, digits)


def number(value: Number | None, kind: Kind) -> str:
    """``value`` in the way of its kind; `MISSING` for None and NaN."""
    if value is None or math.isnan(float(value)):
        return MISSING
    write: dict[Kind, Callable[[Number], str]] = {
        "count": count,
        "money": money,
        "price": price,
        "percent": percent,
        "seconds": seconds,
    }
    return write[kind](value)


def day(date: dt.date) -> str:
    """``20 Nov 2026``."""
    return f"{date.day} {date:%b %Y}"


def parsed(text: str) -> dt.date:
    """The date of ``2026-11-20``."""
    return dt.date.fromisoformat(text)


def month(date: dt.date) -> str:
    """``November 2026``."""
    return f"{date:%B %Y}"


def days(start: dt.date, end: dt.date) -> str:
    """``22 Oct to 20 Nov 2026``; the year is said twice only where it differs."""
    first = f"{start.day} {start:%b}" if start.year == end.year else day(start)
    return f"{first} to {day(end)}"


def unbroken(text: str) -> str:
    """``text`` that is never broken into lines, neither at a space nor at a hyphen."""
    return (
        text.replace(" ", SPACE).replace("-", "\u2011").replace(EN_DASH, f"\u2060{EN_DASH}\u2060")
    )


def listing(words: list[str]) -> str:
    """``a``, ``a and b``, ``a, b and c``."""
    return words[0] if len(words) == 1 else ", ".join(words[:-1]) + " and " + words[-1]


def _short(size: float, whole_below: float) -> str:
    if size < whole_below:
        return f"{size:,.0f}"
    for step, unit in reversed(_STEPS):
        # 999,950 must become 1.00 M and not 1,000 k: round before choosing the unit
        if float(f"{size / step:.3g}") < 1000 or unit == "T":
            scaled = size / step
            digits = 2 if scaled < 10 else 1 if scaled < 100 else 0
            return f"{scaled:,.{digits}f}{SPACE}{unit}"
    raise AssertionError("unreachable")


def _signed(value: Number, text: str) -> str:
    return (MINUS if value < 0 and any(c in "123456789" for c in text) else "") + text

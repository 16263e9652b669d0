"""Days and seconds as integers: days since 1970-01-01, seconds since 1970-01-01T00:00:00Z."""

from __future__ import annotations

import calendar
import datetime as dt
from dataclasses import dataclass
from functools import cached_property

from generator.columns import Array

DAY = 86_400
NEVER = 2**31 - 1  # later than every simulated second, still within 31 bits
EPOCH = dt.date(1970, 1, 1)


def day_number(date: dt.date) -> int:
    """Days since 1970-01-01."""
    return (date - EPOCH).days


def date_of(day: int) -> dt.date:
    """The date of a day number."""
    return EPOCH + dt.timedelta(days=int(day))


@dataclass(frozen=True)
class Period:
    """A stretch of days within one calendar month, simulated in one step."""

    first: int
    last: int
    is_last_of_history: bool = False

    @property
    def start(self) -> int:
        """First second."""
        return self.first * DAY

    @property
    def end(self) -> int:
        """First second after the period."""
        return (self.last + 1) * DAY

    @property
    def days(self) -> int:
        """Length in days."""
        return self.last - self.first + 1

    @property
    def months(self) -> float:
        """Length in mean months."""
        return self.days / 30.4375

    @cached_property
    def year(self) -> int:
        return date_of(self.first).year

    @cached_property
    def month(self) -> int:
        return date_of(self.first).month

    @cached_property
    def month_start(self) -> int:
        """Day number of the first of the month."""
        return day_number(date_of(self.first).replace(day=1))

    @property
    def month_days(self) -> int:
        """Days in the calendar month."""
        return calendar.monthrange(self.year, self.month)[1]

    @property
    def batch_number(self) -> int:
        """The batch date as yyyymmdd."""
        return int(date_of(self.last).strftime("%Y%m%d"))


def history_periods(start: dt.date, end: dt.date) -> list[Period]:
    """The calendar months from start to end; the first and the last may be partial."""
    periods = []
    first = start
    while first <= end:
        month_end = first.replace(day=calendar.monthrange(first.year, first.month)[1])
        last = min(month_end, end)
        periods.append(Period(day_number(first), day_number(last), last == end))
        first = month_end + dt.timedelta(days=1)
    return periods


def day_period(date: dt.date) -> Period:
    """One day after the history."""
    return Period(day_number(date), day_number(date))


def iso_weekday(days: Array) -> Array:
    """1 = Monday … 7 = Sunday."""
    return (days + 3) % 7 + 1

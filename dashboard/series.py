"""Sums by day, and what a page makes of them: totals, changes, moving averages, comparisons."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analytics_viz.data import Period
from dashboard.metrics import Metric

WINDOW = 7  # days of a moving average
COMPARED, SPLIT = 6, 4  # members in a comparison, lines in a trend
TOTAL = "All"


def earliest(period: Period) -> dt.date:
    """The first day that a page needs to know about: for the change, and for the averages."""
    return min(period.previous.start, averaged(period))


def averaged(period: Period) -> dt.date:
    """The first day that the averages of a period look at."""
    return period.start - dt.timedelta(days=WINDOW - 1)


@dataclass(frozen=True)
class Series:
    """Sums by day, of a whole and of its members; a day that is not there is one of zeros.

    Averages and ratios are made of sums, as late as possible. Everything is added up in arrays: a
    page needs dozens of such figures at every click.

    Attributes:
        period: what was asked for.
        first_day: of the data.
        names: the columns that hold sums.
        ranked_by: the one of them that says how large a member is.
        whole: day and sums; several rows of a day are added.
        parts: day, member and sums; one row per day and member.
    """

    period: Period
    first_day: dt.date
    names: Sequence[str]
    ranked_by: str
    whole: pd.DataFrame
    parts: pd.DataFrame

    @cached_property
    def _lines(self) -> dict[str, tuple[pd.DataFrame, pd.DataFrame]]:
        return {}

    @cached_property
    def _start(self) -> dt.date:
        return max(earliest(self.period), self.first_day)

    def _place(self, day: dt.date) -> int:
        return (day - self._start).days

    def _days(self, frame: pd.DataFrame) -> NDArray[np.intp]:
        """The places of a frame's days, 0 for the first one."""
        days = frame["day"].to_numpy().astype("datetime64[D]")
        return (days - np.datetime64(self._start, "D")).astype(np.intp)

    def _known(self, frame: pd.DataFrame, first: dt.date | None = None) -> pd.DataFrame:
        """The rows from a day on (the first that matters) to the end of the period."""
        days = self._days(frame)
        last = self._place(self.period.end)
        return frame[(days >= self._place(first or self._start)) & (days <= last)]

    @cached_property
    def _whole(self) -> NDArray[np.float64]:
        """Sums by name and day."""
        frame = self._known(self.whole)
        days, length = self._days(frame), self._place(self.period.end) + 1
        columns = _values(frame, self.names)
        return np.array([np.bincount(days, column, length) for column in columns])

    @cached_property
    def _parts(self) -> tuple[list[str], NDArray[np.float64]]:
        """The members of the period, largest first, and their sums by name, member and day."""
        frame = self._known(self.parts)
        codes, members = pd.factorize(frame["member"])
        found = np.zeros((len(self.names), len(members), self._place(self.period.end) + 1))
        found[:, codes, self._days(frame)] = _values(frame, self.names)
        sizes = self._within(found)[list(self.names).index(self.ranked_by)].sum(axis=-1)
        order = sorted(
            (place for place, size in enumerate(sizes) if size),
            key=lambda place: (-sizes[place], str(members[place])),
        )
        return [str(members[place]) for place in order], found[:, order]

    def _within(
        self, sums: NDArray[np.float64], period: Period | None = None
    ) -> NDArray[np.float64]:
        period = period or self.period
        return sums[..., self._place(period.start) : self._place(period.end) + 1]

    @property
    def is_empty(self) -> bool:
        """True if there is nothing in the period."""
        return not self.totals()[self.ranked_by]

    def totals(self, period: Period | None = None) -> dict[str, float]:
        """Sums over all of a period (that of the page)."""
        sums = self._within(self._whole, period).sum(axis=-1)
        return dict(zip(self.names, sums.tolist(), strict=True))

    def reading(self, of: Metric) -> tuple[float | None, float | None]:
        """A metric in the period and in the one of the same length before.

        The latter is None where the data do not reach back over all of it.
        """
        before = self.period.previous
        previous = of.of(self.totals(before)) if before.start >= self.first_day else None
        return of.of(self.totals()), previous

    def members(self, limit: int) -> list[str]:
        """The largest members of the period, largest first."""
        return self._parts[0][:limit]

    def compared(self, of: Metric) -> pd.DataFrame:
        """A metric by member over the period: member, value, count; at most `COMPARED` rows."""
        members, parts = self._parts
        sums = self._frame(self._within(parts)[:, :COMPARED].sum(axis=-1))
        return pd.DataFrame(
            {
                "member": members[:COMPARED],
                "value": of.column(sums).to_numpy(),
                "count": sums[self.ranked_by].to_numpy(),
            }
        )

    def trend(self, of: Metric, members: Sequence[str] = ()) -> dict[str, pd.DataFrame]:
        """A metric by day: of the whole (`TOTAL`), then of members.

        Each is a frame of day, value, average over `WINDOW` days (ratios: of the sums). NaN is the
        ratio of a day without anything, and the average where the data do not reach back so far.
        """
        days = pd.date_range(self.period.start, self.period.end)
        found = {}
        for name in (TOTAL, *members):
            daily, averages = self._line(name)
            found[name] = pd.DataFrame(
                {"day": days, "value": of.column(daily), "average": of.column(averages)}
            )
        return found

    def _line(self, member: str) -> tuple[pd.DataFrame, pd.DataFrame]:
        """Sums of the whole or of a member by day, and averages; once for all metrics."""
        known = self._lines.get(member)
        if known is None:
            members, parts = self._parts
            sums = self._whole if member == TOTAL else parts[:, members.index(member)]
            length = self.period.days
            # so many days before the first one are needed, and so many of them are missing
            missing = max(length + WINDOW - 1 - sums.shape[-1], 0)
            needed = sums[:, -(length + WINDOW - 1 - missing) :]
            windows = np.lib.stride_tricks.sliding_window_view(needed, WINDOW, axis=-1)
            means = np.full((len(self.names), length), np.nan)
            means[:, missing:] = windows.mean(axis=-1)
            known = self._lines[member] = (self._frame(sums[:, -length:]), self._frame(means))
        return known

    def _frame(self, sums: NDArray[np.float64]) -> pd.DataFrame:
        return pd.DataFrame(sums.T, columns=list(self.names))

    def table(self, asked: Sequence[Metric], of: str) -> pd.DataFrame:
        """What a page shows, by day and member, for people who go on with it elsewhere."""
        found = self._known(self.parts, self.period.start).sort_values(["day", "member"])
        shown = found[["day", "member"]].rename(columns={"member": of})
        return shown.assign(**{one.name: one.column(found) for one in asked}).reset_index(drop=True)


def _values(frame: pd.DataFrame, names: Sequence[str]) -> NDArray[np.float64]:
    return frame[list(names)].to_numpy(dtype=np.float64).T

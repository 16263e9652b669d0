"""What a user may ask for, checked before anything is simulated."""

from __future__ import annotations

import datetime as dt
from dataclasses import asdict, dataclass
from typing import Any

EARLIEST = dt.date(2020, 1, 1)
LATEST = dt.date(2030, 12, 31)


class OptionError(ValueError):
    """A wish that cannot be fulfilled; the message is one sentence for the user."""


def parse_date(text: str, option: str) -> dt.date:
    """A date written as YYYY-MM-DD, or an OptionError that names the option."""
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        raise OptionError(
            f"{option} '{text}' is not a date: write it as YYYY-MM-DD, for example 2023-01-01."
        ) from None


def yesterday() -> dt.date:
    """Yesterday in UTC: the only place where the clock is read."""
    return dt.datetime.now(dt.UTC).date() - dt.timedelta(days=1)


@dataclass(frozen=True)
class HistoryOptions:
    """The arguments that determine a history completely."""

    customers: int
    transactions: int
    start: dt.date
    end: dt.date
    seed: int = 42
    dirt: float = 0.02

    def __post_init__(self) -> None:
        if self.customers < 1:
            raise OptionError(
                f"--customers {self.customers} is too small: give at least 1 customer."
            )
        if self.customers > 5_000_000:
            raise OptionError(f"--customers {self.customers} is too large: give at most 5000000.")
        if self.transactions < 1:
            raise OptionError(
                f"--transactions {self.transactions} is too small: give at least 1 transaction."
            )
        if not 0 <= self.seed < 2**63:
            raise OptionError(
                f"--seed {self.seed} is out of range: give a number from 0 to 2^63-1."
            )
        if not 0 <= self.dirt <= 0.5:
            raise OptionError(
                f"--dirt {self.dirt} is out of range: give a share from 0 to 0.5, such as 0.02."
            )
        if self.start < EARLIEST:
            raise OptionError(
                f"--start {self.start} is too early: the bank opened on {EARLIEST}, "
                "give that day or a later one."
            )
        if self.end < self.start:
            raise OptionError(
                f"--end {self.end} lies before --start {self.start}: give a later --end."
            )
        if self.end > LATEST:
            raise OptionError(
                f"--end {self.end} is too late: the calendar dimension ends on {LATEST}, "
                "give that day or an earlier one."
            )
        days = (self.end - self.start).days + 1
        if self.transactions / days > 9_000_000 / 31:
            raise OptionError(
                f"--transactions {self.transactions} is too large for {days} days: "
                "transaction ids hold 9 million a month, give fewer or a longer history."
            )

    @property
    def days(self) -> int:
        """Length of the history in days."""
        return (self.end - self.start).days + 1

    @property
    def transactions_per_day(self) -> int:
        """The history's average, at least one."""
        return max(1, round(self.transactions / self.days))

    def to_json(self) -> dict[str, Any]:
        """As stored in generator.json."""
        return {
            key: value.isoformat() if isinstance(value, dt.date) else value
            for key, value in asdict(self).items()
        }

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> HistoryOptions:
        """From generator.json; unknown keys are ignored."""
        return cls(
            customers=int(stored["customers"]),
            transactions=int(stored["transactions"]),
            start=dt.date.fromisoformat(stored["start"]),
            end=dt.date.fromisoformat(stored["end"]),
            seed=int(stored["seed"]),
            dirt=float(stored["dirt"]),
        )

"""The banks that are measured."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Size:
    """A history with fixed dates, so that figures do not move with the calendar."""

    customers: int
    transactions: int
    start: str = "2023-01-01"

    @property
    def arguments(self) -> tuple[str, ...]:
        """Options of the generator."""
        return (
            "--customers", str(self.customers), "--transactions", str(self.transactions),
            "--seed", "42", "--start", self.start, "--end", "2025-12-15",
        )  # fmt: skip


SMALL = Size(1_000, 50_000)
TENTH = Size(2_000, 100_000)
QUARTER = Size(5_000, 250_000)
MILLION = Size(20_000, 1_000_000)
THREE_MILLION = Size(60_000, 3_000_000)
# The bank of a million transactions after fifteen weeks and after six years, the longest there is.
YOUNG = Size(20_000, 100_000, start="2025-09-01")
OLD = Size(20_000, 2_000_000, start="2020-01-01")
# In the middle of a month, as most days are: the first of a month has no month to add to.
DAYS = ("2025-12-16", "2025-12-17", "2025-12-18")

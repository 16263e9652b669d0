"""A day's batch on histories of several sizes: does it cost what the day costs?"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from tests.benchmarks.building import server, settle
from tests.benchmarks.measure import run_alone, span
from tests.benchmarks.report import Report
from tests.benchmarks.sizes import DAYS, MILLION, OLD, TENTH, THREE_MILLION, YOUNG, Size
from tests.kit import Warehouse

SMALL, LARGE = 500, 50_000
_STEP = re.compile(r"^\S+: (load|build|parquet), ([\d,]+) rows in ([\d.]+) s", re.M)


@dataclass
class Day:
    """What a day took, by the clock and by processor time, and its steps."""

    wall: float
    cpu: float
    steps: dict[str, float]
    others: float

    def __str__(self) -> str:
        listed = ", ".join(f"{name} {seconds:.1f} s" for name, seconds in self.steps.items())
        return f"{self.wall:.1f} s, CPU {self.cpu:.1f} s ({listed})"


def run(report: Report, folder: Path, quick: bool) -> None:
    """`python -m pipeline day` (load, build, Parquet) of 500 and of 50,000 transactions."""
    curves = {"larger bank": [TENTH, MILLION]}
    if not quick:
        curves = {
            "larger bank": [TENTH, MILLION, THREE_MILLION],
            "older bank": [YOUNG, MILLION, OLD],
        }
    sizes = dict.fromkeys(size for curve in curves.values() for size in curve)
    found = {size: _measure(report, folder, size) for size in sizes}
    for name, curve in curves.items():
        growth = curve[-1].transactions / curve[0].transactions
        for transactions in (SMALL, LARGE):
            one, other = found[curve[0]][transactions], found[curve[-1]][transactions]
            report.promise(
                f"a day of {transactions:,}, {name}:"
                f" at {curve[-1].transactions:,} : at {curve[0].transactions:,}",
                other.wall / one.wall,
                f"{other.wall / one.wall:.2f} times (by processor time {other.cpu / one.cpu:.2f}),"
                f" history {growth:.0f} times",
                at_most=growth / 4, words="a quarter of the history's growth",
                others=other.others,
            )  # fmt: skip


def _measure(report: Report, folder: Path, size: Size) -> dict[int, Day]:
    name = f"{size.transactions:,} transactions of {size.customers:,} customers"
    found: dict[int, Day] = {}
    with server(folder, f"days-{size.customers}-{size.transactions}") as warehouse:
        report.step(f"{name}: generating, loading, dbt build")
        warehouse.generate(*size.arguments)
        warehouse.load()
        warehouse.build_models()
        settle(warehouse)
        # the first day writes the Parquet files of the whole history
        report.step(f"{name}: a day that is not counted")
        _day(warehouse, DAYS[0], SMALL)
        for date, transactions in zip(DAYS[1:], (SMALL, LARGE), strict=True):
            report.step(f"{name}: a day of {transactions:,}")
            day = found[transactions] = _day(warehouse, date, transactions)
            report.figure(f"a day of {transactions:,} on {name}", day.wall, str(day), day.others)
    return found


def _day(warehouse: Warehouse, date: str, transactions: int) -> Day:
    """A real day is delivered, so generating it is not part of its cost."""
    warehouse.generate("--date", date, "--day-transactions", str(transactions))
    with span(warehouse) as whole:
        done = run_alone(
            "-m", "pipeline", "day", "--date", date, "--no-reports",
            "--raw", str(warehouse.raw), "--processed", str(warehouse.raw.parent / "processed"),
            environment=warehouse.environment,
        )  # fmt: skip
    steps = {name: float(seconds) for name, _, seconds in _STEP.findall(done.said)}
    return Day(whole.wall, whole.cpu, steps, whole.others)

"""`dbt build`: the default data, a day's batch beside a whole build, and what queries then cost."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from tests.benchmarks.measure import Span, middle, span
from tests.benchmarks.report import Report
from tests.benchmarks.sizes import DAYS, MILLION, QUARTER, Size
from tests.kit import ROOT, Warehouse

QUERIES = ROOT / "analyses" / "dst"


@dataclass
class Scale:
    """A warehouse of one size, built once and then day by day."""

    warehouse: Warehouse
    full: Span
    days: list[Span]

    @property
    def share(self) -> tuple[float, float]:
        """A day's batch as a share of the full build: by the clock, by processor time."""
        day = middle(self.days)
        return day.wall / self.full.wall, day.cpu / self.full.cpu


@contextmanager
def server(folder: Path, name: str) -> Iterator[Warehouse]:
    """A warehouse of its own, deleted at the end."""
    warehouse = Warehouse(home=folder / f"{name}-pg", raw=folder / f"{name}-raw")
    warehouse.start()
    try:
        yield warehouse
    finally:
        warehouse.destroy()


def run_default(report: Report, folder: Path, quick: bool) -> None:
    """`dbt build` of the data of `make demo`, into an empty warehouse."""
    with server(folder, "default") as warehouse:
        report.step("generating and loading the default data")
        warehouse.generate()
        warehouse.load()
        report.step("dbt build")
        with span(warehouse) as found:
            said = warehouse.build()
        summary = next(line for line in reversed(said.splitlines()) if "PASS=" in line)
        report.promise(
            "dbt build, default data, models and tests", found.wall,
            f"{found} ({summary.split('Done. ')[-1].strip()})",
            at_most=60, words="≤ 60 s", others=found.others,
        )  # fmt: skip
        with span(warehouse) as again:
            warehouse.build()
        report.figure("… a second time, nothing new", again.wall, str(again), again.others)


@contextmanager
def _scale(report: Report, folder: Path, size: Size, days: int) -> Iterator[Scale]:
    with server(folder, f"scale-{size.transactions}") as warehouse:
        name = f"{size.transactions:,} transactions"
        report.step(f"{name}: generating and loading")
        warehouse.generate(*size.arguments)
        warehouse.load()
        report.step(f"{name}: dbt build")
        with span(warehouse) as full:
            warehouse.build()
        report.figure(f"dbt build, {name}", full.wall, str(full), full.others)
        found = Scale(warehouse, full, [])
        settle(warehouse)
        for date in DAYS[:days]:
            report.step(f"{name}: {date} and dbt build --selector daily")
            warehouse.generate("--date", date)
            warehouse.load()
            with span(warehouse) as day:
                warehouse.build("--selector", "daily")
            found.days.append(day)
            report.step(f"{day}, slowest: {slowest(warehouse)}")
        day = middle(found.days)
        report.figure(f"a day's batch, {name}", day.wall, f"{day} (median of {days})", day.others)
        with span(warehouse) as after:
            warehouse.build("--selector", "analyses")
        report.figure(f"… the analyses after it, {name}", after.wall, str(after), after.others)
        yield found


def settle(warehouse: Warehouse) -> None:
    """What the server does by itself between a whole build and the next night: vacuum it."""
    with warehouse.connect() as connection:
        connection.execute("vacuum")


def slowest(warehouse: Warehouse, count: int = 5) -> str:
    """The nodes of the last build that took longest, with their seconds."""
    content = json.loads((warehouse.home / "target" / "run_results.json").read_text())
    nodes = sorted(content["results"], key=lambda node: -node["execution_time"])[:count]
    return ", ".join(
        f"{node['unique_id'].split('.')[2]} {node['execution_time']:.1f} s" for node in nodes
    )


def run_scale(report: Report, folder: Path, quick: bool) -> None:
    """A day's batch beside a whole build at two sizes, then the queries at a million."""
    days = 1 if quick else len(DAYS)
    smaller: tuple[float, float] | None = None
    if not quick:
        with _scale(report, folder, QUARTER, days) as quarter:
            smaller = quarter.share
    with _scale(report, folder, MILLION, days) as million:
        wall, cpu = million.share
        others = middle(million.days).others
        report.promise(
            "day : full build at 1 million", wall, f"{wall:.3f} (by processor time {cpu:.3f})",
            at_most=1 / 8, words="≤ 0.125", others=others,
        )  # fmt: skip
        if smaller is not None:
            report.promise(
                "share at 1 million : share at 250,000", wall / smaller[0],
                f"{wall:.3f} : {smaller[0]:.3f}"
                f" (by processor time {cpu:.3f} : {smaller[1]:.3f})",
                at_most=0.999, words="falls as history grows", others=others,
            )  # fmt: skip
        report.begin("queries", "the layers above single transactions, at 1 million (server time)")
        _queries(report, million.warehouse, 3 if quick else 5)


def _queries(report: Report, warehouse: Warehouse, turns: int) -> None:
    slow = (QUERIES / "monthly_categories_from_snapshots.sql").read_text()
    quick = (QUERIES / "monthly_categories_from_trends.sql").read_text()
    account, day = warehouse.query(
        "select account_id, snapshot_date from gold.fact_account_daily_snapshot"
        " where snapshot_date = date '2025-06-30' order by account_id limit 1 offset 5000"
    )[0]
    daily = "select count(*), sum(balance_amount) from gold.fact_account_daily_snapshot"
    statements = {
        "slow": slow,
        "quick": quick,
        "every month": quick.replace("WHERE year = 2024", ""),
        "one day": f"{daily} where snapshot_date = date '{day}'",
        "one account": f"{daily} where account_id = {account}",
        "all days": daily,
    }
    with span(warehouse) as found:
        took = {name: _server_times(warehouse, text, turns) for name, text in statements.items()}
        # in turns, so that both meet the same load
        turned = [
            (_server_times(warehouse, slow, 1)[0], median(_server_times(warehouse, quick, 5)))
            for _ in range(turns)
        ]
    others = found.others
    ms = {name: median(times) for name, times in took.items()}
    ratio = median(one / other for one, other in turned)
    report.figure("month and category from snapshots", ms["slow"], f"{ms['slow']:,.1f} ms", others)
    report.figure("month and category from trends", ms["quick"], f"{ms['quick']:.3f} ms", others)
    report.promise(
        "snapshots : trends, as documented (2024)", ratio,
        f"{ratio:,.0f} times (median of {turns} pairs)",
        at_least=300, words="≥ 300 times", others=others,
    )  # fmt: skip
    whole = ms["slow"] / ms["every month"]
    report.figure(
        "snapshots : trends, every month", whole,
        f"{whole:,.0f} times ({ms['every month']:.3f} ms)", others,
    )  # fmt: skip
    report.begin("snapshot", "account balances by day at 1 million (server time)")
    rows = warehouse.value("select count(*) from gold.fact_account_daily_snapshot")
    stored = warehouse.value("select count(*) from gold.account_balance_periods")
    for name in ("one day", "one account", "all days"):
        report.figure(name, ms[name], f"{ms[name]:,.1f} ms", others)
    report.figure("rows shown : rows stored", rows / stored, f"{rows:,} : {stored:,}")


def _server_times(warehouse: Warehouse, statement: str, turns: int) -> list[float]:
    """Milliseconds of execution as EXPLAIN ANALYZE reports them, without clocks at every node.

    One more run before them warms the cache and is not counted.
    """
    text = f"explain (analyze, timing off, format json) {statement.strip().rstrip(';')}"
    with warehouse.connect() as connection:
        plans = [connection.execute(text).fetchall() for _ in range(turns + 1)]
    return [plan[0][0][0]["Execution Time"] for plan in plans[1:]]

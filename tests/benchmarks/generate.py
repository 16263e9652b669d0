"""Generation: our batches beside a plain loop of rows, and the memory at two sizes."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from statistics import median

from tests.benchmarks.measure import Run, run_alone
from tests.benchmarks.report import Report
from tests.benchmarks.sizes import MILLION, SMALL, Size

PLAIN_ROWS = 2_000


def run(report: Report, folder: Path, quick: bool) -> None:
    """Measure generation; everything is written below ``folder``."""
    small = _generate(SMALL, folder)
    report.figure("50,000 transactions", small.span.wall, str(small.span), small.span.others)

    ours, inner, loops = [], [], []
    for _ in range(2 if quick else 5):
        one = _generate(MILLION, folder)
        ours.append(one)
        inner.append(_own_seconds(one))
        loops.append(_plain(folder))
    wall = MILLION.transactions / median(inner)
    cpu = MILLION.transactions / median(one.span.cpu for one in ours)
    whole = MILLION.transactions / median(one.span.wall for one in ours)
    best = MILLION.transactions / min(inner)
    others = median(one.span.others for one in ours)
    report.promise(
        "1 million, rows a second (simulate and write)", wall,
        f"{wall:,.0f} (median of {len(ours)}; best {best:,.0f})",
        at_least=250_000, words="≥ 250,000", others=others,
    )  # fmt: skip
    report.figure("… with the start of Python", whole, f"{whole:,.0f} rows/s", others)
    report.figure("… a processor second, start included", cpu, f"{cpu:,.0f} rows/CPU s", others)
    plain_cpu = PLAIN_ROWS / median(loop[0] for loop in loops)
    plain_wall = PLAIN_ROWS / median(loop[1] for loop in loops)
    report.figure("plain loop with Faker, rows a second", plain_wall, f"{plain_wall:,.0f}", others)
    report.figure(
        "ours : plain loop", wall / plain_wall,
        f"{wall / plain_wall:,.0f} times (by processor time {cpu / plain_cpu:,.0f} times)", others,
    )  # fmt: skip
    memory = median(one.peak for one in ours)
    report.figure("peak memory at 1 million", memory, f"{memory:,.0f} MB")
    if not quick:
        more = _generate(Size(MILLION.customers, 3 * MILLION.transactions), folder)
        report.figure("peak memory at 3 million", more.peak, f"{more.peak:,.0f} MB")
        ratio = more.peak / memory
        report.figure("memory at 3 million : at 1 million", ratio, f"{ratio:.2f} times")


def _generate(size: Size, folder: Path) -> Run:
    out = folder / "generated"
    found = run_alone("-m", "generator", "--out", str(out), *size.arguments)
    shutil.rmtree(out)
    return found


def _own_seconds(run: Run) -> float:
    """What the generator says it took, without the start of Python."""
    said = re.search(r"transaction rows in ([\d.]+) s", run.said)
    assert said is not None, run.said
    return float(said[1])


def _plain(folder: Path) -> tuple[float, float]:
    file = folder / "plain.csv"
    said = run_alone("-m", "tests.benchmarks.row_loop", str(PLAIN_ROWS), str(file)).said
    cpu, wall = map(float, said.split())
    return cpu, wall

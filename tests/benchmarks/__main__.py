"""The command: `python -m tests.benchmarks`."""

from __future__ import annotations

import argparse
import json
import logging
import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import psycopg

from tests.benchmarks import (
    building,
    clicking,
    copying,
    days,
    generate,
    marts,
    reporting,
    serving,
    streaming,
)
from tests.benchmarks.report import Report
from warehouse.errors import WarehouseError

BENCHMARKS: dict[str, tuple[str, Callable[[Report, Path, bool], None]]] = {
    "generate": ("batches beside a plain loop of rows, and memory", generate.run),
    "load": ("our loader beside bare COPY of the same files", copying.run),
    "kafka": ("messages a second into bronze, and how soon a reader sees one", streaming.run),
    "build": ("dbt build of the default data", building.run_default),
    "scale": ("a day's batch beside the full build, then queries at 1 million", building.run_scale),
    "days": ("a day of 500 and of 50,000 on histories of 100 k, 1 M and 3 M", days.run),
    "commerce": ("the marts of commerce on 1 million order lines", marts.run),
    "api": ("the API on 1 million transactions: 16 clients, memory, exports", serving.run),
    "dashboard": ("the dashboard on 1 million transactions: filters, 20 sessions", clicking.run),
    "reports": ("all reports from 1 million transactions: time, size, queries", reporting.run),
}


def _parser() -> argparse.ArgumentParser:
    listed = "\n".join(f"  {name:10} {what}" for name, (what, _) in BENCHMARKS.items())
    parser = argparse.ArgumentParser(
        prog="python -m tests.benchmarks",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        description="Measure the promised speeds, as ratios within one run, on servers and data of"
        " their own.\nA promise that does not hold is shown, and is no failure (exit code 0).",
        epilog=f"benchmarks:\n{listed}",
    )
    parser.add_argument(
        "--quick", action="store_true", help="fewer repetitions and no second size (10 minutes)"
    )
    parser.add_argument("--only", action="append", choices=BENCHMARKS, help="may be repeated")
    parser.add_argument(
        "--out", type=Path, help="also write the figures here: a .json, else Markdown"
    )
    return parser


def main(arguments: list[str] | None = None) -> int:
    """Run the benchmarks; returns the exit code, 1 if one could not be run."""
    options = _parser().parse_args(arguments)
    logging.basicConfig(level=logging.WARNING)
    report, failed = Report(), []
    started = time.perf_counter()
    load = f"load average {os.getloadavg()[0]:.1f}"
    print(f"{os.cpu_count()} processors, {load} at the start. CPU = user + system seconds of every"
          " program taking part.\nWhere other programs kept processors busy, trust CPU seconds more"
          " than the clock.")  # fmt: skip
    for name in options.only or BENCHMARKS:
        what, run = BENCHMARKS[name]
        report.begin(name, what)
        with tempfile.TemporaryDirectory(prefix="benchmark-", ignore_cleanup_errors=True) as folder:
            # the server may run under another account than this process
            Path(folder).chmod(0o755)
            try:
                run(report, Path(folder), options.quick)
            except (AssertionError, OSError, psycopg.Error, WarehouseError) as error:
                failed.append(name)
                print(f"  {name} could not be run: {error}", file=sys.stderr)
        if options.out is not None:
            _write(report, options.out)
    held = [line["held"] for line in report.lines if line["held"] is not None]
    seconds = time.perf_counter() - started
    print(f"\n{sum(held)} of {len(held)} promises held, in {seconds / 60:.0f} minutes.")
    return 1 if failed else 0


def _write(report: Report, path: Path) -> None:
    as_json = path.suffix == ".json"
    text = json.dumps(report.lines, indent=2) + "\n" if as_json else report.markdown()
    path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())

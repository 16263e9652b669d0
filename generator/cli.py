"""The command line: `python -m generator`."""

from __future__ import annotations

import argparse
import gc
import logging
import sys
import time
from pathlib import Path
from typing import Never

from tqdm import tqdm

from generator import stream
from generator.bank import read_state, write_day, write_history
from generator.options import HistoryOptions, OptionError, parse_date, yesterday


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m generator",
        description="Simulate a retail bank and write its data as batches of CSV files: "
        "a history with one batch a month, or with --date one more day.",
        epilog="`python -m generator stream --help`: the clicks of a day into a Kafka topic.",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    add = parser.add_argument
    add("--customers", type=int, default=1000, help="customers at the end of the history")
    add("--transactions", type=int, default=50_000, help="true transactions in the history")
    add("--start", default="2023-01-01", help="first day of the history")
    add("--end", default=None, help="last day of the history (default: yesterday, UTC)")
    add("--seed", type=int, default=42, help="same seed and arguments: same bytes")
    add("--dirt", type=float, default=0.02, help="share of transaction rows with a defect")
    add("--out", type=Path, default=Path("data/raw"), help="folder of the batches")
    add("--date", default=None, help="write the batch of this day after the history instead")
    add(
        "--day-transactions",
        type=int,
        default=None,
        help="transactions of that day (default: the history's average)",
    )
    add("--overwrite", action="store_true", help="replace a different history in the folder")
    return parser


def main(arguments: list[str] | None = None) -> int:
    """Run the command; returns the exit code (2 after a mistake in the options)."""
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stderr)
    arguments = sys.argv[1:] if arguments is None else arguments
    if arguments[:1] == ["stream"]:
        return stream.main(arguments[1:])
    args = _parser().parse_args(arguments)
    # What a month makes is kept until it is written; looking for garbage meanwhile cost a tenth.
    gc.set_threshold(200_000, 10, 10)
    began = time.perf_counter()
    try:
        if args.date is not None:
            date = parse_date(args.date, "--date")
            rows = write_day(date, args.out, args.day_transactions)
            what = f"the batch of {date}"
        else:
            options = _history_options(args)
            with _Bar(options.transactions) as bar:
                rows = write_history(options, args.out, args.overwrite, bar.update)
            what = f"the history from {options.start} to {options.end}"
    except OptionError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    seconds = time.perf_counter() - began
    sys.stdout.write(f"Wrote {what}: {rows} transaction rows in {seconds:.1f} s to {args.out}.\n")
    return 0


class _Bar:
    """A progress bar that appears with the first progress: a refusal stays one sentence."""

    def __init__(self, total: int) -> None:
        self.total = total
        self.bar: tqdm[Never] | None = None

    def __enter__(self) -> _Bar:
        return self

    def __exit__(self, *error: object) -> None:
        if self.bar is not None:
            self.bar.close()

    def update(self, transactions: int) -> None:
        """Some more transactions are written."""
        if self.bar is None:
            self.bar = tqdm(total=self.total, unit=" transactions", desc="history")
        self.bar.update(transactions)


def _history_options(args: argparse.Namespace) -> HistoryOptions:
    if args.day_transactions is not None:
        raise OptionError("--day-transactions belongs to one day: give --date as well.")
    latest = yesterday()
    start = parse_date(args.start, "--start")
    if start > latest and args.end is None:
        raise OptionError(
            f"--start {start} lies in the future: give {latest} or an earlier day, "
            "or --end as well."
        )
    end = parse_date(args.end, "--end") if args.end is not None else latest
    options = HistoryOptions(args.customers, args.transactions, start, end, args.seed, args.dirt)
    state = read_state(args.out) if args.end is None and not args.overwrite else None
    if state is not None:
        # without --end, yesterday moves on: a history that differs in nothing else is the same
        stored = HistoryOptions.from_json(state)
        same_end = (
            HistoryOptions(
                args.customers, args.transactions, start, stored.end, args.seed, args.dirt
            )
            if stored.end >= start
            else stored
        )
        if same_end == stored:
            return stored
    return options

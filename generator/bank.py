"""Histories and days of a simulated bank, written below a raw folder."""

from __future__ import annotations

import datetime as dt
import json
import logging
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from generator.batch import folder_of, move_into_place, write_batch, write_json
from generator.dirt import Delivery
from generator.options import HistoryOptions, OptionError
from generator.simulation import Simulation
from generator.timeline import date_of, day_number
from generator.truth import CHURN_FILE, Totals, write_churn, write_truth

logger = logging.getLogger(__name__)
Progress = Callable[[int], None]


def read_state(out: Path) -> dict[str, Any] | None:
    """generator.json of a raw folder, or None if there is none."""
    path = out / "generator.json"
    if not path.exists():
        return None
    try:
        stored: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        HistoryOptions.from_json(stored)
    except (ValueError, KeyError, TypeError):
        raise OptionError(f"{path} is damaged: write the history again with --overwrite.") from None
    return stored


@contextmanager
def _workshop(out: Path) -> Iterator[Path]:
    """A temporary folder beside `out`, gone at the end whatever happens."""
    try:
        out.mkdir(parents=True, exist_ok=True)
        # beside and not in the system's temporary folder: a rename must stay on one disk
        folder = Path(tempfile.mkdtemp(prefix=f".{out.name}-", dir=out.parent))
    except OSError as error:
        raise OptionError(
            f"--out {out} cannot be written ({error.strerror}): choose another folder."
        ) from None
    try:
        yield folder
    except OSError as error:
        raise OptionError(
            f"--out {out} cannot be written ({error.strerror}): make room or choose another "
            "folder; nothing was changed."
        ) from None
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def write_history(
    options: HistoryOptions, out: Path, overwrite: bool = False, progress: Progress | None = None
) -> int:
    """Write the monthly batches of a history; returns the number of delivered transactions.

    Raises OptionError if `out` holds another history and `overwrite` is not given.
    """
    state = read_state(out)
    same = state is not None and HistoryOptions.from_json(state) == options
    if state is not None and not same and not overwrite:
        raise OptionError(
            f"--out {out} already holds another history (seed {state['seed']}, "
            f"{state['customers']} customers, {state['transactions']} transactions, "
            f"{state['start']} to {state['end']}): give --overwrite to replace it, "
            "or another --out."
        )
    with _workshop(out) as folder:
        simulation = Simulation(options)
        delivery = Delivery(options.seed, options.dirt)
        totals = Totals()
        batches, delivered_rows = [], 0
        # The lines of a month are made and written beside the next month, never more: memory stays
        # flat. Those are few long steps of NumPy, polars and the disk; all that consists of many
        # short ones is done here, since two such threads mostly wait for each other.
        with ThreadPoolExecutor(max_workers=1) as writer:
            writing: Future[Path] | None = None
            for happened in simulation.history():
                write_churn(happened, folder / CHURN_FILE)
                delivered = delivery.deliver(happened)
                totals.add(delivered)
                batches.append(folder_of(happened.period.last))
                delivered_rows += delivered.rows["transactions"]["delivered"]
                if writing is not None:
                    writing.result()
                writing = writer.submit(write_batch, delivered, folder)
                if progress is not None:
                    progress(len(happened.ledger.rows))
            if writing is not None:
                writing.result()
        write_truth(simulation.world, simulation.marketplace, totals, folder / "truth.json")
        days = state.get("days", {}) if state is not None and same else {}
        write_json(folder / "generator.json", {**options.to_json(), "days": days})
        if state is not None and not same:
            remove_batches(out)
        for batch in batches:
            move_into_place(folder / batch, out / batch)
        for name in ("truth.json", CHURN_FILE, "generator.json"):
            (folder / name).replace(out / name)
    return delivered_rows


def remove_batches(out: Path) -> None:
    """Remove the batches that this generator wrote, and nothing else."""
    for manifest in sorted(out.glob("[0-9]*/[0-9]*/[0-9]*/manifest.json")):
        content = json.loads(manifest.read_text(encoding="utf-8"))
        if content.get("source") == "generator":
            shutil.rmtree(manifest.parent)
    for folder in sorted(out.glob("[0-9]*/[0-9]*")) + sorted(out.glob("[0-9]*")):
        if folder.is_dir() and not any(folder.iterdir()):
            folder.rmdir()


def write_day(
    date: dt.date, out: Path, transactions: int | None = None, progress: Progress | None = None
) -> int:
    """Write the batch of one day after the history; returns the number of delivered transactions.

    The world advances through all days in between, whether or not they were written.
    """
    return write_days([date], out, transactions, progress)


def write_days(
    dates: Sequence[dt.date],
    out: Path,
    transactions: int | None = None,
    progress: Progress | None = None,
) -> int:
    """As `write_day`, for several days of one simulation; all appear at the end, or none."""
    state = read_state(out)
    if state is None:
        raise OptionError(
            f"--date {min(dates)} continues a history, but --out {out} holds none: "
            "generate the history first, without --date."
        )
    options = HistoryOptions.from_json(state)
    if min(dates) <= options.end:
        raise OptionError(
            f"--date {min(dates)} lies within or before the history, which ends on {options.end}: "
            "give a later day."
        )
    if transactions is not None and transactions < 1:
        raise OptionError(
            f"--day-transactions {transactions} is too small: give at least 1 transaction."
        )
    numbers: dict[str, int] = {}
    for date in sorted(dates):
        numbers = _day_numbers(state, options, date, out, transactions)
        state = {**state, "days": numbers}
    last = max(dates)
    rows = 0
    with _workshop(out) as folder:
        simulation = Simulation(options)
        delivery = Delivery(options.seed, options.dirt)
        for happened in simulation.history():
            delivery.deliver(happened)
            if progress is not None:
                progress(len(happened.ledger.rows))
        written = []
        for happened in simulation.days_until(last, numbers):
            delivered = delivery.deliver(happened)
            if date_of(happened.period.last) in dates:
                write_batch(delivered, folder)
                written.append(folder_of(happened.period.last))
                rows += delivered.rows["transactions"]["delivered"]
        write_json(folder / "generator.json", {**options.to_json(), "days": numbers})
        for batch in written:
            move_into_place(folder / batch, out / batch)
        (folder / "generator.json").replace(out / "generator.json")
    missing = [
        day
        for day in range(day_number(options.end) + 1, day_number(last))
        if not (out / folder_of(day) / "manifest.json").exists()
    ]
    if missing:
        logger.warning(
            "%d earlier day(s) since the history's end on %s have not been generated yet.",
            len(missing),
            options.end,
        )
    return rows


def _day_numbers(
    state: dict[str, Any],
    options: HistoryOptions,
    date: dt.date,
    out: Path,
    transactions: int | None,
) -> dict[str, int]:
    """Transactions of the days whose number was chosen, by ISO date."""
    numbers: dict[str, int] = {str(k): int(v) for k, v in state.get("days", {}).items()}
    key = date.isoformat()
    usual = numbers.get(key, options.transactions_per_day)
    wanted = usual if transactions is None else transactions
    if wanted != usual:
        # the world after this day would differ from what later batches already tell
        later = any(
            (out / folder_of(day) / "manifest.json").exists()
            for day in range(day_number(date), day_number(date) + 400)
        )
        if later:
            raise OptionError(
                f"--day-transactions {wanted} contradicts the batch of {key} or a later one, which "
                f"was generated with {usual} for that day: leave the option out or give {usual}."
            )
    if wanted != options.transactions_per_day:
        numbers[key] = wanted
    return numbers

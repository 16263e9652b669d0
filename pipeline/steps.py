"""The steps of a day. Each can be repeated: what is done already is found done.

The command line runs them one after the other (`pipeline.day`), Dagster as assets.
"""

from __future__ import annotations

import datetime as dt
import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tqdm import tqdm

from analytics_viz import run_all_viz
from generator.bank import write_days
from generator.options import OptionError
from pipeline import processed
from pipeline.errors import TryLaterError
from warehouse import config, dbt_cli, loader
from warehouse.batches import MANIFEST
from warehouse.config import Settings
from warehouse.db import connect
from warehouse.errors import WarehouseError

RAW = config.PROJECT_ROOT / "data" / "raw"
PROCESSED = config.PROJECT_ROOT / "data" / "processed"


@dataclass(frozen=True)
class Done:
    """What a step did: rows, and what there is to say about it."""

    rows: int
    note: str = ""


def batch_folder(raw: Path, day: dt.date) -> Path:
    """Where the batch of a day lies."""
    return raw / f"{day:%Y/%m/%d}"


def _is_there(raw: Path, day: dt.date) -> bool:
    return (batch_folder(raw, day) / MANIFEST).exists()


def deliver(days: Sequence[dt.date], raw: Path, transactions: int | None = None) -> Done:
    """See to it that the batches of the days are there: picked up, or simulated.

    Args:
        transactions: of each simulated day; by default the average of the bank's history.

    Raises:
        TryLaterError: no batch has been delivered, and the folder holds no simulated bank.
        WarehouseError: a day cannot be simulated.
    """
    missing = [day for day in days if not _is_there(raw, day)]
    if not missing:
        return Done(0, "delivered before")
    if not (raw / "generator.json").exists():
        if len(missing) < len(days):  # of several days some may be none of business
            return Done(0, f"{len(missing)} of {len(days)} days have no batch")
        raise TryLaterError(
            f"There is no batch of {missing[0]} in {raw} yet: run this again when it is delivered."
        )
    try:
        rows = write_days(missing, raw, transactions)
    except OptionError as error:
        raise WarehouseError(str(error)) from error
    return Done(rows, f"simulated {len(missing)} of {len(days)} days")


def load(days: Sequence[dt.date], raw: Path, settings: Settings) -> Done:
    """Load the batches of the days that are not loaded yet.

    Raises:
        WarehouseError: a batch is refused, or nothing has been loaded before.
    """
    with connect(settings, application_name="pipeline") as conn:
        known = conn.execute("select to_regclass('bronze.load_batches')").fetchone()
    if known == (None,):
        raise WarehouseError(
            "The warehouse is empty: load its history first (`make demo`, or `python -m warehouse"
            " load FOLDER` and `dbt build`), then its days."
        )
    loaded = [
        one
        for day in days
        if _is_there(raw, day)
        for one in loader.load(batch_folder(raw, day), settings)
    ]
    skipped = sum(one.skipped for one in loaded)
    return Done(
        sum(one.rows for one in loaded), f"{skipped} had been loaded before" if skipped else ""
    )


def build(selector: str) -> Done:
    """``dbt build --selector …``: what the new rows touch, with its tests.

    Raises:
        TryLaterError: there is no disk space.
        WarehouseError: a model or a test fails.
    """
    with tqdm(unit=" nodes", desc="build", leave=False, disable=not sys.stderr.isatty()) as bar:
        done = dbt_cli.build("--selector", selector, progress=lambda _: bar.update())
    if done.failures:
        name, said = done.failures[0]
        others = f" and {len(done.failures) - 1} more" if len(done.failures) > 1 else ""
        full = next((text for _, text in done.failures if "No space left" in text), None)
        if full is not None:
            raise TryLaterError(
                f"The server has no disk space ({full}): free some, then run this again; what was"
                " built before is as it was."
            )
        raise WarehouseError(
            f"`dbt build --selector {selector}` failed at {name}{others} ({said}): see dbt.log"
            " beside this log, correct it, then run this again."
        )
    return Done(done.rows, f"{done.nodes} nodes")


def process(folder: Path, settings: Settings) -> Done:
    """Write the cleaned rows of the batches that were touched as Parquet."""
    written = processed.write(folder, settings)
    days = [day.isoformat() for day in written.batches]
    listed = ", ".join(days if len(days) <= 3 else [days[0], "…", days[-1]])
    return Done(written.rows, f"{len(days)} batches ({listed})" if days else "nothing new")


def report(*, email: bool = True) -> Done:
    """All reports anew."""
    written = run_all_viz.refresh(email=email)
    return Done(0, f"{len(written)} reports")


def history_end(raw: Path) -> dt.date | None:
    """The last day of the simulated history in a raw folder, None if it holds none."""
    try:
        stored = json.loads((raw / "generator.json").read_text(encoding="utf-8"))
        return dt.date.fromisoformat(stored["end"])
    except FileNotFoundError:
        return None
    except (ValueError, KeyError, TypeError):
        raise WarehouseError(
            f"{raw / 'generator.json'} is damaged: write the history again."
        ) from None

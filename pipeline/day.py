"""A day, or several, from the raw files to the reports: one at a time, resumed where it broke off.

No progress is stored. Each step finds out by itself what is left to do: a day's files appear whole
or not at all, a batch is loaded in one transaction and once, builds look at rows newer than their
own, Parquet files know the build they are of. So after a kill the same command goes on.
"""

from __future__ import annotations

import datetime as dt
import logging
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import psycopg

from pipeline import steps
from pipeline.errors import TryLaterError
from warehouse import locks, server
from warehouse.config import Settings
from warehouse.db import Connection, connect, is_lost
from warehouse.errors import WarehouseError

log = logging.getLogger(__name__)

PAUSES = (1.0, 5.0, 15.0)


@dataclass(frozen=True)
class Options:
    """How a day is run.

    Attributes:
        raw: folder of the batches.
        processed: folder of the Parquet files.
        transactions: of a simulated day, by default the average of its history.
        has_analyses: whether what looks back over months is built as well.
        has_reports: whether the reports are written.
        has_email: whether they are sent, if e-mail is switched on.
        waits: whether to wait for another run, or else to refuse.
        takes_future: whether a day after today may be loaded.
    """

    raw: Path = steps.RAW
    processed: Path = steps.PROCESSED
    transactions: int | None = None
    has_analyses: bool = False
    has_reports: bool = True
    has_email: bool = True
    waits: bool = True
    takes_future: bool = False


def today() -> dt.date:
    """Today in UTC."""
    return dt.datetime.now(dt.UTC).date()


def run(days: Sequence[dt.date], options: Options = Options()) -> None:
    """Bring the days into the warehouse, and everything up to date with them.

    Raises:
        TryLaterError: another run is at work, a batch is not there yet, or a disk is full.
        WarehouseError: something has to be corrected.
    """
    days = _accepted(days, options)
    if not days:
        return
    name = f"{days[0]}" if len(days) == 1 else f"{days[0]} to {days[-1]}"
    started = time.perf_counter()
    with _Turn(waits=options.waits) as turn:

        def step(what: str, act: Callable[[], steps.Done]) -> None:
            begun = time.perf_counter()
            done = turn.hold_on(act)
            note = f" ({done.note})" if done.note else ""
            seconds = time.perf_counter() - begun
            log.info("%s: %s, %d rows in %.1f s%s", name, what, done.rows, seconds, note)

        step("deliver", lambda: steps.deliver(days, options.raw, options.transactions))
        step("load", lambda: steps.load(days, options.raw, turn.settings))
        step("build", lambda: steps.build("daily"))
        step("parquet", lambda: steps.process(options.processed, turn.settings))
        if options.has_analyses:
            step("analyses", lambda: steps.build("analyses"))
        if options.has_reports:
            step("reports", lambda: steps.report(email=options.has_email))
    log.info("%s: done in %.1f s", name, time.perf_counter() - started)


def _accepted(days: Sequence[dt.date], options: Options) -> list[dt.date]:
    """Without the days that a simulated history holds already; none of them lies in the future."""
    future = [day for day in days if day > today()]
    if future and not options.takes_future:
        raise WarehouseError(
            f"{future[0]} lies in the future, and the latest day is what the whole warehouse calls"
            " today: give an earlier day, or --allow-future if you mean it."
        )
    end = steps.history_end(options.raw)
    left = [
        day
        for day in days
        if end is None or day > end or steps.batch_folder(options.raw, day).exists()
    ]
    if len(left) < len(days):
        log.info(
            "%d of %d days belong to the simulated history, which ends on %s: nothing to do for"
            " them.", len(days) - len(left), len(days), end,
        )  # fmt: skip
    return left


class _Turn:
    """One run at a time in a database: a lock that the server lets go with the session.

    The session is also how a lost server is told from a failed step: a step that failed while it
    broke is begun again, three times at most, with the embedded server started anew if it is the
    one.
    """

    def __init__(self, *, waits: bool) -> None:
        self._waits = waits
        self.settings: Settings
        self._session: Connection

    def __enter__(self) -> Self:
        self._take(waits=self._waits)
        return self

    def __exit__(self, *error: object) -> None:
        self._session.close()

    def _take(self, *, waits: bool) -> None:
        self.settings = server.ensure()
        self._session = connect(self.settings, autocommit=True, application_name="pipeline lock")
        with _losing(self.settings):
            taken = self._session.execute(
                "select pg_try_advisory_lock(%s)", (locks.DAY,)
            ).fetchone()
            if taken == (True,):
                return
            if not waits:
                raise TryLaterError(
                    f"Another run is at work on {self.settings.address}: wait for its end, then run"
                    " this again."
                )
            log.info("Another run is at work on %s, waiting for it.", self.settings.address)
            self._session.execute("select pg_advisory_lock(%s)", (locks.DAY,))

    def hold_on(self, act: Callable[[], steps.Done]) -> steps.Done:
        """Do a step; if it fails because the server went away, do it again."""
        for pause in (*PAUSES, None):
            try:
                return act()
            except WarehouseError as error:
                if not is_lost(self._session):
                    raise
                if pause is None:
                    raise TryLaterError(f"{error} (tried {len(PAUSES) + 1} times)") from error
                log.warning("%s Trying again in %g s.", error, pause)
            self._session.close()
            time.sleep(pause)
            try:
                self._take(waits=True)
            except WarehouseError as error:
                log.warning("%s", error)
        raise AssertionError("unreachable")


@contextmanager
def _losing(settings: Settings) -> Iterator[None]:
    try:
        yield
    except psycopg.OperationalError as error:
        raise TryLaterError(
            f"The connection to {settings.address} was lost: check the server, then run this again."
        ) from error

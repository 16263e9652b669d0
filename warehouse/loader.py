"""The loader: batches of CSV files into bronze, each whole or not at all."""

from __future__ import annotations

import hashlib
import logging
import re
import sys
import time
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from threading import Lock

import psycopg
from psycopg import sql
from tqdm import tqdm
from tqdm.contrib.logging import logging_redirect_tqdm

from warehouse import bronze, db, locks
from warehouse.batches import Batch, BatchFile, find_batches, read_batch, read_header
from warehouse.bronze import Table, Target
from warehouse.config import Settings
from warehouse.db import Connection
from warehouse.errors import WarehouseError

log = logging.getLogger(__name__)

# Fits the processor's cache: larger chunks were measured to be no faster, often slower.
CHUNK = 1 << 18


@dataclass(frozen=True)
class Loaded:
    """What became of one batch.

    Attributes:
        batch_date: its business date.
        rows: rows delivered; 0 for a batch that had been loaded before.
        seconds: time taken; the times of two batches overlap.
        skipped: True if it had been loaded before, with the same manifest.
        relations: the tables and partitions that received rows.
    """

    batch_date: date
    rows: int = 0
    seconds: float = 0.0
    skipped: bool = False
    relations: tuple[str, ...] = ()


def load(folder: Path, settings: Settings | None = None) -> list[Loaded]:
    """Load every batch at or below ``folder`` that is not loaded yet, in order of date.

    Each batch is one transaction. A batch that is refused stops the rest; those before it stay. If
    the connection is lost, the batches not committed yet are begun again, three times at most.

    Args:
        folder: the raw folder, a part of it, or one batch folder ``YYYY/MM/DD``.
        settings: where to load, by default `Settings.load()`.

    Raises:
        WarehouseError: a batch is refused (file, line and reason), or the server cannot be used.
    """
    settings = settings or Settings.load()
    folders = find_batches(folder)
    tables = bronze.read_tables()
    started = time.perf_counter()
    done: list[Loaded] = []
    sizes = [sum(path.stat().st_size for path in one.glob("*.csv")) for one in folders]
    quiet = not sys.stderr.isatty()
    pauses = list(db.RETRY_SECONDS)

    def landed(result: Loaded) -> None:
        done.append(result)
        if quiet and not result.skipped:
            log.info("%s: %d rows in %.2f s", result.batch_date, result.rows, result.seconds)

    try:
        with (
            logging_redirect_tqdm(),
            tqdm(total=sum(sizes), unit="B", unit_scale=True, desc="load", disable=quiet) as bar,
        ):
            while len(done) < len(folders):
                before = len(done)
                bar.n = sum(sizes[:before])
                try:
                    _Run(settings, tables, landed, bar.update).load(folders[before:])
                except db.ConnectionLost as error:
                    if len(done) > before:
                        pauses = list(db.RETRY_SECONDS)
                    if not pauses:
                        raise error.for_good() from error
                    log.warning("%s, trying again in %g s.", error, pauses[0])
                    time.sleep(pauses.pop(0))
    finally:
        analyze(settings, {name for result in done for name in result.relations})
    skipped = sum(result.skipped for result in done)
    log.info(
        "Loaded %d batches with %d rows in %.1f s%s.",
        len(done) - skipped,
        sum(result.rows for result in done),
        time.perf_counter() - started,
        f"; {skipped} had been loaded before" if skipped else "",
    )
    return done


@dataclass(frozen=True)
class _Job:
    """A batch on its way into bronze under its number; ``headers`` are those of its files."""

    batch: Batch
    batch_id: int
    headers: tuple[list[str], ...]
    changes_tables: bool


class _CalledOff(Exception):
    """Something else went wrong, so this need not be finished."""


class _Run:
    """Loads batches on two connections: while one is being committed, the next is being copied.

    Each batch is a transaction of its own and is committed after the one before it. So numbers have
    no gaps, and a batch that is refused takes the one after it along.
    """

    def __init__(
        self,
        settings: Settings,
        tables: dict[str, Table],
        landed: Callable[[Loaded], None],
        advance: Callable[[int], object],
    ) -> None:
        self._settings = settings
        self._tables = tables
        self._landed = landed
        self._advance = advance
        self._connections: list[Connection] = []
        self._free: deque[Connection] = deque()
        self._flying: deque[tuple[_Job, Connection, Future[Loaded]]] = deque()
        self._counting = Lock()
        self._called_off = False
        # What the database holds; as long as this run has the lock, nobody else adds to it.
        self._known: dict[date, tuple[int, str, str]] = {}
        self._last_batch_id = 0
        self._columns: dict[str, set[str]] = {}

    def load(self, folders: list[Path]) -> None:
        """Load the batches of these folders, in this order."""
        try:
            with ThreadPoolExecutor(2) as threads:
                try:
                    with _in_words(folders[0]):
                        self._begin()
                    for folder in folders:
                        self._take_off(folder, threads)
                    self._land()
                except BaseException:
                    self._call_off()
                    raise
        finally:
            for conn in self._connections:
                conn.close()  # without a commit the server rolls back

    def _connect(self) -> Connection:
        conn = db.connect(self._settings, application_name="warehouse load")
        self._connections.append(conn)
        with db.noticing_loss(conn, self._settings), conn.transaction():
            conn.execute("create temporary sequence source_rows cache 1000")
        self._free.append(conn)
        return conn

    def _begin(self) -> None:
        conn = self._connect()
        with db.noticing_loss(conn, self._settings), conn.transaction():
            # held until the connection is closed, however that comes about
            if conn.execute("select pg_try_advisory_lock(%s)", (locks.LOAD,)).fetchone() != (True,):
                log.info("Another loader is at work, waiting for it.")
                conn.execute("select pg_advisory_lock(%s)", (locks.LOAD,))
            if conn.execute("select to_regclass('bronze.load_batches')").fetchone() == (None,):
                return
            # A loader whose first connection broke has lost the lock, but may have a batch under
            # way on its second: this waits for its end.
            conn.execute("lock table bronze.load_batches in share mode")
            for day, *known in conn.execute(
                "select batch_date, batch_id, manifest_sha256,"
                " format('at %s UTC', loaded_at::timestamp(0)) from bronze.load_batches"
            ):
                self._last_batch_id = max(self._last_batch_id, known[0])
                if known[1] is not None:  # not a batch of a stream
                    self._known[day] = (known[0], known[1], known[2])
            if not bronze.is_complete(conn, self._tables):
                # also where no batch is left to load: dbt reads every table of the list
                bronze.create_missing(conn, self._tables)
            self._columns = bronze.columns(conn)

    def _take_off(self, folder: Path, threads: ThreadPoolExecutor) -> None:
        """Start to load a batch as soon as there is a free connection."""
        try:
            with _in_words(folder):
                job = self._plan(read_batch(folder, self._tables))
        except WarehouseError:
            self._land()  # those before it stay, and are refused first
            raise
        if job is None:
            return
        month = job.batch.batch_date.replace(day=1)
        if job.changes_tables or any(
            other.batch.batch_date.replace(day=1) == month for other, *_ in self._flying
        ):
            # Two transactions cannot make the same partition, and one that alters tables would wait
            # for the other, which may have to wait for it.
            self._land()
        if not self._free and len(self._connections) < 2:
            with _in_words(folder):
                self._connect()
        elif not self._free:
            self._land_first()
        conn = self._free.popleft()
        before = self._flying[-1][2] if self._flying else None
        self._flying.append((job, conn, threads.submit(self._fly, job, conn, before)))
        if job.changes_tables:
            self._land()

    def _plan(self, batch: Batch) -> _Job | None:
        known = self._known.get(batch.batch_date)
        if known is not None:
            if known[1] != batch.manifest_sha256:
                raise WarehouseError(
                    f"{batch.folder} differs from the batch of {batch.batch_date} that was loaded"
                    f" {known[2]} (batch {known[0]}): deliver corrections in the batch of a later"
                    " date, or start afresh with `python -m warehouse destroy`."
                )
            self._land()
            self._advance(sum(file.path.stat().st_size for file in batch.files))
            self._landed(Loaded(batch.batch_date, skipped=True))
            return None
        headers = tuple(read_header(file, self._tables[file.table]) for file in batch.files)
        self._last_batch_id += 1
        self._known[batch.batch_date] = (self._last_batch_id, batch.manifest_sha256, "just now")
        return _Job(
            batch,
            self._last_batch_id,
            headers,
            changes_tables=not self._columns
            or any(
                set(names) - self._columns[file.table]
                for file, names in zip(batch.files, headers, strict=True)
            ),
        )

    def _land(self) -> None:
        while self._flying:
            self._land_first()

    def _land_first(self) -> None:
        _, conn, future = self._flying[0]
        self._landed(future.result())
        self._flying.popleft()
        self._free.append(conn)

    def _call_off(self) -> None:
        self._called_off = True
        # A cancellation between two statements hits nothing, so it is repeated.
        while wait([future for *_, future in self._flying], timeout=0.05).not_done:
            for conn in self._connections:
                with suppress(psycopg.Error):
                    conn.cancel()

    def _fly(self, job: _Job, conn: Connection, before: Future[Loaded] | None) -> Loaded:
        """Load a batch, in a thread of its own, and commit it once the one before is committed."""
        started = time.perf_counter()
        batch = job.batch
        with _in_words(batch.folder), db.noticing_loss(conn, self._settings), conn.transaction():
            if job.changes_tables:
                self._change_tables(conn, job)
            conn.execute(
                "insert into bronze.load_batches (batch_id, batch_date, source, manifest_sha256)"
                " values (%s, %s, %s, %s) returning"
                " set_config('warehouse.batch_id', batch_id::text, true),"
                " set_config('warehouse.batch_date', batch_date::text, true)",
                (job.batch_id, batch.batch_date, batch.source, batch.manifest_sha256),
            )
            targets = [
                self._copy_file(conn, batch, file, names)
                for file, names in zip(batch.files, job.headers, strict=True)
            ]
            with conn.cursor() as cursor:
                cursor.executemany(
                    "insert into bronze.load_batch_files values (%s, %s, %s, %s, %s)",
                    [
                        (job.batch_id, file.table, batch.source_file(file), file.rows, file.sha256)
                        for file in batch.files
                    ],
                )
            if before is not None:
                before.result()
            for target in targets:
                bronze.attach(conn, target)
        return Loaded(
            batch.batch_date,
            rows=sum(file.rows for file in batch.files),
            seconds=time.perf_counter() - started,
            relations=tuple(target.name for target in targets),
        )

    def _change_tables(self, conn: Connection, job: _Job) -> None:
        bronze.create_missing(conn, self._tables)
        columns = bronze.columns(conn)
        for file, names in zip(job.batch.files, job.headers, strict=True):
            new = [name for name in names if name not in columns[file.table]]
            if new:
                log.warning(
                    "%s has columns unknown so far, kept as text: %s.",
                    file.path,
                    ", ".join(map(repr, new)),
                )
                bronze.add_columns(conn, file.table, new)
        self._columns = bronze.columns(conn)

    def _copy_file(
        self, conn: Connection, batch: Batch, file: BatchFile, names: list[str]
    ) -> Target:
        target = bronze.open_target(conn, self._tables[file.table], batch.batch_date)
        conn.execute(
            "select set_config('warehouse.source_file', %s, true), setval('source_rows', 1, false)",
            (batch.source_file(file),),
        )
        statement = sql.SQL("copy {} ({}) from stdin with (format csv, header true)").format(
            target.identifier, sql.SQL(", ").join(map(sql.Identifier, names))
        )
        try:
            rows, sha256 = self._copy(conn, statement, file.path)
        except (psycopg.DataError, psycopg.errors.BadCopyFileFormat) as error:
            line = re.search(r"line (\d+)", error.diag.context or "")
            where = f", line {line[1]}" if line else ""
            raise WarehouseError(
                f"{file.path}{where}: {error.diag.message_primary}; the file is damaged or was cut"
                " off: deliver the batch again."
            ) from error
        if rows != file.rows:
            raise WarehouseError(
                f"{file.path} holds {rows} rows, but its manifest promises {file.rows}: deliver the"
                " batch again."
            )
        if sha256 != file.sha256:
            raise WarehouseError(
                f"{file.path} does not have the checksum of its manifest (sha256 {sha256} instead"
                f" of {file.sha256}): deliver the batch again."
            )
        return target

    def _copy(self, conn: Connection, statement: sql.Composed, path: Path) -> tuple[int, str]:
        """Stream a file to the server and hash the same bytes on the way; rows and checksum."""
        digest = hashlib.sha256()
        with path.open("rb", buffering=0) as handle, conn.cursor() as cursor:
            with cursor.copy(statement) as copy:
                while chunk := handle.read(CHUNK):
                    if self._called_off:
                        raise _CalledOff
                    copy.write(chunk)
                    digest.update(chunk)
                    with self._counting:
                        self._advance(len(chunk))
            return cursor.rowcount, digest.hexdigest()


@contextmanager
def _in_words(folder: Path) -> Iterator[None]:
    """Turn errors of the server and of the disk into one sentence about a batch."""
    try:
        yield
    except psycopg.errors.DiskFull as error:
        raise WarehouseError(
            f"The server has no disk space for batch {folder} ({error.diag.message_primary}):"
            " free some, then load again; nothing of this batch was kept."
        ) from error
    except psycopg.Error as error:
        raise WarehouseError(
            f"The server refuses batch {folder}: {' '.join(str(error).split())}"
        ) from error
    except OSError as error:
        raise WarehouseError(f"Batch {folder} cannot be read: {error}") from error


def analyze(settings: Settings, relations: set[str]) -> None:
    """Tell the planner about the new rows; without this it plans for empty tables."""
    if not relations:
        return
    try:
        with db.connect(settings, autocommit=True) as conn:
            # How many rows and which batches is all that is asked of text that is cleaned as a
            # whole; statistics of every column would cost half as much as the loading itself.
            conn.execute("set default_statistics_target = 1")
            for name in sorted(relations):
                conn.execute(
                    sql.SQL("analyze {} (_batch_id, _batch_date)").format(
                        sql.Identifier(bronze.SCHEMA, name)
                    )
                )
            conn.execute(
                "select brin_summarize_new_values(pg_class.oid) from pg_class"
                " join pg_am on pg_am.oid = relam"
                " where relnamespace = to_regnamespace(%s) and amname = 'brin'",
                (bronze.SCHEMA,),
            )
    except (psycopg.Error, WarehouseError) as error:
        log.warning("The loaded tables could not be analysed: %s", error)

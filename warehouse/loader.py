"""The loader: batches of CSV files into bronze, each whole or not at all."""

from __future__ import annotations

import hashlib
import logging
import re
import sys
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import psycopg
from psycopg import sql
from tqdm import tqdm
from tqdm.contrib.logging import logging_redirect_tqdm

from warehouse import bronze, db
from warehouse.batches import Batch, BatchFile, find_batches, read_batch, read_header
from warehouse.bronze import Table
from warehouse.config import Settings
from warehouse.db import Connection
from warehouse.errors import WarehouseError

log = logging.getLogger(__name__)

# Fits the processor's cache: larger chunks were measured to be no faster, often slower.
CHUNK = 1 << 18
# Any number, but the same one in every loader.
_LOCK = 7_305_202_402


@dataclass(frozen=True)
class Loaded:
    """What became of one batch.

    Attributes:
        batch_date: its business date.
        rows: rows delivered; 0 for a batch that had been loaded before.
        seconds: time taken.
        skipped: True if it had been loaded before, with the same manifest.
        relations: the tables and partitions that received rows.
    """

    batch_date: date
    rows: int
    seconds: float
    skipped: bool
    relations: tuple[str, ...] = ()


def load(folder: Path, settings: Settings | None = None) -> list[Loaded]:
    """Load every batch at or below ``folder`` that is not loaded yet, in order of date.

    Each batch is one transaction. A batch that is refused stops the rest; those before it stay.

    Args:
        folder: the raw folder, a part of it, or one batch folder ``YYYY/MM/DD``.
        settings: where to load, by default `Settings.load()`.

    Raises:
        WarehouseError: a batch is refused (file, line and reason), or the server cannot be used.
    """
    settings = settings or Settings.load()
    folders = find_batches(folder)
    tables = bronze.read_tables()
    done: list[Loaded] = []
    size = sum(path.stat().st_size for one in folders for path in one.glob("*.csv"))
    quiet = not sys.stderr.isatty()
    try:
        with (
            logging_redirect_tqdm(),
            tqdm(total=size, unit="B", unit_scale=True, desc="load", disable=quiet) as bar,
        ):
            for one in folders:
                batch = read_batch(one, tables)
                bar.set_postfix_str(str(batch.batch_date))
                result = _load_with_retry(batch, tables, settings, bar.update)
                done.append(result)
                if not result.skipped and quiet:
                    log.info(
                        "%s: %d rows in %.2f s", result.batch_date, result.rows, result.seconds
                    )
    finally:
        _analyze(settings, {name for result in done for name in result.relations})
    skipped = sum(result.skipped for result in done)
    log.info(
        "Loaded %d batches with %d rows in %.1f s%s.",
        len(done) - skipped,
        sum(result.rows for result in done),
        sum(result.seconds for result in done),
        f"; {skipped} had been loaded before" if skipped else "",
    )
    return done


def _load_with_retry(
    batch: Batch, tables: dict[str, Table], settings: Settings, advance: Callable[[int], object]
) -> Loaded:
    attempts = 0

    def once(conn: Connection) -> Loaded:
        nonlocal attempts
        attempts += 1
        # The bar is not turned back for a second attempt.
        return load_batch(conn, batch, tables, advance if attempts == 1 else lambda _: None)

    try:
        return db.run(once, settings, application_name="warehouse load")
    except psycopg.errors.DiskFull as error:
        raise WarehouseError(
            f"The server has no disk space for batch {batch.folder} ({error.diag.message_primary}):"
            " free some, then load again; nothing of this batch was kept."
        ) from error
    except psycopg.Error as error:
        raise WarehouseError(
            f"The server refuses batch {batch.folder}: {' '.join(str(error).split())}"
        ) from error
    except OSError as error:
        raise WarehouseError(f"Batch {batch.folder} cannot be read: {error}") from error


def load_batch(
    conn: Connection,
    batch: Batch,
    tables: dict[str, Table],
    advance: Callable[[int], object] = lambda _: None,
) -> Loaded:
    """Load one batch inside the caller's transaction.

    Args:
        conn: connected as the owner of bronze.
        batch: what `read_batch` returned.
        tables: what `bronze.read_tables` returned.
        advance: told the number of bytes each time some are on their way.

    Raises:
        WarehouseError: the batch is refused; the caller must roll back.
    """
    started = time.perf_counter()
    _lock(conn)
    bronze.create_missing(conn, tables)
    known = conn.execute(
        "select manifest_sha256, batch_id, loaded_at::timestamp(0)"
        " from bronze.load_batches where batch_date = %s",
        (batch.batch_date,),
    ).fetchone()
    if known is not None:
        if known[0] != batch.manifest_sha256:
            raise WarehouseError(
                f"{batch.folder} differs from the batch of {batch.batch_date} that was loaded at"
                f" {known[2]} UTC (batch {known[1]}): deliver corrections in the batch of a later"
                " date, or start afresh with `python -m warehouse destroy`."
            )
        advance(sum(file.path.stat().st_size for file in batch.files))
        return Loaded(batch.batch_date, 0, time.perf_counter() - started, skipped=True)
    row = conn.execute(
        "insert into bronze.load_batches (batch_id, batch_date, source, manifest_sha256)"
        " select coalesce(max(batch_id), 0) + 1, %s, %s, %s from bronze.load_batches"
        " returning batch_id",
        (batch.batch_date, batch.source, batch.manifest_sha256),
    ).fetchone()
    assert row is not None
    batch_id: int = row[0]
    conn.execute(
        "select set_config('warehouse.batch_id', %s, true),"
        " set_config('warehouse.batch_date', %s, true)",
        (str(batch_id), batch.batch_date.isoformat()),
    )
    relations = [_load_file(conn, batch, file, tables[file.table], advance) for file in batch.files]
    with conn.cursor() as cursor:
        cursor.executemany(
            "insert into bronze.load_batch_files values (%s, %s, %s, %s, %s)",
            [
                (batch_id, file.table, batch.source_file(file), file.rows, file.sha256)
                for file in batch.files
            ],
        )
    return Loaded(
        batch.batch_date,
        sum(file.rows for file in batch.files),
        time.perf_counter() - started,
        skipped=False,
        relations=tuple(relations),
    )


def _lock(conn: Connection) -> None:
    got = conn.execute("select pg_try_advisory_xact_lock(%s)", (_LOCK,)).fetchone()
    if got != (True,):
        log.info("Another loader is at work, waiting for it.")
        conn.execute("select pg_advisory_xact_lock(%s)", (_LOCK,))


def _load_file(
    conn: Connection,
    batch: Batch,
    file: BatchFile,
    table: Table,
    advance: Callable[[int], object],
) -> str:
    names, new = read_header(file, table)
    new = [name for name in new if name not in bronze.columns(conn)[table.name]]
    if new:
        log.warning(
            "%s has columns unknown so far, kept as text: %s.", file.path, ", ".join(map(repr, new))
        )
        bronze.add_columns(conn, table, new)
    target = bronze.open_target(conn, table, batch.batch_date)
    conn.execute(
        "select set_config('warehouse.source_file', %s, true),"
        " setval('bronze.loading_source_row', 1, false)",
        (batch.source_file(file),),
    )
    statement = sql.SQL("copy {} ({}) from stdin with (format csv, header true)").format(
        target.identifier, sql.SQL(", ").join(map(sql.Identifier, names))
    )
    try:
        rows, sha256 = _copy(conn, statement, file.path, advance)
    except (psycopg.DataError, psycopg.errors.BadCopyFileFormat) as error:
        line = re.search(r"line (\d+)", error.diag.context or "")
        where = f", line {line[1]}" if line else ""
        raise WarehouseError(
            f"{file.path}{where}: {error.diag.message_primary}; the file is damaged or was cut off:"
            " deliver the batch again."
        ) from error
    if rows != file.rows:
        raise WarehouseError(
            f"{file.path} holds {rows} rows, but its manifest promises {file.rows}: deliver the"
            " batch again."
        )
    if sha256 != file.sha256:
        raise WarehouseError(
            f"{file.path} does not have the checksum of its manifest (sha256 {sha256} instead of"
            f" {file.sha256}): deliver the batch again."
        )
    bronze.close_target(conn, target)
    return target.name


def _copy(
    conn: Connection, statement: sql.Composed, path: Path, advance: Callable[[int], object]
) -> tuple[int, str]:
    """Stream a file to the server and hash the same bytes beside it; rows and checksum."""
    digest = hashlib.sha256()
    pending: deque[Future[None]] = deque()
    with (
        path.open("rb", buffering=0) as handle,
        ThreadPoolExecutor(1) as hasher,
        conn.cursor() as cursor,
    ):
        with cursor.copy(statement) as copy:
            while chunk := handle.read(CHUNK):
                pending.append(hasher.submit(digest.update, chunk))
                copy.write(chunk)
                advance(len(chunk))
                if len(pending) > 8:  # hashing is the faster of the two; never pile a file up
                    pending.popleft().result()
        for update in pending:
            update.result()
        return cursor.rowcount, digest.hexdigest()


def _analyze(settings: Settings, relations: set[str]) -> None:
    """Tell the planner about the new rows; without this it plans for empty tables."""
    if not relations:
        return
    try:
        with db.connect(settings, autocommit=True) as conn:
            # The roughest picture will do for text that is cleaned as a whole: how many rows, how
            # wide, which batches. The usual one would cost half as much as the loading itself.
            conn.execute("set default_statistics_target = 1")
            for name in sorted(relations):
                conn.execute(sql.SQL("analyze {}").format(sql.Identifier(bronze.SCHEMA, name)))
    except (psycopg.Error, WarehouseError) as error:
        log.warning("The loaded tables could not be analysed: %s", error)

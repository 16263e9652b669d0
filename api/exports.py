"""Whole data sets as files: jobs that stream from the database into CSV or Parquet."""

from __future__ import annotations

import csv
import json
import logging
import secrets
import shutil
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Literal

import psycopg
import pyarrow as pa
import pyarrow.parquet as pq
from psycopg import sql
from psycopg.types.string import TextLoader
from pydantic import BaseModel, Field

from api.catalog import Column, Dataset
from api.database import connection_string
from api.queries import Where, name_of
from warehouse.config import Settings

log = logging.getLogger(__name__)

Format = Literal["csv", "parquet"]
# Rows held in memory at a time.
CHUNK = 10_000
# A fetch of one chunk may take this long; the export as a whole as long as it needs.
FETCH_SECONDS = 60.0
# How long a job is remembered after its file is gone.
MEMORY = timedelta(hours=24)

ARROW_TYPES = {
    "bigint": pa.int64(),
    "integer": pa.int32(),
    "smallint": pa.int16(),
    "double precision": pa.float64(),
    "text": pa.string(),
    "boolean": pa.bool_(),
    "date": pa.date32(),
    "timestamptz": pa.timestamp("us", tz="UTC"),
}


class Job(BaseModel):
    """An export, as its user sees it."""

    id: str = Field(examples=["Zx9bT0qVbq1mJxg2"])
    dataset: str = Field(examples=["fact_transactions"])
    format: Format
    state: Literal["queued", "running", "done", "failed", "expired"]
    created_at: datetime
    expires_at: datetime
    row_count: int | None = Field(default=None, examples=[512])
    byte_count: int | None = Field(default=None, examples=[48211])
    reason: str | None = Field(default=None, description="Why it failed.")


class _Stored(Job):
    user: int


class TooMany(Exception):
    """The user has as many exports as they may."""


class Exporter:
    """Keeps the jobs: a folder each, with what is known of it and its file.

    Args:
        folder: private to this account.
        locate: the settings to connect with as api_reader.
        hours: how long a file is kept.
        per_user: exports a user may have at a time.
        workers: exports that run at a time.
    """

    def __init__(
        self,
        folder: Path,
        locate: Callable[[], Settings],
        hours: float,
        per_user: int,
        workers: int,
    ) -> None:
        self._folder = folder
        self._locate = locate
        self._lifetime = timedelta(hours=hours)
        self._per_user = per_user
        self._workers = ThreadPoolExecutor(workers, "export")
        self._lock = threading.Lock()
        self._jobs: dict[str, _Stored] = {}
        self._stopping = threading.Event()

    def open(self) -> None:
        """Remember the jobs of before; those that were cut off have failed."""
        for file in sorted(self._folder.glob("*/job.json")):
            try:
                job = _Stored.model_validate_json(file.read_text())
            except ValueError:
                continue
            self._jobs[job.id] = job
            if job.state in ("queued", "running"):
                self._change(job.id, state="failed", reason="The API was stopped meanwhile.")
        self.tidy_up()

    def close(self) -> None:
        """Stop; a job at work ends with its chunk."""
        self._stopping.set()
        self._workers.shutdown(wait=True, cancel_futures=True)

    def create(self, user: int, dataset: Dataset, where: Where, form: Format) -> Job:
        """Queue an export of the rows of ``where``.

        Raises:
            TooMany: the user has enough of them.
        """
        self.tidy_up()
        now = datetime.now(UTC)
        job = _Stored(
            id=secrets.token_urlsafe(18), user=user, dataset=dataset.id, format=form,
            state="queued", created_at=now, expires_at=now + self._lifetime,
        )  # fmt: skip
        with self._lock:
            kept = [one for one in self._jobs.values() if one.user == user]
            if sum(one.state in ("queued", "running", "done") for one in kept) >= self._per_user:
                raise TooMany
            (self._folder / job.id).mkdir(mode=0o700)
            self._jobs[job.id] = job
            self._write(job)
        self._workers.submit(self._run, job, dataset, where)
        return Job(**job.model_dump(exclude={"user"}))

    def find(self, user: int, identifier: str) -> Job | None:
        """The user's job; None if it is nobody's or somebody else's."""
        self.tidy_up()
        job = self._jobs.get(identifier)
        if job is None or job.user != user:
            return None
        return Job(**job.model_dump(exclude={"user"}))

    def mine(self, user: int) -> list[Job]:
        """All jobs of a user, the newest first."""
        self.tidy_up()
        found = [one for one in list(self._jobs.values()) if one.user == user]
        found.sort(key=lambda one: one.created_at, reverse=True)
        return [Job(**one.model_dump(exclude={"user"})) for one in found]

    def drop(self, user: int, identifier: str) -> bool:
        """Delete a job that has ended, with its file; False if there is none such."""
        with self._lock:
            job = self._jobs.get(identifier)
            if job is None or job.user != user or job.state in ("queued", "running"):
                return False
            del self._jobs[identifier]
        shutil.rmtree(self._folder / identifier, ignore_errors=True)
        return True

    def file(self, job: Job) -> Path:
        """Where the rows are once the job is done."""
        return self._folder / job.id / f"{job.dataset}.{job.format}"

    def tidy_up(self) -> None:
        """Delete the files whose time is over, and later what is known of them."""
        now = datetime.now(UTC)
        for job in list(self._jobs.values()):
            if job.expires_at > now or job.state in ("queued", "running"):
                continue
            if job.state == "done":
                self.file(job).unlink(missing_ok=True)
                self._change(job.id, state="expired")
            if job.expires_at + MEMORY <= now:
                self.drop(job.user, job.id)

    # -- at work -----------------------------------------------------------------------------------

    def _run(self, job: _Stored, dataset: Dataset, where: Where) -> None:
        self._change(job.id, state="running")
        file = self.file(job)
        part = file.with_suffix(".part")
        try:
            rows = self._stream(job.user, dataset, where, part, job.format)
            part.replace(file)
            self._change(job.id, state="done", row_count=rows, byte_count=file.stat().st_size)
        except Exception as error:
            log.warning("Export %s of %s failed", job.id[:6], dataset.id, exc_info=error)
            part.unlink(missing_ok=True)
            lost = isinstance(error, psycopg.OperationalError)
            reason = "The warehouse could not be reached." if lost else "The server's log says why."
            self._change(job.id, state="failed", reason=reason)

    def _stream(self, user: int, dataset: Dataset, where: Where, file: Path, form: Format) -> int:
        settings = connection_string(self._locate(), FETCH_SECONDS)
        columns = dataset.shown
        names = sql.SQL(", ").join(sql.Identifier(column.name) for column in columns)
        source = sql.SQL(" from {}{}").format(name_of(dataset), where.clause())
        with psycopg.connect(settings, autocommit=True) as connection, connection.transaction():
            # Scales and rows are to be of one state of the relation. It is held first: a relation
            # that is exchanged after a snapshot was taken would look empty in it.
            connection.execute("set transaction isolation level repeatable read")
            connection.execute(
                sql.SQL("lock table {} in access share mode").format(name_of(dataset))
            )
            connection.execute("select set_config('api.user_id', %s, true)", (str(user),))
            schema = None
            if form == "parquet":
                schema = _arrow_schema(connection, columns, source, where.values)
            else:  # amounts as PostgreSQL writes them, never as 1E-7
                connection.adapters.register_loader("numeric", TextLoader)
            with connection.cursor("export") as cursor:
                cursor.itersize = CHUNK
                cursor.execute(sql.SQL("select {}{}").format(names, source), where.values)
                chunks = self._chunks(cursor)
                if schema is None:
                    return write_csv(file, columns, chunks)
                return write_parquet(file, schema, chunks)

    def _chunks(self, cursor: psycopg.ServerCursor[Any]) -> Iterator[list[tuple[Any, ...]]]:
        while rows := cursor.fetchmany(CHUNK):
            if self._stopping.is_set():
                raise RuntimeError("the API stops")
            yield rows

    def _change(self, identifier: str, **changes: Any) -> None:
        with self._lock:
            job = self._jobs[identifier].model_copy(update=changes)
            self._jobs[identifier] = job
            self._write(job)

    def _write(self, job: _Stored) -> None:
        file = self._folder / job.id / "job.json"
        new = file.with_suffix(".new")
        new.write_text(json.dumps(job.model_dump(mode="json")))
        new.replace(file)


def _arrow_schema(
    connection: psycopg.Connection[Any],
    columns: Sequence[Column],
    source: sql.Composed,
    values: Sequence[Any],
) -> pa.Schema:
    """Types that hold every value exactly: decimals with as many places as the data have."""
    decimals = [column for column in columns if column.data_type == "numeric"]
    scales: dict[str, int] = {}
    if decimals:
        query = sql.SQL("select {}").format(
            sql.SQL(", ").join(
                sql.SQL("coalesce(max(scale({})), 0)").format(sql.Identifier(column.name))
                for column in decimals
            )
        )
        found = connection.execute(query + source, values).fetchone()
        assert found is not None
        scales = dict(zip((column.name for column in decimals), found, strict=True))
    return pa.schema(
        [
            pa.field(
                column.name,
                pa.decimal128(38, scales[column.name])
                if column.name in scales
                else ARROW_TYPES[column.data_type],
            )
            for column in columns
        ]
    )


def write_csv(
    file: Path, columns: Sequence[Column], chunks: Iterator[list[tuple[Any, ...]]]
) -> int:
    """Write rows as CSV (RFC 4180, a header, UTF-8, times in ISO 8601); returns how many."""
    count = 0
    with file.open("w", newline="", encoding="utf-8") as handle:
        writer = csv.writer(handle)
        writer.writerow([column.name for column in columns])
        flags = [place for place, one in enumerate(columns) if one.data_type == "boolean"]
        times = [place for place, one in enumerate(columns) if one.data_type == "timestamptz"]
        for rows in chunks:
            for row in rows:
                cells = list(row)
                for place in flags:
                    if cells[place] is not None:
                        cells[place] = "true" if cells[place] else "false"
                for place in times:
                    if cells[place] is not None:
                        cells[place] = cells[place].isoformat()
                writer.writerow(cells)
            count += len(rows)
    return count


def write_parquet(file: Path, schema: pa.Schema, chunks: Iterator[list[tuple[Any, ...]]]) -> int:
    """Write rows as Parquet; returns how many."""
    count = 0
    with pq.ParquetWriter(file, schema, compression="zstd") as writer:
        for rows in chunks:
            arrays = [
                pa.array(values, type=kind.type)
                for values, kind in zip(zip(*rows, strict=True), schema, strict=True)
            ]
            writer.write_batch(pa.record_batch(arrays, schema=schema))
            count += len(rows)
    return count

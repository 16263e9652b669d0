"""What a stream leaves in bronze: rows, offsets and counts, in one transaction each time.

A stream has no files and no end, so its batches are cut where they must be: at midnight (UTC) and
when a build of dbt begins, which reads whole batches only. See docs/decisions/0028.
"""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

from psycopg import sql

from warehouse import bronze, locks
from warehouse.db import Connection
from warehouse.errors import WarehouseError
from warehouse.stream import messages

TABLE = bronze.STREAMED
_COLUMNS = ("_source_file", "_source_row", *messages.COLUMNS, "raw_message")


class LoaderAtWork(Exception):
    """A batch has to be begun, and the loader of files is giving out numbers."""


@dataclass
class MicroBatch:
    """Messages on their way into bronze, as the lines of a COPY.

    Attributes:
        day: the business date they count for: that of their arrival (UTC).
        first, after: per partition the offset of the first message, and that after the last.
        rows: how many there are; ``poison``: those that cannot be read.
    """

    topic: str
    day: date = field(default_factory=lambda: datetime.now(UTC).date())
    first: dict[int, int] = field(default_factory=dict)
    after: dict[int, int] = field(default_factory=dict)
    rows: int = 0
    poison: list[tuple[Any, ...]] = field(default_factory=list)
    unknown: set[str] = field(default_factory=set)
    _text: io.StringIO = field(default_factory=io.StringIO)

    def __post_init__(self) -> None:
        self._writer = csv.writer(self._text, lineterminator="\n")

    def add(self, message: Any, expected: int) -> None:
        """Take a message in; ``expected`` is the offset up to which its partition was read."""
        partition, offset = message.partition(), message.offset()
        value = message.value()
        place = (f"{self.day:%Y/%m/%d}/kafka/{self.topic}/{partition}", offset)
        try:
            self._writer.writerow((*place, *messages.read(value, self.unknown), None))
        except messages.Unreadable as error:
            nothing = (None,) * len(messages.COLUMNS)
            self._writer.writerow((*place, *nothing, messages.as_text(value)))
            self.poison.append((self.topic, partition, offset, message.key(), value, str(error)))
        self.first.setdefault(partition, expected)
        self.after[partition] = offset + 1
        self.rows += 1

    @property
    def lines(self) -> str:
        """The rows as CSV."""
        return self._text.getvalue()


class Store:
    """Bronze, seen from one topic."""

    def __init__(self, conn: Connection, topic: str) -> None:
        self._conn = conn
        self._topic = topic
        self._source = f"kafka {topic}"

    def prepare(self) -> None:
        """Create what bronze lacks; waits for a loader that is at work."""
        tables = bronze.read_tables()
        with self._conn.transaction():
            if not bronze.is_complete(self._conn, tables):
                self._conn.execute("select pg_advisory_xact_lock(%s)", (locks.LOAD,))
                self._conn.execute("create schema if not exists bronze")
                bronze.create_missing(self._conn, tables)

    def claim(self) -> bool:
        """True if nobody else reads this topic; the claim ends with the connection."""
        with self._conn.transaction():
            return self._conn.execute(
                "select pg_try_advisory_lock(hashtextextended(%s, 0))", (self._source,)
            ).fetchone() == (True,)

    def offsets(self) -> dict[int, int]:
        """Per partition the offset of the next message to read."""
        with self._conn.transaction():
            return dict(
                self._conn.execute(
                    "select partition, next_offset from bronze.kafka_offsets where topic = %s",
                    (self._topic,),
                ).fetchall()
            )

    def write(self, batch: MicroBatch) -> None:
        """Rows, offsets and counts of a micro-batch: all or nothing.

        Raises:
            LoaderAtWork: try again in a moment; nothing was written.
            WarehouseError: somebody else has read these messages.
        """
        conn = self._conn
        with conn.transaction():
            # From here to the end no build begins, so none can have read half of a batch.
            conn.execute("select pg_advisory_xact_lock_shared(%s)", (locks.STREAM,))
            batch_id = self._open_batch(batch.day)
            conn.execute(
                "select set_config('warehouse.batch_id', %s, true),"
                " set_config('warehouse.batch_date', %s, true)",
                (str(batch_id), str(batch.day)),
            )
            with (
                conn.cursor() as cursor,
                cursor.copy(
                    sql.SQL("copy {} ({}) from stdin (format csv)").format(
                        sql.Identifier(bronze.SCHEMA, TABLE),
                        sql.SQL(", ").join(map(sql.Identifier, _COLUMNS)),
                    )
                ) as copy,
            ):
                copy.write(batch.lines)
            with conn.cursor() as cursor:
                cursor.executemany(
                    "insert into bronze.kafka_quarantine (batch_id, topic, partition,"
                    " message_offset, message_key, message_value, reason)"
                    " values (%s, %s, %s, %s, %s, %s, %s)",
                    [(batch_id, *row) for row in batch.poison],
                )
            for partition, after in batch.after.items():
                self._advance(partition, batch.first[partition], after)
            conn.execute(
                "update bronze.load_batch_files set delivered_rows = delivered_rows + %s"
                " where batch_id = %s and table_name = %s",
                (batch.rows, batch_id, TABLE),
            )

    def _advance(self, partition: int, before: int, after: int) -> None:
        # The claim keeps others away; that the old offset is the expected one holds by itself.
        done = self._conn.execute(
            "insert into bronze.kafka_offsets as known (topic, partition, next_offset)"
            " values (%s, %s, %s) on conflict (topic, partition) do update"
            " set next_offset = excluded.next_offset, received_at = now()"
            " where known.next_offset = %s",
            (self._topic, partition, after, before),
        )
        if done.rowcount != 1:
            raise WarehouseError(
                f"Somebody else reads topic {self._topic!r}, too, and was here before: run one"
                " consumer for a topic."
            )

    def _open_batch(self, day: date) -> int:
        """The batch that takes today's rows: the last of this topic, unless a build has read it."""
        read = 0
        if self._conn.execute("select to_regclass('silver.builds')").fetchone() != (None,):
            (read,) = self._conn.execute(  # type: ignore[misc]
                "select coalesce(max(last_batch_id), 0) from silver.builds"
            ).fetchone()
        found = self._conn.execute(
            "select max(batch_id) from bronze.load_batches"
            " where source = %s and manifest_sha256 is null and batch_date = %s and batch_id > %s",
            (self._source, day, read),
        ).fetchone()
        assert found is not None
        batch_id: int | None = found[0]
        return self._begin_batch(day) if batch_id is None else batch_id

    def _begin_batch(self, day: date) -> int:
        taken = self._conn.execute("select pg_try_advisory_xact_lock(%s)", (locks.LOAD,))
        if taken.fetchone() != (True,):
            raise LoaderAtWork
        (batch_id,) = self._conn.execute(  # type: ignore[misc]
            "insert into bronze.load_batches (batch_id, batch_date, source)"
            " select coalesce(max(batch_id), 0) + 1, %s, %s from bronze.load_batches"
            " returning batch_id",
            (day, self._source),
        ).fetchone()
        self._conn.execute(
            "insert into bronze.load_batch_files (batch_id, table_name, file_name, delivered_rows)"
            " select %s, %s, format('%%s/kafka/%%s/%%s', %s::text, %s::text, count(*)), 0"
            " from bronze.load_batches"
            " where source = %s and manifest_sha256 is null and batch_date = %s",
            (batch_id, TABLE, f"{day:%Y/%m/%d}", self._topic, self._source, day),
        )
        return int(batch_id)

"""Rows of PostgreSQL as Arrow: COPY, read as a stream, with stated types; memory stays flat."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from typing import TypeVar

import pyarrow as pa
import pyarrow.csv as pc
from psycopg import sql

from warehouse.db import Connection

Taken = TypeVar("Taken")

_TYPES = {
    "boolean": pa.bool_(),
    "smallint": pa.int32(),
    "integer": pa.int32(),
    "bigint": pa.int64(),
    "real": pa.float64(),
    "double precision": pa.float64(),
    "date": pa.date32(),
    "timestamp with time zone": pa.timestamp("us", "UTC"),
    "timestamp without time zone": pa.timestamp("us"),
}


def select(
    columns: list[tuple[str, str]], decimals: Callable[[str], tuple[int, int]]
) -> tuple[sql.Composed, pa.Schema]:
    """The list of columns for a query, and the schema of what it returns.

    Args:
        columns: name and PostgreSQL type; what Arrow has no type for is taken as text.
        decimals: width and scale that a column of type numeric gets; what has more digits after
            the point is rounded.
    """
    selected: list[sql.Composable] = []
    fields = []
    for name, kind in columns:
        column: sql.Composable = sql.Identifier(name)
        if kind == "numeric":
            width, scale = decimals(name)
            fields.append((name, pa.decimal128(width, scale)))
            column = sql.SQL("round({}, {})").format(column, scale)
        else:
            fields.append((name, _TYPES.get(kind, pa.string())))
        selected.append(column)
    return sql.SQL(", ").join(selected), pa.schema(fields)


def copy_out(
    conn: Connection,
    query: sql.Composed,
    schema: pa.Schema,
    take: Callable[[pa.RecordBatchReader], Taken],
) -> tuple[Taken, int]:
    """Hand the rows of a query to ``take``; returns what it returns and how many rows were sent.

    Raises:
        pyarrow.ArrowException: a value does not fit the schema.
    """
    with conn.cursor() as cursor:
        with cursor.copy(sql.SQL("copy ({}) to stdout (format csv)").format(query)) as copy:
            stream = io.BufferedReader(_Stream(iter(copy)), 1 << 20)
            # pyarrow refuses a file without a line
            taken = take(_reader(stream, schema) if stream.peek(1) else _nothing(schema))
        return taken, cursor.rowcount


def _reader(stream: io.BufferedIOBase, schema: pa.Schema) -> pa.RecordBatchReader:
    return pc.open_csv(
        stream,
        read_options=pc.ReadOptions(column_names=schema.names, block_size=4 << 20),
        parse_options=pc.ParseOptions(newlines_in_values=True),
        convert_options=pc.ConvertOptions(
            column_types=schema,
            null_values=[""],
            true_values=["t"],
            false_values=["f"],
            strings_can_be_null=True,
            quoted_strings_can_be_null=False,
        ),
    )


def _nothing(schema: pa.Schema) -> pa.RecordBatchReader:
    return schema.empty_table().to_reader()


class _Stream(io.RawIOBase):
    """What COPY sends, as a file."""

    def __init__(self, chunks: Iterator[bytes | bytearray | memoryview]) -> None:
        self._chunks = chunks
        self._rest = memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        """Fill as much of the buffer as there is; one message of the server is one row."""
        filled = 0
        while filled < len(buffer):
            if not self._rest:
                chunk = next(self._chunks, None)
                if chunk is None:
                    break
                self._rest = memoryview(chunk)
            part = self._rest[: len(buffer) - filled]
            buffer[filled : filled + len(part)] = part
            filled += len(part)
            self._rest = self._rest[len(part) :]
        return filled

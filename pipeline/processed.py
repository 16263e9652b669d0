"""The cleaned rows of each batch as Parquet: ``data/processed/YYYY/MM/DD/<table>.parquet``.

A batch's files hold the rows of silver that came with it and are kept, with the types of silver,
beside the raw files they came from. They hold personal data in clear, as those do, so they are for
the account that writes them (mode 0600). A row that is judged anew by a later build (an orphan
whose account arrives) brings the files of its batch up to date.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import psycopg
import pyarrow as pa
import pyarrow.parquet as pq
from psycopg import sql

from warehouse import arrow
from warehouse.config import Settings
from warehouse.db import Connection, connect
from warehouse.errors import WarehouseError

STATE = "state.json"
# What silver says about a row's verdict and about builds is not part of the row.
_NOT_OF_THE_ROW = {
    "delivery_key", "row_defect", "quarantine_reason", "disposition", "is_latest", "_build_id",
}  # fmt: skip
# The same for every day, so that all days can be read as one data set.
_DECIMAL = (38, 10)


@dataclass(frozen=True)
class Written:
    """What `write` did: the batches whose files it wrote, and their rows."""

    batches: tuple[date, ...]
    rows: int


@dataclass(frozen=True)
class _Table:
    """A relation of silver with typed rows, and the columns that are written."""

    relation: str
    columns: tuple[tuple[str, str], ...]

    @property
    def name(self) -> str:
        return self.relation.removeprefix("base_")


def write(folder: Path, settings: Settings | None = None) -> Written:
    """Bring the files up to date with silver: those with rows that builds since then touched.

    Raises:
        WarehouseError: the server fails, nothing is built, or the folder cannot be written. The
            next call does what is missing.
    """
    settings = settings or Settings.load()
    with _explained(folder), connect(settings, application_name="pipeline processed") as conn:
        conn.read_only = True
        conn.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        state = _read_state(conn)
        tables = list(_tables(conn))
        since = _known(folder, state)
        touched: dict[tuple[date, int], list[_Table]] = {}
        for table in tables:
            for batch in _touched(conn, table, since):
                touched.setdefault(batch, []).append(table)
        if not since:  # what lies there may be of another warehouse
            touched = dict.fromkeys(touched, tables)
        batches = sorted(touched)
        rows = sum(
            _write_batch(conn, touched[day, batch_id], batch_id, folder / f"{day:%Y/%m/%d}")
            for day, batch_id in batches
        )
        folder.mkdir(parents=True, exist_ok=True)
        _replace_text(folder / STATE, json.dumps(state) + "\n")
    return Written(tuple(day for day, _ in batches), rows)


def _read_state(conn: Connection) -> dict[str, Any]:
    """The newest build, and the first: a warehouse made anew counts from 1 again."""
    row = conn.execute(
        "select (array_agg(invocation_id order by build_id))[1], max(build_id) from silver.builds"
    ).fetchone()
    assert row is not None
    return {"warehouse": row[0], "build": row[1]}


def _known(folder: Path, state: dict[str, Any]) -> int:
    """The build up to which the files are; 0 if there are none of this warehouse."""
    try:
        before = json.loads((folder / STATE).read_text(encoding="utf-8"))
        return int(before["build"]) if before["warehouse"] == state["warehouse"] else 0
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        return 0


def _tables(conn: Connection) -> Iterator[_Table]:
    found = conn.execute(
        "select relname::text, array_agg(attname::text order by attnum),"
        " array_agg(format_type(atttypid, null) order by attnum)"
        " from pg_class join pg_attribute on attrelid = pg_class.oid"
        " where relnamespace = to_regnamespace('silver') and relkind = 'r'"
        " and relname like 'base\\_%%' and attnum > 0 and not attisdropped group by 1 order by 1"
    )
    for name, columns, types in found:
        if {"_batch_id", "_build_id", "disposition"} <= set(columns):
            kept = zip(columns, types, strict=True)
            yield _Table(name, tuple(one for one in kept if one[0] not in _NOT_OF_THE_ROW))


def _touched(conn: Connection, table: _Table, since: int) -> list[tuple[date, int]]:
    query = sql.SQL("select distinct _batch_date, _batch_id from {} where _build_id > %s").format(
        sql.Identifier("silver", table.relation)
    )
    return conn.execute(query, (since,)).fetchall()


def _write_batch(conn: Connection, tables: list[_Table], batch_id: int, folder: Path) -> int:
    """Write a batch's files of some tables beside, then put them into place one by one."""
    new = folder.with_name(f".{folder.name}.new")
    shutil.rmtree(new, ignore_errors=True)  # left behind by a run that was killed
    new.mkdir(parents=True)
    try:
        rows = sum(_write_table(conn, table, batch_id, new) for table in tables)
        folder.mkdir(exist_ok=True)
        for name in (f"{table.name}.parquet" for table in tables):
            if (new / name).exists():
                (new / name).replace(folder / name)
            else:
                (folder / name).unlink(missing_ok=True)
    finally:
        shutil.rmtree(new, ignore_errors=True)
    return rows


def _write_table(conn: Connection, table: _Table, batch_id: int, folder: Path) -> int:
    listed, schema = arrow.select(list(table.columns), lambda _: _DECIMAL)
    query = sql.SQL(
        "select {} from {} where _batch_id = {} and disposition = 'kept' order by _source_row"
    ).format(listed, sql.Identifier("silver", table.relation), sql.Literal(batch_id))
    path = folder / f"{table.name}.parquet"

    def take(rows: pa.RecordBatchReader) -> int:
        path.touch(mode=0o600)
        with pq.ParquetWriter(path, schema, compression="zstd") as writer:
            count = 0
            for batch in rows:
                writer.write_batch(batch)
                count += batch.num_rows
        return count

    count, _ = arrow.copy_out(conn, query, schema, take)
    if not count:
        path.unlink()
    return count


def _replace_text(path: Path, text: str) -> None:
    new = path.with_name(f".{path.name}.new")
    new.write_text(text, encoding="utf-8")
    new.replace(path)


@contextmanager
def _explained(folder: Path) -> Iterator[None]:
    try:
        yield
    except psycopg.errors.UndefinedTable as error:
        raise WarehouseError("Silver is not built yet: run `dbt build` first.") from error
    except psycopg.Error as error:
        raise WarehouseError(
            f"Silver could not be read ({' '.join(str(error).split())}): check the server, then run"
            " this again."
        ) from error
    except (OSError, pa.ArrowException) as error:
        raise WarehouseError(
            f"{folder} could not be written ({' '.join(str(error).split())}): make room, then run"
            " this again."
        ) from error

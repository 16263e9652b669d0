"""Gold and dst on a laptop: one read-only DuckDB file, and Parquet beside it.

The role `bi_reader` reads, in one transaction: so personal data stay masked, and all relations are
of one moment. Rows stream (COPY, Arrow, DuckDB): memory does not grow with them. The
old files stay until the new ones are whole. See docs/decisions/0024.
"""

from __future__ import annotations

import fcntl
import logging
import shutil
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pyarrow as pa
from psycopg import sql
from tqdm import tqdm

from warehouse import arrow
from warehouse.config import PROJECT_ROOT, READER, Settings
from warehouse.db import Connection, connect
from warehouse.errors import WarehouseError
from warehouse.prepare import READER_SCHEMAS

try:
    import duckdb
except ImportError as error:
    raise WarehouseError(
        "DuckDB is not installed: install what serves the warehouse (`make apps`)."
    ) from error

log = logging.getLogger(__name__)

FOLDER = PROJECT_ROOT / "data" / "laptop"
DATABASE = "financial_analytics.duckdb"
# What DuckDB's widest decimal holds, and the widest it computes with quickly.
_WIDE, _NARROW = 38, 18
# The one view that is not copied but defined again: 44 million days at 1 million transactions, from
# 1 million periods. DuckDB divides decimals as floats, so the share is rounded in whole numbers.
_VIEWS = {
    ("gold", "fact_account_daily_snapshot"): """
        select
            days.date_key, days.full_date as snapshot_date,
            periods.account_key, periods.customer_key, periods.product_key,
            periods.account_id, periods.customer_id, periods.product_id,
            periods.account_status, periods.currency, periods.balance_amount,
            if(days.full_date = period_start_date, change_amount, 0) as daily_change_amount,
            if(days.full_date = period_start_date, periods.debit_amount, 0) as debit_amount,
            if(days.full_date = period_start_date, periods.credit_amount, 0) as credit_amount,
            if(days.full_date = period_start_date, periods.transaction_count, 0)
                as transaction_count,
            periods.credit_limit,
            cast(
                (20000 * cast(100 * greatest(-balance_amount, 0) as hugeint)
                    + cast(100 * credit_limit as hugeint))
                // nullif(2 * cast(100 * credit_limit as hugeint), 0) as decimal(18, 0)
            ) * 0.01 as credit_used_percent,
            periods.credit_limit + periods.balance_amount as available_credit_amount,
            balance_amount < 0 and product_category in ('Checking', 'Savings') as is_overdrawn,
            days.full_date = period_start_date and change_amount <> 0 as is_balance_changed,
            cast(days.full_date - open_date as integer) as account_age_days
        from gold.account_balance_periods as periods
        inner join gold.dim_date as days
            on period_start_date <= days.full_date and period_end_date > days.full_date
        where days.full_date <= (select as_of_date from gold.data_as_of)
    """,
}


@dataclass(frozen=True)
class Relation:
    """A table or view of gold or dst with its comments; ``columns`` are name, type, comment."""

    schema: str
    name: str
    comment: str | None
    columns: tuple[tuple[str, str, str | None], ...]

    @property
    def source(self) -> sql.Identifier:
        """Its name in PostgreSQL."""
        return sql.Identifier(self.schema, self.name)

    @property
    def target(self) -> str:
        """Its name in DuckDB."""
        return f"{_quoted(self.schema)}.{_quoted(self.name)}"


def export(folder: Path = FOLDER, settings: Settings | None = None) -> dict[str, int]:
    """Write the DuckDB file and the Parquet files; returns the rows copied of each relation.

    Raises:
        WarehouseError: nothing is built, the server or the disk fails, or another export is at work
            in this folder. The files of the export before are then as they were.
    """
    settings = settings or Settings.load()
    started = time.perf_counter()
    with _explained(folder), _locked(folder):
        new = folder / ".new"
        shutil.rmtree(new, ignore_errors=True)  # left behind by a run that was killed
        try:
            (new / "parquet").mkdir(parents=True)
            with connect(settings, application_name="warehouse duckdb") as conn:
                rows = _write(conn, settings, new)
            _put_into_place(new, folder)
        finally:
            shutil.rmtree(new, ignore_errors=True)
    log.info(
        "Wrote %d relations with %d rows in %.1f s: %s (%.1f MB), %s.",
        len(rows),
        sum(rows.values()),
        time.perf_counter() - started,
        folder / DATABASE,
        (folder / DATABASE).stat().st_size / 1e6,
        folder / "parquet",
    )
    return rows


def _write(conn: Connection, settings: Settings, new: Path) -> dict[str, int]:
    conn.read_only = True
    conn.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
    try:
        conn.execute(sql.SQL("set role {}").format(sql.Identifier(READER)))
    except psycopg.errors.InsufficientPrivilege as error:
        raise WarehouseError(
            f"User {settings.user} may not take on the role {READER}, with whose eyes the export"
            f" is made: let an administrator run `grant {READER} to {settings.user}` once."
        ) from error
    relations = list(_relations(conn))
    if not relations:
        raise WarehouseError(
            f"The warehouse at {settings.address} has nothing in gold or dst yet: run `dbt build`."
        )
    rows: dict[str, int] = {}
    with duckdb.connect(new / DATABASE, config={"memory_limit": "1GB"}) as target:
        target.execute("set timezone = 'UTC'")
        for schema in READER_SCHEMAS:
            target.execute(f"create schema {_quoted(schema)}")
        with tqdm(relations, unit="relation", leave=False, disable=not sys.stderr.isatty()) as bar:
            for relation in bar:
                bar.set_description(relation.name)
                if (relation.schema, relation.name) not in _VIEWS:
                    rows[f"{relation.schema}.{relation.name}"] = _copy(conn, target, relation)
                    path = new / "parquet" / relation.schema / f"{relation.name}.parquet"
                    path.parent.mkdir(exist_ok=True)
                    target.execute(
                        f"copy {relation.target} to {_text(str(path))}"
                        " (format parquet, compression zstd)"
                    )
        for relation in relations:
            if (relation.schema, relation.name) in _VIEWS:
                _define(target, relation)
            _comment(target, relation)
    return rows


def _relations(conn: Connection) -> Iterator[Relation]:
    """What bi_reader may read, in the order of names."""
    found = conn.execute(
        "select nspname::text, relname::text, obj_description(pg_class.oid, 'pg_class'),"
        " array_agg(attname::text order by attnum),"
        " array_agg(format_type(atttypid, null) order by attnum),"
        " array_agg(col_description(pg_class.oid, attnum) order by attnum)"
        " from pg_class join pg_namespace on pg_namespace.oid = relnamespace"
        " join pg_attribute on attrelid = pg_class.oid and attnum > 0 and not attisdropped"
        " where nspname = any(%s) and relkind = any('{r,v,m,p}') and not relispartition"
        " and has_column_privilege(pg_class.oid, attnum, 'select')"
        " group by 1, 2, 3 order by 1, 2",
        (list(READER_SCHEMAS),),
    )
    for schema, name, comment, names, types, comments in found:
        yield Relation(schema, name, comment, tuple(zip(names, types, comments, strict=True)))


def _copy(conn: Connection, target: duckdb.DuckDBPyConnection, relation: Relation) -> int:
    scales = _decimals(conn, relation)
    listed, schema = arrow.select(
        [(name, kind) for name, kind, _ in relation.columns], scales.__getitem__
    )
    query = sql.SQL("select {} from {}").format(listed, relation.source)

    def take(rows: pa.RecordBatchReader) -> int:
        target.register("incoming", rows)
        # DuckDB answers with the number of rows
        made = target.execute(f"create table {relation.target} as from incoming").fetchall()
        target.unregister("incoming")
        return int(made[0][0])

    kept, sent = arrow.copy_out(conn, query, schema, take)
    if kept != sent:
        raise WarehouseError(
            f"{relation.schema}.{relation.name} has {sent} rows, of which {kept} reached the file:"
            " run this again, and report it if it happens twice."
        )
    return kept


def _decimals(conn: Connection, relation: Relation) -> dict[str, tuple[int, int]]:
    """Width and scale that hold every value of the columns of type numeric.

    The warehouse's numeric has no limits, DuckDB's decimal has: money is exact, a ratio of more
    than 38 digits is rounded to them.
    """
    names = [name for name, kind, _ in relation.columns if kind == "numeric"]
    if not names:
        return {}
    measured = sql.SQL(", ").join(
        sql.SQL("coalesce(max(scale({0})), 0), trunc(coalesce(max(abs({0})), 0))::text").format(
            sql.Identifier(name)
        )
        for name in names
    )
    row = conn.execute(sql.SQL("select {} from {}").format(measured, relation.source)).fetchone()
    assert row is not None
    found = {}
    for position, name in enumerate(names):
        scale, whole = max(2, row[2 * position]), len(row[2 * position + 1])
        # two digits to spare, so that sums and later days need no other type
        width = _NARROW if whole + 2 + scale <= _NARROW else _WIDE
        found[name] = (width, min(scale, max(0, width - whole)))
    return found


def _define(target: duckdb.DuckDBPyConnection, relation: Relation) -> None:
    body = _VIEWS[relation.schema, relation.name]
    target.execute(f"create view {relation.target} as {body}")
    defined = [row[0] for row in target.execute(f"describe {relation.target}").fetchall()]
    expected = [name for name, *_ in relation.columns]
    if defined != expected:
        raise WarehouseError(
            f"{relation.schema}.{relation.name} has other columns than the view in"
            f" {Path(__file__).name}: give that view the columns {', '.join(expected)}."
        )


def _comment(target: duckdb.DuckDBPyConnection, relation: Relation) -> None:
    kind = "view" if (relation.schema, relation.name) in _VIEWS else "table"
    if relation.comment:
        target.execute(f"comment on {kind} {relation.target} is {_text(relation.comment)}")
    for name, _, comment in relation.columns:
        if comment:
            target.execute(
                f"comment on column {relation.target}.{_quoted(name)} is {_text(comment)}"
            )


def _put_into_place(new: Path, folder: Path) -> None:
    """Replace file by file, each at once, and remove what is no longer exported."""
    (new / DATABASE).chmod(0o444)
    written = [path.relative_to(new) for path in new.rglob("*") if path.is_file()]
    for path in written:
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (new / path).replace(folder / path)
    for old in (folder / "parquet").rglob("*.parquet"):
        if old.relative_to(folder) not in written:
            old.unlink()


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".lock").open("a") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise WarehouseError(
                f"Another export is writing to {folder}: wait for its end, then run this again."
            ) from None
        yield


@contextmanager
def _explained(folder: Path) -> Iterator[None]:
    try:
        yield
    except psycopg.Error as error:
        raise WarehouseError(
            f"The warehouse could not be read ({_line(error)}): check the server, then run this"
            f" again; the files in {folder} are as they were."
        ) from error
    except (OSError, duckdb.Error, pa.ArrowException) as error:
        raise WarehouseError(
            f"{folder} could not be written ({_line(error)}): make room or choose another folder,"
            " then run this again; what was there is as it was."
        ) from error


def _line(error: Exception) -> str:
    return " ".join(str(error).split()).rstrip(".")


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _text(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"

"""The tables of the bronze schema: every row ever delivered, as text, with where it came from.

The list of tables and columns is ``models/bronze/_*__sources.yml``, which dbt reads too.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path

import yaml
from psycopg import sql

from warehouse.config import PROJECT_ROOT
from warehouse.db import Connection
from warehouse.errors import WarehouseError

SOURCES = PROJECT_ROOT / "models" / "bronze"
SCHEMA = "bronze"
PARTITIONED = "transactions"
STREAMED = "kafka_stream"

# A day's files are one batch with a manifest; a stream has several batches without one (see
# docs/decisions/0028). The statements that alter are for servers of before there were streams.
#
# What a row's metadata columns are filled from while its file is copied: the loader states the file
# in settings of its transaction, so that the data stream to the server as they are. The functions
# read settings and yet are called immutable, on purpose: COPY then calls each of them once, when it
# begins, and not once a row. Nothing else may use them.
_SET_UP = """
create table if not exists bronze.load_batches (
    batch_id bigint primary key,
    batch_date date not null,
    source text,
    manifest_sha256 text,
    loaded_at timestamptz not null default now()
);
create table if not exists bronze.load_batch_files (
    batch_id bigint not null references bronze.load_batches,
    table_name text not null,
    file_name text not null,
    delivered_rows bigint not null,
    sha256 text,
    primary key (batch_id, table_name)
);
alter table bronze.load_batches
    alter manifest_sha256 drop not null,
    drop constraint if exists load_batches_batch_date_key;
alter table bronze.load_batch_files alter sha256 drop not null;
create unique index if not exists load_batches__file_batch_date
    on bronze.load_batches (batch_date) where manifest_sha256 is not null;
create table if not exists bronze.kafka_offsets (
    topic text,
    partition integer,
    next_offset bigint not null,
    received_at timestamptz not null default now(),
    primary key (topic, partition)
);
create table if not exists bronze.kafka_quarantine (
    batch_id bigint not null,
    topic text not null,
    partition integer not null,
    message_offset bigint not null,
    message_key bytea,
    message_value bytea,
    reason text not null,
    received_at timestamptz not null default now()
);
create or replace function bronze.loading_batch_id() returns bigint
    language sql immutable
    as $$ select current_setting('warehouse.batch_id')::bigint $$;
create or replace function bronze.loading_batch_date() returns date
    language sql immutable
    as $$ select current_setting('warehouse.batch_date')::date $$;
create or replace function bronze.loading_source_file() returns text
    language sql immutable
    as $$ select current_setting('warehouse.source_file') $$;
create or replace function bronze.loading_time() returns timestamptz
    language sql immutable
    as $$ select now() $$;
create or replace function bronze.loading_source_rows() returns regclass
    language sql immutable
    as $$ select to_regclass('pg_temp.source_rows') $$;
"""
# They stand first: of fixed width and never null, they are read without walking over the text
# columns, which halves the time of every filter on them. Rows are counted by a sequence of the
# session's own, so that several files can be copied at once.
_METADATA = """
    _batch_id bigint not null default bronze.loading_batch_id(),
    _batch_date date not null default bronze.loading_batch_date(),
    _source_row bigint not null default nextval(bronze.loading_source_rows()),
    _loaded_at timestamptz not null default bronze.loading_time(),
    _source_file text not null default bronze.loading_source_file()
"""


@dataclass(frozen=True)
class Table:
    """A bronze table and its source columns, in order; all of them are text."""

    name: str
    columns: tuple[str, ...]

    @property
    def is_partitioned(self) -> bool:
        """True if each month of ``_batch_date`` is a partition of its own."""
        return self.name == PARTITIONED


def read_tables(folder: Path = SOURCES) -> dict[str, Table]:
    """The bronze tables by name, from the YAML of dbt's sources: a file for each domain.

    Columns and tables that the loader keeps itself (a leading ``_``, ``load_batch…``) are left out.

    Raises:
        WarehouseError: the files are missing or one says nothing about sources.
    """
    files = sorted(folder.glob("_*__sources.yml"))
    if not files:
        raise WarehouseError(f"{folder} does not list the bronze tables: restore it.")
    try:
        tables = [
            Table(
                table["name"],
                tuple(c["name"] for c in table["columns"] if not c["name"].startswith("_")),
            )
            for path in files
            for source in yaml.safe_load(path.read_text(encoding="utf-8"))["sources"]
            if source["name"] == SCHEMA
            for table in source["tables"]
            if not table["name"].startswith("load_batch")
        ]
    except (OSError, yaml.YAMLError, KeyError, TypeError) as error:
        raise WarehouseError(
            f"{folder} does not list the bronze tables ({error!r}): restore it."
        ) from error
    return {table.name: table for table in tables}


def create_missing(conn: Connection, tables: dict[str, Table]) -> None:
    """Create what bronze lacks: its own tables, the listed ones, and columns added to the list."""
    existing = columns(conn)
    if not _is_set_up(conn):
        conn.execute(_SET_UP)
        for name in existing.keys() & tables.keys():  # made when rows were counted otherwise
            conn.execute(
                sql.SQL(
                    "alter table {} alter _source_row set default"
                    " nextval(bronze.loading_source_rows())"
                ).format(sql.Identifier(SCHEMA, name))
            )
    for table in tables.values():
        if table.name not in existing:
            _create(conn, table)
        else:
            missing = [name for name in table.columns if name not in existing[table.name]]
            add_columns(conn, table.name, missing)


def is_complete(conn: Connection, tables: dict[str, Table]) -> bool:
    """True if `create_missing` would have nothing to do."""
    existing = columns(conn)
    return _is_set_up(conn) and all(
        set(table.columns) <= existing.get(table.name, set()) for table in tables.values()
    )


def _is_set_up(conn: Connection) -> bool:
    found = conn.execute(
        "select to_regprocedure('bronze.loading_source_rows()') is not null"
        " and to_regclass('bronze.kafka_quarantine') is not null"
    ).fetchone()
    return found == (True,)


def columns(conn: Connection) -> dict[str, set[str]]:
    """Columns of every table there is in bronze, by table; partitions have those of their table."""
    # not from information_schema: its view checks privileges and took 25 ms a batch
    rows = conn.execute(
        "select pg_class.relname::text, array_agg(pg_attribute.attname::text)"
        " from pg_class join pg_attribute on pg_attribute.attrelid = pg_class.oid"
        " where pg_class.relnamespace = to_regnamespace(%s) and pg_class.relkind in ('r', 'p')"
        " and not pg_class.relispartition and attnum > 0 and not attisdropped"
        " group by pg_class.relname",
        (SCHEMA,),
    )
    return {name: set(found) for name, found in rows}


def add_columns(conn: Connection, table: str, names: list[str]) -> None:
    """Add text columns; a table without new ones is not locked."""
    if names:
        conn.execute(
            sql.SQL("alter table {} {}").format(
                sql.Identifier(SCHEMA, table),
                sql.SQL(", ").join(
                    sql.SQL("add column if not exists {} text").format(sql.Identifier(name))
                    for name in names
                ),
            )
        )


def _create(conn: Connection, table: Table) -> None:
    partition = "partition by range (_batch_date)" if table.is_partitioned else ""
    conn.execute(
        sql.SQL("create table {} ({}, {}) {}").format(
            sql.Identifier(SCHEMA, table.name),
            sql.SQL(_METADATA),
            sql.SQL(", ").join(
                sql.SQL("{} text").format(sql.Identifier(name)) for name in table.columns
            ),
            sql.SQL(partition),
        )
    )
    if not table.is_partitioned:
        # Rows lie in the order of their batches, so an index of block ranges is all that is needed.
        # Who looks at a stream while it runs asks for what came in the last hours.
        column = "_batch_id" if table.name != STREAMED else "_batch_id, _loaded_at"
        conn.execute(
            sql.SQL("create index {} on {} using brin ({})").format(
                sql.Identifier(f"{table.name}__batch_id"),
                sql.Identifier(SCHEMA, table.name),
                sql.SQL(column),
            )
        )


@dataclass(frozen=True)
class Target:
    """The table that a file's rows go to: the table itself, or the partition of its month."""

    name: str
    parent: str | None = None
    month: date | None = None

    @property
    def identifier(self) -> sql.Identifier:
        """Name with schema, for statements."""
        return sql.Identifier(SCHEMA, self.name)

    @property
    def bounds(self) -> tuple[sql.Literal, sql.Literal]:
        """First day of the month and of the next, for a new partition."""
        assert self.month is not None
        year, month = self.month.year, self.month.month
        return sql.Literal(self.month), sql.Literal(date(year + month // 12, month % 12 + 1, 1))


def open_target(conn: Connection, table: Table, batch_date: date) -> Target:
    """Where the rows of a batch are to be copied; then call `attach`.

    A new partition is made as a table of its own, filled and only then attached: so COPY does not
    write the log (with wal_level = minimal), and readers of the whole table are not locked out. It
    has no index: its month is how it is found (measured at 1 million rows: an index costs a tenth
    of the loading, and a day's rows are read in 4 ms from their partition, in 1 ms by the index).
    """
    if not table.is_partitioned:
        return Target(table.name)
    name = f"{table.name}_{batch_date:%Y_%m}"
    if conn.execute("select to_regclass(%s)", (f"{SCHEMA}.{name}",)).fetchone() != (None,):
        return Target(name)
    target = Target(name, parent=table.name, month=batch_date.replace(day=1))
    first, after = target.bounds
    # The check, made while the table is empty, spares the scan by which PostgreSQL would otherwise
    # prove every row when the partition is attached.
    conn.execute(
        sql.SQL(
            "create table {} (like {} including defaults,"
            " constraint month check (_batch_date >= {} and _batch_date < {}))"
        ).format(target.identifier, sql.Identifier(SCHEMA, table.name), first, after)
    )
    return target


def attach(conn: Connection, target: Target) -> None:
    """Make a new partition part of its table."""
    if target.parent is None:
        return
    first, after = target.bounds
    conn.execute(
        sql.SQL(
            "alter table {} attach partition {} for values from ({}) to ({});"
            " alter table {} drop constraint month"
        ).format(
            sql.Identifier(SCHEMA, target.parent),
            target.identifier,
            first,
            after,
            target.identifier,
        )
    )

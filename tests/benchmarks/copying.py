"""Loading: our loader beside a bare COPY of the same files into tables of the same shape."""

from __future__ import annotations

from pathlib import Path
from statistics import median

from psycopg import sql

from tests.benchmarks.measure import Span, middle, paired, span
from tests.benchmarks.report import Report
from tests.benchmarks.sizes import MILLION, QUARTER
from tests.kit import Warehouse
from warehouse import bronze, loader
from warehouse.batches import find_batches
from warehouse.config import Settings
from warehouse.db import Connection, connect

# What the loader adds to each row, here as constants: the rows are as wide as ours.
METADATA = """
    _batch_id bigint not null default 1,
    _batch_date date not null default '2023-01-31',
    _source_row bigint not null default 1,
    _loaded_at timestamptz not null default now(),
    _source_file text not null default '2023/01/31/transactions.csv'
"""


def run(report: Report, folder: Path, quick: bool) -> None:
    """Measure loading; the server and the files live below ``folder``."""
    warehouse = Warehouse(home=folder / "copy-pg", raw=folder / "copy-raw")
    report.step("generating the files")
    warehouse.generate(*(QUARTER if quick else MILLION).arguments)
    warehouse.start()
    try:
        settings = Settings.embedded(warehouse.home)
        turns = 3 if quick else 5
        report.step(f"{turns} times bare COPY and our loader in turns")
        pairs = paired(
            turns, lambda: _bare(warehouse, settings), lambda: _ours(warehouse, settings)
        )
    finally:
        warehouse.destroy()
    bare, ours = map(middle, pairs)
    # each pair by itself: other programs slow both of its halves down
    ratios = [
        (one.wall / other.wall, one.cpu / other.cpu) for one, other in zip(*pairs, strict=True)
    ]
    by_wall, by_cpu = (median(found) for found in zip(*ratios, strict=True))
    report.figure("bare COPY", bare.wall, _seconds(bare), bare.others)
    report.figure("our loader", ours.wall, _seconds(ours), ours.others)
    report.promise(
        "speed of the loader : bare COPY", by_wall, f"{by_wall:.0%} (median of {turns} pairs)",
        at_least=0.9, words="≥ 90 %", others=ours.others,
    )  # fmt: skip
    report.figure("… by processor time, client and server", by_cpu, f"{by_cpu:.0%}", ours.others)
    by_server = bare.server / ours.server
    report.figure("… by processor time of the server", by_server, f"{by_server:.0%}", ours.others)


def _seconds(one: Span) -> str:
    return f"{one.wall:.2f} s, CPU of the server {one.server:.2f} s, of the client {one.client:.2f}"


def _empty(settings: Settings) -> None:
    with connect(settings) as connection:
        connection.execute("drop schema if exists bronze cascade; create schema bronze")
        connection.execute("drop schema if exists bare cascade; create schema bare")


def _ours(warehouse: Warehouse, settings: Settings) -> Span:
    _empty(settings)
    with span(warehouse) as found:
        loader.load(warehouse.raw, settings)
    return found


def _bare(warehouse: Warehouse, settings: Settings) -> Span:
    """COPY alone, on one connection: no checks, no checksums, no index, no statistics.

    As ours, it makes a new table for each month of transactions (COPY into a table of the same
    transaction writes no log), has one table for all months of everything else, and commits each
    batch. It reads the files in pieces of the same size.
    """
    _empty(settings)
    tables = bronze.read_tables()
    made: set[str] = set()
    with span(warehouse) as found, connect(settings) as connection:
        for batch in find_batches(warehouse.raw):
            for table in tables.values():
                file = batch / f"{table.name}.csv"
                if file.exists():
                    month = "_".join(batch.parts[-3:-1])
                    name = f"{table.name}_{month}" if table.is_partitioned else table.name
                    if name not in made:
                        _create(connection, name, table.columns)
                        made.add(name)
                    _copy(connection, file, name, table.columns)
            connection.commit()
    return found


def _create(connection: Connection, name: str, columns: tuple[str, ...]) -> None:
    shape = [sql.SQL(METADATA), *(sql.SQL("{} text").format(sql.Identifier(c)) for c in columns)]
    connection.execute(
        sql.SQL("create table bare.{} ({})").format(sql.Identifier(name), sql.SQL(", ").join(shape))
    )


def _copy(connection: Connection, file: Path, name: str, columns: tuple[str, ...]) -> None:
    statement = sql.SQL("copy bare.{} ({}) from stdin (format csv, header true)").format(
        sql.Identifier(name), sql.SQL(", ").join(map(sql.Identifier, columns))
    )
    with (
        file.open("rb", buffering=0) as handle,
        connection.cursor() as cursor,
        cursor.copy(statement) as copy,
    ):
        while chunk := handle.read(loader.CHUNK):
            copy.write(chunk)

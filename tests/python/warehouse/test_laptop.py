"""The DuckDB file and the Parquet files: the same numbers as PostgreSQL, whole or not at all."""

from __future__ import annotations

import fcntl
import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.kit import LIVE_RELATIONS, Warehouse
from warehouse import laptop
from warehouse.config import Settings
from warehouse.db import connect
from warehouse.errors import WarehouseError

NUMBERS = ("bigint", "integer", "numeric", "double precision")


@pytest.fixture(scope="session")
def exported(demo_warehouse: Warehouse, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The export of the default data, as `make duckdb` writes it."""
    folder = tmp_path_factory.mktemp("laptop")
    demo_warehouse.run("python", "-m", "warehouse", "duckdb", str(folder))
    return folder


@pytest.fixture(scope="session")
def file(exported: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """The DuckDB file, opened as a notebook does."""
    with duckdb.connect(exported / laptop.DATABASE, read_only=True) as connection:
        yield connection


def test_counts_and_totals_are_those_of_postgresql(
    demo_warehouse: Warehouse, file: duckdb.DuckDBPyConnection
) -> None:
    with demo_warehouse.connect(as_reader=True) as reader:
        found = reader.execute(
            "select table_schema::text, table_name::text,"
            " array_agg(column_name::text order by ordinal_position),"
            " array_agg(data_type::text order by ordinal_position)"
            " from information_schema.columns where table_schema in ('dst', 'gold')"
            " group by 1, 2 order by 1, 2"
        ).fetchall()
        for schema, name, names, kinds in found:
            described = file.execute(f"describe {schema}.{name}").fetchall()
            assert [row[0] for row in described] == names
            if (schema, name) in LIVE_RELATIONS:
                continue
            measures = list(_measures(zip(names, kinds, strict=True)))
            statement = f"select {', '.join(measures)} from {schema}.{name}"
            here = reader.execute(statement).fetchone()  # type: ignore[call-overload]
            there = file.execute(statement).fetchone()
            assert here is not None and there is not None
            for what, one, other in zip(measures, here, there, strict=True):
                expected = pytest.approx(one, rel=1e-9) if isinstance(one, float) else one
                assert other == expected, (schema, name, what)
    listed = file.execute("select table_schema, table_name from information_schema.tables")
    assert sorted(listed.fetchall()) == [(schema, name) for schema, name, *_ in found]
    assert len(found) > 60


def _measures(columns: Iterator[tuple[str, str]]) -> Iterator[str]:
    """Of each column how many values there are, and what they come to."""
    yield "count(*)"
    for name, kind in columns:
        yield f'count("{name}")'
        if kind in NUMBERS:
            exact = f'cast("{name}" as decimal(38, 0))'
            yield f"sum({exact})" if kind in ("bigint", "integer") else f'sum("{name}")'
        elif kind == "boolean":
            yield f'count(*) filter (where "{name}")'
        else:
            yield f'min("{name}")'
            yield f'max("{name}")'


def test_days_of_accounts_are_those_of_postgresql(
    demo_warehouse: Warehouse, file: duckdb.DuckDBPyConnection
) -> None:
    statement = (
        "select * from gold.fact_account_daily_snapshot where account_id in"
        " (select account_id from gold.dim_account where credit_limit > 0 or account_id < 40)"
        " and snapshot_date >= date '2026-01-01' order by account_id, snapshot_date"
    )
    with demo_warehouse.connect(as_reader=True) as reader:
        cursor = reader.execute(statement)
        expected = cursor.fetchall()
        share = [column.name for column in cursor.description or ()].index("credit_used_percent")
    assert len({row[share] for row in expected}) > 100  # shares of a limit, rounded
    assert file.execute(statement).fetchall() == expected


def test_parquet_holds_the_same_rows(exported: Path, file: duckdb.DuckDBPyConnection) -> None:
    tables = file.execute(
        "select schema_name, table_name from duckdb_tables() order by 1, 2"
    ).fetchall()
    paths = sorted((exported / "parquet").glob("*/*.parquet"))
    assert [(path.parent.name, path.stem) for path in paths] == tables
    for path, (schema, name) in zip(paths, tables, strict=True):
        differing = f"from {schema}.{name} except all from '{path}'"
        assert file.execute(f"select count(*) from ({differing})").fetchall() == [(0,)], name
        (rows,) = file.execute(f"select count(*) from {schema}.{name}").fetchall()
        assert rows == (pq.read_metadata(path).num_rows,), name
    facts = pq.read_schema(exported / "parquet" / "gold" / "fact_transactions.parquet")
    assert facts.field("transaction_amount").type == pa.decimal128(18, 2)
    assert str(facts.field("transaction_timestamp").type) == "timestamp[us, tz=UTC]"


def test_no_personal_data_in_clear(
    demo_warehouse: Warehouse, file: duckdb.DuckDBPyConnection
) -> None:
    listed = file.execute("select table_name from information_schema.tables").fetchall()
    assert not [name for (name,) in listed if name.endswith("_private")]
    clear = demo_warehouse.query("select distinct email from gold.dim_customer_private")
    shown = file.execute("select distinct email from gold.dim_customer").fetchall()
    assert shown and not {mail for (mail,) in shown if mail} & {mail for (mail,) in clear}


def test_comments_come_along(file: duckdb.DuckDBPyConnection) -> None:
    without = file.execute(
        "select table_name from duckdb_tables() where comment is null union all"
        " select view_name from duckdb_views() where not internal and comment is null union all"
        " select column_name from duckdb_columns() where not internal and comment is null"
        " and schema_name in ('gold', 'dst')"
    ).fetchall()
    assert without == []


def test_the_file_is_read_only(exported: Path) -> None:
    assert stat.S_IMODE((exported / laptop.DATABASE).stat().st_mode) == 0o444


# -- without the warehouse of the demo: a small database of its own --------------------------------


@pytest.fixture
def gold(database: Settings) -> Settings:
    """A database with two relations that bi_reader may read, and one that it may not."""
    with connect(database) as conn:
        conn.execute(
            "create table gold.odd (n numeric, ratio numeric, said text, at timestamptz, x int);"
            "comment on table gold.odd is 'It''s odd.';"
            "insert into gold.odd values"
            " (12345678901234567.89, 1.0 / 3, e'a \"b\",\\n$c', '2026-01-01 00:30+02', null),"
            " (null, 0, '', null, null), (-0.01, null, null, 'epoch', null);"
            "create table gold.nothing (x int); create table gold.secret_private (x int);"
            "grant select on gold.odd, gold.nothing to bi_reader"
        )
    return database


def _rows(folder: Path, statement: str) -> list[tuple[Any, ...]]:
    with duckdb.connect(folder / laptop.DATABASE, read_only=True) as connection:
        connection.execute("set timezone = 'UTC'")
        return connection.execute(statement).fetchall()


def _files(folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_odd_values_stay_what_they_are(gold: Settings, tmp_path: Path) -> None:
    assert laptop.export(tmp_path, gold) == {"gold.nothing": 0, "gold.odd": 3}
    third = Decimal("0.33333333333333333333")
    assert _rows(tmp_path, "select n, ratio, said, cast(o.at as text), x from gold.odd as o") == [
        (Decimal("12345678901234567.89"), third, 'a "b",\n$c', "2025-12-31 22:30:00+00", None),
        (None, Decimal(0), "", None, None),
        (Decimal("-0.01"), None, None, "1970-01-01 00:00:00+00", None),
    ]
    comments = _rows(tmp_path, "select comment from duckdb_tables() where table_name = 'odd'")
    assert comments == [("It's odd.",)]


def test_the_old_files_stay_until_the_new_are_whole(gold: Settings, tmp_path: Path) -> None:
    laptop.export(tmp_path, gold)
    before = _files(tmp_path)
    with connect(gold) as conn:  # fails in the middle of its rows
        conn.execute(
            "create view gold.zero as select 1 / (x - 500) as y from generate_series(1, 900) as x;"
            "grant select on gold.zero to bi_reader"
        )
    with pytest.raises(WarehouseError, match=r"could not be read \(division by zero.*they were"):
        laptop.export(tmp_path, gold)
    assert _files(tmp_path) == before
    with connect(gold) as conn:
        conn.execute("drop view gold.zero; drop table gold.odd")
    laptop.export(tmp_path, gold)  # what is gone in the warehouse is gone here
    assert [path.stem for path in (tmp_path / "parquet").rglob("*.parquet")] == ["nothing"]


def test_a_full_disk_leaves_the_old_files(gold: Settings, tmp_path: Path) -> None:
    laptop.export(tmp_path, gold)
    before = _files(tmp_path)
    # No file of that process may grow beyond 4 kB: what a full disk does, without filling one.
    script = (
        "import resource, signal, sys\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "from warehouse import cli, laptop\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (4000, 4000))\n"
        "sys.exit(cli.main(['duckdb', sys.argv[1]]))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path)], text=True, capture_output=True, check=False,
        env=os.environ | {**gold.environment(), "WAREHOUSE_EMBEDDED": ""},
    )  # fmt: skip
    assert done.returncode == 1
    assert done.stderr.startswith(f"error: {tmp_path} could not be written (")
    assert done.stderr.count("\n") == 1
    assert _files(tmp_path) == before


def test_two_exports_at_once(gold: Settings, tmp_path: Path) -> None:
    with (tmp_path / ".lock").open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        with pytest.raises(WarehouseError, match="Another export is writing"):
            laptop.export(tmp_path, gold)


def test_nothing_built(database: Settings, tmp_path: Path) -> None:
    with pytest.raises(WarehouseError, match="nothing in gold or dst yet: run `dbt build`"):
        laptop.export(tmp_path, database)

"""The loader: what arrives, what is refused whole, who waits for whom."""

from __future__ import annotations

import csv
import hashlib
import json
import logging
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from tests.kit import until
from warehouse import loader, locks
from warehouse.bronze import Table, read_tables
from warehouse.config import PROJECT_ROOT, Settings
from warehouse.db import connect
from warehouse.errors import WarehouseError
from warehouse.loader import load

from .conftest import Write, read_bronze, write_manifest


def ask(settings: Settings, query: str, *values: object) -> list[tuple[Any, ...]]:
    with connect(settings) as conn:
        return conn.execute(query.encode(), values).fetchall()


def test_rows_arrive_with_where_they_came_from(database: Settings, write_batch: Write) -> None:
    write_batch("2023-01-31", {"transactions": 3, "products": 2})
    folder = write_batch("2023-02-28", {"transactions": 1})
    load(folder.parents[2], database)
    assert ask(
        database,
        "select transaction_id, _batch_id, _batch_date::text, _source_file, _source_row"
        " from bronze.transactions order by 2, 5",
    ) == [
        *(
            (f"2023-01-31 {n} transaction_id", 1, "2023-01-31", "2023/01/31/transactions.csv", n)
            for n in (1, 2, 3)
        ),
        ("2023-02-28 1 transaction_id", 2, "2023-02-28", "2023/02/28/transactions.csv", 1),
    ]
    assert ask(
        database,
        "select product_id, _batch_id, _source_row, _loaded_at = loaded_at from bronze.products"
        " join bronze.load_batches on batch_id = _batch_id order by 3",
    ) == [("2023-01-31 1 product_id", 1, 1, True), ("2023-01-31 2 product_id", 1, 2, True)]
    assert ask(
        database,
        "select batch_id, batch_date::text, source, table_name, file_name, delivered_rows,"
        " length(sha256) from bronze.load_batches join bronze.load_batch_files using (batch_id)"
        " order by 1, 4",
    ) == [
        (1, "2023-01-31", "test", "products", "2023/01/31/products.csv", 2, 64),
        (1, "2023-01-31", "test", "transactions", "2023/01/31/transactions.csv", 3, 64),
        (2, "2023-02-28", "test", "transactions", "2023/02/28/transactions.csv", 1, 64),
    ]


def test_every_listed_table_exists_and_is_indexed(database: Settings, write_batch: Write) -> None:
    """Transactions are found by the month of their batch instead."""
    load(write_batch("2023-01-31", {"products": 1}), database)
    indexed = ask(
        database,
        "select relname, array_agg(pg_get_indexdef(indexrelid))"
        " filter (where indexrelid is not null) from pg_class"
        " left join pg_index on indrelid = oid"
        " where relnamespace = 'bronze'::regnamespace and relkind in ('r', 'p')"
        " and relname not like 'load_batch%%'"
        " and relname not in ('kafka_offsets', 'kafka_quarantine') group by relname",
    )
    assert {name for name, _ in indexed} == set(read_tables())
    for name, indexes in indexed:
        if name == "transactions":
            assert indexes is None
        else:
            (index,) = indexes
            streamed = ", _loaded_at" if name == "kafka_stream" else ""
            assert index.endswith(f"USING brin (_batch_id{streamed})")


def test_new_rows_are_known_to_the_index(database: Settings, write_batch: Write) -> None:
    """A range of blocks that is not summarised would be read by every query."""
    load(write_batch("2023-01-31", {"products": 20_000}), database)
    size = ask(database, "select pg_relation_size('bronze.products') / 8192 / 128 + 1")
    load(write_batch("2023-02-28", {"products": 1}), database)
    assert size[0][0] > 1
    assert ask(database, "select brin_summarize_new_values('bronze.products__batch_id')") == [(0,)]


def test_transactions_have_a_partition_a_month(database: Settings, write_batch: Write) -> None:
    for day in ("2023-12-30", "2023-12-31", "2024-01-01"):
        load(write_batch(day, {"transactions": 2}), database)
    assert ask(
        database,
        "select inhrelid::regclass::text, pg_get_expr(relpartbound, oid)"
        " from pg_inherits join pg_class c on c.oid = inhrelid"
        " where inhparent = 'bronze.transactions'::regclass order by 1",
    ) == [
        ("bronze.transactions_2023_12", "FOR VALUES FROM ('2023-12-01') TO ('2024-01-01')"),
        ("bronze.transactions_2024_01", "FOR VALUES FROM ('2024-01-01') TO ('2024-02-01')"),
    ]
    assert ask(database, "select count(*) from only bronze.transactions_2023_12") == [(4,)]
    assert ask(database, "select from pg_constraint where conname = 'month'") == []


def test_days_of_a_new_month_load_in_one_run(database: Settings, write_batch: Write) -> None:
    load(write_batch("2022-12-31"), database)  # so that only the partitions are new
    days = ("2023-01-30", "2023-01-31", "2023-02-01", "2023-02-02")
    folder = [write_batch(day) for day in days][-1].parents[2]
    load(folder, database)
    assert ask(
        database,
        "select _batch_date::text, count(*) from bronze.transactions group by 1 order by 1",
    ) == [("2022-12-31", 3), *((day, 3) for day in days)]


def test_a_loaded_batch_is_skipped(database: Settings, write_batch: Write) -> None:
    folder = write_batch("2023-01-31")
    assert [result.skipped for result in load(folder, database)] == [False]
    before = read_bronze(database)
    assert [result.skipped for result in load(folder, database)] == [True]
    assert read_bronze(database) == before


def test_batches_load_in_order_of_date(database: Settings, write_batch: Write) -> None:
    days = ("2024-01-05", "2023-12-31", "2023-02-28", "2024-01-04")
    folder = [write_batch(day, {"products": 1}) for day in days][-1].parents[2]
    load(folder, database)
    loaded = ask(database, "select batch_date::text from bronze.load_batches order by batch_id")
    assert [day for (day,) in loaded] == sorted(days)


def test_a_refused_batch_stops_the_rest_and_keeps_those_before(
    database: Settings, write_batch: Write
) -> None:
    for day in ("2023-01-31", "2023-02-28", "2023-03-31"):
        folder = write_batch(day)
    (folder.parents[1] / "02" / "28" / "manifest.json").unlink()
    with pytest.raises(WarehouseError, match=r"2023/02/28 has no manifest\.json"):
        load(folder.parents[2], database)
    assert ask(database, "select batch_date::text from bronze.load_batches") == [("2023-01-31",)]


def test_unknown_columns_are_kept_and_told(
    database: Settings, write_batch: Write, caplog: pytest.LogCaptureFixture
) -> None:
    load(write_batch("2023-01-31"), database)
    for day in ("2023-02-28", "2023-03-31"):
        folder = write_batch(day, extra=['Odd "name"', "plain"])
    write_batch("2023-04-30")
    with caplog.at_level(logging.WARNING):
        load(folder.parents[2], database)  # while other batches are under way
    assert ask(
        database,
        'select _batch_id, "Odd ""name""", plain from bronze.transactions where _source_row = 2'
        " order by 1",
    ) == [
        (1, None, None),
        (2, '2023-02-28 2 Odd "name"', "2023-02-28 2 plain"),
        (3, '2023-03-31 2 Odd "name"', "2023-03-31 2 plain"),
        (4, None, None),
    ]
    assert len([record for record in caplog.records if "'plain'" in record.getMessage()]) == 2


def test_columns_added_to_the_list_are_added(
    database: Settings, write_batch: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    load(write_batch("2023-01-31"), database)
    tables = read_tables()
    more = {name: type(table)(name, (*table.columns, "added")) for name, table in tables.items()}
    monkeypatch.setattr("warehouse.bronze.read_tables", lambda: more)
    load(write_batch("2023-02-28", extra=["added"]), database)
    assert ask(
        database, "select _batch_id, added from bronze.products where _source_row = 1 order by 1"
    ) == [(1, None), (2, "2023-02-28 1 added")]


def test_tables_added_to_the_list_exist_even_if_nothing_is_left_to_load(
    database: Settings, write_batch: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = write_batch("2023-01-31")
    load(folder, database)
    more = {**read_tables(), "added": Table("added", ("one",))}
    monkeypatch.setattr("warehouse.bronze.read_tables", lambda: more)
    assert [result.skipped for result in load(folder, database)] == [True]
    assert ask(database, "select count(one) from bronze.added") == [(0,)]


# -- refusals ------------------------------------------------------------------------------------


def _cut(folder: Path, keep: int) -> None:
    path = folder / "transactions.csv"
    path.write_bytes(path.read_bytes()[:keep])


def _edit(folder: Path, old: str, new: str, name: str = "transactions.csv") -> None:
    path = folder / name
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


def _promise(folder: Path, **changes: object) -> None:
    path = folder / "manifest.json"
    content = json.loads(path.read_text())
    content["files"]["transactions.csv"].update(changes)
    path.write_text(json.dumps(content))


def _header_only_without(folder: Path, *columns: str) -> None:
    path = folder / "transactions.csv"
    with path.open(newline="") as handle:
        rows = list(csv.DictReader(handle))
    names = [name for name in rows[0] if name not in columns]
    with path.open("w", newline="") as handle:
        writer = csv.DictWriter(handle, names, extrasaction="ignore", lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    write_manifest(folder)


REFUSALS = {
    "no manifest": (lambda f: (f / "manifest.json").unlink(), r"28 has no manifest\.json"),
    "manifest not JSON": (
        lambda f: (f / "manifest.json").write_text("{"),
        r"manifest\.json is not JSON",
    ),
    "manifest of another format": (
        lambda f: write_manifest(f, format=2),
        r'not a manifest of "format": 1',
    ),
    "manifest of another day": (
        lambda f: write_manifest(f, batch_date="2023-02-27"),
        r"'2023-02-27', but its folder is for 2023-02-28",
    ),
    "manifest without files": (lambda f: write_manifest(f, files=None), r'has no "files"'),
    "promise without rows": (
        lambda f: _promise(f, rows="3"),
        r'no usable "rows" and "sha256" for transactions\.csv',
    ),
    "file outside the folder": (
        lambda f: write_manifest(f, files={"../x.csv": {"rows": 1, "sha256": ""}}),
        r"'\.\./x\.csv', which is not a CSV file of its folder",
    ),
    "file missing": (
        lambda f: (f / "transactions.csv").unlink(),
        r"lacks 'transactions\.csv', which its manifest\.json lists",
    ),
    "file not listed": (
        lambda f: (f / "accounts.csv").write_text("x\n"),
        r"holds 'accounts\.csv', which its manifest\.json does not list",
    ),
    "unknown table": (
        lambda f: ((f / "payroll.csv").write_text("x\n"), write_manifest(f)),
        r"holds 'payroll\.csv', but there is no such table",
    ),
    "missing columns": (
        lambda f: _header_only_without(f, "account_id", "amount"),
        r"transactions\.csv, line 1: columns 'account_id', 'amount' are missing",
    ),
    "column twice": (
        lambda f: (_edit(f, "account_id", "account_id,account_id"), write_manifest(f)),
        r"transactions\.csv, line 1: column 'account_id' appear twice",
    ),
    "column with the loader's name": (
        lambda f: (_edit(f, "account_id", "account_id,_batch_id"), write_manifest(f)),
        r"'_batch_id' cannot be a column of bronze",
    ),
    "empty file": (lambda f: (_cut(f, 0), write_manifest(f)), r"transactions\.csv is empty"),
    "file cut off": (
        lambda f: _cut(f, (f / "transactions.csv").stat().st_size - 200),
        r"transactions\.csv, line 4: missing data for column",
    ),
    "quote never closed": (
        lambda f: _edit(f, "2023-02-28 2 transaction_id", '"2023-02-28 2 transaction_id'),
        r"transactions\.csv, line \d+: unterminated CSV quoted field",
    ),
    "line too long": (
        lambda f: _edit(f, "2023-02-28 3 transaction_id", "x,2023-02-28 3 transaction_id"),
        r"transactions\.csv, line 4: extra data after last expected column",
    ),
    "not UTF-8": (
        lambda f: (f / "transactions.csv").write_bytes(
            (f / "transactions.csv").read_bytes().replace(b"2023-02-28 2 a", b"\xff", 1)
        ),
        r"transactions\.csv, line 3: invalid byte sequence",
    ),
    "row missing": (
        lambda f: _promise(f, rows=4),
        r"transactions\.csv holds 3 rows, but its manifest promises 4",
    ),
    "wrong checksum": (
        lambda f: _edit(f, "2023-02-28 3 amount", "2023-02-28 9 amount"),
        r"transactions\.csv does not have the checksum of its manifest",
    ),
}


@pytest.mark.parametrize("case", REFUSALS)
def test_refused_whole(case: str, database: Settings, write_batch: Write) -> None:
    load(write_batch("2023-01-31"), database)
    # A table before and one after the bad one, and a new column: none of it may stay.
    folder = write_batch(
        "2023-02-28", {"products": 5, "transactions": 3, "merchants": 1}, extra=["new"]
    )
    harm, sentence = REFUSALS[case]
    harm(folder)
    before = read_bronze(database)
    with pytest.raises(WarehouseError, match=sentence) as caught:
        load(folder.parents[2], database)
    assert "\n" not in str(caught.value)
    assert read_bronze(database) == before


def test_refused_first_batch_leaves_an_empty_schema(database: Settings, write_batch: Write) -> None:
    folder = write_batch("2023-01-31")
    _promise(folder, rows=1)
    with pytest.raises(WarehouseError):
        load(folder, database)
    assert read_bronze(database) == {}


def test_changed_batch_is_refused(database: Settings, write_batch: Write) -> None:
    load(write_batch("2023-01-31", {"products": 2}), database)
    before = read_bronze(database)
    sentence = (
        r"the batch of 2023-01-31 that was loaded at [-\d]+ [:\d]+ UTC \(batch 1\): .*later date"
    )
    with pytest.raises(WarehouseError, match=sentence):
        load(write_batch("2023-01-31", {"products": 3}), database)
    assert read_bronze(database) == before


@pytest.mark.parametrize(("make", "sentence"), [(True, "holds no batch"), (False, "no folder")])
def test_nothing_to_load(tmp_path: Path, database: Settings, make: bool, sentence: str) -> None:
    folder = tmp_path / "raw"
    if make:
        (folder / "2023" / "02" / "31").mkdir(parents=True)  # no such day
    with pytest.raises(WarehouseError, match=sentence):
        load(folder, database)


def test_no_disk_space(database: Settings, write_batch: Write) -> None:
    load(write_batch("2023-01-31"), database)
    with connect(database) as conn:  # the server's own error code, without filling a disk
        conn.execute(
            "create function public.full_disk() returns trigger language plpgsql as"
            " $$ begin raise sqlstate '53100' using message = 'could not extend file'; end $$;"
            " create trigger full_disk before insert on bronze.transactions_2023_01"
            " for each row execute function public.full_disk()"
        )
    before = read_bronze(database)
    with pytest.raises(WarehouseError, match=r"no disk space .*01/30 \(could not extend file\)"):
        load(write_batch("2023-01-30"), database)
    assert read_bronze(database) == before


def test_command_line_refuses_with_one_line(database: Settings, write_batch: Write) -> None:
    folder = write_batch("2023-01-31")
    _promise(folder, rows=1)
    done = subprocess.run(
        [sys.executable, "-m", "warehouse", "load", str(folder)],
        cwd=PROJECT_ROOT,
        env=os.environ | database.environment() | {"WAREHOUSE_EMBEDDED": ""},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr.startswith("error: ")
    assert done.stderr.count("\n") == 1
    assert "holds 3 rows, but its manifest promises 1" in done.stderr


# -- two at once, and lost connections ----------------------------------------------------------


def test_two_loaders_at_once(database: Settings, write_batch: Write) -> None:
    days = [f"2023-{month:02}-28" for month in range(1, 9)]
    folder = [write_batch(day) for day in days][-1].parents[2]
    command = [sys.executable, "-m", "warehouse", "load", str(folder)]
    environment = os.environ | database.environment() | {"WAREHOUSE_EMBEDDED": ""}
    both = [
        subprocess.Popen(
            command, cwd=PROJECT_ROOT, env=environment, stderr=subprocess.PIPE, text=True
        )
        for _ in range(2)
    ]
    said = [process.communicate()[1] for process in both]
    assert [process.returncode for process in both] == [0, 0], said
    assert ask(
        database, "select array_agg(batch_id order by batch_date) from bronze.load_batches"
    ) == [(list(range(1, 9)),)]
    assert ask(database, "select count(*) from bronze.transactions") == [(24,)]


def test_a_loader_waits_for_another(
    database: Settings, write_batch: Write, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    folder = write_batch("2023-01-31")
    with (
        _holding(database, f"select pg_advisory_lock({locks.LOAD})") as other,
        _loading(folder, database),
    ):
        until(lambda: _waits_for_a_lock(database))
        assert read_bronze(database) == {}
        assert "Another loader is at work, waiting for it." in caplog.messages
        other.close()
    assert ask(database, "select count(*) from bronze.transactions") == [(3,)]


def test_a_loader_waits_for_what_another_has_left_under_way(
    database: Settings, write_batch: Write
) -> None:
    """A loader lost the connection with the lock, and its other one is about to commit."""
    load(write_batch("2023-01-31"), database)
    folder = write_batch("2023-02-28")
    manifest = hashlib.sha256((folder / "manifest.json").read_bytes()).hexdigest()
    statement = f"insert into bronze.load_batches values (2, '2023-02-28', null, '{manifest}')"
    with _holding(database, statement) as other, _loading(folder, database) as done:
        until(lambda: _waits_for_a_lock(database))
        other.commit()
    assert [result.skipped for result in done] == [True]


def test_batches_overlap_and_are_committed_in_order(database: Settings, write_batch: Write) -> None:
    """The second batch is copied while the first still waits, and is not visible before it."""
    load(write_batch("2022-12-31", {"products": 1, "merchants": 1}), database)
    write_batch("2023-01-31", {"products": 2})
    folder = write_batch("2023-02-28", {"merchants": 2})
    with (
        _holding(database, "lock table bronze.products") as other,
        _loading(folder.parents[2], database),
    ):
        copied = (
            "select from pg_stat_activity where datname = current_database()"
            " and application_name = 'warehouse load' and state = 'idle in transaction'"
            " and query like 'insert into bronze.load_batch_files%%'"
        )
        until(lambda: _waits_for_a_lock(database) and ask(database, copied))
        assert ask(database, "select max(batch_id) from bronze.load_batches") == [(1,)]
        other.rollback()
    assert ask(
        database, "select batch_id, batch_date::text from bronze.load_batches order by 1"
    ) == [(1, "2022-12-31"), (2, "2023-01-31"), (3, "2023-02-28")]


def test_a_refused_batch_takes_the_one_under_way_along(
    database: Settings, write_batch: Write
) -> None:
    load(write_batch("2022-12-31", {"products": 1, "merchants": 1}), database)
    _promise(write_batch("2023-01-31"), rows=4)
    folder = write_batch("2023-02-28", {"merchants": 2})
    before = read_bronze(database)
    # The second cannot end by itself; the first is not kept waiting by that.
    with (
        _holding(database, "lock table bronze.merchants"),
        pytest.raises(WarehouseError, match=r"31/transactions\.csv holds 3 rows"),
    ):
        load(folder.parents[2], database)
    assert read_bronze(database) == before
    assert (
        ask(
            database,
            "select from pg_stat_activity where application_name = 'warehouse load'"
            " and datname = current_database()",
        )
        == []
    )


def test_an_interrupted_loader_stops_at_once(database: Settings, write_batch: Write) -> None:
    load(write_batch("2022-12-31"), database)
    folder = write_batch("2023-01-31")
    before = read_bronze(database)
    with _holding(database, "lock table bronze.products"):
        process = subprocess.Popen(
            [sys.executable, "-m", "warehouse", "load", str(folder)],
            cwd=PROJECT_ROOT,
            env=os.environ | database.environment() | {"WAREHOUSE_EMBEDDED": ""},
            stderr=subprocess.PIPE,
            text=True,
        )
        until(lambda: _waits_for_a_lock(database))
        process.send_signal(signal.SIGINT)
        assert process.communicate(timeout=120)[1] == "interrupted\n"
        assert process.returncode == 130
    assert read_bronze(database) == before


def test_of_two_refusals_the_first_is_told(database: Settings, write_batch: Write) -> None:
    load(write_batch("2022-12-31"), database)
    _promise(write_batch("2023-01-31"), rows=4)
    folder = write_batch("2023-02-28")
    (folder / "manifest.json").unlink()  # seen before the first batch is through
    with pytest.raises(WarehouseError, match=r"2023/01/31/transactions\.csv holds 3 rows"):
        load(folder.parents[2], database)


@contextmanager
def _holding(settings: Settings, statement: str) -> Iterator[psycopg.Connection[Any]]:
    """A session that has done something and not committed, and lets go in the end."""
    with connect(settings) as conn:
        conn.execute("set idle_in_transaction_session_timeout = '30s'")
        conn.execute(statement.encode())
        yield conn


@contextmanager
def _loading(folder: Path, settings: Settings) -> Iterator[list[loader.Loaded]]:
    """Load in a thread; the results are complete, and errors raised, at the end of the block."""
    done: list[loader.Loaded] = []
    with ThreadPoolExecutor(1) as thread:
        future = thread.submit(load, folder, settings)
        yield done
        done += future.result(20)


def _waits_for_a_lock(settings: Settings) -> bool:
    return bool(
        ask(
            settings,
            "select from pg_stat_activity where application_name = 'warehouse load'"
            " and datname = current_database() and wait_event_type = 'Lock'",
        )
    )


def _kill_loaders(settings: Settings) -> None:
    with connect(settings) as conn:
        conn.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity"
            " where application_name = 'warehouse load' and datname = current_database()"
        )


def test_lost_connections_are_made_anew(
    database: Settings, write_batch: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Cut twice in a batch, and once more when others were committed; all arrive once."""
    monkeypatch.setattr("warehouse.db.RETRY_SECONDS", (0.0, 0.0, 0.0))
    monkeypatch.setattr(loader, "CHUNK", 1000)
    days = ("2023-01-31", "2023-02-28", "2023-03-31", "2023-04-30")
    for day in days:
        folder = write_batch(day, {"products": 3, "transactions": 500})
    sent, cuts = 0, [60_000, 30_000, 1_200_000]
    real = loader._Run._copy

    def copy(self: loader._Run, *arguments: Any) -> tuple[int, str]:
        advance = self._advance

        def counted(count: int) -> None:
            nonlocal sent
            sent += count
            if cuts and sent > cuts[0]:
                sent = 0
                cuts.pop(0)
                _kill_loaders(database)
            advance(count)

        self._advance = counted
        try:
            return real(self, *arguments)
        finally:
            self._advance = advance

    monkeypatch.setattr(loader._Run, "_copy", copy)
    done = load(folder.parents[2], database)
    assert cuts == []
    assert [(result.rows, result.skipped) for result in done] == [(503, False)] * 4
    assert ask(
        database,
        "select _batch_id, _batch_date::text, count(*), count(distinct _source_row),"
        " max(_source_row) from bronze.transactions group by 1, 2 order by 1",
    ) == [(number, day, 500, 500, 500) for number, day in enumerate(days, start=1)]
    assert ask(
        database, "select count(*), count(distinct (_batch_id, _source_row)) from bronze.products"
    ) == [(12, 12)]


def test_a_connection_lost_for_good_is_one_sentence(
    database: Settings, write_batch: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = write_batch("2023-01-31")
    monkeypatch.setattr("warehouse.db.RETRY_SECONDS", (0.0, 0.0, 0.0))
    attempts = []

    def cut(self: loader._Run, conn: psycopg.Connection[Any], *_: object) -> None:
        attempts.append(1)
        conn.close()
        raise psycopg.OperationalError("server closed the connection")

    monkeypatch.setattr(loader._Run, "_copy_file", cut)
    with pytest.raises(
        WarehouseError, match=r"was lost 4 times in a row \(server closed"
    ) as caught:
        load(folder, database)
    assert database.password not in str(caught.value)
    assert len(attempts) == 4
    assert read_bronze(database) == {}


def test_other_errors_are_not_retried(
    database: Settings, write_batch: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    attempts = []

    def fail(self: loader._Run, conn: psycopg.Connection[Any], *_: object) -> None:
        attempts.append(1)
        conn.execute("select 1 / 0")

    monkeypatch.setattr(loader._Run, "_copy_file", fail)
    with pytest.raises(WarehouseError, match=r"refuses batch .*division by zero"):
        load(write_batch("2023-01-31"), database)
    assert len(attempts) == 1


# -- text, unchanged ----------------------------------------------------------------------------

_TEXT = st.text(
    st.characters(codec="utf-8", exclude_characters="\0")
    | st.sampled_from(list("\"'\\,;\n\t .#é€𝄞|")),
    max_size=12,
)


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("text")


@hypothesis_settings(
    max_examples=30,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(values=st.lists(st.tuples(_TEXT | st.none(), _TEXT | st.none()), min_size=1, max_size=20))
def test_text_arrives_unchanged(
    database: Settings, shelf: Path, values: list[tuple[str | None, str | None]]
) -> None:
    """Whatever a field holds comes out as it went in; only an unquoted empty field is NULL."""
    with connect(database) as conn:
        conn.execute("drop schema bronze cascade")
        conn.execute("create schema bronze")
    folder = shelf / "2023" / "01" / "31"
    folder.mkdir(parents=True, exist_ok=True)
    columns = read_tables()["products"].columns

    def quoted(value: str | None) -> str:
        return "" if value is None else '"' + value.replace('"', '""') + '"'

    lines = [",".join(columns)]
    lines += [
        ",".join([quoted(left), quoted(right), *[""] * (len(columns) - 2)])
        for left, right in values
    ]
    (folder / "products.csv").write_text("\n".join(lines) + "\n", encoding="utf-8", newline="")
    raw = (folder / "products.csv").read_bytes()
    write_manifest(
        folder,
        files={"products.csv": {"rows": len(values), "sha256": hashlib.sha256(raw).hexdigest()}},
    )
    load(folder, database)
    assert (
        ask(
            database,
            f"select {columns[0]}, {columns[1]} from bronze.products order by _source_row",
        )
        == values
    )

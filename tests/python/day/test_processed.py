"""Parquet of the cleaned rows: what silver keeps, batch by batch, brought up to date."""

from __future__ import annotations

import datetime as dt
import json
import os
import stat
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from pipeline import processed
from warehouse.config import Settings
from warehouse.db import connect
from warehouse.errors import WarehouseError

MARCH, APRIL = dt.date(2026, 3, 31), dt.date(2026, 4, 1)


@pytest.fixture
def silver(database: Settings) -> Settings:
    """A silver of two builds: a batch of March with an orphan, and one of April."""
    with connect(database) as conn:
        conn.execute(
            "create table silver.builds (build_id bigint, invocation_id text);"
            "insert into silver.builds values (1, 'first'), (2, 'second');"
            "create table silver.base_things (delivery_key bigint, _batch_id bigint,"
            " _batch_date date, _source_row bigint, thing_id bigint, amount numeric, said text,"
            " at timestamp, disposition text, quarantine_reason text, is_latest boolean,"
            " _build_id int);"
            "insert into silver.base_things values"
            " (1, 1, '2026-03-31', 2, 20, 0.1, '', '2026-03-31 10:00', 'kept', null, true, 1),"
            " (2, 1, '2026-03-31', 1, 10, 12.34, null, null, 'kept', null, true, 1),"
            " (3, 1, '2026-03-31', 3, 10, 12.34, null, null, 'duplicate', null, false, 1),"
            " (4, 1, '2026-03-31', 4, 40, 5, 'x', null, 'quarantined', 'orphan', false, 1),"
            " (5, 2, '2026-04-01', 1, 50, -7, 'y', null, 'kept', null, true, 2);"
            "create table silver.base_rare (_batch_id bigint, _batch_date date,"
            " _source_row bigint, n int, disposition text, _build_id int);"
            "create table silver.not_a_base (_batch_id bigint)"
        )
    return database


def _rows(folder: Path, day: str) -> list[dict[str, Any]]:
    return pq.read_table(folder / day / "things.parquet").to_pylist()


def test_kept_rows_with_the_types_of_silver(silver: Settings, tmp_path: Path) -> None:
    assert processed.write(tmp_path, silver) == processed.Written((MARCH, APRIL), 3)
    assert _rows(tmp_path, "2026/03/31") == [
        {"_batch_id": 1, "_batch_date": MARCH, "_source_row": 1, "thing_id": 10,
         "amount": Decimal("12.34"), "said": None, "at": None},
        {"_batch_id": 1, "_batch_date": MARCH, "_source_row": 2, "thing_id": 20,
         "amount": Decimal("0.1"), "said": "", "at": dt.datetime(2026, 3, 31, 10)},
    ]  # fmt: skip
    assert [row["amount"] for row in _rows(tmp_path, "2026/04/01")] == [Decimal(-7)]
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert sorted(path.name for path in files) == ["state.json", *["things.parquet"] * 2]
    assert {stat.S_IMODE(path.stat().st_mode) for path in tmp_path.rglob("*.parquet")} == {0o600}


def test_only_what_a_build_touched_is_written_again(silver: Settings, tmp_path: Path) -> None:
    with connect(silver) as conn:
        conn.execute("insert into silver.base_rare values (1, '2026-03-31', 1, 7, 'kept', 1)")
    processed.write(tmp_path, silver)
    assert processed.write(tmp_path, silver) == processed.Written((), 0)
    others = [tmp_path / name for name in ("2026/03/31/rare.parquet", "2026/04/01/things.parquet")]
    before = [path.stat().st_ino for path in others]
    with connect(silver) as conn:  # the orphan's parent has arrived
        conn.execute(
            "insert into silver.builds values (3, 'third');"
            "update silver.base_things set disposition = 'kept', _build_id = 3 where thing_id = 40"
        )
    assert processed.write(tmp_path, silver) == processed.Written((MARCH,), 3)
    assert [row["thing_id"] for row in _rows(tmp_path, "2026/03/31")] == [10, 20, 40]
    assert [path.stat().st_ino for path in others] == before


def test_a_batch_without_kept_rows_loses_its_file(silver: Settings, tmp_path: Path) -> None:
    processed.write(tmp_path, silver)
    with connect(silver) as conn:
        conn.execute(
            "insert into silver.builds values (3, 'third'); update silver.base_things"
            " set disposition = 'quarantined', _build_id = 3 where thing_id = 50"
        )
    assert processed.write(tmp_path, silver) == processed.Written((APRIL,), 0)
    assert list((tmp_path / "2026/04/01").iterdir()) == []


@pytest.mark.parametrize("state", ['{"warehouse": "other", "build": 2}', "cut o", "[]"])
def test_another_warehouse_or_a_damaged_state(silver: Settings, tmp_path: Path, state: str) -> None:
    (tmp_path / "state.json").write_text(state)
    assert processed.write(tmp_path, silver).batches == (MARCH, APRIL)


def test_a_run_that_was_killed(silver: Settings, tmp_path: Path) -> None:
    """Half-written files lie beside; the files of the day are from before, or not there."""
    (tmp_path / "2026/03/.31.new").mkdir(parents=True)
    (tmp_path / "2026/03/.31.new/things.parquet").write_text("half")
    assert processed.write(tmp_path, silver).rows == 3
    assert not (tmp_path / "2026/03/.31.new").exists()
    assert len(_rows(tmp_path, "2026/03/31")) == 2


def test_a_full_disk(silver: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    processed.write(tmp_path, silver)
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    with connect(silver) as conn:
        conn.execute(
            "insert into silver.builds values (3, 'third');"
            "update silver.base_things set amount = 1, _build_id = 3 where disposition = 'kept'"
        )

    def full(*_: object) -> None:
        raise OSError(28, os.strerror(28))

    with monkeypatch.context() as patch:
        patch.setattr(processed.pq.ParquetWriter, "write_batch", full)
        with pytest.raises(WarehouseError, match=r"No space left on device.*: make room, then run"):
            processed.write(tmp_path, silver)
    assert {p: p.read_bytes() for p in tmp_path.rglob("*") if p.is_file()} == before
    assert processed.write(tmp_path, silver).rows == 3
    assert json.loads((tmp_path / "state.json").read_text()) == {"warehouse": "first", "build": 3}


def test_nothing_built(database: Settings, tmp_path: Path) -> None:
    with pytest.raises(WarehouseError, match="Silver is not built yet: run `dbt build` first"):
        processed.write(tmp_path, database)

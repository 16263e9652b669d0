"""Steps of a day on a small server: what may be wrong with a batch, and a server that goes away."""

from __future__ import annotations

import contextlib
import csv
import datetime as dt
import logging
import os
import shutil
import signal
import threading
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from generator.bank import write_history
from generator.options import HistoryOptions
from pipeline import day, steps
from pipeline.errors import TryLaterError, passes_by_itself
from tests.kit import ROOT
from tests.python.warehouse.conftest import Write, read_bronze, write_manifest
from warehouse import loader, locks
from warehouse.config import Settings
from warehouse.db import connect
from warehouse.dbt_cli import Built
from warehouse.errors import WarehouseError
from warehouse.server import EmbeddedServer, _processes_in

FIRST = dt.date(2026, 1, 30)


@pytest.fixture
def raw(tmp_path: Path, database: Settings, write_batch: Write) -> Path:
    """A raw folder whose first batch is loaded."""
    write_batch(f"{FIRST}")
    loader.load(tmp_path / "raw", database)
    return tmp_path / "raw"


def _rows(settings: Settings, table: str = "transactions") -> int:
    return int(read_bronze(settings)[table][0][0])


def test_a_day_that_arrives_twice(raw: Path, database: Settings, write_batch: Write) -> None:
    write_batch("2026-01-31")
    days = [dt.date(2026, 1, 31)]
    assert steps.load(days, raw, database) == steps.Done(5)
    before = read_bronze(database)
    assert steps.load(days, raw, database) == steps.Done(0, "1 had been loaded before")
    assert read_bronze(database) == before


def test_an_empty_day(raw: Path, database: Settings, write_batch: Write) -> None:
    write_batch("2026-01-31", {"transactions": 0})
    write_manifest(write_batch("2026-02-01", {"transactions": 0}), files={})
    (raw / "2026/02/01/transactions.csv").unlink()
    days = [dt.date(2026, 1, 31), dt.date(2026, 2, 1)]
    assert steps.load(days, raw, database) == steps.Done(0)
    with connect(database) as conn:
        loaded = conn.execute("select batch_date from bronze.load_batches order by 1").fetchall()
    assert [one for (one,) in loaded] == [FIRST, *days]


def test_a_day_late_by_a_month(raw: Path, database: Settings, write_batch: Write) -> None:
    write_batch("2025-12-30")
    assert steps.load([dt.date(2025, 12, 30)], raw, database).rows == 5
    assert _rows(database) == 6


def test_a_day_with_a_new_column(
    raw: Path, database: Settings, write_batch: Write, caplog: pytest.LogCaptureFixture
) -> None:
    write_batch("2026-01-31", extra=("loyalty_points",))
    with caplog.at_level(logging.WARNING):
        assert steps.load([dt.date(2026, 1, 31)], raw, database).rows == 5
    assert "columns unknown so far, kept as text: 'loyalty_points'" in caplog.text
    with connect(database) as conn:
        kept = conn.execute("select count(loyalty_points) from bronze.transactions").fetchone()
    assert kept == (3,)


def test_a_day_with_a_changed_checksum(raw: Path, database: Settings, write_batch: Write) -> None:
    before = read_bronze(database)
    write_batch(f"{FIRST}", {"transactions": 4, "products": 2})  # delivered anew, and different
    with pytest.raises(WarehouseError, match="differs from the batch of 2026-01-30") as refused:
        steps.load([FIRST], raw, database)
    assert not passes_by_itself(refused.value)
    folder = write_batch("2026-01-31")
    path = folder / "transactions.csv"
    path.write_text(path.read_text().replace("2026-01-31 1", "2026-01-31 9", 1))
    with pytest.raises(WarehouseError, match="does not have the checksum of its manifest"):
        steps.load([dt.date(2026, 1, 31)], raw, database)
    assert read_bronze(database) == before
    write_manifest(folder)  # delivered again, as it should be
    assert steps.load([dt.date(2026, 1, 31)], raw, database).rows == 5


def test_a_day_that_is_not_there_yet(raw: Path, database: Settings) -> None:
    sunday = dt.date(2026, 2, 1)
    with pytest.raises(TryLaterError, match=r"no batch of 2026-02-01 in .* yet") as missing:
        steps.deliver([sunday], raw)
    assert passes_by_itself(missing.value)
    assert steps.deliver([FIRST], raw) == steps.Done(0, "delivered before")
    # among several, one without a batch is told and left out
    assert steps.deliver([FIRST, sunday], raw) == steps.Done(0, "1 of 2 days have no batch")
    assert steps.load([FIRST, sunday], raw, database).rows == 0


def test_a_day_from_the_future(raw: Path) -> None:
    tomorrow = day.today() + dt.timedelta(days=1)
    with pytest.raises(WarehouseError, match=f"{tomorrow} lies in the future.*--allow-future"):
        day.run([tomorrow], day.Options(raw=raw))


def test_an_empty_warehouse(tmp_path: Path, database: Settings, write_batch: Write) -> None:
    write_batch("2026-01-31")
    with pytest.raises(WarehouseError, match="The warehouse is empty: load its history first"):
        steps.load([dt.date(2026, 1, 31)], tmp_path / "raw", database)


def test_no_disk_space_in_a_build(monkeypatch: pytest.MonkeyPatch) -> None:
    said = 'could not extend file "base/1/2": No space left on device'
    failures = (("base_accounts", "server closed the connection"), ("base_customers", said))
    monkeypatch.setattr(steps.dbt_cli, "build", lambda *_, **__: Built(3, 0, failures))
    with pytest.raises(TryLaterError, match=r"no disk space .*free some, then run this again"):
        steps.build("daily")


def test_a_failing_test_in_a_build(monkeypatch: pytest.MonkeyPatch) -> None:
    failures = (("unique_x", "Got 2 results"), ("other", "said"), ("third", "said"))
    monkeypatch.setattr(steps.dbt_cli, "build", lambda *_, **__: Built(3, 0, failures))
    with pytest.raises(WarehouseError, match=r"failed at unique_x and 2 more \(Got 2 r") as failed:
        steps.build("daily")
    assert not passes_by_itself(failed.value)


# -- simulated days --------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def bank(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small simulated bank."""
    raw = tmp_path_factory.mktemp("bank") / "raw"
    ends = dt.date(2026, 1, 1), dt.date(2026, 2, 28)
    write_history(HistoryOptions(20, 300, *ends, seed=3, dirt=0), raw)
    return raw


@pytest.fixture
def simulated(bank: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(bank, tmp_path / "raw"))


def _bytes(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def test_days_in_one_go_are_days_one_by_one(simulated: Path, bank: Path, tmp_path: Path) -> None:
    days = [dt.date(2026, 3, one) for one in (1, 2, 3, 4)]
    one_by_one = Path(shutil.copytree(bank, tmp_path / "other"))
    done = steps.deliver(days, simulated)
    rows = [steps.deliver([one], one_by_one).rows for one in (days[2], days[0], days[3], days[1])]
    assert done == steps.Done(sum(rows), "simulated 4 of 4 days")
    for one in days:
        folder = steps.batch_folder(simulated, one)
        assert _bytes(folder) == _bytes(steps.batch_folder(one_by_one, one))
    assert steps.deliver(days, simulated) == steps.Done(0, "delivered before")


def test_a_day_of_500_transactions(simulated: Path) -> None:
    batch = dt.date(2026, 3, 1)
    steps.deliver([batch], simulated, 500)
    steps.deliver([batch + dt.timedelta(days=1)], simulated)  # brings what came late
    told = {
        row["transaction_id"]
        for path in simulated.glob("2026/03/*/transactions.csv")
        for row in csv.DictReader(path.open())
    }
    assert sum(one.startswith("20260301") for one in told) == 500


def test_days_of_the_history_are_left_out(
    simulated: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO):
        day.run([dt.date(2026, 2, 27), dt.date(2026, 2, 26)], day.Options(raw=simulated))
    assert "2 of 2 days belong to the simulated history, which ends on 2026-02-28" in caplog.text


# -- a server that goes away -----------------------------------------------------------------------


@pytest.fixture(scope="module")
def made(server_folder: Path) -> Iterator[EmbeddedServer]:
    server = EmbeddedServer(server_folder / "own")
    server.start()
    yield server
    server.destroy()


@pytest.fixture
def own_server(made: EmbeddedServer, monkeypatch: pytest.MonkeyPatch) -> EmbeddedServer:
    """A running embedded server that a test may kill, and that `warehouse.server` finds."""
    monkeypatch.setenv("WAREHOUSE_HOME", str(made.home))
    monkeypatch.setattr(day, "PAUSES", (0.1, 0.1, 0.1))
    if not made.is_running():
        made.start()
    return made


def _kill(server: EmbeddedServer) -> None:
    """End the server and its sessions at once, as a machine that goes down does."""
    for pid in _processes_in(server.data):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def test_a_server_killed_in_mid_load(
    own_server: EmbeddedServer, tmp_path: Path, write_batch: Write,
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture,
) -> None:  # fmt: skip
    write_batch(f"{FIRST}")
    raw = tmp_path / "raw"
    loader.load(raw, own_server.settings())
    write_batch("2026-01-31", {"transactions": 2000, "products": 2})
    monkeypatch.setattr(loader, "CHUNK", 1 << 12)
    halfway = threading.Event()
    copy = psycopg.Copy.write

    def write(self: psycopg.Copy, buffer: bytes) -> None:
        copy(self, buffer)
        if not halfway.is_set():
            halfway.set()
            _kill(own_server)

    monkeypatch.setattr(psycopg.Copy, "write", write)
    with day._Turn(waits=True) as turn:
        days = [dt.date(2026, 1, 31)]
        done = turn.hold_on(lambda: steps.load(days, raw, turn.settings))
        assert done.rows == 2002
    assert halfway.is_set() and "Trying again in" in caplog.text
    assert _rows(own_server.settings()) == 2003
    with connect(own_server.settings()) as conn:
        recorded = conn.execute("select count(*) from bronze.load_batches").fetchone()
    assert recorded == (2,)


def test_a_server_that_stays_away(
    own_server: EmbeddedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    tries = []

    def act() -> steps.Done:
        tries.append(1)
        own_server.stop()
        raise WarehouseError("The server is gone.")

    with (
        pytest.raises(TryLaterError, match=r"The server is gone\. \(tried 4 times\)"),
        day._Turn(waits=True) as turn,
    ):
        turn.hold_on(act)
    assert len(tries) == 4


def test_a_failure_with_the_server_there_is_not_repeated(own_server: EmbeddedServer) -> None:
    tries = []

    def act() -> steps.Done:
        tries.append(1)
        raise WarehouseError("A test fails.")

    with pytest.raises(WarehouseError, match="A test fails"), day._Turn(waits=True) as turn:
        turn.hold_on(act)
    assert len(tries) == 1


# -- two at once -----------------------------------------------------------------------------------


def test_two_at_once_one_waits(
    own_server: EmbeddedServer, caplog: pytest.LogCaptureFixture
) -> None:
    order = []

    def second() -> None:
        with day._Turn(waits=True):
            order.append("second")

    with caplog.at_level(logging.INFO):
        with day._Turn(waits=True):
            thread = threading.Thread(target=second)
            thread.start()
            with connect(own_server.settings(), autocommit=True) as conn:
                while conn.execute(
                    "select 1 from pg_locks where locktype = 'advisory' and not granted"
                ).fetchone() is None:  # fmt: skip
                    pass
            order.append("first")
        thread.join()
    assert order == ["first", "second"]
    assert "Another run is at work" in caplog.text


def test_two_at_once_one_is_refused(own_server: EmbeddedServer) -> None:
    with (
        day._Turn(waits=True),
        pytest.raises(TryLaterError, match="Another run is at work"),
        day._Turn(waits=False),
    ):
        pass


def test_each_lock_has_a_number_of_its_own() -> None:
    numbers = [number for name, number in vars(locks).items() if name.isupper()]
    assert len(numbers) == 5
    assert len(set(numbers)) == len(numbers)
    assert f"({locks.STREAM})" in (ROOT / "macros/engine/hold_streams.sql").read_text()

"""Slow queries, a server that goes away and comes back, one refresh at a time, problems."""

from __future__ import annotations

import asyncio
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from psycopg import sql

from api.auth import Tokens
from api.database import Database
from api.main import create_app
from api.problems import Problem
from api.refresh import AlreadyRunning, CommandRefresher, Refresh
from api.settings import ApiSettings
from tests.kit import Warehouse
from tests.python.api.conftest import Asker, ManualRefresher
from warehouse.config import Settings

FACT = "fact_transactions"


def test_statement_timeout_fires(located: Warehouse) -> None:
    """The server cancels a slow query, and the session goes on; 10 s unless configured."""
    assert ApiSettings().statement_timeout == 10

    async def slow() -> None:
        database = Database(Settings.api_reader, 0.2, 1)
        await database.open()
        started = time.monotonic()
        with pytest.raises(Problem) as caught:
            await database.rows(5, sql.SQL("select pg_sleep(30)"))
        assert caught.value.status == 504
        assert time.monotonic() - started < 15
        _, rows = await database.rows(5, sql.SQL("select current_setting('statement_timeout')"))
        assert rows == [("200ms",)]
        await database.close()

    asyncio.run(slow())


def test_a_slow_question_is_a_problem(
    make_settings: Callable[..., ApiSettings], users: tuple[int, int]
) -> None:
    """Through the API: no answer of this data set is made within a millisecond."""
    settings = make_settings(statement_timeout=0.001)
    token = Tokens(settings).issue(users[0], timedelta(hours=1), [])
    with TestClient(create_app(settings, ManualRefresher())) as client:
        asker = Asker(client, token)
        answer = asker.get(
            "/datasets/fact_account_daily_snapshot/semantic",
            measures="average_balance",
            dimensions="date",
        )
    assert answer.status_code == 504
    assert answer.headers["content-type"] == "application/problem+json"


def test_one_transaction_leaves_nothing_to_the_next(located: Warehouse) -> None:
    """One session serves many users in turn."""

    async def turns() -> None:
        database = Database(Settings.api_reader, 10, 1)
        await database.open()
        query = sql.SQL("select distinct customer_id from gold.dim_account")
        for user in (5, 6, 5, 7):
            _, rows = await database.rows(user, query)
            assert {row[0] for row in rows} <= {user}
        with pytest.raises(Exception, match="division"):
            await database.rows(5, sql.SQL("select 1/0"))
        _, rows = await database.rows(0, query)
        assert rows == []
        await database.close()

    asyncio.run(turns())


class Door:
    """A TCP relay to the warehouse that can be shut: the server as seen through it goes away."""

    def __init__(self, host: str, port: int) -> None:
        self._target = (host, port)
        self._open: list[socket.socket] = []
        self.port = 0

    def open(self) -> None:
        """Let connections through, on the same port as before."""
        self._listener = socket.create_server(("127.0.0.1", self.port))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, args=(self._listener,), daemon=True).start()

    def shut(self) -> None:
        """End all connections and refuse new ones."""
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for one in self._open:
            with closing(one), suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
        self._open.clear()

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                inner, _ = listener.accept()
            except OSError:
                return
            outer = socket.create_connection(self._target)
            self._open += [inner, outer]
            for source, target in ((inner, outer), (outer, inner)):
                threading.Thread(target=_relay, args=(source, target), daemon=True).start()


def _relay(source: socket.socket, target: socket.socket) -> None:
    try:
        while data := source.recv(65536):
            target.sendall(data)
    except OSError:
        pass


@pytest.fixture()
def door(located: Warehouse, monkeypatch: pytest.MonkeyPatch) -> Iterator[Door]:
    """A door between the API and the warehouse."""
    way = Settings.api_reader()
    door = Door(way.host, way.port)
    door.open()
    monkeypatch.setattr(Settings, "api_reader", lambda: replace(way, port=door.port))
    yield door
    with suppress(OSError):  # it may be shut
        door.shut()


def test_a_server_that_goes_and_comes(
    door: Door, make_settings: Callable[..., ApiSettings], users: tuple[int, int]
) -> None:
    """503 without waiting, health all the time, and answers again without a restart."""
    settings = make_settings()
    token = Tokens(settings).issue(users[0], timedelta(hours=1), [])
    with TestClient(create_app(settings, ManualRefresher())) as client:
        asker = Asker(client, token)
        path = f"/datasets/{FACT}/query"
        before = asker.get(path)
        assert before.status_code == 200
        for _ in range(2):
            door.shut()
            for _ in range(5):
                started = time.monotonic()
                answer = asker.get(path)
                assert answer.status_code == 503
                assert answer.headers["retry-after"] == "1"
                assert time.monotonic() - started < 4
            assert client.get("/health").status_code == 200
            assert client.get("/ready").status_code == 503
            assert asker.get("/status").json()["status"] == "unavailable"
            assert asker.get("/datasets").status_code == 200
            door.open()
            deadline = time.monotonic() + 120
            while asker.get(path).status_code != 200:
                assert time.monotonic() < deadline
                time.sleep(0.1)
            assert asker.get(path).content == before.content
            assert client.get("/ready").status_code == 200
            assert asker.get("/status").json()["status"] == "available"


def test_started_before_its_server_and_its_manifest(
    door: Door, make_settings: Callable[..., ApiSettings], manifest: Path, tmp_path: Path
) -> None:
    door.shut()
    late = tmp_path / "manifest.json"
    settings = make_settings(manifest=late)
    token = Tokens(settings).issue(5, timedelta(hours=1), [])
    with TestClient(create_app(settings, ManualRefresher())) as client:
        asker = Asker(client, token)
        assert asker.get("/datasets").status_code == 503
        assert asker.get("/status").json()["status"] == "unavailable"
        late.write_bytes(manifest.read_bytes())
        assert asker.get("/datasets").status_code == 200
        door.open()
        deadline = time.monotonic() + 120
        while client.get("/ready").status_code != 200:
            assert time.monotonic() < deadline
            time.sleep(0.1)
        late.write_bytes(manifest.read_bytes()[:1000])
        assert asker.get("/datasets/dim_account/query").status_code == 200


def test_a_data_set_that_is_not_built(
    located: Warehouse, ask: Callable[..., Asker], users: tuple[int, int]
) -> None:
    with located.connect() as owner:
        owner.execute("alter table gold.fact_loan_payments rename to fact_loan_payments_away")
        try:
            answer = ask(users[0]).get("/datasets/fact_loan_payments/query")
        finally:
            owner.execute("alter table gold.fact_loan_payments_away rename to fact_loan_payments")
    assert answer.status_code == 503
    assert "relation" not in answer.text


# ------------------------------------------------------------------------------------- refresh


def test_one_refresh_at_a_time(ask: Callable[..., Asker], app: FastAPI) -> None:
    asker = ask(5)
    first = asker.post("/refresh")
    assert (first.status_code, first.json()["state"]) == (202, "running")
    second = asker.post("/refresh")
    assert second.status_code == 409
    assert asker.get("/refresh").json()["state"] == "running"
    app.state.services.refresher.run = Refresh(state="succeeded")
    assert asker.get("/refresh").json()["state"] == "succeeded"
    assert asker.post("/refresh").status_code == 202


def command(folder: Path, code: str) -> CommandRefresher:
    name = Path(sys.executable).name
    return CommandRefresher(folder, (name, "-c", code))


def ended(refresher: CommandRefresher) -> Refresh:
    for _ in range(600):
        if refresher.current().state != "running":
            return refresher.current()
        time.sleep(0.05)
    raise AssertionError("it does not end")


def test_a_command_in_the_background(tmp_path: Path) -> None:
    """Whoever looks, from whichever process, sees it run; it outlives the one that started it."""
    waits = f"import pathlib, time\nwhile not pathlib.Path({str(tmp_path / 'go')!r}).exists():"
    refresher = command(tmp_path, waits + " time.sleep(0.02)")
    assert refresher.current().state == "never"
    assert refresher.start().state == "running"
    another = command(tmp_path, "")
    assert another.current().state == "running"
    for one in (refresher, another):
        with pytest.raises(AlreadyRunning):
            one.start()
    (tmp_path / "go").touch()
    found = ended(refresher)
    assert found.state == "succeeded"
    assert found.started_at is not None
    assert found.finished_at is not None
    assert found.finished_at >= found.started_at
    assert command(tmp_path, "raise SystemExit(3)").start().state == "running"
    assert ended(refresher).state == "failed"


def test_a_refresh_whose_end_nobody_saw(tmp_path: Path) -> None:
    (tmp_path / "state.json").write_text(Refresh(state="running").model_dump_json())
    assert command(tmp_path, "").current().state == "failed"


def test_refresh_is_a_day_s_build(tmp_path: Path) -> None:
    refresher = CommandRefresher(tmp_path)
    assert refresher._command[0].endswith("/dbt")
    assert refresher._command[1:] == ("build", "--selector", "daily")


# ------------------------------------------------------------------------------------ problems


def test_every_error_is_a_problem(client: TestClient, ask: Callable[..., Asker]) -> None:
    headers = ask(5).headers
    answers: list[Any] = [
        client.get("/nothing"),
        client.get("/api/analytics/datasets"),
        client.put("/api/analytics/datasets"),
        client.get("/api/analytics/datasets/none/schema", headers=headers),
        client.get("/api/analytics/datasets/dim_date/query?limit=0", headers=headers),
        client.post("/api/analytics/exports", headers=headers, content=b"{"),
        client.post("/api/analytics/exports", headers=headers, content=b"x" * 100_000),
    ]
    assert [one.status_code for one in answers] == [404, 401, 405, 404, 422, 422, 413]
    for one in answers:
        assert one.headers["content-type"] == "application/problem+json"
        found = one.json()
        assert found["status"] == one.status_code
        assert found["title"]
        assert found["detail"]
        assert found["instance"] == one.request.url.path
    assert answers[4].json()["errors"][0]["name"] == "query.limit"


def test_a_failure_of_our_own_tells_nothing(
    client: TestClient, app: FastAPI, ask: Callable[..., Asker], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail() -> None:
        raise RuntimeError("the password is hunter2")

    monkeypatch.setattr(type(app.state.services.live), "current", lambda _: fail())
    answer = ask(5).get("/datasets")
    assert answer.status_code == 500
    assert answer.headers["content-type"] == "application/problem+json"
    assert "hunter2" not in answer.text


def test_rate_limit_of_the_api(make_settings: Callable[..., ApiSettings]) -> None:
    settings = make_settings(rate_limit=3)
    tokens = Tokens(settings)
    with TestClient(create_app(settings, ManualRefresher())) as client:
        first, second = (
            Asker(client, tokens.issue(user, timedelta(hours=1), [])) for user in (5, 6)
        )
        assert [first.get("/datasets").status_code for _ in range(4)] == [200, 200, 200, 429]
        assert int(first.get("/datasets").headers["retry-after"]) >= 1
        assert second.get("/datasets").status_code == 200

"""Reading: how long a page waits for a server that is away."""

from __future__ import annotations

import socket

import pytest
from psycopg import sql

from dashboard import data
from warehouse.config import Settings
from warehouse.errors import WarehouseError


def test_a_server_that_is_away_is_waited_for_once(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as taken:  # bound, but nobody listens
        taken.bind(("127.0.0.1", 0))
        away = Settings(
            "127.0.0.1", taken.getsockname()[1], "bi_reader", "", "warehouse", "environment"
        )
        waits = []
        fetched = data._fetched
        monkeypatch.setattr(data, "WAIT_SECONDS", 0.2)
        monkeypatch.setattr(data.Settings, "reader", lambda: away)
        monkeypatch.setattr(data, "_fetched", lambda *given: [waits.append(1), fetched(*given)])
        with pytest.raises(WarehouseError, match=r"cannot be reached as bi_reader.*make start"):
            data.rows(sql.SQL("select 1"), {})
        data._pool(away).close()
    data._pool.clear()
    assert len(waits) == 1

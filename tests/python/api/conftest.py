"""An API on the demo warehouse, and tokens for it."""

from __future__ import annotations

import json
import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from fastapi import FastAPI
from fastapi.testclient import TestClient

from api.auth import REFRESH, Tokens
from api.catalog import Catalog, read
from api.main import PREFIX, create_app
from api.refresh import AlreadyRunning, Refresh
from api.settings import ApiSettings
from tests.kit import Warehouse


class ManualRefresher:
    """Refreshes when the test says so."""

    def __init__(self) -> None:
        self.run = Refresh(state="never")

    def start(self) -> Refresh:
        """Begin."""
        if self.run.state == "running":
            raise AlreadyRunning
        self.run = Refresh(state="running")
        return self.run

    def current(self) -> Refresh:
        """The newest."""
        return self.run


@pytest.fixture(scope="session")
def manifest(demo_warehouse: Warehouse) -> Path:
    """The manifest of the built warehouse."""
    return Path(demo_warehouse.environment["DBT_TARGET_PATH"]) / "manifest.json"


@pytest.fixture(scope="session")
def catalog(manifest: Path) -> Catalog:
    """Its data sets."""
    return read(manifest)


@pytest.fixture(scope="session")
def located(demo_warehouse: Warehouse) -> Iterator[Warehouse]:
    """This process's own settings lead to the demo warehouse."""
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith(("DB_", "API_"))]:
            patch.delenv(name)
        for name in ("WAREHOUSE_HOME", "WAREHOUSE_ENV_FILE"):
            patch.setenv(name, demo_warehouse.environment[name])
        yield demo_warehouse


@pytest.fixture(scope="session")
def make_settings(
    manifest: Path, located: Warehouse, tmp_path_factory: pytest.TempPathFactory
) -> Callable[..., ApiSettings]:
    """Settings of an API on the demo warehouse, with changes."""

    def make(**changes: Any) -> ApiSettings:
        home = tmp_path_factory.mktemp("api")
        given = {"home": home, "manifest": manifest, "rate_limit": 0} | changes
        return ApiSettings.model_validate(given)

    return make


@pytest.fixture(scope="session")
def settings(make_settings: Callable[..., ApiSettings]) -> ApiSettings:
    """The settings of `client`."""
    return make_settings()


@pytest.fixture(scope="session")
def app(settings: ApiSettings) -> FastAPI:
    """The app of `client`."""
    return create_app(settings, ManualRefresher())


@pytest.fixture(scope="session")
def client(app: FastAPI) -> Iterator[TestClient]:
    """A client of an API that runs."""
    with TestClient(app, raise_server_exceptions=False) as client:
        yield client


class Asker:
    """Asks as one user."""

    def __init__(self, client: TestClient, token: str) -> None:
        self._client = client
        self.headers = {"Authorization": f"Bearer {token}"}

    def get(self, path: str, headers: dict[str, str] | None = None, **parameters: Any) -> Any:
        """The response of a path below the prefix."""
        return self._client.get(
            PREFIX + path, params=parameters, headers=self.headers | (headers or {})
        )

    def post(self, path: str, body: Any = None) -> Any:
        """The response of a path below the prefix."""
        return self._client.post(PREFIX + path, json=body, headers=self.headers)

    def delete(self, path: str) -> Any:
        """The response of a path below the prefix."""
        return self._client.delete(PREFIX + path, headers=self.headers)

    def rows(self, dataset: str, **parameters: Any) -> list[dict[str, Any]]:
        """All rows of a data set, page after page; amounts as they are written."""
        found: list[dict[str, Any]] = []
        while True:
            answer = self.get(f"/datasets/{dataset}/query", **parameters)
            assert answer.status_code == 200, answer.text
            page = json.loads(answer.content, parse_float=str)
            found += page["data"]
            if page["next_cursor"] is None:
                return found
            parameters["cursor"] = page["next_cursor"]


@pytest.fixture(scope="session")
def ask(client: TestClient, settings: ApiSettings) -> Callable[..., Asker]:
    """Asks as a user."""
    tokens = Tokens(settings)

    def as_user(user: int, scopes: list[str] | None = None) -> Asker:
        wanted = [REFRESH] if scopes is None else scopes
        return Asker(client, tokens.issue(user, timedelta(hours=1), wanted))

    return as_user


@pytest.fixture(scope="session")
def users(demo_warehouse: Warehouse) -> tuple[int, int]:
    """Two customers with accounts, loans, contacts and transactions."""
    rows = demo_warehouse.query(
        "select customer_id from gold.fact_transactions where customer_id in"
        " (select customer_id from gold.fact_loan_payments) and customer_id in"
        " (select customer_id from gold.fact_customer_interactions)"
        " group by customer_id order by count(*) desc, customer_id limit 2"
    )
    return rows[0][0], rows[1][0]


@dataclass(frozen=True)
class Served:
    """An API on a port of this machine."""

    address: str
    settings: ApiSettings
    refresher: ManualRefresher

    def token(self, user: int) -> str:
        """A token of the demo."""
        return Tokens(self.settings).issue(user, timedelta(hours=1), [REFRESH])


@pytest.fixture(scope="session")
def served(make_settings: Callable[..., ApiSettings]) -> Iterator[Served]:
    """An API that real clients reach."""
    settings = make_settings(exports_per_user=1_000)
    refresher = ManualRefresher()
    app = create_app(settings, refresher)
    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning", access_log=False))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.02)
    yield Served(f"http://127.0.0.1:{listener.getsockname()[1]}", settings, refresher)
    server.should_exit = True
    thread.join(20)


@pytest.fixture(scope="session")
def connected(demo_warehouse: Warehouse) -> tuple[int, int]:
    """Two customers who connected accounts elsewhere and tagged what they spent."""
    rows = demo_warehouse.query(
        "select user_id from gold.daily_spending_by_tag where tag_id is not null group by user_id"
        " order by count(distinct currency) desc, count(*) desc, user_id limit 2"
    )
    return rows[0][0], rows[1][0]

"""Servers in temporary folders, batches made to order, and a look at all of bronze."""

from __future__ import annotations

import csv
import hashlib
import itertools
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from psycopg import sql

from warehouse.bronze import read_tables
from warehouse.config import PROJECT_ROOT, Settings
from warehouse.db import connect
from warehouse.prepare import prepare
from warehouse.server import SUPERUSER, EmbeddedServer

Write = Callable[..., Path]
Bronze = Callable[[Settings], dict[str, Any]]

_OURS = ("DB_HOST", "DB_PORT", "DB_USER", "DB_PASSWORD", "DB_NAME", "WAREHOUSE_EMBEDDED")
_OURS += ("WAREHOUSE_HOME", "PG_BIN", "BI_READER_PASSWORD")


@pytest.fixture(scope="package", autouse=True)
def clean_environment() -> Iterator[None]:
    """No test sees the developer's server, variables or ``.env``."""
    with pytest.MonkeyPatch.context() as patch:
        for name in _OURS:
            patch.delenv(name, raising=False)
        patch.setenv("WAREHOUSE_ENV_FILE", os.devnull)
        patch.setenv("PYTHONPATH", str(PROJECT_ROOT))
        patch.setenv("PG_PORT", "55400")
        yield


@pytest.fixture(scope="package")
def server_folder() -> Iterator[Path]:
    """A folder for servers' states; unlike pytest's own, every account may enter it."""
    folder = Path(tempfile.mkdtemp(prefix="warehouse-test-"))
    folder.chmod(0o711)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="package")
def embedded_server(server_folder: Path, clean_environment: None) -> Iterator[EmbeddedServer]:
    """One running embedded server, shared by all tests of this folder."""
    server = EmbeddedServer(server_folder / "shared")
    server.start()
    yield server
    server.destroy()


@pytest.fixture(scope="package")
def admin(embedded_server: EmbeddedServer) -> Settings:
    """The shared server's superuser, in its maintenance database."""
    password = (embedded_server.home / "superuser_password").read_text().strip()
    return replace(embedded_server.settings(), user=SUPERUSER, password=password, dbname="postgres")


_numbers = itertools.count(1)


@pytest.fixture
def database(embedded_server: EmbeddedServer, admin: Settings) -> Iterator[Settings]:
    """An empty, prepared database of the test's own on the shared server."""
    name = f"test_{next(_numbers)}"
    owner = replace(embedded_server.settings(), dbname=name)
    with connect(admin, autocommit=True) as conn:
        conn.execute(
            sql.SQL("create database {} owner {}").format(
                sql.Identifier(name), sql.Identifier(owner.user)
            )
        )
    with connect(owner) as conn:
        prepare(conn, owner.user)
    yield owner
    with connect(admin, autocommit=True) as conn:
        conn.execute(sql.SQL("drop database {} with (force)").format(sql.Identifier(name)))


@pytest.fixture
def write_batch(tmp_path: Path) -> Write:
    """Writes ``raw/YYYY/MM/DD`` with its manifest; gives the batch's folder."""

    def write(day: str, rows: Mapping[str, int] | None = None, extra: Sequence[str] = ()) -> Path:
        folder = tmp_path / "raw" / day.replace("-", "/")
        folder.mkdir(parents=True, exist_ok=True)
        tables = read_tables()
        for name, count in (rows or {"transactions": 3, "products": 2}).items():
            columns = [*tables[name].columns, *extra]
            with (folder / f"{name}.csv").open("w", newline="") as handle:
                writer = csv.writer(handle, lineterminator="\n")
                writer.writerow(columns)
                writer.writerows([f"{day} {n} {c}" for c in columns] for n in range(1, count + 1))
        write_manifest(folder)
        return folder

    return write


def write_manifest(folder: Path, **changes: Any) -> None:
    """State what is in the folder, apart from ``changes``."""
    files = {}
    for path in sorted(folder.glob("*.csv")):
        with path.open(newline="") as handle:
            rows = max(sum(1 for _ in csv.reader(handle)) - 1, 0)
        files[path.name] = {"rows": rows, "sha256": hashlib.sha256(path.read_bytes()).hexdigest()}
    content = {
        "format": 1,
        "batch_date": "-".join(folder.parts[-3:]),
        "source": "test",
        "files": files,
    } | changes
    (folder / "manifest.json").write_text(json.dumps(content))


def read_bronze(settings: Settings) -> dict[str, Any]:
    """Row count and columns of every relation of bronze: what a refusal must leave alone."""
    with connect(settings) as conn:
        columns = conn.execute(
            "select c.relname, array_agg(a.attname::text order by attnum) from pg_class c"
            " join pg_attribute a on a.attrelid = c.oid and attnum > 0 and not attisdropped"
            " where relnamespace = 'bronze'::regnamespace and relkind in ('r', 'p')"
            " group by relname"
        ).fetchall()
        return {
            name: (
                conn.execute(
                    sql.SQL("select count(*) from bronze.{}").format(sql.Identifier(name))
                ).fetchone(),
                names,
            )
            for name, names in columns
        }

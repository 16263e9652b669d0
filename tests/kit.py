"""A warehouse of its own for a test: server, batches, builds, and what one asks of them."""

from __future__ import annotations

import hashlib
import os
import shlex
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from warehouse.prepare import SCHEMAS

ROOT = Path(__file__).resolve().parents[1]
BIN = Path(sys.executable).parent
# What says when or in which order something was loaded or built, not what is true.
VOLATILE_COLUMNS = {
    "dw_created_at", "dw_updated_at", "dbt_updated_at", "dbt_scd_id", "batch_id", "loaded_at",
}  # fmt: skip
READER_PASSWORD = "a reader of these tests"
BUILD_TIMES = {("dst", "created_at"), ("dst", "updated_at")}
# What shows the server as it is at the moment; the stored relations behind it are compared.
LIVE_RELATIONS = {("gold", "database_health"), ("gold", "realtime_analytics")}

# Seconds that anything may take before a test gives up, on a slow machine too.
PATIENCE = 120


def until(condition: Callable[[], object]) -> None:
    """Wait for a condition.

    Raises:
        AssertionError: it does not come true.
    """
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.02)


@dataclass(frozen=True)
class Warehouse:
    """A server in ``home`` with batches from ``raw``; ``environment`` leads any program to it.

    Attributes:
        parsed: where dbt finds what it has read of the project's files, so that it need not again.
    """

    home: Path
    raw: Path
    parsed: Path | None = None
    _found: dict[str, str] = field(default_factory=dict, init=False, compare=False, repr=False)

    @property
    def environment(self) -> dict[str, str]:
        """The process environment without this machine's own settings, pointing at the server."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith("DB_")}
        parsed = {"DBT_PARTIAL_PARSE_FILE_PATH": str(self.parsed)} if self.parsed else {}
        return kept | parsed | {
            "WAREHOUSE_HOME": str(self.home),
            "WAREHOUSE_ENV_FILE": str(self.home / "no.env"),
            "DBT_TARGET_PATH": str(self.home / "target"),
            "DBT_LOG_PATH": str(self.home / "logs"),
            "PYTHONPATH": str(ROOT),
            "BI_READER_PASSWORD": READER_PASSWORD,
        }  # fmt: skip

    def run(self, *command: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        """Run a program of the environment in the project folder.

        Raises:
            AssertionError: it failed and ``check`` is set; the message is what it printed.
        """
        if command[0] == "mf":
            # MetricFlow reads the manifest in the project's own target folder, not DBT_TARGET_PATH.
            self.run("dbt", "parse", "--target-path", "target")
        program = [str(BIN / command[0]) if command[0] in ("dbt", "mf") else command[0]]
        if command[0] == "python":
            program = [sys.executable]
        done = subprocess.run(
            [*program, *command[1:]],
            cwd=ROOT, env=self.environment, text=True, capture_output=True, check=False,
        )  # fmt: skip
        assert not check or done.returncode == 0, done.stdout[-6000:] + done.stderr[-6000:]
        return done

    def start(self) -> None:
        """Start the server."""
        self.run("python", "-m", "warehouse", "start")

    def destroy(self) -> None:
        """Stop the server and delete its data."""
        self.run("python", "-m", "warehouse", "destroy", "--yes")

    def empty(self) -> None:
        """Forget all that was loaded and built; the server runs on."""
        with self.connect() as connection:
            for schema in SCHEMAS:
                connection.execute(sql.SQL("drop schema {} cascade").format(sql.Identifier(schema)))
        self.start()  # makes the schemas anew

    @contextmanager
    def copied(self, folder: Path) -> Iterator[Warehouse]:
        """A copy that may be spoilt; this one stands still while it is made."""
        copy = replace(self, home=folder / "pg", raw=folder / "raw")
        self.run("python", "-m", "warehouse", "stop")
        subprocess.run(["cp", "-a", self.home, copy.home], check=True)
        subprocess.run(["cp", "-a", self.raw, copy.raw], check=True)
        self.start()
        copy.start()
        try:
            yield copy
        finally:
            copy.destroy()

    def generate(self, *arguments: str) -> None:
        """Simulate a bank into ``raw``."""
        self.run("python", "-m", "generator", "--out", str(self.raw), *arguments)

    def load(self, folder: Path | None = None) -> None:
        """Load ``folder`` (default: all of ``raw``)."""
        self.run("python", "-m", "warehouse", "load", str(folder or self.raw))

    def build(self, *arguments: str) -> str:
        """``dbt build``; returns what it printed."""
        return self.run("dbt", "--no-use-colors", "build", *arguments).stdout

    def build_models(self, *arguments: str) -> str:
        """``dbt build`` without tests, for tests that compare what several builds make."""
        no_tests = ("--exclude-resource-type", "test", "--exclude-resource-type", "unit_test")
        return self.build(*no_tests, *arguments)

    def connect(self, *, as_reader: bool = False) -> psycopg.Connection[Any]:
        """A connection as the owner, or as bi_reader."""
        try:
            return self._connect(as_reader)
        except (KeyError, psycopg.OperationalError):
            # not asked yet, or the server was started anew since
            lines = self.run("python", "-m", "warehouse", "env").stdout.splitlines()
            self._found.update(dict(shlex.split(line)[1].split("=", 1) for line in lines))
            return self._connect(as_reader)

    def _connect(self, as_reader: bool) -> psycopg.Connection[Any]:
        found = self._found
        return psycopg.connect(
            host=found["DB_HOST"], port=found["DB_PORT"], dbname=found["DB_NAME"],
            user="bi_reader" if as_reader else found["DB_USER"],
            password=READER_PASSWORD if as_reader else found["DB_PASSWORD"], autocommit=True,
        )  # fmt: skip

    def query(self, statement: str, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """The rows of one statement."""
        with self.connect() as connection:
            return connection.execute(statement, parameters or None).fetchall()  # type: ignore[call-overload, no-any-return]

    def value(self, statement: str, parameters: Sequence[Any] = ()) -> Any:
        """The only value of one statement."""
        return self.query(statement, parameters)[0][0]

    def batches(self) -> list[Path]:
        """The batch folders of ``raw`` in the order of their dates."""
        return sorted(path.parent for path in self.raw.glob("*/*/*/manifest.json"))

    def checksums(self, schemas: Sequence[str] = ("curated", "dst", "gold")) -> dict[str, str]:
        """Per relation a checksum of all that is true in it, whatever the order of its rows."""
        return dict(self._checksums(schemas))

    def _checksums(self, schemas: Sequence[str]) -> Iterator[tuple[str, str]]:
        columns = self.query(
            "select table_schema, table_name,"
            " array_agg(column_name::text order by ordinal_position)"
            " from information_schema.columns where table_schema = any(%s)"
            " group by table_schema, table_name order by 1, 2",
            [list(schemas)],
        )
        with self.connect() as connection:
            for schema, table, names in columns:
                if (schema, table) in LIVE_RELATIONS:
                    continue
                stable = [
                    name
                    for name in names
                    if not name.startswith("_")
                    and name not in VOLATILE_COLUMNS
                    and (schema, name) not in BUILD_TIMES
                ]
                listed = ", ".join(f'"{name}"' for name in stable)
                digest = hashlib.sha256()
                statement = (
                    f"select md5(row({listed})::text) as line from {schema}.{table} order by line"
                )
                for (line,) in connection.execute(statement):  # type: ignore[call-overload]
                    digest.update(line.encode())
                yield f"{schema}.{table}", digest.hexdigest()

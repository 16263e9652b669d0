"""The API: how quickly it answers many clients, and that its memory stays flat."""

from __future__ import annotations

import asyncio
import json
import math
import os
import random
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from statistics import median
from typing import Any

from api.auth import Tokens
from api.settings import ApiSettings
from tests.benchmarks.building import server
from tests.benchmarks.measure import Span, span
from tests.benchmarks.report import Report
from tests.benchmarks.sizes import MILLION
from tests.kit import ROOT, Warehouse

CLIENTS = 16
PREFIX = "/api/analytics"
# What an app shows at its start: three months of tags, all months, half a year of balances.
ENDPOINTS = {
    "spending-by-tag": "/spending-by-tag?start_date=2025-09-16",
    "monthly-trends": "/monthly-trends",
    "balance-history": "/balance-history?start_date=2025-06-16",
}
LARGE = "fact_transactions_of_one"
LARGE_ROWS = 1_000_000


def run(report: Report, folder: Path, quick: bool) -> None:
    """The API on a million transactions."""
    with server(folder, "api") as warehouse:
        report.step(f"{MILLION.transactions:,} transactions: generating, loading, dbt build")
        warehouse.generate(*MILLION.arguments)
        warehouse.load()
        warehouse.build_models()
        measure(report, warehouse, folder, 10_000 if quick else 100_000)


def measure(report: Report, warehouse: Warehouse, folder: Path, requests: int) -> None:
    """Every promise about the API on one warehouse."""
    manifest = _with_large_relation(warehouse, folder)
    settings = ApiSettings(home=folder / "api", manifest=manifest, rate_limit=0)
    users = [row[0] for row in warehouse.query(
        "select user_id from gold.monthly_trends group by user_id order by user_id"
    )]  # fmt: skip
    tokens = Tokens(settings)
    headers = {
        user: f"Authorization: Bearer {tokens.issue(user, timedelta(days=1), [])}\r\n"
        for user in users
    }
    with _served(warehouse, settings) as api:
        _answer_times(report, warehouse, api, headers, requests)
        _export(report, api, tokens.issue(1, timedelta(days=1), []))


def _answer_times(
    report: Report, warehouse: Warehouse, api: _Api, headers: dict[int, str], requests: int
) -> None:
    asyncio.run(_load(api.port, headers, max(requests // 20, 500)))  # plans, caches, pools
    before = api.memory()
    with span(warehouse) as found:
        spent = api.processor_seconds()
        load = asyncio.run(_load(api.port, headers, requests))
        spent = api.processor_seconds() - spent
    found.others = max(found.others - spent / found.wall, 0.0)  # the API is no other program
    after = api.memory()
    assert not load.failures, load.failures[:3]
    for name, seconds in load.seconds.items():
        report.promise(
            f"/{name}, p95 of {CLIENTS} clients", _percentile(seconds, 95) * 1000,
            f"{_percentile(seconds, 95) * 1000:.1f} ms (median {median(seconds) * 1000:.1f},"
            f" p99 {_percentile(seconds, 99) * 1000:.1f}; {len(seconds):,} requests,"
            f" {load.sizes[name] / len(seconds) / 1000:.1f} KB each)",
            at_most=50, words="≤ 50 ms", others=found.others,
        )  # fmt: skip
    _say_who_worked(report, found, spent, requests)
    report.promise(
        f"memory after {requests:,} requests : before", after / before,
        f"{after:.0f} MB : {before:.0f} MB", at_most=1.1, words="flat (≤ 1.1)",
    )  # fmt: skip


def _say_who_worked(report: Report, found: Span, api_seconds: float, requests: int) -> None:
    """The clients must not be what the API waits for."""
    rate = requests / found.wall
    per = 1000 / requests
    report.figure(
        "requests a second", rate,
        f"{rate:,.0f}; processor time a request: API {api_seconds * per:.2f} ms, PostgreSQL"
        f" {found.server * per:.2f} ms, clients {found.client * per:.2f} ms",
        found.others,
    )  # fmt: skip


def _export(report: Report, api: _Api, token: str) -> None:
    """A million rows of one user, in both formats."""
    for form in ("csv", "parquet"):
        before = api.memory()
        api.forget_peak()
        started = time.perf_counter()
        job = api.ask("/exports", token, {"dataset": LARGE, "format": form})
        while job["state"] in ("queued", "running"):
            time.sleep(0.2)
            job = api.ask(f"/exports/{job['id']}", token)
        seconds = time.perf_counter() - started
        assert (job["state"], job["row_count"]) == ("done", LARGE_ROWS), job
        growth = api.peak() - before
        report.promise(
            f"export of {LARGE_ROWS:,} rows as {form}: more memory", growth,
            f"{growth:.0f} MB over {before:.0f} MB; {seconds:.1f} s,"
            f" {job['byte_count'] / 1e6:,.0f} MB",
            at_most=150, words="≤ 150 MB",
        )  # fmt: skip


# ----------------------------------------------------------------------------------- the server


@dataclass(frozen=True)
class _Api:
    """A process that serves the API."""

    pid: int
    port: int

    def memory(self) -> float:
        """Resident memory, MB."""
        return self._status("VmRSS")

    def peak(self) -> float:
        """Most resident memory since `forget_peak`, MB."""
        return self._status("VmHWM")

    def forget_peak(self) -> None:
        """Begin to watch the peak."""
        Path(f"/proc/{self.pid}/clear_refs").write_text("5")

    def processor_seconds(self) -> float:
        """User and system, since its start."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def ask(self, path: str, token: str, body: Any = None) -> Any:
        """The JSON answer."""
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}{PREFIX}{path}",
            data=None if body is None else json.dumps(body).encode(),
            headers={"Authorization": f"Bearer {token}", "Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request) as answer:
            return json.load(answer)

    def _status(self, name: str) -> float:
        lines = Path(f"/proc/{self.pid}/status").read_text().splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith(name)) / 1024


@contextmanager
def _served(warehouse: Warehouse, settings: ApiSettings) -> Iterator[_Api]:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    environment = warehouse.environment | {
        "API_HOME": str(settings.home),
        "API_MANIFEST": str(settings.manifest),
        "API_RATE_LIMIT": "0",
    }
    process = subprocess.Popen(
        [sys.executable, "-m", "api", "serve", "--port", str(port)],
        cwd=ROOT, env=environment, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        for _ in range(600):
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{port}/ready").close()
                break
            except OSError:
                time.sleep(0.1)
        else:
            raise AssertionError("the API does not start")
        yield _Api(process.pid, port)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(30)


def _with_large_relation(warehouse: Warehouse, folder: Path) -> Path:
    """A data set of a million transactions of user 1, and a manifest that knows it."""
    with warehouse.connect() as owner:
        owner.execute(f"drop table if exists gold.{LARGE}")  # type: ignore[call-overload]
        owner.execute(f"create table gold.{LARGE} (like gold.fact_transactions)")  # type: ignore[call-overload]
        count = owner.execute("select count(*) from gold.fact_transactions").fetchone()
        assert count is not None
        owner.execute(
            f"insert into gold.{LARGE} select t.* from gold.fact_transactions t"  # type: ignore[call-overload]
            " cross join generate_series(1, %s) limit %s",
            [math.ceil(LARGE_ROWS / count[0]), LARGE_ROWS],
        )
        for statement in (
            f"update gold.{LARGE} set customer_id = 1",
            f"vacuum analyze gold.{LARGE}",
            f"alter table gold.{LARGE} enable row level security",
            f"create policy one on gold.{LARGE} for select to api_reader using"
            " (customer_id = (select cast(current_setting('api.user_id', true) as bigint)))",
            f"grant select on gold.{LARGE} to api_reader",
        ):
            owner.execute(statement)  # type: ignore[call-overload]
    known = Path(warehouse.environment["DBT_TARGET_PATH"]) / "manifest.json"
    manifest = json.loads(known.read_text())
    node = dict(manifest["nodes"]["model.financial_analytics.fact_transactions"])
    manifest["nodes"][LARGE] = node | {"name": LARGE, "alias": LARGE}
    changed = folder / "manifest.json"
    changed.write_text(json.dumps(manifest))
    return changed


# ---------------------------------------------------------------------------------- the clients


@dataclass
class _Load:
    """What clients saw, by endpoint."""

    seconds: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    sizes: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    failures: list[str] = field(default_factory=list)


async def _load(port: int, headers: dict[int, str], requests: int) -> _Load:
    """Each client asks, waits for the whole answer and asks again, as another user.

    HTTP/1.1 on a connection that stays, by hand: a client library would cost more processor time
    than the API, on the same processors.
    """
    found = _Load()
    left = iter(range(requests))
    await asyncio.gather(*(_client(port, headers, left, found, one) for one in range(CLIENTS)))
    return found


async def _client(
    port: int, headers: dict[int, str], left: Iterator[int], found: _Load, number: int
) -> None:
    dice = random.Random(number)
    users, names = list(headers), list(ENDPOINTS)
    reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1 << 20)
    for _ in left:
        name = dice.choice(names)
        request = (
            f"GET {PREFIX}{ENDPOINTS[name]} HTTP/1.1\r\nHost: localhost\r\n"
            f"{headers[dice.choice(users)]}\r\n"
        )
        started = time.perf_counter()
        writer.write(request.encode())
        head = await reader.readuntil(b"\r\n\r\n")
        length = int(head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0])
        body = await reader.readexactly(length)
        found.seconds[name].append(time.perf_counter() - started)
        found.sizes[name] += length
        if not head.startswith(b"HTTP/1.1 200"):
            found.failures.append(body.decode())
    writer.close()
    await writer.wait_closed()


def _percentile(values: list[float], percent: float) -> float:
    ranked = sorted(values)
    return ranked[min(math.ceil(len(ranked) * percent / 100), len(ranked)) - 1]

"""Fixtures that several folders share."""

from __future__ import annotations

import fcntl
import logging
import os
import shutil
import signal
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from confluent_kafka import Producer
from playwright.sync_api import Browser, sync_playwright

from analytics_viz import export
from tests.kit import ROOT, Warehouse
from warehouse.errors import WarehouseError

# Whatever a shell starts in the background ignores Ctrl-C, and so would every command tested here.
signal.signal(signal.SIGINT, signal.default_int_handler)

REAL_BROKER = os.environ.get("KAFKA_BOOTSTRAP")

# What takes minutes; the first needs no demo warehouse, so nobody waits until it is made.
LONG = [
    "tests/python/pipeline/test_any_order.py",
    "tests/python/day/test_whole_day.py",
    "tests/python/analytics_viz/test_browser.py",
    "tests/python/orchestration/test_definitions.py",
]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with what takes minutes, so that two processes end at about the same time."""
    gone = [file for file in LONG if not (ROOT / file).is_file()]
    if gone:
        raise pytest.UsageError(f"tests/conftest.py, LONG: no such file: {', '.join(gone)}")
    first = {file: place for place, file in enumerate(LONG)}
    items.sort(key=lambda item: first.get(item.nodeid.partition("::")[0], len(first)))


@pytest.fixture(scope="session")
def shared_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of all processes that run tests now."""
    own = tmp_path_factory.getbasetemp()
    return own.parent if "PYTEST_XDIST_WORKER" in os.environ else own


@contextmanager
def making(path: Path) -> Iterator[bool]:
    """True for the first process that comes here, which makes something at `path`; others wait.

    If nothing came of it, the next one tries.
    """
    path.parent.mkdir(exist_ok=True)
    with path.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield not path.exists()


@pytest.fixture(scope="session")
def parsed(shared_folder: Path) -> Path:
    """What dbt has read of the project's files, for `Warehouse`; each time it must costs 11 s."""
    folder = shared_folder / "parsed"
    state = folder / "partial_parse.msgpack"
    with making(state) as is_first:
        if is_first:
            warehouse = Warehouse(home=folder / "pg", raw=folder / "raw")
            warehouse.start()
            try:
                warehouse.run("dbt", "parse")
                (warehouse.home / "target" / state.name).rename(state)
            finally:
                warehouse.destroy()
    return state


@pytest.fixture(scope="session")
def demo_warehouse(
    shared_folder: Path, tmp_path_factory: pytest.TempPathFactory, parsed: Path
) -> Iterator[Warehouse]:
    """The warehouse that `make demo` makes: default data, loaded, built, all dbt tests green.

    It is made once; each process that runs tests has a copy to itself.
    """
    folder = shared_folder / "demo"
    original = Warehouse(home=folder / "pg", raw=folder / "raw", parsed=parsed)
    with ExitStack() as held:
        with making(original.home) as is_first:
            if is_first:
                _make_demo(original)
            copy = held.enter_context(original.copied(tmp_path_factory.mktemp("demo")))
            original.run("python", "-m", "warehouse", "stop")
        yield copy


def _make_demo(warehouse: Warehouse) -> None:
    warehouse.start()
    try:
        warehouse.generate()
        warehouse.load()
        warehouse.build()
    except AssertionError:
        warehouse.destroy()
        shutil.rmtree(warehouse.home)
        raise


@pytest.fixture(scope="session")
def kafka_cluster() -> tuple[Producer, str]:
    """A producer, and the address of its broker.

    The broker is librdkafka's mock cluster, which lives as long as the producer and is spoken to
    over TCP like any other; KAFKA_BOOTSTRAP puts a real one in its place. A topic comes into being
    with its first message and has four partitions.
    """
    if REAL_BROKER:
        return Producer({"bootstrap.servers": REAL_BROKER}), REAL_BROKER
    quiet = logging.getLogger("mock cluster")
    quiet.setLevel(logging.CRITICAL)
    producer = Producer({"test.mock.num.brokers": 3, "linger.ms": 5}, logger=quiet)
    brokers = producer.list_topics(timeout=10).brokers.values()
    return producer, ",".join(f"{one.host}:{one.port}" for one in brokers)


@pytest.fixture(scope="session")
def browser_path() -> Path:
    """A Chromium; without one these tests are skipped, but not where CI is to vouch for them."""
    try:
        return export.find_browser()
    except WarehouseError as error:
        if os.environ.get("CI"):
            pytest.fail(str(error))
        pytest.skip(str(error))


@pytest.fixture(scope="module")  # its event loop would be in the way of other modules
def browser(browser_path: Path) -> Iterator[Browser]:
    """It, started."""
    with sync_playwright() as driver:
        opened = driver.chromium.launch(
            executable_path=browser_path, args=["--no-sandbox", "--disable-dev-shm-usage"]
        )
        yield opened
        opened.close()

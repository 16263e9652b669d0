"""Fixtures that several folders share."""

from __future__ import annotations

import fcntl
import logging
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from confluent_kafka import Producer
from playwright.sync_api import Browser, sync_playwright

from analytics_viz import export
from tests.kit import Warehouse
from warehouse.errors import WarehouseError

# Whatever a shell starts in the background ignores Ctrl-C, and so would every command tested here.
signal.signal(signal.SIGINT, signal.default_int_handler)

REAL_BROKER = os.environ.get("KAFKA_BOOTSTRAP")


@pytest.fixture(scope="session")
def demo_warehouse(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Warehouse]:
    """The warehouse that `make demo` makes: default data, loaded, built, all dbt tests green.

    It is made once; each process that runs tests has a copy to itself.
    """
    worker = os.environ.get("PYTEST_XDIST_WORKER")
    folder = tmp_path_factory.getbasetemp()
    if worker is not None:
        folder = folder.parent
    original = Warehouse(home=folder / "demo-pg", raw=folder / "demo-raw")
    built = folder / "demo-built"
    with (folder / "demo.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not original.home.exists():
            original.start()
            original.generate()
            original.load()
            original.build()
            built.touch()
        assert built.exists(), "The other process could not build it, and says why."
        with original.copied(tmp_path_factory.mktemp("demo")) as copy:
            (folder / f"demo-copied-{worker}").touch()
            copies = len(list(folder.glob("demo-copied-*")))
            last = copies == int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
            original.run(
                "python", "-m", "warehouse", *(("destroy", "--yes") if last else ("stop",))
            )
            fcntl.flock(lock, fcntl.LOCK_UN)
            yield copy


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

"""Fixtures that several folders share."""

from __future__ import annotations

import logging
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from confluent_kafka import Producer

from tests.kit import Warehouse

# Whatever a shell starts in the background ignores Ctrl-C, and so would every command tested here.
signal.signal(signal.SIGINT, signal.default_int_handler)

REAL_BROKER = os.environ.get("KAFKA_BOOTSTRAP")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep together, in one process, what shares a fixture: the demo warehouse, or a file's own."""
    for item in items:
        shared = "demo_warehouse" in getattr(item, "fixturenames", ())
        item.add_marker(pytest.mark.xdist_group("demo" if shared else item.path.stem))


@pytest.fixture(scope="session")
def demo_warehouse(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Warehouse]:
    """The warehouse that `make demo` makes: default data, loaded, built, all dbt tests green."""
    folder: Path = tmp_path_factory.mktemp("demo")
    warehouse = Warehouse(home=folder / "pg", raw=folder / "raw")
    warehouse.start()
    try:
        warehouse.generate()
        warehouse.load()
        warehouse.build()
        yield warehouse
    finally:
        warehouse.destroy()


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

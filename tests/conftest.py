"""Fixtures that several folders share."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.kit import Warehouse

# Whatever a shell starts in the background ignores Ctrl-C, and so would every command tested here.
signal.signal(signal.SIGINT, signal.default_int_handler)


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

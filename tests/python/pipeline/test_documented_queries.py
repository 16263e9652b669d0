"""The queries of the product's documents run as printed and return rows."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.kit import ROOT, Warehouse

QUERIES = sorted(ROOT.glob("analyses/*/*.sql"))


def test_all_queries_are_kept() -> None:
    """Eleven of the DST document with the question it ends with, three of the platform document."""
    assert len(QUERIES) == 15


@pytest.mark.parametrize("query", QUERIES, ids=lambda path: path.stem)
def test_runs_as_printed(demo_warehouse: Warehouse, query: Path) -> None:
    """On the search path of the database itself, with nothing set by hand."""
    rows = demo_warehouse.query(query.read_text().replace("%", "%%"))
    assert rows
    assert all(any(value is not None for value in row) for row in rows)


def test_slow_and_fast_way_agree(demo_warehouse: Warehouse) -> None:
    """Month and category from single transactions and from the DST layer: the same cents."""
    folder = ROOT / "analyses" / "dst"
    slow = demo_warehouse.query((folder / "monthly_categories_from_snapshots.sql").read_text())
    fast = demo_warehouse.query((folder / "monthly_categories_from_trends.sql").read_text())
    in_2024 = {(name, month.date()): total for name, month, total in slow if month.year == 2024}
    assert in_2024 == {(name, month): total for name, month, total in fast}

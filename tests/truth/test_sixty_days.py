"""Sixty days one by one, in shuffled order and in one go: the same warehouse."""

from __future__ import annotations

import datetime as dt
import random
from pathlib import Path

import pytest

from pipeline.steps import deliver
from tests.kit import Warehouse

HISTORY = (
    "--customers", "60", "--transactions", "2000", "--seed", "7", "--dirt", "0.05",
    "--start", "2025-01-01", "--end", "2025-04-30",
)  # fmt: skip
FIRST, COUNT = dt.date(2025, 5, 1), 60


@pytest.mark.slow
def test_sixty_days(tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("sixty")
    days = [FIRST + dt.timedelta(days=number) for number in range(COUNT)]
    shuffled = random.Random(60).sample(days, COUNT)
    # in one go: as `make backfill` does, one build for all
    expected = _gold(folder, "in_one_go", [days])
    for name, order in (("one_by_one", days), ("shuffled", shuffled)):
        found = _gold(folder, name, [[day] for day in order])
        assert found == expected, (name, {n for n in expected if found.get(n) != expected[n]})


def _gold(folder: Path, name: str, portions: list[list[dt.date]]) -> dict[str, str]:
    """Checksums after the history and then the days, with a build after each portion."""
    warehouse = Warehouse(home=folder / name, raw=folder / "raw")
    warehouse.start()
    try:
        if not warehouse.raw.exists():
            warehouse.generate(*HISTORY)
            deliver([FIRST + dt.timedelta(days=number) for number in range(COUNT)], warehouse.raw)
        history = [one for one in warehouse.batches() if _date(one) < FIRST]
        for batch in history:
            warehouse.load(batch)
        warehouse.build_models()
        for portion in portions:
            for day in portion:
                warehouse.load(warehouse.raw / f"{day:%Y/%m/%d}")
            warehouse.build_models("--selector", "daily")
        warehouse.build_models("--selector", "analyses")
        return warehouse.checksums()
    finally:
        warehouse.destroy()


def _date(batch: Path) -> dt.date:
    return dt.date(*map(int, batch.parts[-3:]))

"""Sixty days one by one, in shuffled order and in one go: the same warehouse."""

from __future__ import annotations

import datetime as dt
import random
from concurrent.futures import ThreadPoolExecutor
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
    raw = folder / "raw"
    Warehouse(home=folder / "generator", raw=raw).generate(*HISTORY)
    deliver(days, raw)
    orders = {
        "in one go": [days],  # as `make backfill` does, one build for all
        "one by one": [[day] for day in days],
        "shuffled": [[day] for day in shuffled],
    }
    homes = [folder / name.replace(" ", "_") for name in orders]
    with ThreadPoolExecutor(2) as pool:  # each on a server of its own
        found = list(pool.map(_gold, homes, [raw] * len(orders), orders.values()))
    expected, *others = found
    for name, sums in zip(list(orders)[1:], others, strict=True):
        assert sums == expected, (name, {n for n in expected if sums.get(n) != expected[n]})


def _gold(home: Path, raw: Path, portions: list[list[dt.date]]) -> dict[str, str]:
    """Checksums after the history and then the days, with a build after each portion."""
    warehouse = Warehouse(home=home, raw=raw)
    warehouse.start()
    try:
        for batch in warehouse.batches():
            if _date(batch) < FIRST:
                warehouse.load(batch)
        warehouse.build_models()
        for portion in portions:
            for day in portion:
                warehouse.load(raw / f"{day:%Y/%m/%d}")
            warehouse.build_models("--selector", "daily")
        warehouse.build_models("--selector", "analyses")
        return warehouse.checksums()
    finally:
        warehouse.destroy()


def _date(batch: Path) -> dt.date:
    return dt.date(*map(int, batch.parts[-3:]))

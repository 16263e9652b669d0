"""Failed payments against what the simulation knows: how many, why, through what and when."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from scipy import stats

from tests.kit import Warehouse
from tests.truth.declines import MONEY_CAUSES, Cell, chances, declined_purchases

# Of a count so far from the expected one, on either side. Some 60 are looked at, and the default
# data end yesterday, so every day is a run.
CHANCE = 1e-7

GROUPS: dict[str, Callable[[Cell], str]] = {
    "all": lambda cell: "all",
    "payment method": lambda cell: cell.method,
    "channel": lambda cell: cell.channel,
    "night": lambda cell: "night" if cell.is_night else "day",
    "load": lambda cell: "busy" if cell.is_busy else "usual",
}
ALL_ALIKE: dict[str, tuple[str, str]] = {
    "payment method": ("factor_by_payment_method", "weight_of_causes_by_payment_method"),
    "night": ("night_factor", "night_weight_of_causes"),
    "load": ("busy_factor", "busy_weight_of_causes"),
}


@pytest.fixture(scope="module")
def effects(demo_warehouse: Warehouse) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((demo_warehouse.raw / "truth.json").read_text())["effects"]
    return found


@pytest.fixture(scope="module")
def cells(demo_warehouse: Warehouse, effects: dict[str, Any]) -> list[Cell]:
    return declined_purchases(demo_warehouse, effects["decline"]["busy_from"])


def surprises(
    cells: list[Cell], effects: dict[str, Any], by: str
) -> dict[tuple[str, str], tuple[int, float]]:
    """Groups and causes whose count chance does not explain, with count and expectation.

    Money apart: what accounts do not cover comes on top of what is drawn.
    """
    expected: dict[tuple[str, str], float] = {}
    found: Counter[tuple[str, str]] = Counter()
    for cell in cells:
        for cause, chance in chances(effects, cell).items():
            if cause not in MONEY_CAUSES:
                key = (GROUPS[by](cell), cause)
                expected[key] = expected.get(key, 0) + cell.purchases * chance
                found[key] += cell.declined.get(cause, 0)
    return {
        key: (found[key], round(mean, 1))
        for key, mean in expected.items()
        if min(stats.poisson.cdf(found[key], mean), stats.poisson.sf(found[key] - 1, mean)) < CHANCE
    }


def test_one_payment_in_ten_fails(demo_warehouse: Warehouse) -> None:
    """Recurring ones among them, which fail only for want of money."""
    rate = demo_warehouse.value(
        "select 1.0 * sum(transaction_count) filter (where is_declined) / sum(transaction_count)"
        " from gold.fact_payments_daily"
    )
    assert 0.09 < rate < 0.11


@pytest.mark.parametrize("by", GROUPS)
def test_causes_come_as_often_as_the_simulation_draws_them(
    cells: list[Cell], effects: dict[str, Any], by: str
) -> None:
    assert sum(cell.purchases for cell in cells) > 15_000
    assert not surprises(cells, effects, by)


@pytest.mark.parametrize("by", ALL_ALIKE)
def test_without_the_effect_the_counts_would_surprise(
    cells: list[Cell], effects: dict[str, Any], by: str
) -> None:
    factor, weights = ALL_ALIKE[by]

    def ones(value: Any) -> Any:
        return {k: ones(v) for k, v in value.items()} if isinstance(value, dict) else 1

    truth = effects["decline"]
    alike = {"decline": truth | {name: ones(truth[name]) for name in (factor, weights)}}
    assert surprises(cells, alike, by)


def test_limits_are_at_least_those_drawn(cells: list[Cell], effects: dict[str, Any]) -> None:
    """limit_exceeded is drawn and found by the ledger; insufficient_funds only the ledger finds."""
    drawn = sum(cell.purchases * chances(effects, cell)["limit_exceeded"] for cell in cells)
    found = sum(cell.declined.get("limit_exceeded", 0) for cell in cells)
    assert stats.poisson.cdf(found, drawn) > CHANCE
    assert all(chances(effects, cell)["insufficient_funds"] == 0 for cell in cells)

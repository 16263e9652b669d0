"""Pools of names and places by Faker, drawn once per world and then gathered by position."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from faker import Faker

STREET_COUNT = 800


@dataclass(frozen=True)
class Pools:
    """Texts that rows refer to by position."""

    first_names: list[str]
    last_names: list[str]
    streets: list[str]
    employers: list[str]
    jobs: list[str]
    brands: list[str]
    agents: list[str]


def _distinct(draw: Callable[[], str], count: int) -> list[str]:
    """Up to `count` different texts in the order drawn."""
    seen: dict[str, None] = {}
    for _ in range(count * 3):
        seen[draw()] = None
        if len(seen) == count:
            break
    return list(seen)


def make_pools(seed: int, merchants: int) -> Pools:
    """All pools of a world; one Faker instance, seeded on its own."""
    fake = Faker("en_US", use_weighting=False)
    fake.seed_instance(seed)
    return Pools(
        first_names=_distinct(fake.first_name, 450),
        last_names=_distinct(fake.last_name, 700),
        streets=_distinct(fake.street_name, STREET_COUNT),
        employers=_distinct(fake.company, 300),
        jobs=_distinct(lambda: str(fake.job()).split(",")[0], 250),
        brands=_distinct(fake.last_name, min(merchants, 900)),
        agents=[f"AGT{n:03d}" for n in range(1, 61)],
    )

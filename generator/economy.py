"""The economy outside the bank: monthly indicators that wander around plausible yearly anchors."""

from __future__ import annotations

from functools import cache

import numpy as np

from generator.randomness import random_for

NAMES = (
    "gdp_growth_rate",
    "unemployment_rate",
    "inflation_rate",
    "federal_funds_rate",
    "sp500_index",
    "vix_index",
    "consumer_confidence_index",
    "housing_price_index",
    "10yr_treasury_yield",
    "mortgage_rate_30yr",
)
# values at the middle of each year from 2020 to 2031, in the order of NAMES
_ANCHORS = np.array(
    [
        [-2.2, 5.8, 1.6, 3.3, 2.9, 2.8, 2.0, 2.0, 2.1, 2.0, 2.0, 2.0],
        [8.1, 5.4, 3.6, 3.6, 4.0, 4.2, 4.4, 4.3, 4.2, 4.2, 4.2, 4.2],
        [1.2, 4.7, 8.0, 4.1, 3.0, 2.8, 2.6, 2.3, 2.2, 2.1, 2.1, 2.1],
        [0.4, 0.1, 1.7, 5.1, 5.2, 4.3, 3.7, 3.3, 3.1, 3.0, 3.0, 3.0],
        [3200, 4300, 4000, 4350, 5400, 6200, 6800, 7200, 7600, 8000, 8400, 8800],
        [29, 20, 25, 17, 16, 18, 17, 17, 17, 17, 17, 17],
        [96, 112, 95, 99, 101, 98, 100, 102, 100, 101, 100, 100],
        [225, 262, 298, 306, 322, 334, 344, 355, 366, 378, 390, 402],
        [0.9, 1.4, 3.0, 4.0, 4.2, 4.3, 4.1, 3.9, 3.8, 3.8, 3.8, 3.8],
        [3.1, 3.0, 5.4, 6.8, 6.7, 6.6, 6.2, 5.9, 5.7, 5.6, 5.6, 5.6],
    ]
)
_SPREAD = np.array([0.25, 0.10, 0.15, 0.04, 0.022, 1.6, 3.2, 0.004, 0.10, 0.08])
_RELATIVE = np.array([False, False, False, False, True, False, False, True, False, False])
_MEMORY = 0.75


@cache
def _deviation(seed: int, month: int) -> tuple[float, ...]:
    """Departure from the anchors in a month counted from January 2020, in units of the spread."""
    shock = random_for(seed, "economy", month).standard_normal(len(NAMES))
    # confidence falls and volatility rises together
    shock[5] = -0.5 * shock[6] + 0.85 * shock[5]
    if month <= 0:
        return tuple(float(v) for v in shock)
    before = np.array(_deviation(seed, month - 1))
    return tuple(float(v) for v in _MEMORY * before + shock)


@cache
def indicators(seed: int, year: int, month: int) -> dict[str, float]:
    """The indicators published on the first of a month: rates in percent, indices in points."""
    position = year - 2020 + (month - 6.5) / 12
    anchors = np.array([np.interp(position, np.arange(12), row) for row in _ANCHORS])
    count = (year - 2020) * 12 + month - 1
    deviation = np.zeros(len(NAMES))
    for m in range(max(count - 24, 0), count + 1):  # older shocks have faded; keeps recursion flat
        deviation = np.array(_deviation(seed, m))
    step = _SPREAD * deviation
    values = np.where(_RELATIVE, anchors * (1 + step), anchors + step)
    values[3] = max(values[3], 0.05)
    values[5] = max(values[5], 9.0)
    return {name: round(float(v), 2) for name, v in zip(NAMES, values, strict=True)}

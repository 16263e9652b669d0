"""How often the simulation declines a purchase, and for which cause; from truth.json alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tests.kit import Warehouse

# These the ledger adds, too, where an account does not cover a purchase.
MONEY_CAUSES = ("insufficient_funds", "limit_exceeded")
# Unscheduled genuine purchases and withdrawals; an hour is busy by the mean of its calendar month,
# which is the period of a batch of the history.
_CELLS = """
with purchases as (
    select *, date_trunc('month', transaction_date) as month,
        date_trunc('hour', transaction_timestamp) as hour
    from gold.fact_transactions
    where not is_recurring
        and (transaction_type = 'purchase' or transaction_type = 'withdrawal' and channel = 'ATM')
),
drawn as (select * from purchases where not is_fraud),
hours as (select hour, count(*) as number from drawn group by hour),
months as (
    select month, count(*) / (24.0 * count(distinct transaction_date)) as usual
    from drawn group by month
)
select channel, payment_method, is_night, hours.number >= %s * months.usual,
    coalesce(decline_reason, ''), count(*)
from drawn inner join hours using (hour) inner join months using (month)
group by 1, 2, 3, 4, 5
"""


@dataclass
class Cell:
    """Purchases of one kind, and how many of them were declined for which cause."""

    channel: str
    method: str
    is_night: bool
    is_busy: bool
    purchases: int
    declined: dict[str, int]


def declined_purchases(warehouse: Warehouse, busy_from: float = 2.0) -> list[Cell]:
    """The unscheduled genuine purchases of a warehouse by all that declines depend on."""
    cells: dict[tuple[str, str, bool, bool], Cell] = {}
    for channel, method, night, busy, cause, number in warehouse.query(_CELLS, [busy_from]):
        key = (channel, method, night, busy)
        cell = cells.setdefault(key, Cell(*key, purchases=0, declined={}))
        cell.purchases += number
        if cause:
            cell.declined[cause] = number
    return list(cells.values())


def chances(effects: dict[str, Any], cell: Cell) -> dict[str, float]:
    """The chance of each cause for a purchase of that kind."""
    truth = effects["decline"]
    rate = truth["rate_by_channel"][cell.channel] * truth["factor_by_payment_method"][cell.method]
    weights = dict(truth["causes_by_channel"][cell.channel])
    factors = [truth["weight_of_causes_by_payment_method"][cell.method]]
    if cell.is_night:
        rate *= truth["night_factor"]
        factors.append(truth["night_weight_of_causes"])
    if cell.is_busy:
        rate *= truth["busy_factor"]
        factors.append(truth["busy_weight_of_causes"])
    for factor in factors:
        weights = {cause: weight * factor[cause] for cause, weight in weights.items()}
    total = sum(weights.values())
    return {cause: rate * weight / total for cause, weight in weights.items()}

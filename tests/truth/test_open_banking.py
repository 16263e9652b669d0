"""Connected accounts against what the simulation knows: pairs one by one, money to the cent."""

from __future__ import annotations

import json
from collections import defaultdict
from decimal import Decimal
from typing import Any

import pytest

from tests.kit import Warehouse


@pytest.fixture(scope="module")
def truths(demo_warehouse: Warehouse) -> list[dict[str, Any]]:
    """What each batch's truth.json says of connected accounts."""
    return [
        json.loads((batch / "truth.json").read_text())["open_banking"]
        for batch in demo_warehouse.batches()
    ]


@pytest.fixture(scope="module")
def known_as(demo_warehouse: Warehouse) -> dict[int, int]:
    """Under which number a booked transaction is kept: that of its first report."""
    rows = demo_warehouse.query(
        "select external_transaction_id, transaction_id from silver.stg_external_transactions"
    )
    return dict(rows)


def test_own_transfers_are_found_pair_by_pair(
    demo_warehouse: Warehouse, truths: list[dict[str, Any]], known_as: dict[int, int]
) -> None:
    """All pairs and no other.

    Amounts and dates alone decide, so a payment to a friend and one from another friend of the same
    round sum within three days on two accounts would be taken for a pair; 0.5 % may be.
    """

    def leg(name: str) -> tuple[str, int]:
        source, number = name.split()
        return source, known_as[int(number)] if source == "external" else int(number)

    expected = {(leg(out), leg(in_)) for truth in truths for out, in_ in truth["transfers"]}
    found = {
        ((source, number), (partner_source, partner))
        for source, number, partner_source, partner in demo_warehouse.query(
            "select leg_source, transaction_id, partner_source, partner_transaction_id"
            " from gold.open_banking_transfers where is_own_transfer and amount < 0"
        )
    }
    kinds = {(out[0], in_[0]) for out, in_ in expected}
    assert kinds == {("external", "external"), ("external", "bank"), ("bank", "external")}
    assert len(expected) > 200
    assert len(found & expected) >= 0.995 * max(len(expected), len(found))


def test_a_pending_transaction_and_its_booking_are_one(
    demo_warehouse: Warehouse, truths: list[dict[str, Any]], known_as: dict[int, int]
) -> None:
    pairs = [pair for truth in truths for pair in truth["pending_booked"]]
    assert len(pairs) > 100
    assert all(known_as[booked] == pending for pending, booked in pairs)
    status = dict(
        demo_warehouse.query("select transaction_id, status from gold.open_banking_transactions")
    )
    assert all(status[pending] == "booked" for pending, _ in pairs)
    released = {number for truth in truths for number in truth["released"]}
    assert released == {number for number, state in status.items() if state == "released"}


def test_income_and_spending_of_every_month(
    demo_warehouse: Warehouse, truths: list[dict[str, Any]]
) -> None:
    """To the cent, per currency; over tags they add up to the same."""
    expected: dict[tuple[str, str], list[Decimal]] = defaultdict(lambda: [Decimal(0)] * 3)
    for truth in truths:
        for part in truth["totals"]:
            total = expected[part["month"], part["currency"]]
            total[0] += Decimal(part["income_cents"]) / 100
            total[1] += Decimal(part["spending_cents"]) / 100
            total[2] += part["transactions"]
    found = {
        (month, currency): figures
        for month, currency, *figures in demo_warehouse.query(
            "select to_char(month_start, 'YYYY-MM'), currency, sum(total_income),"
            " sum(total_spending), sum(total_transactions) from gold.monthly_trends group by 1, 2"
        )
    }
    assert {currency for _, currency in found} == {"USD", "EUR"}
    assert found == expected
    by_tag = {
        (month, currency): spending
        for month, currency, spending in demo_warehouse.query(
            "select to_char(spending_date, 'YYYY-MM'), currency, sum(attributed_spending)"
            " from gold.daily_spending_by_tag group by 1, 2"
        )
    }
    assert by_tag == {key: total[1] for key, total in expected.items() if key in by_tag}
    assert all(total[1] == 0 for key, total in expected.items() if key not in by_tag)

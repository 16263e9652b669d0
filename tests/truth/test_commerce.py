"""The marketplace against what the simulation knows: totals to the cent, rates within error."""

from __future__ import annotations

import datetime as dt
import json
import math
from collections import Counter
from decimal import Decimal
from typing import Any

import pytest

from tests.kit import Warehouse

ERRORS = 4.0  # a rate is missed by more once in 15,000 runs
DAYS_OF_A_MONTH = 30.4375


@pytest.fixture(scope="module")
def truth(demo_warehouse: Warehouse) -> dict[str, Any]:
    """What the simulation states about the marketplace."""
    content = json.loads((demo_warehouse.raw / "truth.json").read_text())
    known: dict[str, Any] = content["commerce"]
    return known


def test_sales_of_every_month(demo_warehouse: Warehouse, truth: dict[str, Any]) -> None:
    """fact_sales equals the lines that were sold, to the cent; cost is that of the day of sale."""
    amounts = [name for name in truth["by_month"][0] if name.endswith("_amount")]
    sums = ", ".join(f"sum({name})" for name in amounts)
    found = {
        month: (orders, lines, *money)
        for month, orders, lines, *money in demo_warehouse.query(
            "select to_char(order_date, 'YYYY-MM'), count(distinct order_id), count(*),"
            f" {sums} from gold.fact_sales group by 1"
        )
    }
    expected = {
        row["month"]: (
            row["orders"],
            row["order_lines"],
            *(Decimal(row[name]) for name in amounts),
        )
        for row in truth["by_month"]
    }
    assert len(expected) > 40
    assert found == expected


def test_the_funnel_is_as_simulated(demo_warehouse: Warehouse, truth: dict[str, Any]) -> None:
    visits, carts, checkouts, orders = demo_warehouse.query(
        "select sum(session_count), sum(cart_count), sum(checkout_count), sum(purchase_count)"
        " from gold.shopping_funnel"
    )[0]
    rates = truth["funnel"]
    for whole, part, rate in (
        (visits, carts, rates["cart_share_of_visits"]),
        (carts, checkouts, rates["checkout_share_of_carts"]),
        (checkouts, orders, rates["purchase_share_of_checkouts"]),
    ):
        error = math.sqrt(rate * (1 - rate) / float(whole))
        assert abs(float(part) / float(whole) - rate) < ERRORS * error, (whole, part, rate)


def test_members_cancel_as_simulated(demo_warehouse: Warehouse, truth: dict[str, Any]) -> None:
    """Cancellations of each plan against the months in which members could cancel."""
    rules = truth["subscriptions"]
    last = demo_warehouse.value("select as_of_date from gold.data_as_of")
    expected: Counter[str] = Counter()
    found: Counter[str] = Counter()
    for plan, period, start, end, reason in demo_warehouse.query(
        "select plan_name, billing_period, start_date, end_date, cancellation_reason"
        " from gold.fact_subscriptions"
    ):
        rate = rules["monthly_cancellation_rate"][plan]
        rate *= rules["annual_factor"] if period == "annual" else 1
        first = (start.replace(day=1) + dt.timedelta(days=32)).replace(day=1)
        until = end or last
        # at risk to the end of the month in which it ended: that is when it was drawn
        after = (until.replace(day=1) + dt.timedelta(days=32)).replace(day=1)
        days = (min(after - dt.timedelta(days=1), last) - first).days + 1
        expected[plan] += max(days, 0) / DAYS_OF_A_MONTH * rate
        found[plan] += reason in ("price", "not_used", "service", "moved_on")
    for plan, number in expected.items():
        assert abs(found[plan] - number) < ERRORS * math.sqrt(number) + 3, (plan, found, expected)

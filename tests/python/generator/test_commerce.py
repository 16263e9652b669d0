"""What the marketplace promises: orders are paid to the cent, stock and prices have a history."""

from __future__ import annotations

import datetime as dt
import json
from collections import Counter, defaultdict
from decimal import ROUND_HALF_UP, Decimal
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from generator import marketplace as market
from generator import weather
from generator.timeline import day_number

from .conftest import OPTIONS
from .reading import Row, amount, batches, newest, true_rows, without

CENT = Decimal("0.01")


@pytest.fixture(scope="module")
def lines(world: Path) -> list[Row]:
    """The last version of every order line."""
    return list(newest(true_rows(world, "sales_fact"), "order_line_id").values())


def net_of(line: Row) -> Decimal:
    """What is charged for the goods of a line."""
    gross = int(line["quantity"]) * Decimal(line["unit_price"])
    return gross - (gross * Decimal(line["discount"])).quantize(CENT, ROUND_HALF_UP)


def total_of(line: Row) -> Decimal:
    """What is charged for a line in all."""
    return net_of(line) + Decimal(line["shipping_cost"]) + Decimal(line["tax_amount"])


def test_an_order_adds_up_to_the_transaction_that_paid_it(world: Path, lines: list[Row]) -> None:
    paid = newest(true_rows(world, "transactions"), "transaction_id")
    totals: Counter[str] = Counter()
    for line in lines:
        assert min(net_of(line), Decimal(line["shipping_cost"]), Decimal(line["tax_amount"])) >= 0
        assert int(line["quantity"]) >= 1
        totals[line["transaction_id"]] += total_of(line)  # type: ignore[assignment]
        payment = paid[line["transaction_id"]]
        assert payment["merchant_id"] == line["merchant_id"]
        assert payment["customer_id"] in ("", line["customer_id"])
        assert not payment["decline_reason"] and payment["is_fraud"] == "false"
    assert len(totals) > 300
    for transaction, total in totals.items():
        assert amount(paid[transaction]["amount"]) == -total


def test_no_batch_tells_of_an_order_before_its_payment_is_told_right(world: Path) -> None:
    """A late or wrongly told transaction keeps its order back, on any day."""
    told: dict[str, Decimal | None] = {}
    for batch in batches(world):
        for row in without(batch, "transactions", ("duplicate", "quarantined")):
            told[row["transaction_id"]] = amount(row["amount"])
        orders: Counter[str] = Counter()
        for line in {
            r["order_line_id"]: r
            for r in without(batch, "sales_fact", ("duplicate", "quarantined"))
        }.values():
            orders[line["transaction_id"]] += total_of(line)  # type: ignore[assignment]
        for transaction, total in orders.items():
            assert told[transaction] == -total, (batch, transaction)


def test_lines_get_on_and_full_refunds_return_orders(world: Path, lines: list[Row]) -> None:
    rank = {"processing": 0, "shipped": 1, "delivered": 2, "returned": 3}
    versions = defaultdict(list)
    for row in true_rows(world, "sales_fact"):
        versions[row["order_line_id"]].append((row["updated_at"], rank[row["order_status"]]))
    assert max(map(len, versions.values())) > 1
    for told in versions.values():
        assert len({moment for moment, _ in told}) == len(told)
        assert [status for _, status in sorted(told)] == sorted(status for _, status in told)
    refunds = newest(true_rows(world, "transactions"), "transaction_id")
    back: Counter[str] = Counter()
    for line in lines:
        assert (line["order_status"] == "returned") == bool(line["refund_transaction_id"])
        if line["refund_transaction_id"]:
            back[line["refund_transaction_id"]] += total_of(line)  # type: ignore[assignment]
    assert len(back) > 2
    for refund, total in back.items():
        assert refunds[refund]["transaction_type"] == "refund"
        assert amount(refunds[refund]["amount"]) == total


def test_a_line_costs_what_its_product_cost_when_it_was_ordered(
    world: Path, lines: list[Row]
) -> None:
    history = defaultdict(list)
    for row in true_rows(world, "product"):
        history[row["product_id"]].append((row["updated_at"], row["unit_cost"], row["list_price"]))
    ratios = []
    for line in lines:
        known = sorted(history[line["product_id"]])
        _, cost, price = [v for v in known if v[0] <= line["order_date"]][-1]
        assert line["unit_cost"] == cost, line
        ratios.append(float(line["unit_price"]) / float(price))
    assert 0.85 < np.median(ratios) < 1.15
    assert len({cost for versions in history.values() for _, cost, _ in versions}) > len(history)


def test_stock_runs_low_and_out_and_is_refilled(world: Path) -> None:
    level = {
        r["category_id"]: int(r["reorder_level"]) for r in true_rows(world, "product_category")
    }
    moves = Counter[str]()
    history = defaultdict(list)
    for row in true_rows(world, "product"):
        history[row["product_id"]].append(row)
        assert row["updated_at"] >= row["created_at"]
    for rows in history.values():
        rows.sort(key=lambda r: r["updated_at"])
        assert len({r["updated_at"] for r in rows}) == len(rows)
        stock = [int(r["stock_quantity"]) for r in rows]
        low = level[rows[0]["category_id"]]
        for before, after in pairwise(stock):
            moves["low"] += before > low >= after > 0
            moves["out"] += before > 0 == after
            moves["refilled"] += after > before
        moves["discontinued"] += rows[-1]["listing_status"] == "discontinued"
    assert all(moves[name] > 0 for name in ("low", "out", "refilled", "discontinued")), moves


def test_a_visit_is_one_customer_on_one_device_and_ends_in_its_order(
    world: Path, lines: list[Row]
) -> None:
    events = true_rows(world, "kafka_stream")
    assert len({e["event_id"] for e in events}) == len(events)
    visits = defaultdict(list)
    for event in events:
        visits[event["session_id"]].append(event)
    bought = {}
    depth: Counter[str] = Counter()
    for visit in visits.values():
        assert len({(e["customer_id"], e["device_type"], e["traffic_source"]) for e in visit}) == 1
        kinds = {e["event_type"] for e in visit}
        assert "purchase" not in kinds or "checkout" in kinds
        assert "checkout" not in kinds or "add_to_cart" in kinds
        assert "view" in kinds
        depth.update(kinds)
        depth["visit"] += 1
        for event in visit:
            if event["event_type"] == "purchase":
                bought[event["order_id"]] = (event["event_timestamp"], event["customer_id"])
    # the lines of a few orders are told with the next batch
    for line in lines:
        assert bought[line["order_id"]] == (line["order_date"], line["customer_id"])
    funnel = [depth[kind] for kind in ("visit", "add_to_cart", "checkout", "purchase")]
    rates = (market.CART_RATE, market.CHECKOUT_RATE, market.PURCHASE_RATE)
    for whole, part, rate in zip(funnel, funnel[1:], rates, strict=False):
        assert abs(part / whole - rate) < 5 * (rate * (1 - rate) / whole) ** 0.5


def test_memberships_begin_once_and_end_once(world: Path) -> None:
    told = defaultdict(list)
    for row in true_rows(world, "subscription_data"):
        told[row["subscription_id"]].append(row)
    ends = 0
    for rows in told.values():
        assert sorted(r["status"] for r in rows) in (["active"], ["active", "cancelled"])
        for row in rows:
            ended = row["status"] == "cancelled"
            assert ended == bool(row["end_date"]) == bool(row["cancellation_reason"])
            assert not ended or row["end_date"] > row["start_date"]
            ends += ended
    assert ends > 1
    held = sorted((r["customer_id"], r["start_date"], r["end_date"]) for v in told.values()
                  for r in [max(v, key=lambda row: row["updated_at"])])  # fmt: skip
    for (one, _, end), (other, start, _) in pairwise(held):
        assert one != other or (end and end <= start)


def test_weather_covers_every_day_once(world: Path) -> None:
    rows = true_rows(world, "weather_data")
    days = {r["weather_date"] for r in rows}
    assert len({(r["weather_date"], r["city"]) for r in rows}) == len(rows) == 20 * len(days)
    assert len(days) == OPTIONS.days + 3
    for row in rows:
        wet = row["weather_condition"] in ("Rain", "Snow")
        assert wet == (Decimal(row["precipitation_mm"]) >= 1)


def test_the_calendar_moves_demand_on_the_right_days() -> None:
    def factor(*date: int) -> float:
        return float(market.holiday_factor(np.array([day_number(dt.date(*date))]))[0])

    assert factor(2024, 11, 27) == 1.0  # Thanksgiving 2024: 28 November
    assert factor(2024, 11, 28) == factor(2025, 11, 27) == factor(2024, 12, 25) == 0.6
    assert factor(2024, 11, 29) == factor(2024, 12, 2) == factor(2025, 12, 1) == 1.35
    assert factor(2024, 12, 3) == factor(2024, 12, 7) == factor(2024, 12, 21) == 1.0
    assert factor(2024, 12, 8) == factor(2024, 12, 20) == 1.25


def test_weather_of_a_month_is_the_same_however_it_is_asked_for() -> None:
    first = day_number(dt.date(2024, 2, 1))
    once = weather.month(5, first).rain.copy()
    weather.month.cache_clear()
    assert (weather.month(5, first).rain == once).all() and once.shape == (29, 20)


def test_truth_states_the_totals_of_the_lines(history: Path) -> None:
    stated = json.loads((history / "truth.json").read_text())["commerce"]["by_month"]
    found: dict[str, Counter[str]] = defaultdict(Counter)
    for line in newest(true_rows(history, "sales_fact"), "order_line_id").values():
        month = found[line["order_date"][:7]]
        month["order_lines"] += 1
        month["orders"] += line["line_number"] == "1"
        month["revenue_amount"] += net_of(line)  # type: ignore[assignment]
        month["cost_amount"] += int(line["quantity"]) * Decimal(line["unit_cost"])  # type: ignore[assignment]
        month["tax_amount"] += Decimal(line["tax_amount"])  # type: ignore[assignment]
    assert {row["month"] for row in stated} == set(found)
    for row in stated:
        for name, value in found[row["month"]].items():
            assert Decimal(row[name]) == value

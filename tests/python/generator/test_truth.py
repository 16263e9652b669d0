"""What truth.json says can be recomputed from the files."""

from __future__ import annotations

import csv
import json
import math
from collections import Counter, defaultdict
from decimal import Decimal
from pathlib import Path

from .conftest import OPTIONS
from .reading import (
    amount,
    batches,
    mcc_categories,
    moment,
    newest,
    rows_of,
    spending,
    true_rows,
    truth_of,
    without,
)

REASONS = {
    "missing_id",
    "missing_account",
    "orphan_account",
    "orphan_customer",
    "orphan_product",
    "orphan_transaction",
    "unknown_type",
    "unreadable_amount",
    "unreadable_date",
    "impossible_amount",
    "impossible_date",
    "impossible_value",
    "foreign_currency",
    "unknown_status",
    "orphan_connection",
    "orphan_tag",
}


def test_deltas_add_up_to_the_totals(world: Path, project: Path) -> None:
    codes = mcc_categories(project)
    sums: dict[tuple[str, str], list[Decimal | int]] = defaultdict(lambda: [Decimal(0), 0])
    seen: list[dict[str, str]] = []
    for batch in batches(world):
        truth = truth_of(batch)
        for row in truth["spending"]:
            total = sums[row["month"], row["category_name"]]
            total[0] += Decimal(row["amount"])
            total[1] += row["transactions"]
        seen += without(batch, "transactions", ("duplicate", "quarantined"))
        # the sum of the deltas is right after every batch, not only at the end
        expected = spending(list(newest(seen, "transaction_id").values()), codes)
        assert {k: tuple(v) for k, v in sums.items() if any(v)} == expected


def test_the_ledger_adds_up(world: Path) -> None:
    rows = newest(true_rows(world, "transactions"), "transaction_id").values()
    approved = [amount(r["amount"]) or Decimal(0) for r in rows if not r["decline_reason"]]
    truths = [truth_of(batch)["ledger"] for batch in batches(world)]
    assert sum(t["transactions"] for t in truths) == len(rows)
    assert sum(Decimal(t["approved_amount"]) for t in truths) == sum(approved)


def test_the_history_s_truth_agrees_with_its_files(history: Path, project: Path) -> None:
    truth = json.loads((history / "truth.json").read_text())
    rows = list(newest(true_rows(history, "transactions"), "transaction_id").values())
    expected = spending(rows, mcc_categories(project))
    stated = {
        (r["month"], r["category_name"]): (Decimal(r["amount"]), r["transactions"])
        for r in truth["spending"]
    }
    assert stated == expected
    balances: dict[str, Decimal] = {}
    for row in true_rows(history, "accounts"):
        if row["updated_at"] == row["created_at"]:
            balances[row["account_id"]] = Decimal(row["current_balance"])
    for row in rows:
        if not row["decline_reason"]:
            balances[row["account_id"]] += amount(row["amount"]) or 0
    assert {k: Decimal(v) for k, v in truth["closing_balances"].items()} == balances


def test_row_accounts_balance(world: Path) -> None:
    for batch in batches(world):
        truth = truth_of(batch)
        manifest = json.loads((batch / "manifest.json").read_text())
        stated = {f"{name}.csv": c["delivered"] for name, c in truth["rows"].items()}
        assert stated == {name: f["rows"] for name, f in manifest["files"].items()}
        for name, counts in truth["rows"].items():
            defects = Counter(d["expected"] for d in truth["defects"] if d["file"] == f"{name}.csv")
            assert counts["duplicates"] == defects["duplicate"]
            assert counts["quarantined"] == defects["quarantined"]
            kept = counts["delivered"] - counts["duplicates"] - counts["quarantined"]
            assert counts["kept"] == kept


def test_defects_point_at_the_right_rows(world: Path) -> None:
    kinds: Counter[str] = Counter()
    known: set[tuple[str, ...]] = set()
    for batch in batches(world):
        defects: dict[tuple[str, int], list[dict[str, str]]] = defaultdict(list)
        for defect in truth_of(batch)["defects"]:
            defects[defect["file"], defect["row"]].append(defect)
            kinds[defect["kind"]] += 1
            if defect["expected"] == "quarantined":
                assert defect["reason"] in REASONS
            else:
                assert defect["reason"] is None
        for table in ("transactions", "customers", "customer_interactions", "loan_payments"):
            for number, row in enumerate(rows_of(batch, table), start=1):
                mine = defects.get((f"{table}.csv", number), [])
                copy = (table, *row.values()) in known
                known.add((table, *row.values()))
                assert copy == any(d["expected"] == "duplicate" for d in mine), row
                if table == "transactions" and not copy:
                    assert _seen_defects(row) == {d["kind"] for d in mine}, (
                        batch,
                        number,
                        row,
                        mine,
                    )
    assert len(kinds) >= 20


def _seen_defects(row: dict[str, str]) -> set[str]:  # noqa: PLR0912 (a plain list of checks)
    """What a reader finds wrong with a transaction."""
    found = set()
    if not row["transaction_id"]:
        found.add("missing_id")
    if not row["account_id"] and not row["customer_id"]:
        found.add("missing_account")
    elif not row["customer_id"]:
        found.add("missing_customer")
    if row["account_id"] and int(row["account_id"]) > 10**8:
        found.add("orphan_account")
    if row["currency"] != "USD":
        found.add("foreign_currency")
    cents, text = amount(row["amount"]), row["amount"]
    if cents is None:
        found.add("amount_letters" if text == "abc" else "amount_commas")
    elif cents == 0:
        found.add("amount_zero")
    elif abs(cents) > 10**9:
        found.add("amount_huge")
    elif cents > 0 and row["transaction_type"] == "purchase":
        found.add("amount_positive_purchase")
    if "$" in text:
        found.add("amount_dollar")
    if text.endswith(" USD"):
        found.add("amount_currency_after")
    if text.startswith("USD "):
        found.add("amount_currency_before")
    time, text = moment(row["transaction_date"]), row["transaction_date"]
    if time is None:
        found.add("date_words" if text == "not a date" else "date_31_february")
    elif time.year == 2099:
        found.add("date_far_future")
    elif time.year == 1899:
        found.add("date_far_past")
    if "/" in text:
        found.add("date_slash" if len(text) == 19 else "date_short_year")
    if time is not None and text[2] == "-":
        found.add("date_month_name")
    if not row["location_city"]:
        found.add("missing_location")
    if not row["description"]:
        found.add("missing_description")
    if row["mcc_code"] and not row["merchant_category"]:
        found.add("missing_category")
    if row["channel"] != row["channel"].strip():
        found.add("blanks")
    if row["channel"].strip() not in ("POS", "Online", "Mobile", "ATM", "Branch", "Auto"):
        found.add("letter_case")
    return found


def test_versions_are_the_delivered_ones(world: Path) -> None:
    keys = {
        "products": "product_id",
        "merchants": "merchant_id",
        "customers": "customer_id",
        "accounts": "account_id",
    }
    for batch in batches(world):
        truth = truth_of(batch)
        for table, key in keys.items():
            delivered = [
                [int(r[key]), r["updated_at"], r["is_deleted"] == "true"]
                for r in without(batch, table, ("duplicate", "quarantined"))
            ]
            assert sorted(truth["versions"][table]) == sorted(delivered)


def test_late_and_corrected_rows_come_later(world: Path) -> None:
    first: dict[str, str] = {}
    late = corrected = 0
    for batch in batches(world):
        truth = truth_of(batch)
        for row in without(batch, "transactions", ("duplicate", "quarantined")):
            name = row["transaction_id"]
            if int(name) in truth["late_transactions"]:
                assert name not in first
                assert int(name[:8]) < int("".join(batch.parts[-3:]))
                late += 1
            elif int(name) in truth["corrected_transactions"]:
                assert row["updated_at"] > first[name]
                corrected += 1
            else:
                assert name not in first
                assert name[:8] == "".join(batch.parts[-3:])
            first[name] = row["updated_at"]
    assert late > 20 and corrected > 10
    last = truth_of(batches(world)[7])
    assert OPTIONS.end.isoformat() == last["batch_date"]


def test_the_true_hazard_of_leaving_is_recorded(history: Path) -> None:
    with (history / "truth_churn.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    gone = {r["customer_id"]: r["period_end"] for r in rows if r["has_left"] == "true"}
    left: dict[str, str] = {}
    for row in true_rows(history, "customers"):
        if row["is_active"] == "false":
            left[row["customer_id"]] = min(
                row["updated_at"], left.get(row["customer_id"], row["updated_at"])
            )
    assert set(gone) == set(left) and len(gone) > 5
    assert all(left[c][:7] == end[:7] for c, end in gone.items())
    assert all(0 < float(r["monthly_hazard"]) < 0.2 for r in rows)
    expected = sum(float(r["monthly_hazard"]) for r in rows)
    assert 0.4 * expected < len(gone) < 2 * expected


def test_late_payments_follow_the_stated_model(history: Path) -> None:
    """As many instalments become late as score and balance at the start of each batch predict."""
    model = json.loads((history / "truth.json").read_text())["effects"]["late_payment"]
    scores: dict[str, list[tuple[str, int]]] = defaultdict(list)
    for row in true_rows(history, "customers"):
        scores[row["customer_id"]].append((row["updated_at"], int(row["credit_score"])))
    checking, moves = {}, defaultdict(list)
    for row in true_rows(history, "accounts"):
        if int(row["product_id"]) <= 4 and row["updated_at"] == row["created_at"]:
            checking[row["customer_id"]] = row["account_id"]
            moves[row["account_id"]].append(("", Decimal(row["current_balance"])))
    for row in newest(true_rows(history, "transactions"), "transaction_id").values():
        if not row["decline_reason"]:
            time = moment(row["transaction_date"])
            moves[row["account_id"]].append((str(time), amount(row["amount"]) or Decimal(0)))
    instalments = newest(true_rows(history, "loan_payments"), "payment_id").values()
    by_loan = defaultdict(list)
    for row in instalments:
        by_loan[row["account_id"]].append(row)
    expected = late = low = 0.0
    for rows in by_loan.values():
        free = ""
        for row in sorted(rows, key=lambda r: r["scheduled_date"]):
            due, start = row["scheduled_date"], row["scheduled_date"][:7] + "-01"
            start = max(start, OPTIONS.start.isoformat())
            if due >= free:
                score = [s for time, s in sorted(scores[row["customer_id"]]) if time < start]
                account = checking[row["customer_id"]]
                balance = sum(cents for time, cents in moves[account] if time < start)
                is_low = balance < model["low_balance_below"]
                known = score or [sorted(scores[row["customer_id"]])[0][1]]
                logit = model["intercept"] + model["slope"] * (700 - known[-1]) / 100
                expected += 1 / (1 + math.exp(-logit - model["low_balance"] * is_low))
                late += row["is_late"] == "true"
                low += is_low
            free = max(free, row["actual_date"] or "9999")
    assert low > 10
    assert abs(late - expected) < 3 * math.sqrt(expected) and late > 20


def test_effects_are_stated(history: Path) -> None:
    effects = json.loads((history / "truth.json").read_text())["effects"]
    assert effects["campaign"]["rate_ratio"] > 1
    assert {"intercept", "tenure_years", "bad_service_90d", "low_balance"} == set(
        effects["churn"]["coefficients"]
    )
    assert (
        effects["segment_mean_purchase"]["Student"] < effects["segment_mean_purchase"]["Affluent"]
    )

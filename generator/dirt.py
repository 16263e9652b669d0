"""From what happened to what is delivered: late, corrected, repeated, badly written, impossible.

Nothing here changes the true history. Every defect is reported with its row in the file.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import cache
from itertools import chain
from typing import Any

import numpy as np

from generator import reference as ref
from generator import text
from generator.columns import Array, Columns
from generator.events import NONE
from generator.open_banking import Connected
from generator.open_banking_text import GHOSTS as OPEN_BANKING_GHOSTS
from generator.open_banking_text import KEYS as OPEN_BANKING_KEYS
from generator.randomness import random_for
from generator.sheet import Draft, Sheet
from generator.simulation import Happened
from generator.timeline import DAY, NEVER, Period

LATE, MISSTATED, RECATEGORISED, LATE_VERSION = 0.005, 0.002, 0.001, 0.03
# shares of --dirt by kind, for transactions
REPAIRABLE = {
    "date": 0.15,
    "amount": 0.15,
    "missing_customer": 0.08,
    "missing_location": 0.08,
    "missing_description": 0.08,
    "missing_category": 0.08,
    "blanks": 0.06,
    "letter_case": 0.06,
}
REPEATED, REPEATED_NEXT, UNUSABLE = 0.08, 0.06, 0.12
GHOST_IDS = 9_000_000
FOREIGN_ACCOUNT = 990_000_000
FAR_FUTURE, FAR_PAST = "2099", "1899"
VERSIONED = {
    "products": "product_id",
    "merchants": "merchant_id",
    "customers": "customer_id",
    "accounts": "account_id",
    "product_category": "category_id",
    "product": "product_id",
}
# what makes a row of another table unusable: kind -> (column, value, reason)
OTHER_GHOSTS: dict[str, tuple[tuple[str, str, str | None, str], ...]] = {
    "customers": (
        ("missing_id", "customer_id", None, "missing_id"),
        ("unreadable_date", "signup_date", "not a date", "unreadable_date"),
        ("impossible_credit_score", "credit_score", "9999", "impossible_value"),
    ),
    "accounts": (
        ("missing_id", "account_id", None, "missing_id"),
        ("orphan_customer", "customer_id", "990000000", "orphan_customer"),
        ("unreadable_date", "open_date", "2024-02-31", "unreadable_date"),
    ),
    "credit_applications": (
        ("missing_id", "application_id", None, "missing_id"),
        ("orphan_customer", "customer_id", "990000000", "orphan_customer"),
        ("unreadable_date", "application_date", "not a date", "unreadable_date"),
        ("negative_request", "requested_amount", "-5000.00", "impossible_value"),
    ),
    "fraud_alerts": (
        ("missing_id", "alert_id", None, "missing_id"),
        ("orphan_account", "account_id", "990000000", "orphan_account"),
        ("unreadable_date", "alert_date", "2024-02-31 10:00:00", "unreadable_date"),
    ),
    "customer_interactions": (
        ("missing_id", "interaction_id", None, "missing_id"),
        ("orphan_customer", "customer_id", "990000000", "orphan_customer"),
        ("unreadable_date", "interaction_date", "not a date", "unreadable_date"),
        ("impossible_rating", "satisfaction_rating", "11", "impossible_value"),
    ),
    "loan_payments": (
        ("missing_id", "payment_id", None, "missing_id"),
        ("orphan_account", "account_id", "990000000", "orphan_account"),
        ("unreadable_date", "scheduled_date", "2024-02-31", "unreadable_date"),
        ("negative_amount", "scheduled_amount", "-350.00", "impossible_value"),
    ),
    "product": (
        ("missing_id", "product_id", None, "missing_id"),
        ("negative_stock", "stock_quantity", "-4", "impossible_value"),
    ),
    "sales_fact": (
        ("missing_id", "order_line_id", None, "missing_id"),
        ("orphan_customer", "customer_id", "990000000", "orphan_customer"),
        ("orphan_product", "product_id", "990000000", "orphan_product"),
        ("orphan_transaction", "transaction_id", "990000000", "orphan_transaction"),
        ("unreadable_date", "order_date", "not a date", "unreadable_date"),
        ("discount_in_percent", "discount", "15", "impossible_value"),
    ),
    "subscription_data": (
        ("missing_id", "subscription_id", None, "missing_id"),
        ("orphan_customer", "customer_id", "990000000", "orphan_customer"),
        ("unreadable_date", "start_date", "2024-02-31", "unreadable_date"),
    ),
    "kafka_stream": (
        ("missing_id", "event_id", None, "missing_id"),
        ("unknown_event", "event_type", "hover", "unknown_type"),
        ("unreadable_date", "event_timestamp", "not a date", "unreadable_date"),
    ),
}
OTHER_GHOSTS |= OPEN_BANKING_GHOSTS
KEYS = {
    **VERSIONED,
    **OPEN_BANKING_KEYS,
    "credit_applications": "application_id",
    "fraud_alerts": "alert_id",
    "customer_interactions": "interaction_id",
    "loan_payments": "payment_id",
    "sales_fact": "order_line_id",
    "subscription_data": "subscription_id",
    "kafka_stream": "event_id",
}


_Rewrite = Callable[[str], str | None]


@dataclass
class Delivered:
    """The tables of one batch as they are written, and the truth about them."""

    period: Period
    tables: dict[str, Iterable[Sheet]]  # parts that follow each other in one file
    rows: dict[str, dict[str, int]]
    defects: list[str]  # JSON objects
    spending: list[dict[str, Any]]
    ledger: dict[str, Any]
    versions: dict[str, str]  # JSON lists
    late: list[int]
    corrected: list[int]
    connected: Connected


@dataclass
class _Waiting:
    """Transactions that come in a later batch: their text and their figures."""

    lines: Sheet
    figures: Columns  # time, cents, category, old_cents, old_category, due (day number)


@dataclass
class Delivery:
    """Turns periods into batches; remembers what is still to be delivered."""

    seed: int
    dirt: float
    late: _Waiting | None = None
    corrections: _Waiting | None = None
    repeat_next: dict[str, Sheet] = field(default_factory=dict)
    late_versions: Sheet | None = None
    unpaid_lines: Sheet | None = None
    _untold: Array = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    _defects: list[str] = field(default_factory=list)
    _rows: dict[str, dict[str, int]] = field(default_factory=dict)

    def deliver(self, happened: Happened) -> Delivered:
        """The batch of a period."""
        self._defects, self._rows = [], {}
        tables: dict[str, Iterable[Sheet]] = {}
        versions: dict[str, str] = {}
        transactions, spending, ledger, late, corrected = self._transactions(happened)
        bank_defects, self._defects = self._defects, []
        for name, happened_rows in happened.tables().items():
            true_rows = happened_rows
            if name == "customers":
                true_rows = self._hold_versions(happened, happened_rows)
            elif name == "sales_fact":
                true_rows = self._hold_unpaid(happened_rows)
            if name in VERSIONED:
                versions[name] = _version_list(true_rows, VERSIONED[name])
            dirty = self._other_table(happened.period, name, true_rows)
            tables[name] = [true_rows, *dirty]
        dirty = self._other_table(happened.period, "kafka_stream", happened.clicks)
        tables["kafka_stream"] = chain(happened.clicks.all(), dirty)
        tables["transactions"] = transactions
        self._defects += bank_defects
        return Delivered(
            happened.period,
            tables,
            self._rows,
            self._defects,
            spending,
            ledger,
            versions,
            late,
            corrected,
            happened.connected,
        )

    # ------------------------------------------------------------ small tables

    def _hold_versions(self, happened: Happened, rows: Sheet) -> Sheet:
        """A few customer versions come one batch late (never a first version)."""
        rng = random_for(self.seed, "late_versions", happened.period.first)
        old = self.late_versions
        hold = (rows.column("created_at") != rows.column("updated_at")).any(axis=1)
        hold &= rng.random(len(rows)) < LATE_VERSION
        if happened.period.is_last_of_history:
            hold[:] = False
        self.late_versions = rows.take(hold)
        kept = rows.take(~hold)
        return kept if old is None else Sheet.concat([kept, old])

    def _hold_unpaid(self, rows: Sheet) -> Sheet:
        """Order lines come with the transaction that paid them: late, or when it is corrected."""
        named = [rows.strings(name) for name in ("transaction_id", "refund_transaction_id")]
        untold = set(map(str, self._untold.tolist()))
        hold = np.array(
            [paid in untold or back in untold for paid, back in zip(*named, strict=True)],
            dtype=bool,
        )
        old, self.unpaid_lines = self.unpaid_lines, rows.take(hold)
        kept = rows.take(~hold)
        return kept if old is None else Sheet.concat([kept, old])

    def _other_table(self, period: Period, name: str, rows: Sheet | Draft) -> list[Sheet]:
        """What follows the true rows of any table but transactions: repeated and unusable ones."""
        count = len(rows)
        kinds = OTHER_GHOSTS.get(name, ())
        if not kinds:
            self._count(name, count, 0, 0)
            return []
        rng = random_for(self.seed, f"dirt_{name}", period.first)
        repeats, ghosts = rng.poisson(self.dirt * 0.12 * count, 2)
        if name == "customers" and count and isinstance(rows, Sheet):
            blank = np.flatnonzero(rng.random(count) < self.dirt * 0.2)
            rows.rewrite("city", blank, lambda value: f" {value} ")
            self._report(name, blank, "blanks", "repaired")
        parts = []
        position = count
        if name in self.repeat_next:
            earlier = self.repeat_next.pop(name)
            parts.append(earlier)
            position += len(earlier)
            self._report(
                name, np.arange(count, position), "duplicate_of_previous_batch", "duplicate"
            )
        duplicates = position - count
        if repeats:
            parts.append(rows.take(rng.integers(0, count, repeats)))
            at = np.arange(position, position + repeats)
            self._report(name, at, "duplicate", "duplicate")
            position, duplicates = position + int(repeats), duplicates + int(repeats)
            if repeats > 1 and name not in VERSIONED:
                self.repeat_next[name] = rows.take(rng.integers(0, count, 1))
        if ghosts:
            bad = rows.take(rng.integers(0, count, ghosts))
            which = rng.integers(0, len(kinds), ghosts)
            numbers = FOREIGN_ACCOUNT + period.batch_number % 10_000_000 + np.arange(ghosts) * 7
            bad.write(KEYS[name], np.arange(ghosts), [str(number) for number in numbers])
            for k, (_, column, value, _) in enumerate(kinds):
                at = np.flatnonzero(which == k)
                if len(at):
                    bad.write(column, at, [value])
            for row, k in enumerate(which.tolist()):
                kind, _, _, reason = kinds[k]
                self._report(name, np.array([position + row]), kind, "quarantined", reason)
            parts.append(bad)
        self._count(name, position + int(ghosts), duplicates, int(ghosts))
        return parts

    # ------------------------------------------------------------ transactions

    def _transactions(
        self, happened: Happened
    ) -> tuple[Iterable[Sheet], list[dict[str, Any]], dict[str, Any], list[int], list[int]]:
        period, rows = happened.period, happened.ledger.rows
        rng = random_for(self.seed, "dirt_transactions", period.first)
        old_late, due = self.late, self._due_corrections(period)
        late, misstated, recategorised = _choose_untold(happened, rng.random(len(rows)))
        told_rows = self._misstate(happened, rng, misstated, recategorised)
        self._untold = rows.id[late | misstated]
        held, kept = told_rows.take(late), np.flatnonzero(~late)
        self.late = _Waiting(happened.render(held), _figures(held)) if len(held) else None
        honest = (rows.type == ref.TYPE["purchase"]) & (rows.decline == NONE) & ~rows.recurring
        pool = np.flatnonzero(honest & ~misstated & ~late)
        bad = self._choose_bad(rng, told_rows.category[kept])
        own = _Own(happened.render, told_rows, kept, bad)

        parts, told = [], [_figures(told_rows).take(kept)]
        if old_late is not None:
            parts.append(old_late.lines)
            told.append(old_late.figures)
        if due is not None:
            parts.append(due.lines)
        position = len(own) + sum(len(p) for p in parts)
        repeats = self._repeats(rng, own, position)
        parts += repeats
        duplicates = sum(len(p) for p in repeats)
        ghosts = self._ghosts(happened, rng, own, pool, position + duplicates)
        parts.append(ghosts)
        count = len(ghosts)
        self._count("transactions", position + duplicates + count, duplicates, count)
        return (
            chain(own.all(), parts),
            _spending(told, due),
            _ledger(told, due),
            [] if old_late is None else [int(i) for i in old_late.figures.id],
            [] if due is None else [int(i) for i in due.figures.id],
        )

    def _misstate(
        self, happened: Happened, rng: np.random.Generator, misstated: Array, recategorised: Array
    ) -> Columns:
        """The transactions as they are told now; what is told wrongly is queued for correction."""
        rows = happened.ledger.rows
        wrong = np.flatnonzero(misstated | recategorised)
        told = Columns(**{name: getattr(rows, name) for name in rows.names})
        if len(wrong):
            amount = misstated[wrong]
            told.cents, told.category, told.mcc = (
                column.copy() for column in (rows.cents, rows.category, rows.mcc)
            )
            self._plan_corrections(happened, rng, wrong, amount, told)
            told.mcc[wrong] = np.where(
                amount, rows.mcc[wrong], [_first_code(c) for c in told.category[wrong]]
            )
        return told

    def _repeats(self, rng: np.random.Generator, own: _Own, position: int) -> list[Sheet]:
        """Rows of the previous batch and of this one once more; some wait for the next batch."""
        parts = []
        m = len(own)
        repeats = int(rng.poisson(self.dirt * REPEATED * m))
        again = int(rng.poisson(self.dirt * REPEATED_NEXT * m))
        earlier = self.repeat_next.pop("transactions", None)
        if earlier is not None:
            parts.append(earlier)
            at = np.arange(position, position + len(earlier))
            self._report("transactions", at, "duplicate_of_previous_batch", "duplicate")
            position += len(earlier)
        if repeats:
            parts.append(own.take(rng.integers(0, m, repeats)))
            at = np.arange(position, position + repeats)
            self._report("transactions", at, "duplicate", "duplicate")
        if again:
            self.repeat_next["transactions"] = own.take(rng.integers(0, m, again))
        return parts

    def _due_corrections(self, period: Period) -> _Waiting | None:
        """Take the corrections that belong into this batch out of the queue."""
        queue = self.corrections
        if queue is None or len(queue.lines) == 0:
            return None
        due = queue.figures.due <= period.last
        taken = _Waiting(queue.lines.take(due), queue.figures.take(due))
        self.corrections = _Waiting(queue.lines.take(~due), queue.figures.take(~due))
        return taken if len(taken.lines) else None

    def _plan_corrections(
        self,
        happened: Happened,
        rng: np.random.Generator,
        wrong: Array,
        amount: Array,
        told: Columns,
    ) -> None:
        """Queue the true rows at `wrong`, and put what is told first into `told`.

        `amount` says which of them have a wrong amount; the others have a wrong category. A wrong
        amount is corrected by the next batch, so that balances never wait longer.
        """
        period, rows = happened.period, happened.ledger.rows
        cents, category = told.cents, told.category
        k = len(wrong)
        factor = np.array([10.0, 0.1, 1.1, 0.9, 2.0])[rng.integers(0, 5, k)]
        false_cents = np.minimum(np.rint(rows.cents[wrong] * factor), -1).astype(np.int64)
        false_cents = np.where(false_cents == rows.cents[wrong], false_cents - 100, false_cents)
        choices = np.array([ref.CATEGORY[c] for c in ("Groceries", "Shopping", "Dining")])
        other = choices[rng.integers(0, 3, k)]
        other = np.where(other == rows.category[wrong], ref.CATEGORY["Transport"], other)
        cents[wrong] = np.where(amount, false_cents, rows.cents[wrong])
        category[wrong] = np.where(amount, rows.category[wrong], other)
        due = np.where(amount, period.last + 1, period.last + 1 + rng.integers(0, 75, k))
        moment = due * DAY + rng.integers(3600, 20 * 3600, k)
        true_lines = happened.render(rows.take(wrong))
        true_lines.put("updated_at", text.stamps(moment))
        figures = Columns(
            id=rows.id[wrong],
            time=rows.time[wrong],
            cents=rows.cents[wrong],
            category=rows.category[wrong],
            old_cents=cents[wrong],
            old_category=category[wrong],
            due=due,
        )
        if self.corrections is None:
            self.corrections = _Waiting(true_lines, figures)
        else:
            self.corrections.lines = Sheet.concat([self.corrections.lines, true_lines])
            self.corrections.figures.append(figures)

    def _choose_bad(self, rng: np.random.Generator, category: Array) -> dict[str, Array]:
        """Formats, gaps and typing habits that the warehouse must repair."""
        n = len(category)
        hit = {
            family: np.flatnonzero(rng.random(n) < share * self.dirt)
            for family, share in REPAIRABLE.items()
        }
        hit["missing_category"] = hit["missing_category"][category[hit["missing_category"]] != NONE]
        hit["blanks"] = np.setdiff1d(hit["blanks"], hit["letter_case"])
        # rows of a family take turns in its ways of being written
        chosen: dict[str, Array] = {}
        for family, at in hit.items():
            kinds = _BAD_FORMATS.get(family, (family,))
            chosen |= {kind: at[i :: len(kinds)] for i, kind in enumerate(kinds)}
        for kind in _BAD:
            self._report("transactions", chosen[kind], kind, "repaired")
        return chosen

    def _ghosts(
        self,
        happened: Happened,
        rng: np.random.Generator,
        own: _Own,
        pool: Array,
        position: int,
    ) -> Sheet:
        """Rows that never happened and that no one could use, made from the purchases at `pool`."""
        period = happened.period
        count = int(rng.poisson(self.dirt * UNUSABLE * len(own))) if len(pool) else 0
        ghosts = happened.render(own.rows.take(pool[rng.integers(0, max(len(pool), 1), count)]))
        if count == 0:
            return ghosts
        ids = period.batch_number * 10_000_000 + GHOST_IDS + np.arange(count)
        ghosts.put("transaction_id", text.whole(ids))
        kinds = list(_GHOSTS)
        which = rng.integers(0, len(kinds), count)
        which[: len(kinds)] = (np.arange(min(count, len(kinds))) + int(rng.integers(0, 13))) % len(
            kinds
        )
        for k, kind in enumerate(kinds):
            at = np.flatnonzero(which == k)
            for column, rewrite in _GHOSTS[kind][1].items():
                ghosts.rewrite(column, at, rewrite)
        for i, k in enumerate(which):
            at = np.array([position + i])
            self._report("transactions", at, kinds[k], "quarantined", _GHOSTS[kinds[k]][0])
        return ghosts

    # ------------------------------------------------------------ accounts of it

    def _report(
        self, table: str, at: Array, kind: str, expected: str, reason: str | None = None
    ) -> None:
        start = _defect(table, kind, expected, reason)
        self._defects.extend(f'{start}, "row": {row + 1}}}' for row in at.tolist())

    def _count(self, table: str, delivered: int, duplicates: int, quarantined: int) -> None:
        self._rows[table] = {
            "delivered": delivered,
            "duplicates": duplicates,
            "quarantined": quarantined,
            "kept": delivered - duplicates - quarantined,
        }


@cache
def _defect(table: str, kind: str, expected: str, reason: str | None) -> str:
    """JSON of a defect, as far as its row."""
    what = {"expected": expected, "file": f"{table}.csv", "kind": kind, "reason": reason}
    return json.dumps(what)[:-1]


def _version_list(rows: Sheet, key: str) -> str:
    """JSON: [key, updated_at, is_deleted] of each row."""
    entries = text.join(
        ", [",
        rows.column(key),
        ', "',
        rows.column("updated_at"),
        '", ',
        rows.column("is_deleted"),
        "]",
    )
    return f"[{text.plain(entries)[2:]}]"


def _as_date(pattern: str) -> Callable[[str], str]:
    return lambda value: dt.datetime.fromisoformat(value).strftime(pattern)


# what is written badly: columns, and what becomes of their text (nothing: they are left out)
_BAD: dict[str, tuple[tuple[str, ...], _Rewrite | None]] = {
    "date_slash": (("transaction_date",), _as_date("%d/%m/%Y %H:%M:%S")),
    "date_month_name": (("transaction_date",), _as_date("%d-%b-%Y %H:%M:%S")),
    "date_short_year": (("transaction_date",), _as_date("%d/%m/%y %H:%M:%S")),
    "amount_dollar": (
        ("amount",),
        lambda value: f"-${value[1:]}" if value[0] == "-" else f"${value}",
    ),
    "amount_currency_after": (("amount",), lambda value: f"{value} USD"),
    "amount_currency_before": (("amount",), lambda value: f"USD {value}"),
    "missing_customer": (("customer_id",), None),
    "missing_location": (("location_city", "location_state", "location_country"), None),
    "missing_description": (("description",), None),
    "missing_category": (("merchant_category",), None),
    "blanks": (("channel",), lambda value: f"  {value} "),
    "letter_case": (
        ("channel",),
        lambda value: value.lower() if len(value) % 2 else value.upper().swapcase(),
    ),
}
_BAD_FORMATS = {
    family: tuple(kind for kind in _BAD if kind.startswith(family)) for family in ("date", "amount")
}


class _Own(Draft):
    """The transactions of a period as they are delivered."""

    def __init__(
        self,
        render: Callable[[Columns], Sheet],
        rows: Columns,
        kept: Array,
        bad: dict[str, Array],
    ) -> None:
        super().__init__(rows, render)
        self.kept = kept  # positions of those that are not late; all other positions are among them
        # the few that are written badly, at once, and where each row is among them
        spoilt = np.unique(np.concatenate(list(bad.values())))
        self.place = np.full(len(kept), NONE)
        self.place[spoilt] = np.arange(len(spoilt))
        self.spoilt = render(rows.take(kept[spoilt]))
        for kind, (columns, change) in _BAD.items():
            at = self.place[bad[kind]]
            if change is None:
                self.spoilt.blank(at, *columns)
            else:
                self.spoilt.rewrite(columns[0], at, change)

    def __len__(self) -> int:
        return len(self.kept)

    def take(self, rows: Array | slice) -> Sheet:
        lines = self.render(self.rows.take(self.kept[rows]))
        place = self.place[rows]
        at = np.flatnonzero(place != NONE)
        lines.cells[at] = self.spoilt.cells[place[at]]
        return lines


_GHOSTS: dict[str, tuple[str, dict[str, _Rewrite]]] = {
    "missing_id": ("missing_id", {"transaction_id": lambda _: None}),
    "missing_account": (
        "missing_account",
        {"account_id": lambda _: None, "customer_id": lambda _: None},
    ),
    "orphan_account": ("orphan_account", {"account_id": lambda v: str(FOREIGN_ACCOUNT + int(v))}),
    "amount_letters": ("unreadable_amount", {"amount": lambda _: "abc"}),
    "amount_commas": ("unreadable_amount", {"amount": lambda _: "12,50,00"}),
    "date_31_february": ("unreadable_date", {"transaction_date": lambda _: "2024-02-31 10:00:00"}),
    "date_words": ("unreadable_date", {"transaction_date": lambda _: "not a date"}),
    "amount_zero": ("impossible_amount", {"amount": lambda _: "0.00"}),
    "amount_huge": ("impossible_amount", {"amount": lambda _: "-1000000000000.00"}),
    "amount_positive_purchase": ("impossible_amount", {"amount": lambda v: v.lstrip("-")}),
    "date_far_future": (
        "impossible_date",
        {"transaction_date": lambda v: FAR_FUTURE + v[4:].replace("-02-29", "-02-28")},
    ),
    "date_far_past": (
        "impossible_date",
        {"transaction_date": lambda v: FAR_PAST + v[4:].replace("-02-29", "-02-28")},
    ),
    "foreign_currency": ("foreign_currency", {"currency": lambda _: "EUR"}),
}


def _first_code(category: int) -> int:
    """Position of a category's first merchant category code."""
    return next(i for i, (_, c) in enumerate(ref.merchant_category_codes()) if c == category)


def _figures(rows: Columns) -> Columns:
    """What transactions add to the totals: nothing where they are declined."""
    approved = rows.decline == NONE
    spends = approved & (
        (rows.type == ref.TYPE["purchase"])
        | (rows.type == ref.TYPE["refund"])
        | (rows.type == ref.TYPE["fee"])
    )
    return Columns(
        time=rows.time,
        cents=np.where(approved, rows.cents, 0),
        category=np.where(spends, rows.category, NONE),
        id=rows.id,
    )


def _choose_untold(happened: Happened, draw: Array) -> tuple[Array, Array, Array]:
    """Masks of the transactions that come late, with a wrong amount, with a wrong category."""
    rows, versions = happened.ledger.rows, happened.account_versions
    # no account version of this batch may speak of a row that is not told correctly yet
    spoken = np.full(int(rows.acct.max(initial=0)) + 1, -1, dtype=np.int64)
    known = versions.rows < len(spoken)
    np.maximum.at(spoken, versions.rows[known], versions.times[known])
    free = (spoken[rows.acct] < rows.time) & ~rows.fraud & (rows.fraud_score <= ref.ALERT_SCORE)
    # at its end the history is complete: its transactions and balances agree
    free &= not happened.period.is_last_of_history
    late = free & (draw < LATE)
    bought = (rows.type == ref.TYPE["purchase"]) & (rows.decline == NONE) & ~rows.recurring
    misstated = free & bought & (draw >= LATE) & (draw < LATE + MISSTATED * 1.6)
    recategorised = bought & ~late & ~misstated & (draw > 1 - RECATEGORISED * 1.6)
    return late, misstated, recategorised


def _months(time: Array) -> Array:
    """Months since 1970-01."""
    day = time // DAY
    first, last = int(day.min(initial=NEVER)), int(day.max(initial=0))
    # few days, many times: the calendar is asked once for each day
    calendar = np.arange(first, last + 1).astype("datetime64[D]")
    months: Array = calendar.astype("datetime64[M]").astype(np.int64)[day - first]
    return months


def _spending(parts: list[Columns], corrections: _Waiting | None) -> list[dict[str, Any]]:
    """Spending by month and category: what this batch adds to the totals (may be negative)."""
    month = np.concatenate([_months(p.time) for p in parts])
    category = np.concatenate([p.category for p in parts])
    spent = np.concatenate([-p.cents for p in parts])
    number = np.ones(len(month), dtype=np.int64)
    if corrections is not None:
        f = corrections.figures
        again = _months(f.time)
        month = np.concatenate([month, again, again])
        category = np.concatenate([category, f.old_category, f.category])
        spent = np.concatenate([spent, f.old_cents, -f.cents])
        number = np.concatenate([number, -np.ones(len(again)), np.ones(len(again))]).astype(int)
    mine = np.flatnonzero(category != NONE)
    month, category, spent, number = month[mine], category[mine], spent[mine], number[mine]
    if len(month) == 0:
        return []
    low = int(month.min())
    key = (month - low) * 100 + category
    # whole numbers far below 2^53: the sums are exact
    cents, counts = np.bincount(key, weights=spent), np.bincount(key, weights=number)
    return [
        {
            "month": str(np.datetime64(low + k // 100, "M")),
            "category_name": ref.CATEGORY_NAMES[k % 100],
            "amount": decimal(int(c)),
            "transactions": int(t),
        }
        for k, (c, t) in enumerate(zip(cents, counts, strict=True))
        if c or t
    ]


def _ledger(parts: list[Columns], corrections: _Waiting | None) -> dict[str, Any]:
    """True transactions told for the first time, and the approved amount this batch adds."""
    cents = sum(int(p.cents.sum()) for p in parts)
    if corrections is not None:
        cents += int(corrections.figures.cents.sum() - corrections.figures.old_cents.sum())
    return {"transactions": sum(len(p) for p in parts), "approved_amount": decimal(cents)}


def decimal(cents: int) -> str:
    """'-12.50' from whole cents."""
    sign = "-" if cents < 0 else ""
    return f"{sign}{abs(cents) // 100}.{abs(cents) % 100:02d}"

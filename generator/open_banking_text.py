"""Connected accounts as delivered tables: every cell as text, in the delivered order."""

from __future__ import annotations

import datetime as dt

import numpy as np

from generator import open_banking as ob
from generator import reference as ref
from generator import text
from generator.columns import Array, Columns
from generator.open_banking import Connected, OpenBanking
from generator.sheet import Sheet
from generator.timeline import DAY, day_number
from generator.world import World

STATUS = ("active", "expired", "revoked")
TRANSACTION_STATUS = ("pending", "booked", "released")
ACCOUNT_TYPES = ("checking", "savings", "credit_card")
ACCOUNT_NAMES = ("Checking", "Savings", "Credit card")
_LISTED = day_number(dt.date(2019, 12, 1)) * DAY + 9 * 3600
_KINDS = tuple(ob.KINDS.values())
KEYS = {
    "institutions": "institution_id",
    "connections": "connection_id",
    "external_accounts": "external_account_id",
    "tags": "tag_id",
    "external_transactions": "external_transaction_id",
    "transaction_tags": "transaction_tag_id",
    "balance_snapshots": "balance_snapshot_id",
}
_UNKNOWN = "990000000"
# what makes a row unusable: kind -> (column, value, reason), see `dirt`
GHOSTS: dict[str, tuple[tuple[str, str, str | None, str], ...]] = {
    "connections": (
        ("missing_id", "connection_id", None, "missing_id"),
        ("orphan_customer", "customer_id", _UNKNOWN, "orphan_customer"),
        ("unreadable_date", "consented_at", "not a date", "unreadable_date"),
    ),
    "external_accounts": (("orphan_connection", "connection_id", _UNKNOWN, "orphan_connection"),),
    "tags": (("orphan_customer", "customer_id", _UNKNOWN, "orphan_customer"),),
    "external_transactions": (
        ("missing_id", "external_transaction_id", None, "missing_id"),
        ("orphan_account", "external_account_id", _UNKNOWN, "orphan_account"),
        ("amount_letters", "amount", "abc", "unreadable_amount"),
        ("amount_zero", "amount", "0.00", "impossible_amount"),
        ("date_31_february", "value_date", "2024-02-31", "unreadable_date"),
        ("unknown_status", "transaction_status", "maybe", "unknown_status"),
    ),
    "transaction_tags": (("orphan_tag", "tag_id", _UNKNOWN, "orphan_tag"),),
    "balance_snapshots": (
        ("orphan_account", "external_account_id", _UNKNOWN, "orphan_account"),
        ("amount_letters", "balance_amount", "abc", "unreadable_amount"),
        ("unreadable_date", "balance_date", "not a date", "unreadable_date"),
    ),
}


class OpenBankingRenderer:
    """Holds the tables of text, so that they are built once."""

    def __init__(self, world: World, banking: OpenBanking, merchant_names: list[str]) -> None:
        self.world, self.banking = world, banking
        self.is_first = True
        fixed = [counterparty for _, _, counterparty, _ in _KINDS]
        self.counterparties = text.table([*fixed, *merchant_names])
        self.categories = text.table([*(kind[1] for kind in _KINDS), *ref.CATEGORY_NAMES])

    def tables(self, told: Connected) -> dict[str, Sheet]:
        """The delivered rows of a period."""
        found = {
            "connections": self._connections(told.connections),
            "external_accounts": self._accounts(told.accounts),
            "tags": self._tags(told.tags),
            "external_transactions": self._transactions(told.transactions),
            "transaction_tags": self._links(told.links),
            "balance_snapshots": self._snapshots(told.snapshots),
        }
        if self.is_first:
            found["institutions"] = _institutions()
        self.is_first = False
        return found

    def _connections(self, rows: Columns) -> Sheet:
        return Sheet.of(
            {
                "connection_id": text.whole(rows.id),
                "customer_id": text.whole(self.world.customers.id[rows.cust]),
                "institution_id": text.whole(rows.institution + 1),
                "connection_status": text.pick(STATUS, rows.status),
                "consented_at": text.stamps(rows.since),
                "consent_expires_at": text.stamps(rows.until),
                "created_at": text.stamps(rows.since),
                "updated_at": text.stamps(rows.time),
            }
        )

    def _accounts(self, rows: Columns) -> Sheet:
        digits = text.padded(rows.digits, 4)
        return Sheet.of(
            {
                "external_account_id": text.whole(rows.id),
                "connection_id": text.whole(self.banking.connections.id[rows.connection]),
                "account_name": text.join(text.pick(ACCOUNT_NAMES, rows.kind), " ", digits),
                "account_type": text.pick(ACCOUNT_TYPES, rows.kind),
                "currency": text.pick(ob.CURRENCIES, rows.currency),
                "account_number_last_four": digits,
                "created_at": text.stamps(rows.opened),
                "updated_at": text.stamps(rows.opened),
            }
        )

    def _tags(self, rows: Columns) -> Sheet:
        colours = [*(colour for _, colour in ob.TAGS), *ob.COLOURS]
        return Sheet.of(
            {
                "tag_id": text.whole(rows.id),
                "customer_id": text.whole(self.world.customers.id[rows.cust]),
                "tag_name": text.pick([name for name, _ in ob.TAGS], rows.name),
                "tag_colour": text.pick(colours, rows.colour),
                "created_at": text.stamps(rows.created),
                "updated_at": text.stamps(rows.time),
                "is_deleted": text.flags(rows.deleted <= rows.time),
            }
        )

    def _transactions(self, rows: Columns) -> Sheet:
        fixed = len(_KINDS)
        shops = rows.merchant >= 0
        category = np.where(shops, fixed + self.world.merchants.category[rows.merchant], rows.kind)
        return Sheet.of(
            {
                "external_transaction_id": text.whole(rows.id),
                "pending_transaction_id": text.whole(rows.pending_ref),
                "external_account_id": text.whole(self._account_ids(rows.acct)),
                "transaction_status": text.pick(TRANSACTION_STATUS, rows.status),
                "booking_date": text.dates(rows.day, rows.status != ob.BOOKED),
                "value_date": text.dates(rows.time // DAY),
                "amount": text.money(rows.cents),
                "currency": self._currencies(rows.acct),
                "transaction_type": text.pick([kind[0] for kind in _KINDS], rows.kind),
                "counterparty_name": text.pick(
                    self.counterparties, np.where(shops, fixed + rows.merchant, rows.kind)
                ),
                "description": text.pick([kind[3] for kind in _KINDS], rows.kind),
                "category": text.pick(self.categories, category),
                "created_at": text.stamps(rows.created),
                "updated_at": text.stamps(rows.updated),
            }
        )

    def _links(self, rows: Columns) -> Sheet:
        return Sheet.of(
            {
                "transaction_tag_id": text.whole(rows.id),
                "external_transaction_id": text.whole(rows.transaction),
                "tag_id": text.whole(self.banking.tags.id[rows.tag]),
                "created_at": text.stamps(rows.created),
                "updated_at": text.stamps(rows.updated),
                "is_deleted": text.flags(rows.removed),
            }
        )

    def _snapshots(self, rows: Columns) -> Sheet:
        evening = rows.day * DAY + DAY - 1
        return Sheet.of(
            {
                "balance_snapshot_id": text.whole(rows.id),
                "external_account_id": text.whole(self._account_ids(rows.acct)),
                "balance_date": text.dates(rows.day),
                "balance_amount": text.money(rows.cents),
                "currency": self._currencies(rows.acct),
                "created_at": text.stamps(evening),
                "updated_at": text.stamps(evening),
            }
        )

    def _account_ids(self, acct: Array) -> Array:
        return np.asarray(self.banking.accounts.id[acct])

    def _currencies(self, acct: Array) -> Array:
        return text.pick(ob.CURRENCIES, self.banking.accounts.currency[acct])


def _institutions() -> Sheet:
    """All of them, listed before the history begins."""
    n = len(ob.INSTITUTIONS)
    names, codes, countries = zip(*ob.INSTITUTIONS, strict=True)
    listed = text.stamps(np.full(n, _LISTED))
    return Sheet.of(
        {
            "institution_id": text.whole(np.arange(1, n + 1)),
            "institution_name": text.texts(names),
            "bic": text.texts(codes),
            "country": text.texts(countries),
            "created_at": listed,
            "updated_at": listed,
        }
    )

"""Transactions on their way into the ledger: one row per booking, in columns."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np

from generator import reference as ref
from generator.columns import Array, Columns
from generator.world import World

NONE = -1
# texts that are not derived from a merchant; a booking refers to them by position
TEXTS = (
    "Cash withdrawal",
    "Account closing payout",
    "Transfer to own savings",
    "Transfer from own checking",
    "Transfer to own checking",
    "Transfer from own savings",
    "Credit card payment",
    "Credit card payment received",
    "Loan instalment",
    "Loan instalment received",
    "Loan disbursement",
    "Monthly maintenance fee",
    "Late payment fee",
    "Interest credited",
    "Account top-up",
    "Cash deposit",
    "Settlement deposit",
    "Pension payment",
    "Salary",
    "Card purchase",
    "Cashier's check",
    "Payment to another bank",
    "Transfer to brokerage account",
)
TEXT = {name: i for i, name in enumerate(TEXTS)}


@cache
def _same(value: Any, dtype: Any, room: int) -> Array:
    """One value in all rows, to be shared: nothing may be written to it."""
    rows = np.full(room, value, dtype=dtype)
    rows.flags.writeable = False
    return rows


def bookings(
    world: World,
    kind: str,
    acct: Array,
    time: Array,
    cents: Array,
    *,
    text: str = "Card purchase",
    channel: Any = ref.AUTO,
    method: Any = ref.BANK_TRANSFER,
    category: Any = NONE,
    merchant: Any = NONE,
    city: Any = None,
    recurring: Any = False,
    fraud: Any = False,
    decline: Any = NONE,
    deviation: Any = np.nan,
) -> Columns:
    """Bookings of one type; scalars are spread over all rows.

    `cents` carries the sign (negative = money leaves the account). `city` defaults to the
    customer's home. The category code comes from the merchant where there is one.
    """
    n = len(acct)
    cust = world.accounts.cust[acct]

    def full(value: Any, dtype: Any = np.int64) -> Array:
        if isinstance(value, np.ndarray):
            return value
        return _same(value, dtype, 1 << n.bit_length())[:n]

    merchant, category = full(merchant), full(category)
    mcc = np.where(merchant >= 0, world.merchants.mcc[merchant], NONE)
    fees = category == ref.CATEGORY["Bank Fees"]
    mcc = np.where(fees, len(ref.merchant_category_codes()) - 1, mcc)
    return Columns(
        acct=acct,
        cust=cust,
        time=time,
        type=full(ref.TYPE[kind]),
        cents=cents.astype(np.int64),
        text=full(TEXT[text]),
        channel=full(channel),
        method=full(method),
        category=category,
        mcc=mcc,
        merchant=merchant,
        city=world.customers.city[cust] if city is None else full(city),
        recurring=full(recurring, bool),
        fraud=full(fraud, bool),
        decline=full(decline),
        deviation=full(deviation, np.float64),
    )

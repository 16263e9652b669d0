"""The state of the bank between two periods: who exists, what they own, what is still pending."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field

import numpy as np

from generator import reference as ref
from generator.columns import Array, Columns
from generator.options import EARLIEST, HistoryOptions
from generator.pools import Pools, make_pools
from generator.randomness import choose, random_for
from generator.timeline import DAY, NEVER, day_number

BANK_OPENED = day_number(EARLIEST)
CATALOGUE_CREATED = day_number(dt.date(2019, 12, 1)) * DAY + 9 * 3600
SHARE_BEFORE_START = 0.55
LOYAL_SCHEDULED = 7.0  # scheduled transactions a month of a customer who banks here mainly
LOYAL_PURCHASES = 3.0
LOANS = 0.27  # transactions for loans a month and customer


@dataclass
class World:
    """Everything the next period depends on."""

    options: HistoryOptions
    pools: Pools
    customers: Columns
    accounts: Columns
    products: Columns
    merchants: Columns
    # consequences of earlier periods that are still to come
    applications: Columns
    alerts: Columns
    assignments: Columns
    refundable: Columns
    recent: Array  # keys of the last day's transactions (see ledger), ascending
    overdue: Columns  # instalments that are due and not yet paid
    counters: dict[str, int] = field(default_factory=dict)
    fraud_debt: float = 0.0
    signup_debt: float = 0.0
    purchase_rate: float = 0.85  # unscheduled purchases a month, by a customer of weight 1

    def next_ids(self, table: str, count: int) -> Array:
        """`count` new ids of a table, 1, 2, 3 … over the whole simulation."""
        first = self.counters.get(table, 0) + 1
        self.counters[table] = first + count - 1
        return np.arange(first, first + count, dtype=np.int64)

    def rng(self, subject: str, period: int = 0) -> np.random.Generator:
        """The generator of a subject in a period."""
        return random_for(self.options.seed, subject, period)


@dataclass(frozen=True)
class Mix:
    """Who banks here and how much, so that the wanted number of transactions comes about."""

    loyal: float  # share of customers for whom this is the main bank
    others: float  # purchases a month of the other customers
    loans: float  # factor on the share of customers with a loan


def customer_mix(options: HistoryOptions) -> Mix:
    """The mix that the number of transactions allows.

    50 transactions per customer over four years cannot be one even stream: some customers live
    through this bank (salary, rent, bills), the many use it now and then.
    """
    months = max(options.days / 30.4375, 0.25)
    rate = options.transactions / (options.customers * 0.75 * months)
    full = LOYAL_SCHEDULED + LOYAL_PURCHASES
    share = min(0.9, 0.50 * rate / full)
    loans = float(np.clip(rate / 1.4, 0.0, 2.0))
    others = (rate - LOANS * loans - share * full) / (1 - share)
    return Mix(share, float(np.clip(others, 0.02, 3.0)), loans)


def create_world(options: HistoryOptions) -> World:
    """The bank on the eve of its history: catalogue, merchants, no customers yet."""
    seed = options.seed
    merchants = 240 + min(options.customers // 10, 4000)
    empty_i = np.zeros(0, dtype=np.int64)
    empty_f = np.zeros(0)
    empty_b = np.zeros(0, dtype=bool)
    pools = make_pools(seed, merchants)
    products = Columns(
        kind=np.array([p.kind for p in ref.PRODUCTS]),
        rate=np.array([p.rate for p in ref.PRODUCTS]),
        monthly_fee=np.array([p.monthly_fee for p in ref.PRODUCTS], dtype=np.int64),
    )
    return World(
        options=options,
        pools=pools,
        customers=Columns(),
        accounts=Columns(),
        products=products,
        merchants=_create_merchants(merchants, len(pools.brands), seed),
        applications=Columns(
            id=empty_i,
            cust=empty_i,
            product=empty_i,
            time=empty_i,
            requested=empty_i,
            term=empty_i,
            score=empty_i,
            income=empty_i,
            dti=empty_f,
            employment_years=empty_f,
            probability=empty_f,
            channel=empty_i,
            approve=empty_b,
            due=empty_i,
            rate=empty_f,
            approved=empty_i,
        ),
        alerts=Columns(
            id=empty_i,
            transaction=empty_i,
            cust=empty_i,
            acct=empty_i,
            time=empty_i,
            kind=empty_i,
            severity=empty_i,
            fraud=empty_b,
            cents=empty_i,
            agent=empty_i,
            due=empty_i,
        ),
        assignments=Columns(
            campaign=empty_i, cust=empty_i, time=empty_i, treated=empty_b, converted=empty_b
        ),
        refundable=Columns(
            acct=empty_i,
            time=empty_i,
            cents=empty_i,
            category=empty_i,
            merchant=empty_i,
            channel=empty_i,
            method=empty_i,
        ),
        recent=empty_i,
        overdue=Columns(id=empty_i, acct=empty_i, due=empty_i, paid=empty_i, scheduled=empty_i),
    )


def _create_merchants(count: int, brands: int, seed: int) -> Columns:
    rng = random_for(seed, "merchants")
    share = np.array([c.share for c in ref.CATEGORIES])
    fixed = {"Housing": 14, "Utilities": 12, "Insurance": 8, "Bank Fees": 0}
    numbers = np.maximum(6, np.rint(share * (count - sum(fixed.values())))).astype(int)
    for name, number in fixed.items():
        numbers[ref.CATEGORY[name]] = number
    category = np.repeat(np.arange(len(ref.CATEGORIES)), numbers)
    n = len(category)
    codes = ref.merchant_category_codes()
    by_category = [[i for i, (_, c) in enumerate(codes) if c == k] for k in range(len(numbers))]
    mcc = np.array(
        [
            by_category[c][int(u * len(by_category[c]))]
            for c, u in zip(category, rng.random(n), strict=True)
        ]
    )
    online_share = np.array([c.online for c in ref.CATEGORIES])[category]
    online = rng.random(n) < (0.25 + 0.6 * online_share)
    # every category needs both kinds, so that each purchase finds a merchant of its channel
    starts = np.concatenate([[0], np.cumsum(numbers)[:-1]])
    for start, number in zip(starts, numbers, strict=True):
        if number:
            online[start], online[start + 1] = True, False
    risky_code = np.isin(np.array([c for c, _ in codes])[mcc], [5732, 5944, 7995])
    draw = rng.random(n)
    risk = np.where(risky_code & online, 2, np.where(draw < 0.05, 2, np.where(draw < 0.25, 1, 0)))
    city_weight = np.array([c.weight for c in ref.cities()[: ref.home_city_count()]])
    rank = np.concatenate([np.arange(1, k + 1) for k in numbers])
    median = np.array([c.median for c in ref.CATEGORIES])[category]
    return Columns(
        category=category,
        mcc=mcc,
        online=online,
        risk=risk,
        score=np.rint((0.08 + 0.3 * risk + 0.15 * rng.random(n)) * 100).astype(np.int64),
        city=choose(rng, city_weight, n),
        weight=1.0 / rank**0.8,
        average=np.rint(100 * median * np.exp(0.25 * rng.standard_normal(n))).astype(np.int64),
        established=BANK_OPENED - rng.integers(200, 18_000, n),
        brand=rng.integers(0, brands, n),
        suffix=rng.integers(0, 3, n),
        deleted=np.full(n, NEVER, dtype=np.int64),
    )

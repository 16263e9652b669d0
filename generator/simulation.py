"""The simulation: the world advances period by period and yields what happened in each."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from generator import commerce, economy, life, obligations, purchases, render, service
from generator.columns import Array, Columns
from generator.ledger import Ledger, post, remember
from generator.open_banking import Connected, OpenBanking
from generator.open_banking_text import OpenBankingRenderer
from generator.options import HistoryOptions
from generator.sheet import Draft, Sheet
from generator.timeline import Period, date_of, day_number, day_period, history_periods
from generator.transactions import TransactionWriter
from generator.world import World, create_world

# of the bank itself
TABLES = (
    "products",
    "merchants",
    "customers",
    "accounts",
    "transactions",
    "credit_applications",
    "fraud_alerts",
    "customer_interactions",
    "economic_indicators",
    "marketing_campaigns",
    "loan_payments",
)


@dataclass
class Happened:
    """One period: the true rows of each table, and what the truth needs beside them.

    `tables` writes the rows, in whatever thread, while the world goes on: it reads only what stays
    as it is. Transactions and clicks are many, so they are not among them: `render` turns those of
    the ledger, or some of them, into lines, and `clicks` itself.
    """

    period: Period
    tables: Callable[[], dict[str, Sheet]]
    ledger: Ledger
    render: Callable[[Columns], Sheet]
    clicks: Draft
    churn: life.ChurnLog
    account_versions: life.Versions
    connected: Connected


def quotas(options: HistoryOptions, periods: list[Period]) -> Array:
    """How many transactions each period of the history gets; they add up exactly."""
    first = periods[0].first
    span = max(periods[-1].last - first, 1)
    season = {1: 0.94, 2: 0.96, 6: 1.02, 7: 1.04, 8: 1.03, 11: 1.05, 12: 1.14}
    weight = np.array(
        [
            p.days * (0.72 + 0.5 * (p.first - first) / span) * season.get(p.month, 1.0)
            for p in periods
        ]
    )
    edges = np.rint(np.cumsum(weight) / weight.sum() * options.transactions).astype(np.int64)
    return np.diff(np.r_[0, edges])


class Simulation:
    """A bank with a given history; `history()` and then `day()` advance it."""

    def __init__(self, options: HistoryOptions) -> None:
        self.options = options
        self.world: World = create_world(options)
        names = render.merchant_names(self.world)
        self.renderer = render.Renderer(self.world, names)
        self.transactions = TransactionWriter(self.world, names)
        self.open_banking = OpenBanking(self.world)
        self.open_banking_text = OpenBankingRenderer(self.world, self.open_banking, names)
        self.marketplace = commerce.Marketplace(self.world)
        self.periods = history_periods(options.start, options.end)
        self.today = day_number(options.start) - 1

    def history(self) -> Iterator[Happened]:
        """The calendar months of the history, one after the other."""
        for period, quota in zip(self.periods, quotas(self.options, self.periods), strict=True):
            yield self.step(period, int(quota))

    def days_until(self, date: dt.date, numbers: dict[str, int]) -> Iterator[Happened]:
        """The days after the history up to a date; `numbers` holds transactions by ISO date."""
        while self.today < day_number(date):
            period = day_period(date_of(self.today + 1))
            key = date_of(period.first).isoformat()
            yield self.step(period, numbers.get(key, self.options.transactions_per_day))

    def step(self, period: Period, quota: int) -> Happened:
        """Simulate one period with `quota` transactions, or as many as must be booked."""
        world = self.world
        is_first = len(world.customers) == 0
        known = len(world.accounts)
        joined = life.join(world, period, is_first)
        churn = life.leave(world, period, quota)
        life.close_accounts(world, period, quota)
        merchants = life.change_merchants(world, period, is_first)
        products = life.change_products(world, period, is_first)
        started, offers = service.run_campaigns(world, period)
        applications = service.apply_for_credit(world, period, quota // 12)

        disbursed = sum(len(p) for p in applications.disbursed)
        refunds = purchases.refunds(world, period, quota // 10)
        room = quota - disbursed - len(refunds)
        planned = obligations.plan(world, period, room, refunds)
        # accounts that close on a small day must be settled, whatever was asked for
        room = max(room - planned.count, 0)
        fraud = purchases.frauds(world, period, room, room // 2)
        room -= len(fraud) if fraud is not None else 0
        confidence = economy.indicators(self.options.seed, period.year, period.month)
        away = purchases.trips(world, period)
        bought = purchases.draw(world, period, room, confidence["consumer_confidence_index"], away)
        parts = [*applications.disbursed, *planned.parts, refunds, bought]
        ledger = post(world, period, [*parts, fraud] if fraud is not None else parts)
        remember(world, period, ledger.rows)

        customer_versions = life.change_customers(world, period, joined, applications.home_buyers)
        account_versions = life.change_accounts(world, period, known, planned.delinquent)
        served = service.contacts(world, period)
        raised, resolved = service.raise_alerts(world, period, ledger)
        draw = self.renderer
        campaigns, indicators = draw.campaigns(period, started), draw.economy(period)
        contact_ids = world.next_ids("interactions", len(served) + len(offers))
        connected = self.open_banking.step(world, period, ledger)
        sold, clicks = self.marketplace.step(period, ledger)

        def tables() -> dict[str, Sheet]:
            return {
                "products": render.products(world, products),
                "merchants": draw.merchants(merchants),
                "customers": draw.customers(customer_versions),
                "accounts": draw.accounts(account_versions, ledger),
                "credit_applications": draw.applications(applications.filed, applications.decided),
                "fraud_alerts": draw.alerts(raised, resolved),
                "customer_interactions": draw.interactions(contact_ids, served, offers),
                "marketing_campaigns": campaigns,
                "loan_payments": draw.loan_payments(planned.loan_payments),
                **({} if indicators is None else {"economic_indicators": indicators}),
                **self.open_banking_text.tables(connected),
                **sold(),
            }

        service.forget_campaigns(world, period)
        self.today = period.last
        return Happened(
            period,
            tables,
            ledger,
            self.transactions.as_of_now(),
            clicks,
            churn,
            account_versions,
            connected,
        )

"""Memberships of the marketplace: who joins, changes the plan, and cancels."""

from __future__ import annotations

import numpy as np

from generator import marketplace as market
from generator import text
from generator.columns import Columns
from generator.events import NONE
from generator.randomness import choose
from generator.sheet import Sheet
from generator.timeline import DAY, NEVER, Period
from generator.world import World

MOVED_ON, CHANGED_PLAN = (market.CANCEL_REASONS.index(r) for r in ("moved_on", "changed_plan"))


class Members:
    """The memberships of a world; they begin and end at the start of a day."""

    def __init__(self, world: World) -> None:
        self.world = world
        empty = np.zeros(0, dtype=np.int64)
        self.open = Columns(
            id=empty, cust=empty, plan=empty, annual=empty, start=empty, end=empty, reason=empty
        )

    def step(self, period: Period) -> Sheet:
        """Memberships that begin in a period, and those that end."""
        world, members = self.world, self.open
        people = world.customers
        rng = world.rng("memberships", period.first)
        n = len(members)
        hazard = market.PLAN_CHURN[members.plan]
        hazard = hazard * np.where(members.annual == 1, market.ANNUAL_CHURN_FACTOR, 1.0)
        draw = rng.random(n)
        cancels = draw < 1 - np.exp(-hazard * period.months)
        shift = rng.random(n)
        up = (shift < market.UPGRADE_RATE * period.months) & (members.plan < 2)
        down = (shift > 1 - market.DOWNGRADE_RATE * period.months) & (members.plan > 0)
        changes = (up | down) & ~cancels
        gone = (people.left[members.cust] < NEVER) | ~people.active[members.cust]
        reason = np.where(cancels, choose(rng, market.CANCEL_SHARES, n), NONE)
        reason = np.where(changes, CHANGED_PLAN, reason)
        reason = np.where(gone, MOVED_ON, reason)
        day = period.first + rng.integers(0, period.days, n)
        ends = (reason != NONE) & (day > members.start)
        members.end = np.where(ends, day, NEVER)
        members.reason = np.where(ends, reason, NONE)
        ended = members.take(ends)

        moved = ends & changes & ~gone
        next_plan = members.plan[moved] + np.where(up[moved], 1, -1)
        free = people.active & (people.left == NEVER)
        free &= world.accounts.opened[people.checking] < period.start
        free[members.cust] = False
        joins = free & (rng.random(len(people)) < market.JOIN_RATE * period.months * people.digital)
        new = np.flatnonzero(joins)
        k = len(new)
        begun = Columns(
            cust=np.concatenate([members.cust[moved], new]),
            plan=np.concatenate([next_plan, choose(rng, market.PLAN_SHARES, k)]),
            annual=np.concatenate(
                [members.annual[moved], (rng.random(k) < market.ANNUAL_SHARE).astype(np.int64)]
            ),
            start=np.concatenate(
                [members.end[moved], period.first + rng.integers(0, period.days, k)]
            ),
        )
        begun.id = world.next_ids("memberships", len(begun))
        begun.end = np.full(len(begun), NEVER, dtype=np.int64)
        begun.reason = np.full(len(begun), NONE, dtype=np.int64)
        begun = Columns(**{name: getattr(begun, name) for name in members.names})
        self.open = Columns.concat([members.take(~ends), begun])
        return self._render(Columns.concat([begun, ended]))

    def _render(self, rows: Columns) -> Sheet:
        ended = rows.end < NEVER
        cents = market.PLAN_CENTS[rows.plan] * np.where(rows.annual == 1, 10, 1)
        began = text.stamps(rows.start * DAY)
        return Sheet.of(
            {
                "subscription_id": text.whole(rows.id),
                "customer_id": text.whole(self.world.customers.id[rows.cust]),
                "plan_name": text.pick(market.PLANS, rows.plan),
                "billing_period": text.pick(("monthly", "annual"), rows.annual),
                "price": text.money(cents),
                "start_date": text.dates(rows.start),
                "end_date": text.dates(np.where(ended, rows.end, 0), ~ended),
                "status": text.pick(("active", "cancelled"), ended.astype(np.int64)),
                "cancellation_reason": text.pick(market.CANCEL_REASONS, rows.reason),
                "auto_renew": text.flags(~ended),
                "created_at": began,
                "updated_at": text.stamps(np.where(ended, rows.end, rows.start) * DAY),
            }
        )

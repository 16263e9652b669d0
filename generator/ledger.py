"""Order, money and history: bookings become numbered transactions with a balance after each."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from generator import reference as ref
from generator.columns import MINOR, Array, Columns, key, order_of
from generator.events import NONE
from generator.timeline import DAY, NEVER, Period
from generator.world import World

NO_FLOOR = -(2**62)  # cents
CANDIDATE_SHARE = 0.04  # of purchases that may be returned in the next period


@dataclass
class Ledger:
    """The transactions of a period in the order of time, and balances within it."""

    rows: Columns
    keys: Array  # account and second of every booking, ascending
    running: Array  # balance of the account in cents after that booking
    opening: Array  # balance of every account at the start of the period, in cents

    def balance_at(self, acct: Array, time: Array) -> Array:
        """Balance in cents after all bookings up to and including the given seconds."""
        at = np.searchsorted(self.keys, key(acct, time), side="right") - 1
        safe = np.maximum(at, 0)
        found = (at >= 0) & (self.keys[safe] >> 32 == acct) if len(self.keys) else at >= 0
        return np.where(found, self.running[safe] if len(self.keys) else 0, self.opening[acct])


def post(world: World, period: Period, parts: list[Columns]) -> Ledger:
    """Number the bookings of a period, decline what is not covered, and carry the balances."""
    accounts = world.accounts
    times, accts = (np.concatenate([getattr(p, n) for p in parts]) for n in ("time", "acct"))
    by_account = order_of(accts)
    rows = Columns.concat(parts, by_account[order_of(times[by_account])])
    n = len(rows)
    rows.id = period.batch_number * 10_000_000 + np.arange(1, n + 1)
    opening = accounts.balance.copy()

    keys = key(rows.acct, rows.time)
    order = order_of(rows.acct)  # in the order of time already
    acct = rows.acct[order]
    cents = rows.cents[order]
    decline = rows.decline[order]
    is_card = accounts.kind[acct] == ref.CARD
    kind = rows.type[order]
    can_decline = (kind == ref.TYPE["purchase"]) | (kind == ref.TYPE["withdrawal"])
    floor = -np.where(is_card, accounts.limit[acct], accounts.overdraft[acct])
    floor = np.where(can_decline, floor, NO_FLOOR)
    cause = np.where(is_card, ref.DECLINE["limit_exceeded"], ref.DECLINE["insufficient_funds"])

    running = _running(acct, np.where(decline == NONE, cents, 0), opening)
    # what is declined moves nothing on other accounts
    poor = np.zeros(len(opening), dtype=bool)
    poor[acct[(running < floor) & (decline == NONE)]] = True
    some = np.flatnonzero(poor[acct])
    theirs = Columns(acct=acct, cents=cents, decline=decline, floor=floor, cause=cause).take(some)
    running[some] = _decline_uncovered(theirs, opening)
    decline[some] = theirs.decline
    final = np.empty(n, dtype=np.int64)
    final[order] = decline
    rows.decline = final
    if n:
        last = np.flatnonzero(np.r_[acct[1:] != acct[:-1], True])
        accounts.balance[acct[last]] = running[last]

    keys = keys[order]
    rows.velocity = np.empty(n, dtype=np.int64)
    rows.velocity[order] = _velocity(world, period, keys)
    _card_scores(world, period, rows)
    return Ledger(rows, keys, running, opening)


def _running(acct: Array, moves: Array, opening: Array) -> Array:
    """Balance after each move; those of an account follow each other."""
    starts = np.flatnonzero(np.diff(acct, prepend=-1))
    total = np.cumsum(moves)
    before = opening[acct[starts]] - total[starts] + moves[starts]
    balances: Array = total + np.repeat(before, np.diff(starts, append=len(acct)))
    return balances


def _decline_uncovered(rows: Columns, opening: Array) -> Array:
    """Decline what takes an account below its floor; the balances that remain."""
    attempts = 0
    while True:
        running = _running(rows.acct, np.where(rows.decline == NONE, rows.cents, 0), opening)
        short = np.flatnonzero((running < rows.floor) & (rows.decline == NONE))
        if len(short) == 0:
            return running
        if attempts < 5:  # decline the first of each account, then look again; at last, decline all
            short = short[np.r_[True, np.diff(rows.acct[short]) != 0]]
        rows.decline[short] = rows.cause[short]
        attempts += 1


def _velocity(world: World, period: Period, keys: Array) -> Array:
    """Transactions of the same account in the 24 hours up to each one, itself included.

    `keys`: account and second of every transaction, ascending.
    """
    since = np.searchsorted(keys, keys - DAY, side="right")
    counts = np.arange(1, len(keys) + 1) - since
    # the last day of the period before counts for the first day of this one
    first_day = np.flatnonzero((keys & MINOR) < period.start + DAY)
    early = keys[first_day]
    before = np.searchsorted(world.recent, early)
    counts[first_day] += before - np.searchsorted(world.recent, early - DAY, side="right")
    world.recent = keys[(keys & MINOR) >= period.end - DAY]
    return counts


def _card_scores(world: World, period: Period, rows: Columns) -> None:
    """Scores and technical attributes of each transaction."""
    rng = world.rng("scores", period.first)
    n = len(rows)
    home = world.customers.city[rows.cust]
    distances = ref.city_distances()
    distance = distances.ravel().take(home * len(distances) + rows.city)
    remote = (rows.channel == ref.ONLINE) | (rows.channel == ref.MOBILE)
    remote |= rows.channel == ref.AUTO
    local = np.exp(1.0 + 0.8 * rng.standard_normal(n))
    rows.distance = np.where(
        remote & ~rows.fraud, 0.0, np.round(distance + np.where(distance > 0, 0.0, local), 2)
    )
    scored = (rows.type == ref.TYPE["purchase"]) | (rows.type == ref.TYPE["withdrawal"])
    noise = rng.standard_normal(n)
    risk = np.where(rows.merchant >= 0, world.merchants.risk[rows.merchant], 0)
    logit = -4.0 + 0.5 * risk + 0.9 * (rows.distance > 500) + 0.9 * noise
    hour = rows.time % DAY // 3600
    logit += 0.5 * (hour < 5) + 0.15 * np.minimum(rows.velocity, 10)
    logit += np.where(rows.fraud, 3.2, 0.0)
    rows.fraud_score = np.where(
        scored, np.rint(1000 / (1 + np.exp(-logit))).astype(np.int64).clip(1, 999), NONE
    )
    slow = np.array([520, 760, 680, 1400, 900, 260])[rows.channel]
    slow = slow * ref.METHOD_SLOWNESS[rows.method]
    slow[rows.decline == ref.DECLINE["network_error"]] *= ref.TIME_OUT_SLOWNESS
    rows.processing = np.rint(slow * np.exp(0.62 * rng.standard_normal(n))).astype(np.int64)
    rows.device = rng.integers(0, 3, n) // 2
    rows.authorization = rng.integers(100_000, 1_000_000, n)
    rows.posted = np.minimum(
        rows.time + rng.integers(1, 240, n), np.maximum(period.end - 1, rows.time)
    )


def remember(world: World, period: Period, rows: Columns) -> None:
    """Keep what later periods refer to: purchases that may be returned, offers that worked."""
    rng = world.rng("candidates", period.first)
    bought = (rows.type == ref.TYPE["purchase"]) & (rows.decline == NONE) & ~rows.fraud
    bought &= ~rows.recurring & (world.accounts.closed[rows.acct] == NEVER)
    some = np.flatnonzero(bought & (rng.random(len(rows)) < CANDIDATE_SHARE))
    names = world.refundable.names
    world.refundable = Columns(**{name: getattr(rows, name)[some] for name in names})

    offers = world.assignments
    running = (offers.time < period.end) & (offers.time + ref.CAMPAIGN_DAYS * DAY > period.start)
    live = np.flatnonzero(running)
    if len(live) == 0:
        return
    offer_of = np.full(len(world.customers), NONE, dtype=np.int64)
    offer_of[offers.cust[live]] = live
    purchases = np.flatnonzero(bought)
    offer = offer_of[rows.cust[purchases]]
    hit = (offer >= 0) & (rows.time[purchases] >= offers.time[offer])
    hit &= rows.time[purchases] < offers.time[offer] + ref.CAMPAIGN_DAYS * DAY
    offers.converted[np.unique(offer[hit])] = True

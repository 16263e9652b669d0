"""What people decide to buy, day by day: unscheduled purchases, withdrawals, refunds, fraud."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np

from generator import reference as ref
from generator.columns import Array, Columns
from generator.events import NONE, bookings
from generator.randomness import choose, chosen, places
from generator.timeline import DAY, NEVER, Period, iso_weekday
from generator.world import World

WITHDRAWAL_SHARE = 0.035
REFUND_SHARE = 0.4  # of the refundable candidates
TRIP_CHANCE = 0.08  # a customer's chance of a trip a month
ABROAD_SHARE = 0.45
# of a burst of fraud, half-open: transactions, seconds between them, hour in which it begins
BURST_SIZES, BURST_STEPS = (3, 7), (180, 1500)
BURST_HOURS_AT_NIGHT, BURST_HOURS_BY_DAY = (0, 4), (8, 21)


@dataclass
class Trips:
    """At most one trip of each customer in a period: seconds and destination (-1 = none)."""

    start: Array
    end: Array
    city: Array


@cache
def _hours() -> Array:
    """Cumulative distributions over the 24 hours of a day, shape (categories * 2, 24).

    Those of a category follow each other: on weekdays, at weekends.
    """
    hours = np.arange(24) + 0.5
    rows = []
    for category in ref.CATEGORIES:
        mean, spread = category.peak_hours
        for later in (0.0, 1.0):
            gap = np.abs(hours - (mean + later))
            weight = np.exp(-0.5 * (np.minimum(gap, 24 - gap) / spread) ** 2) + 0.012
            rows.append(np.cumsum(weight / weight.sum()))
    return np.stack(rows)


def economy_factor(confidence: float) -> float:
    """True effect of consumer confidence on the frequency of discretionary purchases."""
    return float(np.exp(ref.CONFIDENCE_EFFECT * (confidence - 100) / 10))


def trips(world: World, period: Period) -> Trips:
    """Who is away from home, when and where."""
    rng = world.rng("trips", period.first)
    n = len(world.customers)
    chance = TRIP_CHANCE * {6: 1.5, 7: 2.2, 8: 2.0, 12: 1.5}.get(period.month, 0.8)
    away = rng.random(n) < chance * max(period.months, 0.1)
    first = period.first + rng.integers(0, period.days, n)
    length = rng.integers(3, 11, n)
    home = ref.home_city_count()
    weights = np.array([c.weight for c in ref.cities()])
    draws = rng.random((3, n))[:, away]  # few travel: only they need a place
    abroad = chosen(weights[home:], draws[0]) + home
    inland = chosen(weights[:home], draws[1])
    city = np.full(n, NONE, dtype=np.int64)
    city[away] = np.where(draws[2] < ABROAD_SHARE, abroad, inland)
    return Trips(np.where(away, first * DAY, NEVER), (first + length) * DAY, city)


def _treated_until(world: World, period: Period) -> tuple[Array, Array]:
    """For each customer the window of seconds in which an offer works (empty if none)."""
    n = len(world.customers)
    start = np.full(n, NEVER, dtype=np.int64)
    offers = world.assignments
    live = offers.treated & (offers.time + ref.CAMPAIGN_DAYS * DAY > period.start)
    live &= offers.time < period.end
    start[offers.cust[live]] = offers.time[live]
    return start, start + ref.CAMPAIGN_DAYS * DAY


def _learn_rate(world: World, period: Period, number: int, weight: float) -> None:
    """How many purchases budgets expect next time; a day says less than a month."""
    if weight > 0:
        rate = number / (weight * period.months)
        world.purchase_rate += min(period.months, 1.0) * (rate - world.purchase_rate)


def draw(world: World, period: Period, number: int, confidence: float, away: Trips) -> Columns:
    """Exactly `number` unscheduled purchases and withdrawals, in no particular order."""
    people, accounts = world.customers, world.accounts
    rng = world.rng("purchases", period.first)
    opened = accounts.opened[people.checking]
    here = people.active & (people.left == NEVER) & (opened < period.end - 120)
    offer_start, offer_end = _treated_until(world, period)
    offered = offer_start < NEVER
    lift = ref.CAMPAIGN_RATE_RATIO
    weight = np.where(here, people.weight, 0.0) * np.where(offered, lift, 1.0)
    _learn_rate(world, period, number, float(weight.sum()))
    if weight.sum() == 0:  # only newcomers of the last seconds
        weight = np.where(people.active, 1.0, 0.0)
    category_weight = np.array([c.share * c.seasons.get(period.month, 1.0) for c in ref.CATEGORIES])
    category_weight[ref.DISCRETIONARY] *= economy_factor(confidence)
    days = np.arange(period.first, period.last + 1)
    weekend = iso_weekday(days) >= 6
    often = np.array([c.weekend for c in ref.CATEGORIES])
    day_weight = np.where(weekend, often[:, None], 1.0)  # shape (categories, days)

    cust = np.zeros(0, dtype=np.int64)
    time, category = cust, cust
    draws = 0
    while len(cust) < number:
        draws += 1
        n = int((number - len(cust)) * 1.12) + 20
        who = choose(rng, weight, n)
        what = choose(rng, category_weight, n)
        day_draw, hour_draw = rng.random(n), rng.random(n)
        day = places(np.cumsum(day_weight, axis=1), what, day_draw * day_weight.sum(axis=1)[what])
        day = np.minimum(day, len(days) - 1)
        hour = places(_hours(), what * 2 + weekend[day], hour_draw)
        when = days[day] * DAY + np.minimum(hour, 23) * 3600
        when += rng.integers(0, 3600, n)
        # thinning: outside the window of an offer only 1/lift of the candidates remain
        in_window = (when >= offer_start[who]) & (when < offer_end[who])
        keep = ~offered[who] | in_window | (rng.random(n) < 1 / lift)
        keep &= when > opened[who] + 60
        if draws > 60:  # accounts opened in the last minutes: accept the second after the opening
            when = np.maximum(when, opened[who] + 61 + np.arange(n) % 50)
            keep[:] = True
        room = number - len(cust)
        cust = np.concatenate([cust, who[keep][:room]])
        time = np.concatenate([time, when[keep][:room]])
        category = np.concatenate([category, what[keep][:room]])
    treated = (time >= offer_start[cust]) & (time < offer_end[cust])
    return _details(
        world,
        period,
        rng,
        cust=cust,
        time=time,
        category=category,
        treated=treated,
        away=away,
    )


def _details(
    world: World,
    period: Period,
    rng: np.random.Generator,
    *,
    cust: Array,
    time: Array,
    category: Array,
    treated: Array,
    away: Trips,
) -> Columns:
    """Amount, account, channel, merchant and place of purchases."""
    people, accounts = world.customers, world.accounts
    n = len(cust)
    card = people.card[cust]
    on_card = (card >= 0) & (rng.random(n) < people.card_share[cust])
    on_card &= accounts.opened[card] < time
    acct = np.where(on_card, card, people.checking[cust])

    online_share = np.array([c.online for c in ref.CATEGORIES])[category]
    remote = rng.random(n) < (online_share * people.digital[cust]).clip(0, 0.97)
    channel = np.where(remote, np.where(rng.random(n) < 0.5, ref.ONLINE, ref.MOBILE), ref.POS)
    pay = rng.random(n)
    method = np.where(
        on_card,
        ref.CREDIT_CARD,
        np.where(
            remote,
            np.where(pay < 0.40, ref.UPI, np.where(pay < 0.72, ref.NET_BANKING, ref.DEBIT_CARD)),
            np.where(pay < 0.30, ref.UPI, ref.DEBIT_CARD),
        ),
    )
    median = np.array([c.median for c in ref.CATEGORIES])[category]
    sigma = np.array([c.sigma for c in ref.CATEGORIES])[category]
    z = rng.standard_normal(n)
    dollars = median * ref.SEGMENT_AMOUNT[people.segment[cust]] * people.taste[cust]
    dollars = dollars * np.where(treated, ref.CAMPAIGN_AMOUNT_RATIO, 1.0) * np.exp(sigma * z)
    cents = np.maximum(np.rint(dollars * 100), 100).astype(np.int64)

    cash = ~on_card & (rng.random(n) < WITHDRAWAL_SHARE / 0.6)
    cents = np.where(cash, np.maximum(np.rint(cents / 2000) * 2000, 2000), cents)
    merchant = _merchants(world, period, rng, category, remote)
    there = (time >= away.start[cust]) & (time < away.end[cust]) & ~remote
    city = np.where(there, away.city[cust], people.city[cust])
    kind = np.where(cash, ref.TYPE["withdrawal"], ref.TYPE["purchase"])
    channel = np.where(cash, ref.ATM, channel)
    method = np.where(cash, ref.CASH, method)
    booked = bookings(
        world,
        "purchase",
        acct,
        time,
        -cents,
        channel=channel,
        method=method,
        category=np.where(cash, NONE, category),
        merchant=np.where(cash, NONE, merchant),
        city=city,
        decline=_declines(rng, period, channel, method, time),
        deviation=np.where(cash, np.nan, z),
    )
    booked.type = kind
    booked.text = np.where(cash, 0, booked.text)
    return booked


def _merchants(
    world: World, period: Period, rng: np.random.Generator, category: Array, remote: Array
) -> Array:
    """A merchant of the right category and kind for each purchase."""
    merchants = world.merchants
    alive = np.flatnonzero(merchants.deleted >= period.end)
    kind = merchants.category[alive] * 2 + merchants.online[alive]
    shops = [alive[kind == k] for k in range(2 * len(ref.CATEGORIES))]
    number = np.array([len(rows) for rows in shops])
    cumulative = np.full((len(shops), number.max()), np.inf)
    place = np.zeros(cumulative.shape, dtype=np.int64)
    for k, rows in enumerate(shops):
        cumulative[k, : len(rows)] = np.cumsum(merchants.weight[rows])
        place[k, : len(rows)] = rows
    sought = category * 2 + remote
    top = cumulative[np.arange(len(shops)), np.maximum(number, 1) - 1]
    at = places(cumulative, sought, rng.random(len(category)) * top[sought])
    merchant: Array = place[sought, np.minimum(at, number[sought] - 1)]
    return merchant


def _declines(
    rng: np.random.Generator, period: Period, channel: Array, method: Array, time: Array
) -> Array:
    """Decline cause by channel, method, hour and load; -1 where approved.

    Money is checked in the ledger.
    """
    rates = np.array(list(ref.DECLINE_RATE.values()))
    factors = np.array([ref.DECLINE_METHOD_FACTOR.get(name, 0.0) for name in ref.METHODS])
    weights = np.array([ref.DECLINE_METHOD_WEIGHTS.get(n, np.ones(6)) for n in ref.METHODS])
    hour = time % DAY // 3600
    night = (hour >= 22) | (hour < 6)
    slot = (time - period.start) // 3600
    load = np.bincount(slot, minlength=24 * period.days)
    busy = (load >= ref.BUSY_LOAD * len(time) / (24 * period.days))[slot]
    chance = rates[channel] * factors[method]
    chance[night] *= ref.DECLINE_NIGHT_FACTOR
    chance[busy] *= ref.DECLINE_BUSY_FACTOR
    out = np.full(len(channel), NONE, dtype=np.int64)
    rows = np.flatnonzero(rng.random(len(channel)) < chance)
    weight = ref.DECLINE_CAUSES[channel[rows]] * weights[method[rows]]
    weight[night[rows]] *= ref.DECLINE_NIGHT_WEIGHTS
    weight[busy[rows]] *= ref.DECLINE_BUSY_WEIGHTS
    cumulative = np.cumsum(weight, axis=1) / weight.sum(axis=1, keepdims=True)
    out[rows] = (rng.random(len(rows))[:, None] > cumulative).sum(axis=1).clip(0, 5)
    return out


def refunds(world: World, period: Period, limit: int) -> Columns:
    """Some of the last period's purchases come back."""
    rng = world.rng("refunds", period.first)
    pool = world.refundable
    accounts = world.accounts
    back = (rng.random(len(pool)) < REFUND_SHARE) & (accounts.closed[pool.acct] == NEVER)
    back &= world.customers.left[accounts.cust[pool.acct]] == NEVER
    # a card is never paid more than is owed on it
    owed = np.where(accounts.kind == ref.CARD, -accounts.balance, 2**62)
    total = np.bincount(pool.acct[back], weights=-pool.cents[back], minlength=len(accounts))
    back &= (total <= owed)[pool.acct]
    rows = np.flatnonzero(back)[:limit]
    chosen = pool.take(rows)
    part = np.where(rng.random(len(rows)) < 0.8, 1.0, rng.uniform(0.3, 0.9, len(rows)))
    cents = np.maximum(np.rint(-chosen.cents * part), 1)
    span = min(period.days, 25) * DAY
    time = period.start + rng.integers(7 * 3600, span - 3600, len(rows))
    return bookings(
        world,
        "refund",
        chosen.acct,
        time,
        cents,
        channel=chosen.channel,
        method=chosen.method,
        category=chosen.category,
        merchant=chosen.merchant,
    )


def frauds(world: World, period: Period, expected_purchases: int, limit: int) -> Columns | None:
    """Bursts: a stolen card is used several times within hours, mostly at night and online."""
    people, accounts = world.customers, world.accounts
    rng = world.rng("fraud", period.first)
    mean = ref.FRAUD_PATTERN["mean_transactions_per_burst"]
    world.fraud_debt += ref.FRAUD_SHARE * expected_purchases
    number = max(int(world.fraud_debt / mean), 0)  # the last burst may have been one too many
    if period.is_last_of_history:
        number = max(number, 1)  # "fraud of the last 30 days" must find something
    sizes = rng.integers(*BURST_SIZES, number)
    sizes = sizes[np.cumsum(sizes) <= limit]
    if len(sizes) == 0 and number and limit > 1:
        sizes = np.array([min(3, limit)])
    number = len(sizes)
    if number == 0:
        return None
    world.fraud_debt -= float(sizes.sum())
    weight = _worth_stealing(world, period)
    if weight.sum() == 0:
        return None
    burst_acct = choose(rng, weight, number)
    pattern = ref.FRAUD_PATTERN
    night = rng.random(number) < pattern["night_share"]
    hour = np.where(
        night,
        rng.integers(*BURST_HOURS_AT_NIGHT, number),
        rng.integers(*BURST_HOURS_BY_DAY, number),
    )
    low = max(period.first, period.last - 20) if period.is_last_of_history else period.first
    day = rng.integers(low, period.last + 1, number)
    begin = day * DAY + hour * 3600 + rng.integers(0, 3600, number)
    far_cities = _fraud_cities()
    far = rng.random(number) < pattern["far_city_share"]
    burst_city = np.where(
        far,
        far_cities[rng.integers(0, len(far_cities), number)],
        people.city[accounts.cust[burst_acct]],
    )

    burst = np.repeat(np.arange(number), sizes)
    n = len(burst)
    position = np.arange(n) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    acct = burst_acct[burst]
    # up to 6 bookings, at most 25 minutes apart: the burst stays within its day
    time = begin[burst] + position * rng.integers(*BURST_STEPS, number)[burst]
    time = np.minimum(time, period.end - 60 + position)
    remote = rng.random(n) < pattern["online_share"]
    merchants = world.merchants
    risky = (merchants.risk == 2) & (merchants.deleted >= period.end)
    usual = np.isin(merchants.category, [ref.CATEGORY["Shopping"], ref.CATEGORY["Entertainment"]])
    usual &= merchants.deleted >= period.end
    usual &= ~risky
    # two fifths of the risky merchants take most of it, so that merchants differ visibly
    luxuries = [ref.CATEGORY[name] for name in ("Shopping", "Entertainment", "Travel")]
    risk_rows = np.flatnonzero(risky & np.isin(merchants.category, luxuries))
    usual_rows = np.flatnonzero(usual)
    high = (rng.random(n) < pattern["high_risk_merchant_share"]) & (len(risk_rows) > 0)
    bad = risk_rows if len(risk_rows) else usual_rows
    merchant = np.where(
        high,
        bad[(rng.random(n) ** 2 * len(bad)).astype(np.int64)],
        usual_rows[rng.integers(0, len(usual_rows), n)],
    )
    test = (position == 0) & (rng.random(n) < 0.5)
    z = rng.standard_normal(n)
    dollars = np.where(test, 2.5 + np.abs(z), 190 * np.exp(0.7 * z))
    card = accounts.kind[acct] == ref.CARD
    # the first two of a burst succeed, later ones are sometimes stopped
    stopped = (position >= 2) & (rng.random(n) < pattern["declined_share"] * 1.8)
    return bookings(
        world,
        "purchase",
        acct,
        time,
        -np.maximum(np.rint(dollars * 100), 100),
        channel=np.where(remote, np.where(rng.random(n) < 0.7, ref.ONLINE, ref.MOBILE), ref.POS),
        method=np.where(card, ref.CREDIT_CARD, ref.DEBIT_CARD),
        category=merchants.category[merchant],
        merchant=merchant,
        city=burst_city[burst],
        fraud=True,
        decline=np.where(stopped, ref.DECLINE["suspected_fraud"], NONE),
        deviation=np.where(test, -2.0, 1.6 + 0.8 * z),
    )


def _fraud_cities() -> Array:
    names = [c.name for c in ref.cities()]
    return np.array([names.index(name) for name in ref.FRAUD_CITY_NAMES])


def _worth_stealing(world: World, period: Period) -> Array:
    """Weight of each account as a victim: used often, with money or credit on it."""
    people, accounts = world.customers, world.accounts
    ok = (accounts.kind == ref.CARD) | (accounts.kind == ref.CHECKING)
    ok &= (accounts.closed == NEVER) & (accounts.opened < period.start)
    ok &= people.active[accounts.cust] & (people.left[accounts.cust] == NEVER)
    weight = np.where(ok, 0.3 + np.minimum(people.weight[accounts.cust], 6), 0.0)
    weight = weight * np.where(accounts.kind == ref.CARD, 1.6, 1.0)
    worth = weight * (accounts.balance + accounts.limit > 40_000)
    return worth if worth.any() else np.where(ok, 1.0, 0.0)

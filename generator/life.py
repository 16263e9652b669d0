"""What happens to customers, accounts, products and merchants: each change is one more version."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from generator import reference as ref
from generator.columns import Array, Columns
from generator.population import add_customers
from generator.randomness import choose
from generator.timeline import DAY, NEVER, Period
from generator.world import BANK_OPENED, CATALOGUE_CREATED, SHARE_BEFORE_START, World

# chance a month of each change, for those to whom it can happen
MOVE, PROMOTION, WEDDING, LOYALTY, SEGMENT, CREDIT = 0.009, 0.009, 0.004, 0.006, 0.003, 0.008
LIMIT_CHANGE, AUTOPAY_CHANGE, CLOSE_ACCOUNT = 0.012, 0.004, 0.0012
RATE_CHANGE, FEE_CHANGE = 0.03, 0.006
MERCHANT_RISK, MERCHANT_MOVE, MERCHANT_GONE = 0.003, 0.002, 0.0006
ERASED_SHARE = 0.05
ACTIVE, DELINQUENT, CLOSED, CHARGED_OFF = range(4)
ACCOUNT_STATUS = ("active", "delinquent", "closed", "charged_off")


@dataclass
class Versions:
    """Full copies of changed rows: positions, times (seconds) and the columns as of then."""

    rows: Array
    times: Array
    state: Columns

    @staticmethod
    def of(table: Columns, rows: Array, times: Array) -> Versions:
        """The present state of some rows, as a version valid from `times`."""
        return Versions(rows, times, table.take(rows))

    @staticmethod
    def concat(parts: list[Versions]) -> Versions:
        """All parts in the order of time, then row."""
        rows = np.concatenate([p.rows for p in parts])
        times = np.concatenate([p.times for p in parts])
        state = Columns.concat([p.state for p in parts])
        order = np.lexsort((rows, times))
        return Versions(rows[order], times[order], state.take(order))


@dataclass
class ChurnLog:
    """The true hazard of every customer at risk in a period, and who left."""

    cust: Array
    hazard: Array
    left: Array


def in_rounds(rows: Array, times: Array) -> list[Array]:
    """Split events so that each round holds at most one event of a row, in the order of time."""
    order = np.lexsort((times, rows))
    sorted_rows = rows[order]
    starts = np.flatnonzero(np.r_[True, sorted_rows[1:] != sorted_rows[:-1]])
    rank = np.arange(len(rows)) - np.repeat(starts, np.diff(np.r_[starts, len(rows)]))
    return [order[rank == r] for r in range(int(rank.max()) + 1 if len(rank) else 0)]


def distinct_times(rows: Array, times: Array) -> Array:
    """The same times, later by some seconds where two events of a row would coincide."""
    order = np.lexsort((times, rows))
    out = times.copy()
    for _ in range(8):
        same = np.flatnonzero(
            (rows[order][1:] == rows[order][:-1]) & (out[order][1:] <= out[order][:-1])
        )
        if len(same) == 0:
            break
        out[order[same + 1]] = out[order[same]] + 1
    return out


def join(world: World, period: Period, is_first: bool) -> Array:
    """Customers who join in this period (and, in the first one, all who joined before)."""
    rng = world.rng("signup", period.first)
    options = world.options
    joined = [np.zeros(0, dtype=np.int64)]
    before = period.start if is_first else 0
    runway = (period.first - BANK_OPENED) if is_first else 0
    if is_first:
        share = SHARE_BEFORE_START * min(1.0, runway / 365)
        founders = round(options.customers * share)
        if options.days < 3:  # no time for anyone to join later
            founders = options.customers if runway else 0
        world.signup_debt = 0.0
        world.counters["planned_signups"] = options.customers - founders
        if founders:
            low, high = BANK_OPENED * DAY, before - 2 * DAY
            seconds = np.sort(low + (rng.random(founders) ** 0.8 * (high - low)).astype(np.int64))
            joined.append(add_customers(world, seconds, period.first - 1, before))
    planned = world.counters["planned_signups"]
    rate = max(planned, options.customers * 0.1) / options.days
    left_over = options.customers - len(world.customers)
    if period.is_last_of_history:
        number = left_over
    else:
        world.signup_debt += rate * period.days
        number = int(world.signup_debt)
        world.signup_debt -= number
        if left_over > 0:
            number = min(number, left_over)
    if is_first and len(world.customers) == 0:
        number = max(number, 1)  # a bank without any customer has no transactions
    if number:
        seconds = np.sort(period.start + rng.integers(0, period.days * DAY - 3600, number))
        if len(world.customers) == 0:
            seconds[0] = period.start + 60
        joined.append(add_customers(world, seconds, period.first, None))
    return np.concatenate(joined)


def churn_hazard(world: World, rows: Array, now: int) -> Array:
    """The true hazard of leaving, per month of 30.4375 days (see truth.json)."""
    people = world.customers
    effects = ref.CHURN_EFFECTS
    tenure = np.minimum((now - people.signup[rows]) / (365.25 * DAY), ref.CHURN_TENURE_CAP_YEARS)
    balance = world.accounts.balance[people.checking[rows]]
    log_hazard = (
        effects["intercept"]
        + effects["tenure_years"] * tenure
        + effects["bad_service_90d"]
        * (now - people.bad_service[rows] <= ref.BAD_SERVICE_DAYS * DAY)
        + effects["low_balance"] * (balance < ref.LOW_BALANCE_CENTS)
        + ref.SEGMENT_CHURN[people.segment[rows]]
    )
    hazard: Array = np.exp(log_hazard)
    return hazard


def leave(world: World, period: Period, quota: int) -> ChurnLog:
    """Some customers leave; their accounts get a closing time. Borrowers stay until they repaid.

    Each departure takes a few transactions out of the period's quota, so a tiny quota limits them.
    """
    people, accounts = world.customers, world.accounts
    rng = world.rng("churn", period.first)
    borrower = np.zeros(len(people), dtype=bool)
    borrower[accounts.cust[(accounts.kind == ref.LOAN) & (accounts.closed == NEVER)]] = True
    borrower[world.applications.cust] = True
    at_risk = np.flatnonzero(people.active & ~borrower & (people.signup < period.start))
    hazard = churn_hazard(world, at_risk, period.start)
    gone = rng.random(len(at_risk)) < 1 - np.exp(-hazard * period.months)
    if gone.sum() == (people.active & (people.signup < period.start)).sum() > 0:
        gone[0] = False  # somebody has to stay
    gone[np.flatnonzero(gone)[quota // 12 :]] = False
    who = at_risk[gone]
    people.left[who] = period.start + rng.integers(4 * 3600, period.days * DAY - 60, len(who))
    erased = rng.random(len(who)) < ERASED_SHARE
    people.erase[who[erased]] = people.left[who[erased]] + rng.integers(20, 80, erased.sum()) * DAY
    theirs = np.isin(accounts.cust, who) & (accounts.closed == NEVER)
    accounts.closed[theirs] = people.left[accounts.cust[theirs]] - 1800
    return ChurnLog(people.id[at_risk], hazard, gone)


def change_customers(
    world: World, period: Period, joined: Array, home_buyers: tuple[Array, Array]
) -> Versions:
    """All customer versions of a period: sign-ups, changes, departures, erasures.

    `home_buyers`: customers whose mortgage was paid out, and the seconds at which it was.
    """
    people = world.customers
    rng = world.rng("customer_changes", period.first)
    span = period.days * DAY
    known = np.ones(len(people), dtype=bool)
    known[joined] = False
    old = np.flatnonzero(known)
    parts = [Versions.of(people, joined, people.signup[joined])]
    stays = old[people.active[old] & (people.left[old] == NEVER)]
    leaves = old[people.active[old] & (people.left[old] < period.end)]
    erased = old[(people.erase[old] < period.end) & ~people.deleted[old]]

    chances = (MOVE, PROMOTION, WEDDING, LOYALTY, SEGMENT, CREDIT)
    buyers, bought = home_buyers
    rows = [leaves, erased, buyers]
    kinds = [np.repeat([10, 11, 12], [len(part) for part in rows])]
    times = [people.left[leaves], people.erase[erased], bought]
    for kind, chance in enumerate(chances):
        hit = stays[rng.random(len(stays)) < chance * period.months]
        rows.append(hit)
        kinds.append(np.full(len(hit), kind))
        times.append(period.start + rng.integers(0, span - 60, len(hit)))
    all_rows, all_kinds = np.concatenate(rows), np.concatenate(kinds)
    all_times = distinct_times(all_rows, np.concatenate(times))
    for events in in_rounds(all_rows, all_times):
        for kind in np.unique(all_kinds[events]):
            who = all_rows[events[all_kinds[events] == kind]]
            _apply(world, int(kind), who, all_times[events[all_kinds[events] == kind]], rng)
        parts.append(Versions.of(people, all_rows[events], all_times[events]))
    return Versions.concat(parts)


def _apply(world: World, kind: int, who: Array, when: Array, rng: np.random.Generator) -> None:
    """Change the state of customers; each occurs at most once in `who`."""
    people, pools = world.customers, world.pools
    n = len(who)
    if kind == 0:
        far = rng.random(n) < 0.4
        weights = np.array([c.weight for c in ref.cities()[: ref.home_city_count()]])
        people.city[who] = np.where(far, choose(rng, weights, n), people.city[who])
        people.street[who] = rng.integers(0, len(pools.streets), n)
        people.house[who] = rng.integers(1, 9999, n)
        people.zip[who] = rng.integers(10_000, 99_900, n)
    elif kind == 1:
        raise_ = rng.uniform(1.03, 1.20, n)
        people.income[who] = (np.rint(people.income[who] * raise_ / 10_000) * 10_000).astype(int)
        people.job[who] = rng.integers(0, len(pools.jobs), n)
    elif kind == 2:
        single = people.marital[who] != 1
        people.marital[who] = np.where(single, 1, 2)
        renamed = single & (rng.random(n) < 0.45)
        people.last[who] = np.where(
            renamed, rng.integers(0, len(pools.last_names), n), people.last[who]
        )
    elif kind == 3:
        people.loyalty[who] = np.minimum(people.loyalty[who] + 1, 3)
    elif kind == 4:
        student = people.segment[who] == 0
        people.segment[who] = np.minimum(people.segment[who] + 1, 4)
        people.employment[who] = np.where(student, 0, people.employment[who])
        people.income[who] = np.where(
            student, np.maximum(people.income[who], 3_600_000), people.income[who]
        )
    elif kind == 5:
        drift = np.rint(people.credit[who] + 25 * rng.standard_normal(n)).astype(np.int64)
        people.credit[who] = np.clip(drift, 350, 850)
    elif kind == 10:
        people.active[who] = False
    elif kind == 11:
        people.deleted[who] = True
    elif kind == 12:
        people.home[who] = ref.MORTGAGED


def close_accounts(world: World, period: Period, quota: int) -> None:
    """Give a closing time to repaid loans and to savings and cards that are no longer wanted."""
    people, accounts = world.customers, world.accounts
    rng = world.rng("close_accounts", period.first)
    n = len(accounts)
    old = (accounts.opened < period.start) & (accounts.closed == NEVER)
    repaid = old & (accounts.kind == ref.LOAN) & (accounts.balance == 0)
    owed = -accounts.balance
    money = accounts.balance[people.checking[accounts.cust]]
    unwanted = (
        old
        & ((accounts.kind == ref.SAVINGS) | (accounts.kind == ref.CARD))
        & ~people.loyal[accounts.cust]
        & (owed <= np.maximum(money, 0) * 0.8)
        & (rng.random(n) < CLOSE_ACCOUNT * period.months)
    )
    closing = np.flatnonzero(repaid | unwanted)[: quota // 12]
    accounts.closed[closing] = period.start + rng.integers(
        3 * 3600, period.days * DAY - 3600, len(closing)
    )
    for name, kind in (("savings", ref.SAVINGS), ("card", ref.CARD)):
        mine = closing[accounts.kind[closing] == kind]
        getattr(people, name)[accounts.cust[mine]] = -1


def change_accounts(
    world: World, period: Period, known: int, delinquent: tuple[Array, Array, Array]
) -> Versions:
    """All account versions of a period.

    `known`: number of accounts that existed before. `delinquent`: accounts, seconds and new
    status of loans that fall behind, recover or are given up.
    """
    accounts = world.accounts
    rng = world.rng("account_changes", period.first)
    new = np.arange(known, len(accounts))
    parts = [Versions.of(accounts, new, accounts.opened[new])]
    old = np.arange(known)
    stays = old[accounts.closed[old] == NEVER]
    closing = old[(accounts.closed[old] < period.end) & (accounts.status[old] != CLOSED)]
    cards = stays[accounts.kind[stays] == ref.CARD]
    raised = cards[rng.random(len(cards)) < LIMIT_CHANGE * period.months]
    toggled = stays[rng.random(len(stays)) < AUTOPAY_CHANGE * period.months]
    loans, loan_times, loan_status = delinquent
    open_loan = (accounts.closed[loans] > loan_times) & (loans < known)
    loans, loan_times = loans[open_loan], loan_times[open_loan]
    loan_status = loan_status[open_loan]
    rows = np.concatenate([closing, raised, toggled, loans])
    kinds = np.repeat([0, 1, 2, 3], [len(closing), len(raised), len(toggled), len(loans)])
    status = np.concatenate([np.zeros(len(rows) - len(loans), dtype=np.int64), loan_status])
    span = period.days * DAY
    times = np.concatenate(
        [
            accounts.closed[closing],
            period.start + rng.integers(0, span - 60, len(raised)),
            period.start + rng.integers(0, span - 60, len(toggled)),
            loan_times,
        ]
    )
    times = distinct_times(rows, times)
    factor = rng.uniform(1.1, 1.6, len(rows))
    for events in in_rounds(rows, times):
        who, kind = rows[events], kinds[events]
        accounts.status[who] = np.where(
            kind == 0, CLOSED, np.where(kind == 3, status[events], accounts.status[who])
        )
        higher = np.rint(accounts.limit[who] * factor[events] / 10_000) * 10_000
        accounts.limit[who] = np.where(kind == 1, higher.astype(np.int64), accounts.limit[who])
        accounts.autopay[who] = np.where(kind == 2, ~accounts.autopay[who], accounts.autopay[who])
        parts.append(Versions.of(accounts, who, times[events]))
    return Versions.concat(parts)


def change_products(world: World, period: Period, is_first: bool) -> Versions:
    """Rates and fees change a few times a year."""
    products = world.products
    rng = world.rng("products", period.first)
    n = len(products)
    parts = []
    every = np.arange(n)
    if is_first:
        parts.append(Versions.of(products, every, np.full(n, CATALOGUE_CREATED)))
    rate = (rng.random(n) < RATE_CHANGE * period.months) & (products.rate > 0.1)
    fee = (rng.random(n) < FEE_CHANGE * period.months) & (products.monthly_fee > 0)
    step = np.round(rng.choice([-0.5, -0.25, 0.25, 0.5], n), 2)
    products.rate = np.where(
        rate, np.maximum(np.round(products.rate + step, 2), 0.1), products.rate
    )
    products.monthly_fee = products.monthly_fee + fee
    who = np.flatnonzero(rate | fee)
    times = period.start + rng.integers(0, period.days * DAY - 60, len(who))
    parts.append(Versions.of(products, who, times))
    return Versions.concat(parts)


def change_merchants(world: World, period: Period, is_first: bool) -> Versions:
    """Merchants move, are rated anew, and a few go out of business."""
    merchants = world.merchants
    rng = world.rng("merchant_changes", period.first)
    n = len(merchants)
    parts = []
    if is_first:
        parts.append(Versions.of(merchants, np.arange(n), np.full(n, CATALOGUE_CREATED)))
    alive = merchants.deleted == NEVER
    draw = rng.random(n) / period.months
    # the first two of a category always stay: every purchase must find a merchant
    first_two = np.r_[True, merchants.category[1:] != merchants.category[:-1]]
    first_two |= np.r_[False, first_two[:-1]]
    gone = alive & ~first_two & (draw < MERCHANT_GONE)
    rated = alive & ~gone & (draw < MERCHANT_GONE + MERCHANT_RISK)
    moved = alive & ~gone & ~rated & (draw < MERCHANT_GONE + MERCHANT_RISK + MERCHANT_MOVE)
    merchants.risk = np.where(rated, (merchants.risk + rng.integers(1, 3, n)) % 3, merchants.risk)
    merchants.city = np.where(moved, rng.integers(0, ref.home_city_count(), n), merchants.city)
    times = period.start + rng.integers(0, period.days * DAY - 60, n)
    merchants.deleted = np.where(gone, times, merchants.deleted)
    who = np.flatnonzero(gone | rated | moved)
    parts.append(Versions.of(merchants, who, times[who]))
    return Versions.concat(parts)

"""The bank's dealings with its customers: offers, applications, service contacts, fraud alerts."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np

from generator import reference as ref
from generator.columns import Array, Columns
from generator.events import NONE, bookings
from generator.ledger import Ledger
from generator.population import loan_amount, open_accounts
from generator.randomness import choose, random_for
from generator.timeline import DAY, NEVER, Period, day_number
from generator.world import World

APPLICATION_CHANCE = 0.007  # a month and customer
DECISIONS = ("pending", "approved", "declined")
GRADES = ("A", "B", "C", "D", "E")
CONTACT_TYPES = ("Call", "Chat", "Email", "Branch Visit", "Complaint")
REASONS = (
    "Card issue",
    "Fee dispute",
    "App problem",
    "Transfer question",
    "Loan question",
    "Account information",
    "Fraud concern",
    "Product advice",
)
REASON_MOOD = np.array([-0.15, -0.45, -0.30, 0.0, 0.10, 0.20, -0.35, 0.30])
ALERT_KINDS = ("velocity", "unusual_location", "high_amount", "risky_merchant", "model_score")
SEVERITIES = ("low", "medium", "high", "critical")
CAMPAIGN_THEMES = (
    "Spring Savings",
    "Summer Travel",
    "Back to School",
    "Holiday Rewards",
    "Cash Back Weeks",
    "New Year Fresh Start",
)
CAMPAIGN_TYPES = ("Email", "Push", "SMS", "Mail")


# ---------------------------------------------------------------- campaigns


@dataclass(frozen=True)
class Campaign:
    """An offer to a random part of a segment, with a hold-out."""

    number: int
    start: int  # day numbers
    end: int
    segment: int  # NONE = all
    theme: int
    kind: int
    product: int

    @property
    def time(self) -> int:
        """The second at which it begins."""
        return self.start * DAY + 8 * 3600


def campaigns_until(world: World, day: int) -> list[Campaign]:
    """The campaigns that began on or before a day: about ten over the history, then as often."""
    options = world.options
    interval = max(24, round(options.days / 10))
    first = day_number(options.start)
    number = (day - first) // interval + 1
    found = (_campaign(options.seed, first, interval, k) for k in range(number))
    return [campaign for campaign in found if campaign.start <= day]


@cache
def _campaign(seed: int, first: int, interval: int, k: int) -> Campaign:
    """The campaign of an interval of days, counted from the first day of the history."""
    rng = random_for(seed, "campaign", k)
    start = first + k * interval + 6 + int(rng.integers(0, 6))
    segment = int(rng.choice([NONE, NONE, 1, 2, 3]))
    length = int(rng.integers(ref.CAMPAIGN_DAYS + 1, 46))
    theme, kind = int(rng.integers(0, 6)), int(rng.integers(0, 4))
    product = int(rng.integers(7, 10))
    return Campaign(k + 1, start, start + length, segment, theme, kind, product)


def run_campaigns(world: World, period: Period) -> tuple[list[Campaign], Columns]:
    """Start the campaigns of a period: draw whom they reach, and who is held out."""
    people = world.customers
    started = [c for c in campaigns_until(world, period.last) if c.start >= period.first]
    parts = []
    for campaign in started:
        rng = random_for(world.options.seed, "campaign_contacts", campaign.number)
        busy = np.zeros(len(people), dtype=bool)
        offers = world.assignments
        busy[offers.cust[offers.time + ref.CAMPAIGN_DAYS * DAY > campaign.time]] = True
        eligible = people.active & people.opted & ~busy & (people.left == NEVER)
        eligible &= people.signup < campaign.start * DAY
        if campaign.segment != NONE:
            eligible &= people.segment == campaign.segment
        who = np.flatnonzero(eligible)
        who = who[rng.random(len(who)) < 0.7]
        n = len(who)
        contacts = Columns(
            campaign=np.full(n, campaign.number, dtype=np.int64),
            cust=who,
            time=campaign.time + 3600 + rng.integers(0, 8 * 3600, n),
            treated=rng.random(n) >= ref.CAMPAIGN_HOLD_OUT,
            converted=np.zeros(n, dtype=bool),
        )
        world.assignments.append(contacts)
        parts.append(contacts)
    empty = world.assignments.take(np.zeros(0, dtype=np.int64))
    return started, Columns.concat([empty, *parts])


def forget_campaigns(world: World, period: Period) -> None:
    """Drop the contacts of campaigns that ended, once their results are published."""
    ended = {c.number for c in campaigns_until(world, period.last) if c.end <= period.last}
    offers = world.assignments
    world.assignments = offers.take(~np.isin(offers.campaign, list(ended)))


# ---------------------------------------------------------------- credit applications


@dataclass
class Applications:
    """Applications filed and decided in a period, and the disbursements of new loans."""

    filed: Columns
    decided: Columns
    disbursed: list[Columns]
    home_buyers: tuple[Array, Array]  # customers, seconds


def apply_for_credit(world: World, period: Period, room: int) -> Applications:
    """New applications, decisions that fall due, accounts and payouts of the approved ones."""
    people = world.customers
    rng = world.rng("applications", period.first)
    n = len(people)
    pending = np.zeros(n, dtype=bool)
    pending[world.applications.cust] = True
    able = people.active & (people.left == NEVER) & ~pending
    able &= people.signup < period.start - 30 * DAY
    troubled = (world.accounts.behind != NEVER) & (world.accounts.closed == NEVER)
    able[world.accounts.cust[troubled]] = False
    who = np.flatnonzero(able & (rng.random(n) < APPLICATION_CHANCE * period.months))
    k = len(who)
    card = (people.card[who] < 0) & (rng.random(k) < 0.85)
    product = np.where(
        card,
        np.where(people.segment[who] == 0, 7, np.where(people.segment[who] >= 3, 9, 8)),
        choose(rng, np.array([0.5, 0.5]), k) + ref.PERSONAL_LOAN,
    )
    buys = ~card & (rng.random(k) < 0.25) & (people.employment[who] < 2)
    buys &= (people.home[who] == ref.RENT) & (people.segment[who] > 0)
    product = np.where(buys, ref.MORTGAGE, product)
    income = people.income[who]
    loans = np.maximum(product, ref.PERSONAL_LOAN)
    requested = np.where(card, income * 0.12, loan_amount(rng, loans, income))
    requested = np.maximum(np.rint(requested / 50_000) * 50_000, 50_000).astype(np.int64)
    dti = np.clip(rng.beta(3, 6, k) + 0.06 * (people.home[who] != ref.OWN), 0.02, 0.95)
    logit = (
        (people.credit[who] - 655) / 42 - 4.0 * (dti - 0.36) - 0.4 * (people.employment[who] == 2)
    )
    probability = 1 / (1 + np.exp(-logit))
    time = period.start + rng.integers(7 * 3600, period.days * DAY - 3600, k)
    approve = rng.random(k) < probability
    filed = Columns(
        id=world.next_ids("applications", k),
        cust=who,
        product=product,
        time=time,
        requested=requested,
        term=np.where(
            card,
            NONE,
            np.array(ref.LOAN_TERMS)[loans - ref.PERSONAL_LOAN, rng.integers(0, 3, k)],
        ),
        score=people.credit[who],
        income=income,
        dti=dti,
        employment_years=np.round(rng.gamma(2.0, 3.0, k), 1),
        probability=probability,
        channel=rng.integers(0, 3, k),
        approve=approve,
        due=time + rng.integers(20 * 3600, 9 * DAY, k),
        rate=np.round(
            world.products.rate[product] + np.clip((720 - people.credit[who]) / 100, -1, 4), 2
        ),
        approved=np.where(
            approve, np.rint(requested * rng.uniform(0.6, 1.0, k) / 10_000) * 10_000, 0
        ).astype(np.int64),
    )
    world.applications.append(filed)
    due = world.applications.due < period.end
    decided = world.applications.take(due)
    world.applications = world.applications.take(~due)

    grants = decided.take(decided.approve)
    opened = grants.due + 600
    late = opened >= period.end
    opened = np.where(late, period.end - 1, opened)
    loan = world.products.kind[grants.product] == ref.LOAN
    # a second card request cannot be pending, but be sure that nobody holds two cards
    wanted = loan | (people.card[grants.cust] < 0)
    # a payout and what it is used for are two transactions of the period's quota
    wanted &= ~loan | (2 * np.cumsum(loan) <= room)
    grants, opened, loan = grants.take(wanted), opened[wanted], loan[wanted]
    open_accounts(
        world,
        grants.cust,
        grants.product,
        opened=opened,
        opening=np.where(loan, -grants.approved, 0),
        rng=rng,
        term=np.where(loan, grants.term, 1),
    )
    payout = np.flatnonzero(loan & (people.checking[grants.cust] >= 0))
    time = np.minimum(opened[payout] + 120, period.end - 1)
    disbursed = bookings(
        world,
        "loan_disbursement",
        people.checking[grants.cust[payout]],
        time,
        grants.approved[payout],
        text="Loan disbursement",
    )
    # borrowed money leaves again: to the dealer, the seller, or the bank it was owed to before
    personal = grants.product[payout] == ref.PERSONAL_LOAN
    part = np.where(personal, rng.uniform(0.6, 1.0, len(payout)), 1.0)
    used = bookings(
        world,
        "withdrawal",
        people.checking[grants.cust[payout]],
        np.minimum(time + rng.integers(3600, 3 * DAY, len(payout)), period.end - 1),
        -np.rint(grants.approved[payout] * part / 100) * 100,
        text="Cashier's check",
        channel=ref.BRANCH,
    )
    buyers = grants.product == ref.MORTGAGE
    home = (grants.cust[buyers], opened[buyers])
    return Applications(filed, decided, [disbursed, used], home)


# ---------------------------------------------------------------- service contacts


def contacts(world: World, period: Period) -> Columns:
    """Service contacts with mood and rating; a bad one makes leaving more likely for 90 days."""
    people = world.customers
    rng = world.rng("interactions", period.first)
    n = len(people)
    rate = np.where(people.loyal, 0.14, 0.055) * period.months
    here = people.active & (people.signup < period.start)
    who = np.flatnonzero(here & (rng.random(n) < rate))
    k = len(who)
    time = (
        period.start + rng.integers(0, period.days, k) * DAY + rng.integers(8 * 3600, 20 * 3600, k)
    )
    kept = time < people.left[who] - 3600
    who, time = who[kept], time[kept]
    k = len(who)
    kind = choose(rng, np.array([0.38, 0.24, 0.18, 0.12, 0.08]), k)
    reason = choose(rng, np.array([0.17, 0.10, 0.16, 0.14, 0.09, 0.20, 0.05, 0.09]), k)
    mood = REASON_MOOD[reason] - 0.35 * (kind == 4) + 0.05
    resolved = rng.random(k) < np.clip(0.82 + 0.25 * mood, 0.2, 0.97)
    mood = np.clip(mood + np.where(resolved, 0.28, -0.35) + 0.28 * rng.standard_normal(k), -1, 1)
    rating = np.clip(np.rint(3.35 + 1.9 * mood + 0.5 * rng.standard_normal(k)), 1, 5).astype(
        np.int64
    )
    bad = rating <= ref.BAD_SERVICE_RATING
    np.maximum.at(people.bad_service, who[bad], time[bad])
    minutes = np.maximum(1, np.rint(7 * np.exp(0.7 * rng.standard_normal(k)))).astype(np.int64)
    order = np.argsort(time, kind="stable")
    return Columns(
        cust=who,
        time=time,
        kind=kind,
        reason=reason,
        minutes=minutes,
        mood=np.round(mood, 2),
        rating=np.where(rng.random(k) < 0.7, rating, np.where(bad, rating, NONE)),
        resolved=resolved,
        escalated=~resolved & (rng.random(k) < 0.4),
        agent=rng.integers(0, len(world.pools.agents), k),
    ).take(order)


# ---------------------------------------------------------------- fraud alerts


def raise_alerts(world: World, period: Period, ledger: Ledger) -> tuple[Columns, Columns]:
    """Alerts on suspicious transactions, and the ones resolved in this period."""
    rng = world.rng("alerts", period.first)
    rows = ledger.rows
    n = len(rows)
    draw = rng.random(n)
    suspected = ~rows.fraud & (rows.fraud_score > ref.ALERT_SCORE)
    alarm = (rows.fraud & (draw < ref.ALERT_FRAUD_SHARE)) | (
        suspected & (draw < ref.ALERT_OTHER_SHARE)
    )
    hit = np.flatnonzero(alarm)
    chosen = rows.take(hit)
    k = len(hit)
    kind = np.where(
        chosen.velocity >= 4,
        0,
        np.where(
            chosen.distance > 500,
            1,
            np.where(np.abs(chosen.cents) > 40_000, 2, np.where(chosen.fraud, 3, 4)),
        ),
    )
    severity = np.where(chosen.fraud_score > 700, 3, np.where(chosen.fraud_score > 450, 2, 1))
    severity = np.where((severity == 1) & (rng.random(k) < 0.3), 0, severity)
    time = np.minimum(chosen.time + rng.integers(30, 1800, k), period.end - 1)
    alerts = Columns(
        id=world.next_ids("alerts", k),
        transaction=chosen.id,
        cust=chosen.cust,
        acct=chosen.acct,
        time=np.maximum(time, chosen.time),
        kind=kind,
        severity=severity,
        fraud=chosen.fraud,
        cents=np.where(
            chosen.fraud & (chosen.decline == NONE),
            np.rint(-chosen.cents * np.where(rng.random(k) < 0.6, rng.uniform(0.3, 1.0, k), 0)),
            0,
        ).astype(np.int64),
        agent=rng.integers(0, len(world.pools.agents), k),
        # most cases are clear within days, some take weeks
        due=chosen.time + 4 * 3600 + (rng.exponential(13.0, k).clip(0, 75) * DAY).astype(np.int64),
    )
    world.alerts.append(alerts)
    due = world.alerts.due < period.end
    resolved = world.alerts.take(due)
    world.alerts = world.alerts.take(~due)
    return alerts, resolved

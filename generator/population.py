"""New customers and their accounts: attributes that belong together are drawn together."""

from __future__ import annotations

import numpy as np

from generator import reference as ref
from generator.columns import Array, Columns
from generator.randomness import choose
from generator.timeline import DAY, NEVER
from generator.world import LOYAL_PURCHASES, World, customer_mix

BILLS = ("groceries", "energy", "insurance", "care", "car", "leisure")


def add_customers(world: World, signup: Array, period: int, opens_until: int | None) -> Array:
    """Let customers join at the given seconds (ascending); returns their positions.

    `opens_until`: for customers of the time before the history, the second by which all their
    accounts are open; None for customers who join now and open their accounts at once.
    """
    n = len(signup)
    first = len(world.customers)
    rows = np.arange(first, first + n)
    if n == 0:
        return rows
    rng = world.rng("customers", period)
    people = _draw_people(world, signup, rng)
    people.id = world.next_ids("customers", n)
    for name in ("checking", "savings", "card"):
        setattr(people, name, np.full(n, -1, dtype=np.int64))
    if first == 0:
        world.customers = people
    else:
        world.customers.append(people)
    _open_first_accounts(world, rows, period, opens_until)
    return rows


def _draw_people(world: World, signup: Array, rng: np.random.Generator) -> Columns:
    n = len(signup)
    pools = world.pools
    segment = choose(rng, ref.SEGMENT_SHARE, n)
    student = segment == 0
    age = np.where(student, rng.integers(18, 26, n), np.clip(rng.normal(46, 15, n), 22, 88))
    dob = signup // DAY - (age * 365.25).astype(np.int64) - rng.integers(0, 365, n)
    draw = rng.random(n)
    employment = np.where(draw < 0.80, 0, np.where(draw < 0.94, 1, 2))
    employment = np.where(age >= 66, 4, employment)
    employment = np.where(student, 3, employment)
    income = ref.SEGMENT_INCOME[segment] * np.exp(0.28 * rng.standard_normal(n))
    income = np.where(employment == 2, income * 0.45, income)
    income_cents = (np.rint(income / 100) * 10_000).astype(np.int64)
    credit = 672 + 34 * np.log(income / 50_000) + 0.9 * (age - 45) + 52 * rng.standard_normal(n)
    credit = np.clip(np.rint(credit), 350, 850).astype(np.int64)
    married = rng.random(n) < np.clip((age - 20) / 40, 0, 0.62)
    marital = np.where(
        married, 1, np.where(rng.random(n) < np.clip((age - 30) / 150, 0, 0.3), 2, 0)
    )
    marital = np.where((age > 72) & (rng.random(n) < 0.3), 3, marital)
    home = _homes(rng, age, segment)
    mix = customer_mix(world.options)
    # who has no pay of his own banks where his parents or his benefits are
    loyal = rng.random(n) < mix.loyal * np.where(np.isin(employment, (2, 3)), 0.3, 1.1)
    weight = np.where(
        loyal,
        LOYAL_PURCHASES * np.exp(0.35 * rng.standard_normal(n)),
        mix.others * np.exp(0.8 * rng.standard_normal(n) - 0.32),
    )
    earns = loyal & (employment != 2) & (employment != 3)
    low, high = np.array([[0.24, 0.34], [0.08, 0.14], [0.22, 0.32], [0.04, 0.10]])[home].T
    # of what a household has left for bills, in the order of BILLS
    bills = rng.dirichlet((14.0, 8.0, 6.0, 8.0, 7.0, 6.0), n)
    saving = rng.normal(ref.SAVING_MEAN, ref.SAVING_SPREAD, n).clip(*ref.SAVING_RANGE)
    home_city = np.array([c.weight for c in ref.cities()[: ref.home_city_count()]])
    return Columns(
        first=rng.integers(0, len(pools.first_names), n),
        last=rng.integers(0, len(pools.last_names), n),
        dob=dob,
        ssn=rng.integers(0, 1_000_000_0, n),
        phone=rng.integers(0, 10_000_000, n),
        house=rng.integers(1, 9999, n),
        street=rng.integers(0, len(pools.streets), n),
        city=choose(rng, home_city, n),
        zip=rng.integers(10_000, 99_900, n),
        signup=signup,
        credit=credit,
        income=income_cents,
        employment=employment,
        employer=rng.integers(0, len(pools.employers), n),
        job=rng.integers(0, len(pools.jobs), n),
        education=choose(rng, np.array([0.26, 0.24, 0.33, 0.13, 0.04]), n),
        marital=marital,
        dependents=np.where(age < 60, rng.poisson(np.where(married, 1.3, 0.25)), 0).clip(0, 6),
        home=home,
        segment=segment,
        active=np.ones(n, dtype=bool),
        preferred=choose(rng, np.array([0.45, 0.30, 0.15, 0.10]), n),
        opted=rng.random(n) < 0.62,
        loyalty=np.where(segment >= 3, 1, 0) + (rng.random(n) < 0.2),
        acquisition=choose(rng, np.array([0.34, 0.2, 0.16, 0.14, 0.08, 0.08]), n),
        deleted=np.zeros(n, dtype=bool),
        # behaviour, not delivered as columns
        loyal=loyal,
        weight=weight,
        taste=np.exp(ref.CUSTOMER_AMOUNT_SIGMA * rng.standard_normal(n)),
        card_share=rng.uniform(0.25, 0.75, n),
        digital=rng.uniform(0.5, 1.5, n),
        left=np.full(n, NEVER, dtype=np.int64),
        erase=np.full(n, NEVER, dtype=np.int64),
        bad_service=np.full(n, -NEVER, dtype=np.int64),
        payday=np.array([1, 15, 25, 28])[rng.integers(0, 4, n)],
        earns=earns,
        housing=rng.uniform(low, high),  # share of net income
        housing_day=rng.integers(1, 6, n),
        landlord=rng.random(n),
        **{name: bills[:, i] for i, name in enumerate(BILLS)},
        **{f"{name}_day": rng.integers(2, 28, n) for name in BILLS},
        subscription=np.where(
            loyal & (rng.random(n) < 0.3),
            np.array([899, 1099, 1199, 1549, 1799, 2299])[rng.integers(0, 6, n)],
            0,
        ),
        subscription_day=rng.integers(1, 29, n),
        saver=loyal & (rng.random(n) < 0.85),
        saving=saving,  # share of net income that is not spent
        cushion=rng.uniform(1.5, 7.0, n),  # monthly net incomes on the savings account at most
        turn=rng.integers(0, 12, n),  # month in which what is not due every month is due
        reserve=rng.integers(4_000, 30_000, n),
        ip=rng.integers(0, 2**31, n),
    )


def _homes(rng: np.random.Generator, age: Array, segment: Array) -> Array:
    """Positions in ref.HOME: owners are older and richer, and repay until they retire."""
    n = len(age)
    owns = rng.random(n) < (0.017 * (age - 20) + 0.09 * (segment - 1)).clip(0.02, 0.90)
    repays = rng.random(n) < (1.75 - age / 50).clip(0.05, 0.92)
    family = rng.random(n) < (0.75 - age / 60).clip(0.03, 0.4)
    return np.where(
        owns, np.where(repays, ref.MORTGAGED, ref.OWN), np.where(family, ref.FAMILY, ref.RENT)
    )


def _open_first_accounts(world: World, rows: Array, period: int, opens_until: int | None) -> None:
    rng = world.rng("accounts", period)
    people = world.customers.take(rows)
    n = len(rows)
    segment = people.segment
    at_once = people.signup + rng.integers(60, 1800, n)
    product = np.array([0, 1, 1, 2, 3])[segment]
    product = np.where((segment == 2) & (rng.random(n) < 0.5), 2, product)
    net = people.income * ref.SALARY_SHARE_NET / 12
    opening = np.where(
        people.loyal,
        net * rng.uniform(0.3, 1.2, n),
        30_000 * ref.SEGMENT_AMOUNT[segment] * np.exp(0.7 * rng.standard_normal(n)),
    )
    open_accounts(world, rows, product, opened=at_once, opening=opening, rng=rng)

    def later(who: Array) -> Array:
        """Seconds at which further accounts are opened."""
        start = at_once[who]
        if opens_until is None:
            return start + rng.integers(60, 1200, len(who))
        room = np.maximum(opens_until - start - 120, 1)
        return start + 60 + (rng.random(len(who)) ** 2 * room).astype(np.int64)

    saver = people.saver | (rng.random(n) < np.array([0.25, 0.4, 0.5, 0.6, 0.8])[segment])
    who = np.flatnonzero(saver)
    kind = np.where(segment[who] == 4, 6, np.where(rng.random(len(who)) < 0.5, 4, 5))
    amount = np.where(
        people.loyal[who],
        net[who] * people.cushion[who] * rng.uniform(0.3, 1.0, len(who)),
        250_000 * ref.SEGMENT_AMOUNT[segment[who]] ** 2 * np.exp(rng.standard_normal(len(who))),
    )
    open_accounts(world, rows[who], kind, opened=later(who), opening=amount, rng=rng)

    wants = rng.random(n) < np.array([0.35, 0.55, 0.7, 0.8, 0.9])[segment]
    who = np.flatnonzero(wants & (people.credit >= 580))
    kind = np.where(segment[who] == 0, 7, np.where(segment[who] >= 3, 9, 8))
    open_accounts(world, rows[who], kind, opened=later(who), opening=np.zeros(len(who)), rng=rng)

    # whoever came before the history brings loans that run since then; later most apply for one
    mix = customer_mix(world.options)
    chance = np.where(people.loyal, 0.20, 0.055) * (1.0 if opens_until is not None else 0.3)
    borrows = (rng.random(n) < chance * mix.loans) & (people.credit >= 560) & (segment > 0)
    homes = rng.random(n) < np.where(people.loyal, 0.5, 0.075) * min(mix.loans, 1.5)
    homes &= (people.home == ref.MORTGAGED) & (people.employment != 2)
    for who, auto, home in (
        (np.flatnonzero(borrows), 0.45, False),
        (np.flatnonzero(homes), 0.0, True),
    ):
        k = len(who)
        kind = np.where(rng.random(k) < auto, ref.AUTO_LOAN, ref.PERSONAL_LOAN)
        kind = np.where(home, ref.MORTGAGE, kind)
        opened = later(who)
        months = 0 if opens_until is None else (opens_until - opened) // (30 * DAY + DAY // 2)
        open_accounts(
            world,
            rows[who],
            kind,
            opened=opened,
            opening=-loan_amount(rng, kind, people.income[who]),
            rng=rng,
            term=np.array(ref.LOAN_TERMS)[kind - ref.PERSONAL_LOAN, rng.integers(0, 3, k)],
            months_paid=months,
        )


def loan_amount(rng: np.random.Generator, product: Array, income: Array) -> Array:
    """What people borrow, in cents: so much of their income, by product."""
    low, high = np.array([[0.10, 0.28], [0.22, 0.45], [1.8, 3.2]])[product - ref.PERSONAL_LOAN].T
    amount: Array = np.rint(income * rng.uniform(low, high) / 10_000) * 10_000
    return np.maximum(amount, 100_000)


def open_accounts(
    world: World,
    rows: Array,
    product: Array,
    *,
    opened: Array,
    opening: Array,
    rng: np.random.Generator,
    term: int | Array = 1,
    months_paid: int | Array = 0,
) -> Array:
    """Open one account for each given customer; returns the positions of the accounts.

    `opening` is the opening balance in cents, negative where the customer owes. A loan runs for
    `term` months; where some of them were paid before the history, the balance is what is left.
    """
    n = len(rows)
    first = len(world.accounts)
    if n == 0:
        return np.arange(first, first)
    people = world.customers
    catalogue = world.products
    kind = catalogue.kind[product]
    principal = np.where(kind == ref.LOAN, -opening, 0)
    spread = np.clip((720 - people.credit[rows]) / 100, -1.0, 4.0)
    rate = catalogue.rate[product] + np.where(kind >= ref.CARD, np.round(spread, 2), 0.0)
    monthly = rate / 1200
    growth = (1 + monthly) ** term
    annuity = np.where(
        kind == ref.LOAN, principal * monthly * growth / np.maximum(growth - 1, 1e-9), 0
    )
    left = (growth - (1 + monthly) ** months_paid) / np.maximum(growth - 1, 1e-9)
    opening = np.where(kind == ref.LOAN, -principal * left.clip(0, 1), opening)
    limit = np.clip(people.income[rows] * rng.uniform(0.06, 0.22, n), 50_000, 3_000_000)
    overdraft = np.array([p.overdraft * 100 for p in ref.PRODUCTS])[product]
    with_overdraft = (kind == ref.CHECKING) & (rng.random(n) < 0.7)
    number = rng.integers(10**9, 10**10, n)
    accounts = Columns(
        id=world.next_ids("accounts", n),
        cust=rows,
        product=product,
        kind=kind,
        number=number,
        card_digits=rng.integers(0, 10_000, n),
        opened=opened,
        closed=np.full(n, NEVER, dtype=np.int64),
        status=np.zeros(n, dtype=np.int64),
        opening=np.rint(opening).astype(np.int64),
        balance=np.rint(opening).astype(np.int64),
        limit=np.where(kind == ref.CARD, np.rint(limit / 10_000) * 10_000, 0).astype(np.int64),
        rate=np.round(rate, 2),
        autopay=rng.random(n) < np.where(kind >= ref.CARD, 0.55, 0.1),
        overdraft=np.where(with_overdraft, overdraft, 0),
        primary=kind == ref.CHECKING,
        pay_day=rng.integers(2, 28, n),
        instalment=np.rint(annuity).astype(np.int64),
        behind=np.full(n, NEVER, dtype=np.int64),  # due day of the first instalment not paid
        cured=np.full(n, NEVER, dtype=np.int64),  # day on which all of them will be paid
    )
    positions = np.arange(first, first + n)
    if first == 0:
        world.accounts = accounts
    else:
        world.accounts.append(accounts)
    for name, code in (("checking", ref.CHECKING), ("savings", ref.SAVINGS), ("card", ref.CARD)):
        mine = kind == code
        getattr(people, name)[rows[mine]] = positions[mine]
    return positions

"""What happens by itself every month: salaries, rent, bills, transfers, card and loan payments."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from generator import reference as ref
from generator.columns import Array, Columns
from generator.events import bookings
from generator.timeline import DAY, NEVER, Period, iso_weekday
from generator.world import World

MAX_SHARE = 0.6  # of a period's transactions that may be obligations


@dataclass
class Obligations:
    """Scheduled bookings of a period, and the loan payments among them."""

    parts: list[Columns]
    loan_payments: Columns
    delinquent: tuple[Array, Array, Array]

    @property
    def count(self) -> int:
        """Number of bookings."""
        return sum(len(p) for p in self.parts)


class _Plan:
    """Collects bookings in bundles that belong together (both legs of a transfer)."""

    def __init__(self, limit: int) -> None:
        self.parts: list[Columns] = []
        self.room = limit

    def fit(self, count: int, legs: int) -> int:
        """How many of `count` bundles of `legs` bookings still fit; takes the room."""
        number = max(0, min(count, self.room // legs))
        self.room -= number * legs
        return number

    def add(self, *legs: Columns) -> None:
        self.parts.extend(legs)


def _on(period: Period, day_of_month: Array) -> tuple[Array, Array]:
    """Whether each day of the month lies in the period, and its day number."""
    days = period.month_start + day_of_month - 1
    return (days >= period.first) & (days <= period.last), days


def _payday(period: Period, day_of_month: Array) -> tuple[Array, Array]:
    """Like `_on`, but a weekend's salary comes on the Friday before."""
    days = period.month_start + np.maximum(day_of_month, 3) - 1
    days = days - np.maximum(iso_weekday(days) - 5, 0)
    return (days >= period.first) & (days <= period.last), days


def plan(world: World, period: Period, quota: int, refunds: Columns) -> Obligations:
    """All scheduled bookings of a period, at most MAX_SHARE of its quota.

    What belongs together is kept or dropped together. The order of the sections is the order of
    importance when the quota is small. What is refunded to a card need not be paid.
    """
    people, accounts = world.customers, world.accounts
    rng = world.rng("obligations", period.first)
    book = _Plan(int(quota * MAX_SHARE))
    checking = people.checking
    n = len(people)
    # a leaving customer's last month is quiet; a closed or unopened account takes no booking
    ready = people.active & (people.left == NEVER)

    def usable(acct: Array, time: Array) -> Array:
        open_ = (accounts.opened[acct] < time) & (accounts.closed[acct] == NEVER)
        return np.asarray((acct >= 0) & open_)

    def clip(rows: Array, legs: int) -> Array:
        """A random part of the rows, as far as the quota reaches."""
        number = book.fit(len(rows), legs)
        return rows if number == len(rows) else np.sort(rng.permutation(rows)[:number])

    def pick(
        day_of_month: Array, mask: Array, hours: tuple[int, int], legs: int = 1
    ) -> tuple[Array, Array]:
        """Customers whose day comes in this period, and the second at which it happens."""
        inside, days = _on(period, day_of_month)
        time = days * DAY + rng.integers(hours[0] * 3600, hours[1] * 3600, n)
        rows = clip(np.flatnonzero(mask & ready & inside & usable(checking, time)), legs)
        return rows, time[rows]

    settle(world, period, book)

    # ------------------------------------------------ income
    inside, days = _payday(period, people.payday)
    time = days * DAY + rng.integers(5 * 3600, 8 * 3600, n)
    rows = clip(np.flatnonzero(people.earns & ready & inside & usable(checking, time)), 1)
    net = people.income[rows] * ref.SALARY_SHARE_NET / 12
    pension = people.employment[rows] == 4
    for mask, text in ((~pension, "Salary"), (pension, "Pension payment")):
        book.add(
            bookings(
                world,
                "salary",
                checking[rows[mask]],
                time[rows[mask]],
                np.rint(net[mask]),
                text=text,
                recurring=True,
            )
        )

    # ------------------------------------------------ loans
    loan_payments, delinquent = _loan_payments(world, period, book, rng)

    # ------------------------------------------------ bills
    def bill(
        category: str, cents: Array, day: Array, hours: tuple[int, int], spread: float
    ) -> None:
        rows, time = pick(day, cents > 0, hours)
        shops = np.flatnonzero(
            (world.merchants.category == ref.CATEGORY[category])
            & (world.merchants.deleted > period.end)
        )
        # always the same merchant for the same customer, as long as it exists
        merchant = shops[(people.landlord[rows] * 7919 % 1 * len(shops)).astype(np.int64)]
        varying = np.exp(spread * rng.standard_normal(len(rows)))
        book.add(
            bookings(
                world,
                "purchase",
                checking[rows],
                time,
                -np.rint(cents[rows] * varying),
                channel=ref.AUTO,
                method=np.where(people.landlord[rows] < 0.6, ref.NET_BANKING, ref.DEBIT_CARD),
                category=ref.CATEGORY[category],
                merchant=merchant,
                recurring=True,
            )
        )

    season = {1: 1.25, 2: 1.2, 7: 1.15, 8: 1.15, 12: 1.1}.get(period.month, 0.95)
    bill("Housing", people.rent, people.rent_day, (6, 10), 0.0)
    bill("Utilities", people.utility * season, people.utility_day, (6, 10), 0.12)
    bill("Utilities", people.phone_bill, people.phone_day, (6, 10), 0.03)
    bill("Insurance", people.insurance, people.insurance_day, (6, 10), 0.0)
    bill("Entertainment", people.subscription, people.subscription_day, (6, 10), 0.0)

    _card_payments(world, period, book, rng, refunds)

    # ------------------------------------------------ savings: matched pairs
    savings = people.savings
    day = np.minimum(people.payday + 2, 28)
    regular, amount = _savings_plan(world)
    can = people.saver & people.earns & (accounts.balance[checking] > regular) & (amount > 0)
    inside, days = _on(period, day)
    time = days * DAY + rng.integers(6 * 3600, 9 * 3600, n)
    rows = np.flatnonzero(can & ready & inside & usable(checking, time) & usable(savings, time))
    rows = clip(rows, 2)
    _transfer(
        world, book, checking[rows], savings[rows], time=time[rows], cents=amount[rows], saving=True
    )

    # ------------------------------------------------ top-ups of those who do not earn here
    _top_ups(world, period, book, rng)
    _fees_and_interest(world, period, book, rng)
    return Obligations(book.parts, loan_payments, delinquent)


def _savings_plan(world: World) -> tuple[Array, Array]:
    """Each customer's usual saving in cents, and what is saved now: more if much has gathered."""
    people = world.customers
    net = people.income * ref.SALARY_SHARE_NET / 12
    surplus = world.accounts.balance[people.checking] - net * 1.5
    regular = np.rint(net * 0.08)
    amount = np.rint(np.maximum(regular, surplus * 0.8) / 500) * 500
    return regular, amount.astype(np.int64)


def _transfer(
    world: World,
    book: _Plan,
    source: Array,
    target: Array,
    *,
    time: Array,
    cents: Array,
    saving: bool,
) -> None:
    """Both legs of a transfer between checking and savings."""
    texts = (
        ("Transfer to own savings", "Transfer from own checking")
        if saving
        else ("Transfer to own checking", "Transfer from own savings")
    )
    book.add(
        bookings(world, "transfer_out", source, time, -cents, text=texts[0], recurring=saving),
        bookings(world, "transfer_in", target, time + 1, cents, text=texts[1], recurring=saving),
    )


def settle(world: World, period: Period, book: _Plan) -> None:
    """Bring the balance of every account that closes in this period to zero before it closes."""
    people, accounts = world.customers, world.accounts
    closing = np.flatnonzero((accounts.closed >= period.start) & (accounts.closed < period.end))
    if len(closing) == 0:
        return
    balance = accounts.balance[closing]
    kind, close = accounts.kind[closing], accounts.closed[closing]
    own_checking = people.checking[accounts.cust[closing]]

    cards = (kind == ref.CARD) & (balance < 0)
    owed = -balance[cards]
    book.room -= 2 * int(cards.sum())
    book.add(
        bookings(
            world,
            "card_payment",
            own_checking[cards],
            close[cards] - 1200,
            -owed,
            text="Credit card payment",
            channel=ref.ONLINE,
        ),
        bookings(
            world,
            "card_payment_received",
            closing[cards],
            close[cards] - 1199,
            owed,
            text="Credit card payment received",
            channel=ref.ONLINE,
        ),
    )
    savings = (kind == ref.SAVINGS) & (balance > 0)
    saved = balance[savings]
    book.room -= 2 * int(savings.sum())
    _transfer(
        world,
        book,
        closing[savings],
        own_checking[savings],
        time=close[savings] - 1100,
        cents=saved,
        saving=False,
    )
    # a checking account ends with what its owner's other accounts left on it
    flow = np.zeros(len(accounts), dtype=np.int64)
    np.subtract.at(flow, own_checking[cards], owed)
    np.add.at(flow, own_checking[savings], saved)
    ends = kind == ref.CHECKING
    rest = balance[ends] + flow[closing[ends]]
    acct, when = closing[ends], close[ends] - 600
    out, owing = rest > 0, rest < 0
    book.room -= int(out.sum() + owing.sum())
    book.add(
        bookings(
            world,
            "withdrawal",
            acct[out],
            when[out],
            -rest[out],
            text="Account closing payout",
            channel=ref.BRANCH,
        ),
        bookings(
            world,
            "deposit",
            acct[owing],
            when[owing],
            -rest[owing],
            text="Settlement deposit",
            channel=ref.BRANCH,
            method=ref.CASH,
        ),
    )


def _loan_payments(
    world: World, period: Period, book: _Plan, rng: np.random.Generator
) -> tuple[Columns, tuple[Array, Array, Array]]:
    """Instalments that fall due in this period, some of them late (more often with a low score)."""
    people, accounts = world.customers, world.accounts
    loans = np.flatnonzero(
        (accounts.kind == ref.LOAN) & (accounts.closed == NEVER) & (accounts.balance < 0)
    )
    # a payment due late in the month may be made in the next one: the period is that of the payment
    due_day = period.month_start + accounts.pay_day[loans] - 1
    score = people.credit[accounts.cust[loans]]
    logit = ref.LATE_INTERCEPT + ref.LATE_SLOPE * (700 - score) / 100
    # drawn once a month and not once a period, so that days agree with their month
    month_rng = world.rng("late_payments", period.month_start)
    draws = month_rng.random((3, int(accounts.id[-1]) + 1))[:, accounts.id[loans]]
    late = draws[0] < 1 / (1 + np.exp(-logit))
    last_day = period.month_start + period.month_days - 1
    days_late = np.where(late, 1 + (draws[1] ** 2 * 40).astype(np.int64), 0)
    days_late = np.minimum(days_late, last_day - due_day)
    paid_day = due_day + days_late
    time = paid_day * DAY + (9 * 3600 + draws[2] * 6 * 3600).astype(np.int64)
    due = (paid_day >= period.first) & (paid_day <= period.last)
    due &= accounts.opened[loans] < due_day * DAY
    due &= people.checking[accounts.cust[loans]] >= 0
    chosen = np.flatnonzero(due)
    number = book.fit(len(chosen), 2)
    chosen = chosen[:number]
    loans, time, days_late = loans[chosen], time[chosen], days_late[chosen]
    due_day, paid_day = due_day[chosen], paid_day[chosen]
    owed = -accounts.balance[loans]
    interest = np.rint(owed * accounts.rate[loans] / 1200).astype(np.int64)
    scheduled = np.minimum(accounts.instalment[loans], owed + interest)
    principal = np.maximum(scheduled - interest, 1)
    checking = people.checking[accounts.cust[loans]]
    auto = accounts.autopay[loans] & (days_late == 0)
    method = np.where(auto, ref.DIRECT_DEBIT, ref.BANK_TRANSFER)
    channel = np.where(auto, ref.AUTO, np.where(draws[2][chosen] < 0.5, ref.ONLINE, ref.MOBILE))
    book.add(
        bookings(
            world,
            "loan_payment",
            checking,
            time,
            -scheduled,
            text="Loan instalment",
            channel=channel,
            method=method,
            recurring=True,
        ),
        # the loan is reduced by the principal; the interest part is the bank's income
        bookings(
            world,
            "card_payment_received",
            loans,
            time + 1,
            principal,
            text="Loan instalment received",
            channel=channel,
            method=method,
            recurring=True,
        ),
    )
    late_fee = np.where(days_late > 10, 2_500, 0)
    charged = late_fee > 0
    book.room -= int(charged.sum())
    book.add(
        bookings(
            world,
            "fee",
            checking[charged],
            time[charged] + 2,
            -late_fee[charged],
            text="Late payment fee",
            method=ref.DIRECT_DEBIT,
            category=ref.CATEGORY["Bank Fees"],
        )
    )
    payments = Columns(
        id=world.next_ids("loan_payments", len(loans)),
        acct=loans,
        cust=accounts.cust[loans],
        due=due_day,
        paid=paid_day,
        time=time,
        scheduled=scheduled,
        late=days_late,
        fee=late_fee,
        method=method,
        outstanding=owed - principal,
    )
    behind = np.flatnonzero(days_late > 5)
    start = np.maximum((due_day[behind] + 5) * DAY + 7200, period.start)
    recovered = time[behind] + 3600
    delinquent = (
        np.concatenate([loans[behind], loans[behind]]),
        np.concatenate([np.minimum(start, recovered - 60), recovered]),
        np.repeat([1, 0], len(behind)),
    )
    return payments, delinquent


def _card_payments(
    world: World, period: Period, book: _Plan, rng: np.random.Generator, refunds: Columns
) -> None:
    """Card balances are paid from the own checking account: matched pairs."""
    people, accounts = world.customers, world.accounts
    cards = np.flatnonzero(
        (accounts.kind == ref.CARD) & (accounts.closed == NEVER) & (accounts.balance < 0)
    )
    owner = accounts.cust[cards]
    inside, days = _on(period, accounts.pay_day[cards])
    refunded = np.bincount(refunds.acct, weights=refunds.cents, minlength=len(accounts))
    owed = -accounts.balance[cards] - refunded[cards].astype(np.int64)
    money = accounts.balance[people.checking[owner]]
    loyal = people.loyal[owner]
    # occasional customers pay when it has become worth it
    worth = loyal | (owed > np.minimum(30_000, accounts.limit[cards] * 0.3))
    full = (accounts.autopay[cards] | (rng.random(len(cards)) < 0.5)) & (money > owed)
    part = np.maximum(np.rint(owed * rng.uniform(0.2, 0.7, len(cards))), np.minimum(owed, 2_500))
    pay = np.where(full, owed, np.minimum(part, np.maximum(money * 0.7, 0)).astype(np.int64))
    time = days * DAY + rng.integers(7 * 3600, 12 * 3600, len(cards))
    rows = np.flatnonzero(
        inside
        & worth
        & (pay >= 500)
        & people.active[owner]
        & (people.left[owner] == NEVER)
        & (accounts.opened[cards] < time)
    )
    rows = rows[: book.fit(len(rows), 2)]
    auto = accounts.autopay[cards[rows]]
    channel = np.where(auto, ref.AUTO, ref.MOBILE)
    method = np.where(auto, ref.DIRECT_DEBIT, ref.BANK_TRANSFER)
    pay = pay[rows].astype(np.int64)
    book.add(
        bookings(
            world,
            "card_payment",
            people.checking[owner[rows]],
            time[rows],
            -pay,
            text="Credit card payment",
            channel=channel,
            method=method,
            recurring=auto,
        ),
        bookings(
            world,
            "card_payment_received",
            cards[rows],
            time[rows] + 1,
            pay,
            text="Credit card payment received",
            channel=channel,
            method=method,
            recurring=auto,
        ),
    )


def _top_ups(world: World, period: Period, book: _Plan, rng: np.random.Generator) -> None:
    """Whoever has no salary here sends money when the account runs low."""
    people, accounts = world.customers, world.accounts
    n = len(people)
    checking = people.checking
    balance = accounts.balance[checking]
    need = people.reserve + np.rint(people.weight * 5_500 * people.taste * period.months)
    loans = (accounts.kind == ref.LOAN) & (accounts.closed == NEVER)
    need = need + np.bincount(
        accounts.cust[loans], weights=accounts.instalment[loans], minlength=n
    ) * (1.2 if period.days > 5 else 1.0)
    cards = (accounts.kind == ref.CARD) & (accounts.closed == NEVER)
    owed = np.bincount(accounts.cust[cards], weights=-accounts.balance[cards], minlength=n)
    need = need + np.where(owed > 30_000, owed, 0)
    low = people.active & (people.left == NEVER) & (balance < need)
    low &= (accounts.opened[checking] < period.start) & (accounts.closed[checking] == NEVER)
    low &= ~(people.earns & (balance > 20_000))
    rows = np.flatnonzero(low & (rng.random(n) < 0.85))
    rows = np.sort(rng.permutation(rows)[: book.fit(len(rows), 1)])
    extra = (
        30_000
        * ref.SEGMENT_AMOUNT[people.segment[rows]]
        * np.exp(0.6 * rng.standard_normal(len(rows)))
    )
    amount = np.rint((need[rows] - balance[rows] + extra) / 1000) * 1000
    early = max(1, min(period.days, 4))
    time = period.start + rng.integers(0, early * DAY - 7200, len(rows))
    cash = rng.random(len(rows)) < 0.12
    for mask, text, channel, method in (
        (~cash, "Account top-up", ref.MOBILE, ref.BANK_TRANSFER),
        (cash, "Cash deposit", ref.BRANCH, ref.CASH),
    ):
        book.add(
            bookings(
                world,
                "deposit",
                checking[rows[mask]],
                time[mask],
                amount[mask],
                text=text,
                channel=channel,
                method=method,
            )
        )


def _fees_and_interest(world: World, period: Period, book: _Plan, rng: np.random.Generator) -> None:
    """Maintenance fees on the first, interest on the last day of a calendar month."""
    people, accounts = world.customers, world.accounts
    products = world.products
    owner = accounts.cust
    alive = (accounts.closed == NEVER) & (accounts.opened < period.start) & people.active[owner]
    alive &= people.left[owner] == NEVER
    if period.first == period.month_start:
        minimum = np.array([p.min_balance * 100 for p in ref.PRODUCTS])[accounts.product]
        fee = products.monthly_fee[accounts.product] * 100
        charged = alive & (accounts.kind == ref.CHECKING) & (fee > 0)
        charged &= (accounts.balance < minimum) & (accounts.balance > fee)
        # the bank waives the fee of accounts that are hardly used
        charged &= people.loyal[owner] | (rng.random(len(accounts)) < 0.04)
        rows = np.flatnonzero(charged)
        rows = rows[: book.fit(len(rows), 1)]
        time = period.start + rng.integers(600, 3 * 3600, len(rows))
        book.add(
            bookings(
                world,
                "fee",
                rows,
                time,
                -fee[rows],
                text="Monthly maintenance fee",
                method=ref.DIRECT_DEBIT,
                category=ref.CATEGORY["Bank Fees"],
                recurring=True,
            )
        )
    if period.last == period.month_start + period.month_days - 1:
        interest = np.rint(accounts.balance * accounts.rate / 1200).astype(np.int64)
        paid = alive & (accounts.kind == ref.SAVINGS) & (interest >= 100) & people.loyal[owner]
        rows = np.flatnonzero(paid)
        rows = rows[: book.fit(len(rows), 1)]
        time = period.end - 3600 + rng.integers(0, 1800, len(rows))
        book.add(
            bookings(
                world,
                "interest",
                rows,
                time,
                interest[rows],
                text="Interest credited",
                recurring=True,
            )
        )

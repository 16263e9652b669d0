"""What happens by itself every month: salaries, rent, bills, transfers, card and loan payments."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from generator import reference as ref
from generator.columns import Array, Columns
from generator.events import NONE, bookings
from generator.life import ACTIVE, CHARGED_OFF, DELINQUENT
from generator.timeline import DAY, NEVER, Period, iso_weekday
from generator.world import World

# of a period's transactions: for loans, which otherwise fell behind, and for all obligations
MAX_SHARE_LOANS, MAX_SHARE = 0.85, 0.65
BILLS = ("groceries", "energy", "insurance", "care", "car", "leisure")  # beside housing
LATE_FEE, LATE_FEE_DAYS = 2_500, 10  # in cents, from so many days on


# customers whose day of the month comes, and the seconds: day, mask, hours
_Pick = Callable[[Array, Array, tuple[int, int]], tuple[Array, Array]]


@dataclass
class Obligations:
    """Scheduled bookings of a period, and the loan payments among them."""

    parts: list[Columns]
    loan_payments: Columns  # versions of instalments: due and not paid, or paid
    delinquent: tuple[Array, Array, Array]

    @property
    def count(self) -> int:
        """Number of bookings."""
        return sum(len(p) for p in self.parts)


class _Plan:
    """Collects bookings in bundles that belong together (both legs of a transfer)."""

    def __init__(self, limit: int, budget: Household) -> None:
        self.parts: list[Columns] = []
        self.room = limit
        self.budget = budget

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
    """All scheduled bookings of a period, at most a share of its quota.

    What belongs together is kept or dropped together. The order of the sections is the order of
    importance when the quota is small. What is refunded to a card need not be paid.
    """
    people, accounts = world.customers, world.accounts
    rng = world.rng("obligations", period.first)
    book = _Plan(int(quota * MAX_SHARE_LOANS), household(world))
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
        rows = np.flatnonzero(mask & ready & inside)
        rows = clip(rows[usable(checking[rows], time[rows])], legs)
        return rows, time[rows]

    settle(world, period, book)
    loan_payments, delinquent = _loan_payments(world, period, book, rng)
    book.room = min(book.room, int(quota * MAX_SHARE) - sum(len(part) for part in book.parts))

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

    _bills(world, period, book, rng, pick)
    _card_payments(world, period, book, rng, refunds)

    _move_savings(world, period, book, rng)

    _top_ups(world, period, book, rng)
    _fees_and_interest(world, period, book, rng)
    return Obligations(book.parts, loan_payments, delinquent)


def _bills(
    world: World, period: Period, book: _Plan, rng: np.random.Generator, pick: _Pick
) -> None:
    """What households pay regularly; most of it not every month, but for some months at once."""
    people = world.customers

    def bill(
        category: Any, cents: Array, day: Array, *, spread: float = 0.0, every: int = 1
    ) -> None:
        """One bill of each household, for `every` months at once."""
        turn = (np.arange(12) % every == period.month % every)[people.turn]
        rows, time = pick(day, people.loyal & (cents >= 500) & turn, (6, 10))
        wanted = np.broadcast_to(category, len(people))[rows]
        merchant = np.zeros(len(rows), dtype=np.int64)
        for one in np.unique(wanted):
            shops = np.flatnonzero(
                (world.merchants.category == one) & (world.merchants.deleted > period.end)
            )
            # always the same merchant for the same customer, as long as it exists
            mine = wanted == one
            merchant[mine] = shops[
                (people.landlord[rows[mine]] * 7919 % 1 * len(shops)).astype(np.int64)
            ]
        varying = np.exp(spread * rng.standard_normal(len(rows)))
        book.add(
            bookings(
                world,
                "purchase",
                people.checking[rows],
                time,
                -np.rint(cents[rows] * every * varying),
                channel=ref.AUTO,
                method=np.where(people.landlord[rows] < 0.6, ref.NET_BANKING, ref.DEBIT_CARD),
                category=wanted,
                merchant=merchant,
                recurring=True,
            )
        )

    season = {1: 1.25, 2: 1.2, 7: 1.15, 8: 1.15, 12: 1.1}.get(period.month, 0.95)
    care = np.where(people.dependents > 0, ref.CATEGORY["Education"], ref.CATEGORY["Healthcare"])
    leisure = np.where(people.landlord < 0.5, ref.CATEGORY["Travel"], ref.CATEGORY["Shopping"])
    bill(ref.CATEGORY["Housing"], book.budget.housing, people.housing_day)
    bill(ref.CATEGORY["Groceries"], book.budget.groceries, people.groceries_day, spread=0.1)
    bill(
        ref.CATEGORY["Utilities"],
        book.budget.energy * season,
        people.energy_day,
        spread=0.1,
        every=2,
    )
    bill(care, book.budget.care, people.care_day, every=3)
    bill(ref.CATEGORY["Transport"], book.budget.car, people.car_day, every=3)
    bill(leisure, book.budget.leisure, people.leisure_day, every=4)
    bill(ref.CATEGORY["Insurance"], book.budget.insurance, people.insurance_day, every=6)
    bill(ref.CATEGORY["Entertainment"], people.subscription, people.subscription_day)


@dataclass(frozen=True)
class Household:
    """What each customer's household earns and spends a month, in cents, at the present state."""

    net: Array
    instalments: Array  # of loans at this bank
    purchases: Array  # expected, unscheduled
    housing: Array
    groceries: Array
    energy: Array
    insurance: Array
    care: Array
    car: Array
    leisure: Array

    @property
    def outgo(self) -> Array:
        """Everything that leaves the checking account in a month."""
        bills = self.housing + self.groceries + self.energy + self.insurance
        bills = bills + self.care + self.car + self.leisure
        return np.asarray(bills + self.instalments + self.purchases)


def household(world: World) -> Household:
    """Budgets: bills take what income, saving, loans and purchases leave.

    Bills are for those who bank here mainly; of the others the bank sees neither pay nor bills.
    """
    people, accounts = world.customers, world.accounts
    n = len(people)
    net = people.income * ref.SALARY_SHARE_NET / 12
    open_ = (accounts.kind == ref.LOAN) & (accounts.closed == NEVER)
    open_ &= accounts.status != CHARGED_OFF
    owner = accounts.cust[open_]
    instalments = np.bincount(owner, weights=accounts.instalment[open_], minlength=n)
    mortgages = accounts.product[open_] == ref.MORTGAGE
    mortgaged = np.bincount(owner[mortgages], minlength=n) > 0
    purchases = people.weight * world.purchase_rate * ref.PAID_SHARE * ref.mean_purchase() * 100
    purchases = purchases * ref.SEGMENT_AMOUNT[people.segment] * people.taste
    # whoever repays a mortgage here pays no other home
    housing = np.where(mortgaged, 0.0, people.housing * net)
    rest = net * (1 - people.saving) - housing - instalments - purchases - people.subscription
    rest = np.maximum(rest, 0.06 * net)

    # a bill does not move with every dollar: steps of 5 %
    step = np.log(1.05)
    shares = (getattr(people, name) for name in BILLS)
    wanted = np.stack([housing, *(rest * share for share in shares)])[:, people.loyal]
    steps = np.rint(np.log(np.maximum(wanted, 1.0)) / step)
    bills = np.zeros((len(wanted), n))
    bills[:, people.loyal] = np.rint(np.exp(steps * step) / 100) * 100
    return Household(net, instalments, purchases, *bills)


def _move_savings(world: World, period: Period, book: _Plan, rng: np.random.Generator) -> None:
    """Between checking and savings, and what has gathered beyond a household's wishes."""
    people, accounts = world.customers, world.accounts
    checking, savings = people.checking, people.savings
    n = len(people)
    net = people.income * ref.SALARY_SHARE_NET / 12
    here = people.active & (people.left == NEVER) & people.loyal
    here &= (accounts.opened[checking] < period.start) & (accounts.closed[checking] == NEVER)
    has = here & (savings >= 0)
    has &= (accounts.opened[savings] < period.start) & (accounts.closed[savings] == NEVER)
    money = accounts.balance[checking]
    saved = np.where(has, accounts.balance[savings], 0)

    # every third month, two days after the pay
    inside, days = _on(period, np.minimum(people.payday + 2, 28))
    time = days * DAY + rng.integers(6 * 3600, 9 * 3600, n)
    regular = people.saving * net * 3
    amount = np.rint(np.maximum(regular, (money - net * 1.3) * 0.8) / 500) * 500
    turn = people.turn % 3 == period.month % 3
    saves = people.saver & has & people.earns & inside & turn & (amount >= 1_000)
    rows = np.flatnonzero(saves & (money > amount * 0.6))
    rows = np.sort(rng.permutation(rows)[: book.fit(len(rows), 2)])
    _transfer(
        world, book, checking[rows], savings[rows], time=time[rows], cents=amount[rows], saving=True
    )

    # back again where the month would otherwise not be paid
    early = max(1, min(period.days, 4)) * DAY
    time = period.start + rng.integers(0, early - 7200, n)
    back = np.rint(np.minimum(saved - 5_000, net * 0.6) / 1_000) * 1_000
    draws = has & (money < net * 0.12) & (back >= 10_000)
    rows = np.flatnonzero(draws & (rng.random(n) < (0.9 if period.days > 5 else 0.1)))
    rows = np.sort(rng.permutation(rows)[: book.fit(len(rows), 2)])
    _transfer(
        world, book, savings[rows], checking[rows], time=time[rows], cents=back[rows], saving=False
    )
    drawn = np.zeros(n, dtype=bool)
    drawn[rows] = True

    # what is more than a cushion is invested elsewhere
    when = period.start + rng.integers(9 * 3600, period.days * DAY - 3600, n)
    for acct, held, most, kept, text in (
        (savings, saved, people.cushion * net * 1.15, 0.85, "Transfer to brokerage account"),
        (checking, money, net * 3.0, 0.5, "Payment to another bank"),
    ):
        much = here & ~drawn & (held > most) & (acct >= 0)
        rows = np.flatnonzero(much & (rng.random(n) < 0.5 * period.months))
        rows = rows[: book.fit(len(rows), 1)]
        cents = np.rint((held - most * kept)[rows] / 10_000) * 10_000
        book.add(
            bookings(
                world,
                "withdrawal",
                acct[rows],
                when[rows],
                -np.maximum(cents, 10_000),
                text=text,
                channel=ref.ONLINE,
            )
        )


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


def _due_instalments(world: World, period: Period) -> Columns:
    """Instalments that fall due in this period, and the day on which each will be paid.

    A loan that owes no earlier instalment falls behind with a chance that follows from score and
    checking balance at the start of the period; most catch up within weeks, some stay behind until
    they are cured or given up (see `late_payment` in truth.json).
    """
    people, accounts = world.customers, world.accounts
    days = period.month_start + accounts.pay_day - 1
    due = (accounts.kind == ref.LOAN) & (accounts.closed == NEVER) & (accounts.balance < 0)
    due &= (days >= period.first) & (days <= period.last) & (accounts.opened < days * DAY)
    due &= _given_up(accounts) > days
    loans = np.flatnonzero(due)
    days = days[loans]
    # what earlier instalments will repay is not due once more
    waiting = np.bincount(
        world.overdue.acct, weights=world.overdue.scheduled, minlength=len(accounts)
    )
    owed = -accounts.balance[loans] - waiting[loans].astype(np.int64)
    interest = np.rint(owed * accounts.rate[loans] / 1200).astype(np.int64)
    scheduled = np.minimum(accounts.instalment[loans], owed + interest)

    owner = accounts.cust[loans]
    rng = world.rng("late_payments", period.first)
    late_draw, serious_draw, stage_draw, length = rng.random((4, len(loans)))
    low = accounts.balance[people.checking[owner]] < ref.LOW_BALANCE_CENTS
    logit = ref.LATE_INTERCEPT + ref.LATE_SLOPE * (700 - people.credit[owner]) / 100
    logit = logit + ref.LATE_LOW_BALANCE * low
    behind = (accounts.behind[loans] != NEVER) & (accounts.cured[loans] > days)
    late = ~behind & (late_draw < 1 / (1 + np.exp(-logit)))
    serious = late & (serious_draw < ref.LATE_SERIOUS_SHARE)
    stages = 1 + np.floor(np.log(1 - stage_draw) / np.log(1 - ref.LATE_CURE)).astype(np.int64)
    cure = days + 30 * stages + (length * 28).astype(np.int64)
    cure = np.where(cure < days + ref.CHARGE_OFF_DAYS, cure, NEVER)
    accounts.behind[loans[serious]] = days[serious]
    accounts.cured[loans[serious]] = cure[serious]
    paid = np.where(late, days + 1 + (length**2 * 27).astype(np.int64), days)
    paid = np.where(behind | serious, accounts.cured[loans], paid)
    keep = scheduled > 0
    loans, days, paid, scheduled = (part[keep] for part in (loans, days, paid, scheduled))
    return Columns(
        id=world.next_ids("loan_payments", len(loans)),
        acct=loans,
        due=days,
        paid=paid,
        scheduled=scheduled,
    )


def _given_up(accounts: Columns) -> Array:
    """Day on which the bank writes off each loan that will never be cured."""
    never_cured = (accounts.behind != NEVER) & (accounts.cured == NEVER)
    return np.where(never_cured, accounts.behind + ref.CHARGE_OFF_DAYS, NEVER)


def _loan_status(world: World, period: Period) -> tuple[Array, Array, Array]:
    """Loans whose status changes in this period, the seconds, and the new status."""
    accounts = world.accounts
    loans, times, status = [], [], []
    for day, second, new in (
        (accounts.behind + ref.DELINQUENT_DAYS, 7_200, DELINQUENT),
        (accounts.cured, 16 * 3600, ACTIVE),
        (_given_up(accounts), 7_200, CHARGED_OFF),
    ):
        now = np.flatnonzero((day >= period.first) & (day <= period.last))
        loans.append(now)
        times.append(day[now] * DAY + second)
        status.append(np.full(len(now), new))
    return np.concatenate(loans), np.concatenate(times), np.concatenate(status)


def _loan_payments(
    world: World, period: Period, book: _Plan, rng: np.random.Generator
) -> tuple[Columns, tuple[Array, Array, Array]]:
    """Instalments that are paid or stay unpaid in this period, and what becomes of the loans."""
    accounts = world.accounts
    status = _loan_status(world, period)
    before = accounts.behind.copy()
    world.overdue.append(_due_instalments(world, period))
    waiting = world.overdue
    given_up = _given_up(accounts)[waiting.acct]

    payable = np.flatnonzero((waiting.paid <= period.last) & (given_up > period.last))
    payable = payable[np.lexsort((waiting.due[payable], waiting.acct[payable]))]
    paid = waiting.take(payable)
    late = paid.paid - paid.due
    first = np.r_[True, paid.acct[1:] != paid.acct[:-1]][: len(paid)]
    helped = first & (late >= ref.DELINQUENT_DAYS)
    # with a small quota an instalment waits until there is room
    cost = np.cumsum(2 + (late > LATE_FEE_DAYS) + helped)
    fits = int(np.searchsorted(cost, book.room, side="right"))
    book.room -= int(cost[fits - 1]) if fits else 0
    waiting.paid[payable[fits:]] = period.last + 1
    paid, helped = paid.take(np.arange(fits)), helped[:fits]

    versions = [
        _unpaid(world, period, waiting, given_up),
        _pay(world, book, rng, paid, helped),
    ]
    stays = given_up > period.last
    stays[payable[:fits]] = False
    world.overdue = waiting.take(stays)
    over = (accounts.cured <= period.last) & (accounts.behind == before)
    accounts.behind = np.where(over, NEVER, accounts.behind)
    accounts.cured = np.where(over, NEVER, accounts.cured)
    return Columns.concat(versions), status


def _unpaid(world: World, period: Period, waiting: Columns, given_up: Array) -> Columns:
    """What the bank reports of instalments that are not paid: on the first day, then each 30."""
    accounts = world.accounts
    rows, days = [], []
    for late in (1, 30, 60, 90, 0):
        day = waiting.due + late if late else given_up
        told = (day >= period.first) & (day <= period.last) & (day <= waiting.paid)
        told &= (day < given_up) | (late == 0)
        rows.append(np.flatnonzero(told))
        days.append(day[rows[-1]])
    row, day = np.concatenate(rows), np.concatenate(days)
    one = waiting.take(row)
    return Columns(
        id=one.id,
        acct=one.acct,
        cust=accounts.cust[one.acct],
        due=one.due,
        paid=np.full(len(one), NEVER),
        scheduled=one.scheduled,
        actual=np.zeros(len(one), dtype=np.int64),
        late=day - one.due,
        fee=np.zeros(len(one), dtype=np.int64),
        method=np.full(len(one), NONE),
        outstanding=-accounts.balance[one.acct],
        created=(one.due + 1) * DAY + 7_200,
        updated=day * DAY + 7_200,
    )


def _pay(
    world: World, book: _Plan, rng: np.random.Generator, paid: Columns, helped: Array
) -> Columns:
    """Book instalments, sorted by loan and due day; `helped`: money for them comes from outside."""
    people, accounts = world.customers, world.accounts
    loans, late = paid.acct, paid.paid - paid.due
    n = len(loans)
    draw = rng.random((2, n))
    checking = people.checking[accounts.cust[loans]]
    # several instalments of a loan on one day follow each other
    first = np.r_[True, loans[1:] != loans[:-1]][:n]
    starts = np.flatnonzero(first)
    rank = np.arange(n) - np.repeat(starts, np.diff(np.r_[starts, n]))
    second = (9 * 3600 + draw[0] * 6 * 3600).astype(np.int64)
    time = paid.paid * DAY + second[np.arange(n) - rank] + 20 * rank
    owed = -accounts.balance
    actual, principal, left = (np.zeros(n, dtype=np.int64) for _ in range(3))
    for place in range(int(rank.max(initial=-1)) + 1):
        now = np.flatnonzero(rank == place)
        one = loans[now]
        interest = np.rint(owed[one] * accounts.rate[one] / 1200).astype(np.int64)
        actual[now] = np.minimum(paid.scheduled[now], owed[one] + interest)
        principal[now] = np.minimum(np.maximum(actual[now] - interest, 1), owed[one])
        owed[one] -= principal[now]
        left[now] = owed[one]
    auto = accounts.autopay[loans] & (late == 0)
    method = np.where(auto, ref.DIRECT_DEBIT, ref.BANK_TRANSFER)
    channel = np.where(auto, ref.AUTO, np.where(draw[1] < 0.5, ref.ONLINE, ref.MOBILE))
    total = np.bincount(loans, weights=actual, minlength=len(accounts))[loans]
    short = helped & (accounts.balance[checking] < 1.2 * total)
    book.add(
        bookings(
            world,
            "deposit",
            checking[short],
            time[short] - 3600,
            np.rint(total[short] / 1000 + 5) * 1000,
            text="Account top-up",
            channel=ref.MOBILE,
        ),
        bookings(
            world,
            "loan_payment",
            checking,
            time,
            -actual,
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
    fee = np.where(late > LATE_FEE_DAYS, LATE_FEE, 0)
    charged = fee > 0
    book.add(
        bookings(
            world,
            "fee",
            checking[charged],
            time[charged] + 2,
            -fee[charged],
            text="Late payment fee",
            method=ref.DIRECT_DEBIT,
            category=ref.CATEGORY["Bank Fees"],
        )
    )
    return Columns(
        id=paid.id,
        acct=loans,
        cust=accounts.cust[loans],
        due=paid.due,
        paid=paid.paid,
        scheduled=paid.scheduled,
        actual=actual,
        late=late,
        fee=fee,
        method=method,
        outstanding=left,
        created=np.where(late > 0, (paid.due + 1) * DAY + 7_200, time + 1),
        updated=time + 1,
    )


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
    worth = owed > np.minimum(np.where(loyal, 12_000, 30_000), accounts.limit[cards] * 0.3)
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
    # who has no pay lets as much come as goes
    bills = np.where(people.earns, 0, book.budget.outgo - book.budget.purchases)
    need = people.reserve + bills + 2 * book.budget.purchases * period.months
    cards = (accounts.kind == ref.CARD) & (accounts.closed == NEVER)
    owed = np.bincount(accounts.cust[cards], weights=-accounts.balance[cards], minlength=n)
    need = need + np.where(owed > 30_000, owed, 0)
    low = people.active & (people.left == NEVER) & (balance < need)
    low &= (accounts.opened[checking] < period.start) & (accounts.closed[checking] == NEVER)
    # those with pay live with a short account, and sometimes overdraw it
    low &= ~people.earns | ((balance < 10_000) & (rng.random(n) < 0.5))
    rows = np.flatnonzero(low & (rng.random(n) < 0.85))
    rows = np.sort(rng.permutation(rows)[: book.fit(len(rows), 1)])
    extra = (
        30_000
        * ref.SEGMENT_AMOUNT[people.segment[rows]]
        * np.exp(0.6 * rng.standard_normal(len(rows)))
    )
    # loans are provided for some months ahead
    ahead = rng.integers(0, 3, len(rows)) * book.budget.instalments[rows]
    amount = np.rint((need[rows] - balance[rows] + extra + ahead) / 1000) * 1000
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
        # once a quarter; on savings that hardly move, once a year
        months = np.where(people.loyal[owner], 3, 12)
        interest = np.rint(accounts.balance * accounts.rate / 1200 * months).astype(np.int64)
        paid = alive & (accounts.kind == ref.SAVINGS) & (interest >= 100)
        paid &= people.turn[owner] % months == period.month % months
        paid &= accounts.opened < period.start - months * 30 * DAY
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

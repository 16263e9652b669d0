"""Accounts that customers keep elsewhere and connect: consents, bookings, tags, balances.

It reads the bank (people, and what they send to other banks) and changes nothing there: every draw
comes from streams of its own. Money is in whole cents of the account's currency.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from generator import reference as ref
from generator.columns import Array, Columns
from generator.events import NONE, TEXT
from generator.ledger import Ledger
from generator.randomness import choose
from generator.timeline import DAY, NEVER, Period, iso_weekday
from generator.world import World

# name, BIC, country; the first eight keep dollars, the others euros
INSTITUTIONS = (
    ("Hudson Valley Savings", "HUVSUS33", "US"),
    ("Lakeshore National Bank", "LAKNUS44", "US"),
    ("Cascade Credit Union", "CASCUS66", "US"),
    ("Granite State Bank", "GRSBUS33", "US"),
    ("Palmetto Federal", "PALFUS3M", "US"),
    ("Redwood Online Bank", "REDWUS6S", "US"),
    ("Prairie Trust", "PRTRUS44", "US"),
    ("Sunbelt Community Bank", "SUNBUS3A", "US"),
    ("Alster Direktbank", "ALSTDEHH", "DE"),
    ("Banque du Rivage", "BRIVFRPP", "FR"),
)
DOLLAR_INSTITUTIONS = 8
CURRENCIES = ("USD", "EUR")
CHECKING, SAVINGS, CARD = range(3)
ACTIVE, EXPIRED, REVOKED = range(3)
PENDING, BOOKED, RELEASED = range(3)
TAGS = (
    ("Groceries", "#2e7d32"), ("Eating out", "#ef6c00"), ("Home", "#5d4037"),
    ("Family", "#c2185b"), ("Holiday", "#0288d1"), ("Car", "#455a64"), ("Fun", "#7b1fa2"),
    ("Work", "#303f9f"), ("Health", "#00897b"), ("Gifts", "#d32f2f"),
)  # fmt: skip
COLOURS = ("#9e9d24", "#6d4c41", "#1565c0", "#ad1457")
# kinds of bookings: type, category, counterparty, description; None comes from the merchant
KINDS: dict[str, tuple[str, str | None, str | None, str]] = {
    "purchase": ("card_payment", None, None, "Card payment"),
    "refund": ("card_payment", None, None, "Card refund"),
    "salary": ("credit_transfer", "Income", "Payroll office", "Salary"),
    "invoice": ("credit_transfer", "Income", "Client", "Invoice"),
    "rent": ("credit_transfer", "Housing", "Landlord", "Rent"),
    "bill": ("direct_debit", "Utilities", "City Energy & Water", "Monthly bill"),
    "loan": ("direct_debit", "Loans", "Student loan servicer", "Instalment"),
    "to_friend": ("credit_transfer", "Transfers", "Private payee", "Payment"),
    "from_friend": ("credit_transfer", "Transfers", "Private payer", "Payment"),
    "own_out": ("credit_transfer", "Transfers", "Own account", "Transfer to own account"),
    "own_in": ("credit_transfer", "Transfers", "Own account", "Transfer from own account"),
    "interest": ("interest", "Interest", None, "Interest credited"),
    "fee": ("fee", "Bank Fees", None, "Account fee"),
}
KIND = {name: i for i, name in enumerate(KINDS)}

_TO_OTHER_BANKS = [TEXT["Account top-up"], TEXT["Payment to another bank"],
                   TEXT["Transfer to brokerage account"]]  # fmt: skip
ROWS_SHARE, ROWS_A_MONTH = 0.075, 3.7  # of the bank's transactions; of a person who is connected
FOUNDERS = 0.3  # of those who ever connect, already in the first period
MOST_CONNECT = 0.25
INTEREST = 0.031 / 12
CONSENT_DAYS, RENEWED, REVOCATION = 180, 0.85, 0.010  # the last one a month
PENDING_SHARE, RELEASED_SHARE, RELEASED_AFTER, CHANGED_SHARE = 0.4, 0.04, 7, 0.12
REFUND_SHARE, TAGGED_SHARE, SECOND_TAG, UNTAGGED, TAG_CHANGE = 0.03, 0.55, 0.2, 0.03, 0.008
PURCHASES, FRIENDS_OUT, FRIENDS_IN = 3.2, 0.35, 0.25  # a month


@dataclass
class Connected:
    """What one period tells: rows of each table, in columns, and the truth about them."""

    connections: Columns
    accounts: Columns
    tags: Columns
    transactions: Columns
    links: Columns
    snapshots: Columns
    transfers: list[list[str]]  # both legs of own transfers: out, in
    replaced: list[list[int]]  # a pending transaction and the booked one that took its place
    released: list[int]
    totals: list[dict[str, Any]]  # by month and currency, without own transfers

    def truth(self) -> dict[str, Any]:
        """As stated in truth.json."""
        return {
            "transfers": self.transfers,
            "pending_booked": self.replaced,
            "released": self.released,
            "totals": self.totals,
        }


def _empty(**types: Any) -> Columns:
    return Columns(**{name: np.zeros(0, dtype=kind) for name, kind in types.items()})


def _whole(*names: str) -> Columns:
    return _empty(**dict.fromkeys(names, np.int64))


class OpenBanking:
    """The state between two periods."""

    def __init__(self, world: World) -> None:
        options = world.options
        months = max(options.days / 30.4375, 0.25)
        wanted = ROWS_SHARE * options.transactions / (ROWS_A_MONTH * months * 0.65)
        self.share = min(wanted / options.customers, MOST_CONNECT)
        self.is_first = True
        # of each person: net income a month, and whether it is paid into the checking account
        self.net: Array = np.zeros(0)
        self.paid: Array = np.zeros(0, dtype=bool)
        # people: positions of their accounts (-1: none), number of tags and the first of them
        self.people = _whole("cust", "checking", "savings", "card", "euro", "tags", "first_tag")
        self.connections = _whole("id", "cust", "institution", "status", "since", "until", "ended",
                                  "time")  # fmt: skip
        self.accounts = _whole("id", "connection", "person", "kind", "currency", "balance",
                               "opened", "digits", "day")  # fmt: skip
        self.tags = _whole("id", "cust", "name", "colour", "created", "deleted", "time")
        # bookings that are decided on and not booked yet
        self.waiting = _whole(*_BOOKING, "pending_id")

    def step(self, world: World, period: Period, ledger: Ledger) -> Connected:
        """What happens on connected accounts in a period."""
        rng = world.rng("open_banking", period.first)
        known = [len(table) for table in (self.connections, self.accounts, self.tags)]
        self._connect(world, period, rng)
        connections = self._consents(world, period, rng, known[0])
        new = self._bookings(world, period, rng, ledger)
        rows, booked = self._book(world, period, rng, new)
        links = self._tag(world, period, rng, rows, booked)
        snapshots = self._snapshots(world, period, booked, known[1])
        tags = self._change_tags(period, rng, known[2])
        accounts = self.accounts.take(np.arange(known[1], len(self.accounts)))
        pairs, totals = _truth(booked, self.accounts)
        swapped = booked.pending_ref >= 0
        return Connected(
            connections, accounts, tags, rows, links, snapshots, pairs,
            np.stack([booked.pending_ref, booked.id], 1)[swapped].tolist(),
            rows.id[rows.status == RELEASED].tolist(), totals,
        )  # fmt: skip

    # ------------------------------------------------------------ who connects what

    def _connect(self, world: World, period: Period, rng: np.random.Generator) -> None:
        """Some customers connect one or two institutions, and make themselves some tags."""
        customers = world.customers
        chance = self.share * (1 - FOUNDERS) * period.days / world.options.days
        if self.is_first:
            chance += self.share * FOUNDERS
        self.is_first = False
        n = len(customers)
        cust = np.unique(rng.integers(0, n, rng.binomial(n, min(chance, 1.0))))
        able = customers.active[cust] & (customers.left[cust] == NEVER)
        able &= (customers.signup[cust] < period.start) & ~np.isin(cust, self.people.cust)
        cust = cust[able]
        k = len(cust)
        if k == 0:
            return
        time = period.start + rng.integers(8 * 3600, period.days * DAY - 3600, k)
        has_savings, has_card, second = rng.random((3, k)) < [[0.6], [0.4], [0.3]]
        abroad = second & (rng.random(k) < 0.5)
        apart = second & ~abroad & has_savings  # savings at another bank than the checking account
        main = rng.integers(0, DOLLAR_INSTITUTIONS, k)
        other = (main + rng.integers(1, DOLLAR_INSTITUTIONS, k)) % DOLLAR_INSTITUTIONS
        foreign = rng.integers(DOLLAR_INSTITUTIONS, len(INSTITUTIONS), k)

        first, two = len(self.connections), np.flatnonzero(abroad | apart)
        who = np.r_[np.arange(k), two]
        again = np.r_[time, np.minimum(time[two] + 900, period.end - 1)]
        institution = np.r_[main, np.where(abroad, foreign, other)[two]]
        self.connections.append(
            Columns(
                id=world.next_ids("connections", len(who)),
                cust=cust[who],
                institution=institution,
                status=np.full(len(who), ACTIVE),
                since=again,
                until=again + CONSENT_DAYS * DAY,
                ended=np.full(len(who), NEVER),
                time=again,
            )
        )
        second_connection = np.full(k, NONE)
        second_connection[two] = first + k + np.arange(len(two))
        mine = first + np.arange(k)
        person = len(self.people) + np.arange(k)
        people = Columns(**{name: np.full(k, NONE) for name in self.people.names})
        people.cust = cust
        net = customers.income[cust] * ref.SALARY_SHARE_NET / 12
        opening, first_account = [], len(self.accounts)
        for name, mask, connection, kind, share in (
            ("checking", np.ones(k, dtype=bool), mine, CHECKING, (0.6, 2.5)),
            ("savings", has_savings, np.where(apart, second_connection, mine), SAVINGS, (1.0, 9.0)),
            ("card", has_card, mine, CARD, (-0.4, 0.0)),
            ("euro", abroad, second_connection, CHECKING, (0.5, 2.0)),
        ):
            rows = np.flatnonzero(mask)
            opened = self.connections.since[connection[rows]]
            getattr(people, name)[rows] = first_account + np.arange(len(rows))
            first_account += len(rows)
            opening.append(
                Columns(
                    id=world.next_ids("external_accounts", len(rows)),
                    connection=connection[rows],
                    person=person[rows],
                    kind=np.full(len(rows), kind),
                    currency=np.full(len(rows), int(name == "euro")),
                    balance=np.rint(net[rows] * rng.uniform(*share, len(rows))).astype(np.int64),
                    opened=opened,
                    digits=rng.integers(0, 10_000, len(rows)),
                    day=rng.integers(1, 15, len(rows)),
                )
            )
        self.accounts.append(Columns.concat(opening))
        people.tags = rng.integers(2, 5, k)
        people.first_tag = len(self.tags) + np.cumsum(people.tags) - people.tags
        self.people.append(people)
        owner = np.repeat(np.arange(k), people.tags)
        place = np.arange(len(owner)) - np.repeat(people.first_tag - len(self.tags), people.tags)
        name = (np.repeat(rng.integers(0, len(TAGS), k), people.tags) + 3 * place) % len(TAGS)
        made = np.minimum(time[owner] + 60 * (place + 1), period.end - 1)
        self.tags.append(
            Columns(
                id=world.next_ids("tags", len(owner)),
                cust=cust[owner],
                name=name,
                colour=name,
                created=made,
                deleted=np.full(len(owner), NEVER),
                time=made,
            )
        )

    def _consents(
        self, world: World, period: Period, rng: np.random.Generator, known: int
    ) -> Columns:
        """Consents that are renewed, run out or are revoked; versions of connections."""
        table = self.connections
        n = len(table)
        draw, keep, when = rng.random((3, n))
        open_ = table.ended == NEVER
        settled = open_ & (np.arange(n) < known)
        revoked = settled & (draw < REVOCATION * period.months)
        time = period.start + (when * (period.days * DAY - 60)).astype(np.int64) + 30
        left = world.customers.left[table.cust]
        gone = open_ & (left < period.end)
        time = np.where(gone, np.maximum(left, table.since + 60), time)
        revoked |= gone
        due = open_ & (table.until < period.end) & ~(revoked & (time < table.until))
        revoked &= ~due
        renewed = due & (keep < RENEWED)
        expired = due & ~renewed
        time = np.where(due, table.until, time)
        over = revoked | expired
        before = table.take(np.arange(known, n))
        table.status = np.where(expired, EXPIRED, np.where(revoked, REVOKED, table.status))
        table.ended = np.where(over, time, table.ended)
        table.until = np.where(renewed, table.until + CONSENT_DAYS * DAY, table.until)
        changed = np.flatnonzero(over | renewed)
        table.time[changed] = time[changed]
        return Columns.concat([before, table.take(changed)])

    # ------------------------------------------------------------ what happens there

    def _bookings(
        self, world: World, period: Period, rng: np.random.Generator, ledger: Ledger
    ) -> Columns:
        """Bookings that people and their counterparties decide on in this period."""
        customers, cust = world.customers, self.people.cust
        self.net = customers.income[cust] * ref.SALARY_SHARE_NET / 12
        # whoever has no pay at our bank has it here
        self.paid = ~customers.earns[cust] & ~np.isin(customers.employment[cust], (2, 3))
        parts = [
            *self._regular(world, period, rng),
            *self._between_own(world, period, rng),
            *self._friends(period, rng),
            *self._with_the_bank(world, period, rng, ledger),
            *self._purchases(world, period, rng),
        ]
        rows = _gather(parts)
        connection = self.accounts.connection[rows.acct]
        alive = self.connections.since[connection] < rows.time
        return rows.take(alive & (rows.time < self.connections.ended[connection]))

    def _on(
        self, period: Period, day_of_month: Array | int, mask: Array, hour: int
    ) -> tuple[Array, Array]:
        """People whose day of the month lies in the period, and the second."""
        days = period.month_start + day_of_month - 1
        rows = np.flatnonzero(mask & (days >= period.first) & (days <= period.last))
        day = days[rows] if isinstance(days, np.ndarray) else days
        return rows, day * DAY + hour * 3600 + self.people.cust[rows] * 37 % 3600

    def _regular(self, world: World, period: Period, rng: np.random.Generator) -> list[_Part]:
        """What comes every month: pay, rent, bills, fees, interest."""
        people, customers, net, paid = self.people, world.customers, self.net, self.paid
        cust, checking, accounts = people.cust, people.checking, self.accounts
        parts = []
        # pay comes on the Friday before a weekend
        payday = np.maximum(customers.payday[cust], 3)
        weekday = iso_weekday(period.month_start + payday - 1)
        rows, time = self._on(period, payday - np.maximum(weekday - 5, 0), paid, 5)
        parts.append(_new("salary", checking[rows], time, np.rint(net[rows])))
        for acct, mask, low in (
            (people.euro, people.euro >= 0, 30_000),
            (checking, ~paid, 25_000),
        ):
            rows, time = self._on(period, 20, mask, 9)
            earned = np.rint(rng.uniform(low, 2 * low, len(rows)))
            parts.append(_new("invoice", acct[rows], time, earned))
        housing = customers.housing[cust]
        rows, time = self._on(period, customers.housing_day[cust], paid & (housing > 0), 6)
        rent = np.rint(net[rows] * housing[rows] / 500) * 500
        parts.append(_new("rent", checking[rows], time, -rent))
        rows, time = self._on(period, customers.energy_day[cust], paid, 4)
        bill = np.rint(net[rows] * 0.045 * np.exp(0.15 * rng.standard_normal(len(rows))))
        parts.append(_new("bill", checking[rows], time, -bill))
        rows, time = self._on(period, customers.car_day[cust], paid & (cust % 3 == 0), 4)
        parts.append(_new("loan", checking[rows], time, -np.rint(net[rows] * 0.12)))
        rows, time = self._on(period, 1, people.euro >= 0, 3)
        parts.append(_new("fee", people.euro[rows], time, np.full(len(rows), -490)))
        month_end = period.month_start + period.month_days - 1
        if month_end == period.last:
            rows = np.flatnonzero((accounts.kind == SAVINGS) & (accounts.balance > 20_000))
            time = np.full(len(rows), month_end * DAY + 23 * 3600)
            parts.append(_new("interest", rows, time, np.rint(accounts.balance[rows] * INTEREST)))
        return parts

    def _between_own(self, world: World, period: Period, rng: np.random.Generator) -> list[_Part]:
        """Transfers between connected accounts of a person; the second leg may come later."""
        people, customers, accounts = self.people, world.customers, self.accounts
        cust, checking, savings = people.cust, people.checking, people.savings
        parts: list[_Part] = []

        def pair(target: Array, rows: Array, time: Array, cents: Array, most: int) -> None:
            number = len(parts) << 32 | np.arange(len(rows))
            day = np.minimum(time // DAY + rng.integers(0, most + 1, len(rows)), period.last)
            parts.append(_new("own_out", checking[rows], time, -cents, pair=number))
            parts.append(_new("own_in", target[rows], time + 1, cents, pair=number, day=day))

        money = accounts.balance[checking]
        share = customers.saving[cust]
        saves = self.paid & (savings >= 0) & (share > 0) & (money > 0)
        rows, time = self._on(period, np.minimum(customers.payday[cust] + 2, 28), saves, 7)
        cents = np.maximum(np.rint(self.net[rows] * share[rows] / 5_000) * 5_000, 5_000)
        pair(savings, rows, time, cents, 2)
        rows, time = self._on(period, 12, people.card >= 0, 8)
        owed = -accounts.balance[people.card[rows]]
        pair(people.card, rows[owed > 0], time[owed > 0], owed[owed > 0], 1)
        # what has gathered goes to savings, or to an account that nobody has connected
        too_much = np.rint((money - 1.3 * self.net) / 10_000) * 10_000
        rows, time = self._on(period, 9, too_much >= 50_000, 10)
        known = savings[rows] >= 0
        pair(savings, rows[known], time[known], too_much[rows[known]], 2)
        away = rows[~known]
        return [*parts, _new("own_out", checking[away], time[~known], -too_much[away])]

    def _friends(self, period: Period, rng: np.random.Generator) -> list[_Part]:
        """Round sums from and to other people."""
        amounts = np.array([2_000, 2_500, 4_000, 5_000, 6_000, 7_500, 10_000, 15_000, 20_000])
        n = len(self.people)
        parts = []
        for kind, often, sign in (("to_friend", FRIENDS_OUT, -1), ("from_friend", FRIENDS_IN, 1)):
            rows = np.repeat(np.arange(n), rng.poisson(often * period.months, n))
            time = period.start + rng.integers(0, period.days, len(rows)) * DAY + 68_400
            cents = sign * amounts[rng.integers(0, len(amounts), len(rows))]
            parts.append(_new(kind, self.people.checking[rows], time, cents))
        return parts

    def _purchases(self, world: World, period: Period, rng: np.random.Generator) -> list[_Part]:
        """Card payments: some are pending first, some of those change or are released."""
        people = self.people
        n = len(people)
        merchants = world.merchants
        taste = world.customers.taste[people.cust]
        means = (world.customers.income[people.cust] / 5_000_000).clip(0.5, 3.0)
        number = rng.poisson(PURCHASES * taste * period.months)
        rows = np.repeat(np.arange(n), number)
        k = len(rows)
        draw = rng.random((7, k))
        acct = np.where((people.card[rows] >= 0) & (draw[0] < 0.6), people.card[rows],
                        people.checking[rows])  # fmt: skip
        acct = np.where((people.euro[rows] >= 0) & (draw[0] > 0.75), people.euro[rows], acct)
        time = period.start + (draw[1] * period.days).astype(np.int64) * DAY
        time += 8 * 3600 + (draw[2] * 13 * 3600).astype(np.int64)
        share = np.array([c.share for c in ref.CATEGORIES])[merchants.category] * merchants.weight
        merchant = choose(rng, share * (merchants.deleted > period.end), k)
        medians = np.array([c.median for c in ref.CATEGORIES])
        spread = np.array([c.sigma for c in ref.CATEGORIES])
        category = merchants.category[merchant]
        cents = medians[category] * np.exp(spread[category] * rng.standard_normal(k)) * means[rows]
        cents = np.maximum(np.rint(cents * 100), 100)
        has_pending = draw[3] < PENDING_SHARE
        lag = np.where(has_pending, 1 + (draw[4] * 3).astype(int), (draw[4] * 2).astype(int))
        # half of the institutions give the booked transaction an id of its own
        new_id = self.connections.institution[self.accounts.connection[acct]] % 2
        style = np.where(has_pending, 1 + new_id, 0)
        released = has_pending & (draw[5] < RELEASED_SHARE)
        held = np.where(has_pending & (draw[5] > 1 - CHANGED_SHARE), np.rint(cents * 0.85), cents)
        day = time // DAY + np.where(released, RELEASED_AFTER, lag)
        bought = _new(
            "purchase", acct, time, -cents, day=day, merchant=merchant, style=style,
            released=released.astype(np.int64), held=-held.astype(np.int64),
        )  # fmt: skip
        back = np.flatnonzero(~released & (draw[6] < REFUND_SHARE))
        returned = _new(
            "refund", acct[back], time[back], np.ceil(cents[back] / 2),
            day=day[back] + 3 + (draw[2][back] * 9).astype(np.int64),
            merchant=merchant[back],
        )  # fmt: skip
        return [bought, returned]

    def _with_the_bank(
        self, world: World, period: Period, rng: np.random.Generator, ledger: Ledger
    ) -> list[_Part]:
        """The other side of what people move between our bank and a connected account."""
        rows = ledger.rows
        person = np.full(len(world.customers), NONE)
        person[self.people.cust] = np.arange(len(self.people))
        mine = np.flatnonzero(person[rows.cust] >= 0)
        mine = mine[np.isin(rows.text[mine], _TO_OTHER_BANKS) & (rows.decline[mine] == NONE)]
        draw, lag = rng.random(len(mine)), rng.integers(0, 3, len(mine))
        incoming = rows.cents[mine] < 0
        keep = ~incoming | (draw < 0.8)  # some of it goes to accounts nobody knows of
        mine, lag, incoming = mine[keep], lag[keep], incoming[keep]
        who = person[rows.cust[mine]]
        target = np.where(self.people.savings[who] >= 0, self.people.savings[who],
                          self.people.checking[who])  # fmt: skip
        day = rows.time[mine] // DAY
        first = self.accounts.opened[self.people.checking[who]] // DAY
        earlier = np.maximum(np.maximum(day - lag, period.first), first + 1)
        sides = []
        for side, kind, acct, at in (
            (~incoming, "own_out", self.people.checking[who], np.minimum(earlier, day)),
            (incoming, "own_in", target, day + lag),
        ):
            time = np.where(at[side] < day[side], at[side] * DAY + 43_200, rows.time[mine][side])
            cents = -rows.cents[mine][side]
            sides.append(
                _new(kind, acct[side], time, cents, day=at[side], bank=rows.id[mine][side])
            )
        return sides

    def _book(
        self, world: World, period: Period, rng: np.random.Generator, new: Columns
    ) -> tuple[Columns, Columns]:
        """Rows as the institutions report them, and the booked ones among them."""
        accounts = self.accounts
        is_pending = new.style > 0
        new.pending_id = np.full(len(new), NONE)
        new.pending_id[is_pending] = world.next_ids("external_transactions", int(is_pending.sum()))
        pending = new.take(is_pending)
        pending.id, pending.status, pending.updated = (
            pending.pending_id, np.full(len(pending), PENDING), pending.time,
        )  # fmt: skip
        pending.created, pending.cents = pending.time, pending.held
        pending.pending_ref = np.full(len(pending), NONE)
        self.waiting.append(new)
        now = self.waiting.day <= period.last
        due = self.waiting.take(now)
        due.released = due.released == 1
        self.waiting = self.waiting.take(~now)
        n = len(due)
        morning = due.day * DAY + 7_200 + rng.integers(0, 14_400, n)
        due.updated = np.maximum(morning, due.time)
        ended = self.connections.ended[accounts.connection[due.acct]]
        due = due.take(due.updated < ended)
        order = np.lexsort((due.acct, due.updated))
        due = due.take(order)
        same = due.style == 1
        keeps = same | due.released
        due.id = due.pending_id.copy()
        due.id[~keeps] = world.next_ids("external_transactions", int((~keeps).sum()))
        due.status = np.where(due.released, RELEASED, BOOKED)
        due.pending_ref = np.where((due.style == 2) & ~due.released, due.pending_id, NONE)
        due.created = np.where(keeps, due.time, due.updated)
        due.cents = np.where(due.released, due.held, due.cents)
        booked = due.take(~due.released)
        accounts.balance += np.bincount(
            booked.acct, weights=booked.cents, minlength=len(accounts)
        ).astype(np.int64)
        return Columns.concat([pending, due]), booked

    # ------------------------------------------------------------ what people and institutions add

    def _tag(
        self, world: World, period: Period, rng: np.random.Generator, rows: Columns, booked: Columns
    ) -> Columns:
        """People tag what they spend; the same category gets the same tag, some get a second."""
        n = len(booked)
        first, second, untag, delay, early = rng.random((5, n))
        person = self.accounts.person[booked.acct]
        spent = (booked.cents < 0) & (booked.pair < 0) & (booked.bank < 0)
        category = np.where(
            booked.merchant >= 0, world.merchants.category[booked.merchant], booked.kind
        )
        links = []
        # while it is still pending, its own id is all there is to tag
        id_ = np.where((booked.pending_ref >= 0) & (early < 0.3), booked.pending_ref, booked.id)
        for number, mask in enumerate((first < TAGGED_SHARE, second < SECOND_TAG)):
            count = self.people.tags[person]
            tag = self.people.first_tag[person] + (category + number) % count
            at = np.flatnonzero(spent & mask & (self.tags.deleted[tag] > booked.updated))
            time = np.minimum(booked.updated[at] + 60 + (delay[at] * 20_000).astype(np.int64),
                              period.end - 2)  # fmt: skip
            kept = np.zeros(len(at), dtype=bool)
            links.append(Columns(transaction=id_[at], tag=tag[at], created=time, updated=time,
                                 removed=kept, drop=untag[at]))  # fmt: skip
        made = Columns.concat(links)
        made.id = world.next_ids("transaction_tags", len(made))
        gone = made.take(made.drop < UNTAGGED)
        gone.updated, gone.removed = gone.updated + 1, ~gone.removed
        return Columns.concat([made, gone])

    def _change_tags(self, period: Period, rng: np.random.Generator, known: int) -> Columns:
        """New tags, and a few that get another colour or are deleted."""
        tags = self.tags
        new = tags.take(np.arange(known, len(tags)))
        n = len(tags)
        draw, kind, when = rng.random((3, n))
        at = np.flatnonzero((tags.deleted == NEVER) & (np.arange(n) < known)
                            & (draw < TAG_CHANGE * period.months))  # fmt: skip
        tags.time[at] = period.end - 1 - (when[at] * 3_000).astype(np.int64)
        erased = kind[at] < 0.3
        tags.deleted[at[erased]] = tags.time[at[erased]]
        repainted = at[~erased]
        tags.colour[repainted] = len(TAGS) + (kind[repainted] * 4).astype(np.int64)
        return Columns.concat([new, tags.take(at)])

    def _snapshots(self, world: World, period: Period, booked: Columns, known: int) -> Columns:
        """Closing balances that institutions report: of the first day, then twice a month."""
        accounts = self.accounts
        n = len(accounts)
        opened = accounts.opened // DAY
        lists = [(np.arange(known, n), opened[known:])]
        for day in (accounts.day, accounts.day + 14):
            days = period.month_start + day - 1
            at = np.flatnonzero((days >= period.first) & (days <= period.last) & (days > opened))
            lists.append((at, days[at]))
        acct, day = (np.concatenate(part) for part in zip(*lists, strict=True))
        ended = self.connections.ended[accounts.connection[acct]]
        alive = (day + 1) * DAY <= ended
        acct, day = acct[alive], day[alive]
        order = np.lexsort((acct, day))
        acct, day = acct[order], day[order]
        # the balance at the end of the period, less what was booked after the day
        keys = booked.acct << 32 | booked.day
        order = np.argsort(keys, kind="stable")
        keys = keys[order]
        moved = np.r_[0, np.cumsum(booked.cents[order])]
        after = moved[np.searchsorted(keys, (acct + 1) << 32)]
        after = after - moved[np.searchsorted(keys, acct << 32 | day, side="right")]
        return Columns(
            id=world.next_ids("balance_snapshots", len(acct)),
            acct=acct,
            day=day,
            cents=accounts.balance[acct] - after,
        )


# what is known of a booking: account, second, day on which it is booked, kind, cents; what was
# authorised; merchant; 0 never pending, 1 the booked one keeps the number of the pending one, 2 it
# gets another; never to be booked; number of a transfer, on both legs; the other leg, at our bank
_BOOKING = ("acct", "time", "day", "kind", "cents", "held", "merchant", "style", "released", "pair",
            "bank")  # fmt: skip
_DEFAULT = {"held": 0, "merchant": NONE, "style": 0, "released": 0, "pair": NONE, "bank": NONE}
_Part = dict[str, Any]


def _new(kind: str, acct: Array, time: Array, cents: Array, **others: Array) -> _Part:
    """Bookings of one kind; a column that is not given has its default value."""
    day = others.pop("day", None)
    return {
        **_DEFAULT,
        **others,
        "acct": acct,
        "time": time,
        "day": time // DAY if day is None else day,
        "kind": KIND[kind],
        "cents": cents.astype(np.int64),
    }


def _gather(parts: list[_Part]) -> Columns:
    """The rows of all parts, one after the other."""
    parts = [part for part in parts if len(part["acct"])]
    sizes = [len(part["acct"]) for part in parts]
    whole = {}
    for name in _BOOKING:
        values = [part[name] for part in parts]
        known = [isinstance(value, np.ndarray) for value in values]
        if not values:
            whole[name] = np.zeros(0, dtype=np.int64)
        elif all(known):
            whole[name] = np.concatenate(values)
        else:
            column = np.repeat([0 if k else v for k, v in zip(known, values, strict=True)], sizes)
            for end, size, value, is_column in zip(
                np.cumsum(sizes), sizes, values, known, strict=True
            ):
                if is_column:
                    column[end - size : end] = value
            whole[name] = column
    return Columns(**whole)


def _truth(booked: Columns, accounts: Columns) -> tuple[list[list[str]], list[dict[str, Any]]]:
    """Own transfers of which both legs are told, and the totals of everything else."""
    legs = np.flatnonzero(booked.pair >= 0)
    legs = legs[np.lexsort((booked.cents[legs], booked.pair[legs]))]
    both = np.flatnonzero(booked.pair[legs][1:] == booked.pair[legs][:-1])
    out, in_ = legs[both], legs[both + 1]
    ids = zip(booked.id[out].tolist(), booked.id[in_].tolist(), strict=True)
    pairs = [[f"external {a}", f"external {b}"] for a, b in ids]
    other = np.flatnonzero(booked.bank >= 0)
    for external, bank, cents in zip(
        booked.id[other].tolist(), booked.bank[other].tolist(), booked.cents[other].tolist(),
        strict=True,
    ):  # fmt: skip
        names = [f"external {external}", f"bank {bank}"]
        pairs.append(names if cents < 0 else names[::-1])
    counts = np.ones(len(booked), dtype=bool)
    counts[np.r_[out, in_, other]] = False
    rows = booked.take(counts)
    month = rows.day.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64)
    key = month * len(CURRENCIES) + accounts.currency[rows.acct]
    keys, place = np.unique(key, return_inverse=True)
    income = (rows.cents > 0) & (rows.kind != KIND["refund"])
    totals = [
        np.bincount(place, weights=figures, minlength=len(keys))
        for figures in (
            np.where(income, rows.cents, 0),
            np.where(income, 0, -rows.cents),
            counts[counts],
        )
    ]
    return pairs, [
        {
            "month": str(np.datetime64(int(k) // len(CURRENCIES), "M")),
            "currency": CURRENCIES[int(k) % len(CURRENCIES)],
            "income_cents": int(earned),
            "spending_cents": int(spent),
            "transactions": int(count),
        }
        for k, earned, spent, count in zip(keys, *totals, strict=True)
    ]

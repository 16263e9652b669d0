"""Visits of the marketplace: each order has one, and many visits end before an order."""

from __future__ import annotations

import numpy as np

from generator import marketplace as market
from generator import reference as ref
from generator import text
from generator.columns import Array, Columns, order_of
from generator.events import NONE
from generator.randomness import choose
from generator.sheet import Draft, Sheet
from generator.timeline import NEVER, Period
from generator.world import World

EVENTS = ("view", "search", "add_to_cart", "checkout", "purchase")
VIEW, SEARCH, CART, CHECKOUT, PURCHASE = range(5)
# the steps of a visit in order: what was searched, three products seen, one more, and so on
STEPS = (SEARCH, VIEW, VIEW, VIEW, VIEW, CART, CART, CART, CHECKOUT, PURCHASE)
PIECE = np.array([0, 0, 1, 2, 3, 0, 1, 2, 0, 0])  # of the visit's four products
SEEN, CARTED, PAID = slice(1, 4), slice(5, 8), slice(8, 10)


class Visits:
    """Writes the click stream of a world."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.terms = text.table(
            [kind.lower() for d, shelf in market.SHELVES
             for kind in market.DEPARTMENTS[d].shelves[shelf]]
        )  # fmt: skip

    def step(self, period: Period, orders: Columns, lines: Columns, prices: Columns) -> Draft:
        """The events of a period, in the order of time.

        `prices`: product and list price of each product on offer, with its department.
        """
        rng = self.world.rng("visits", period.first)
        visits = _visits(self.world, period, rng, orders)
        n, bought = len(visits), len(orders)
        # a visit's products: those of its order, or any of the department
        product = _any_product(rng, visits.department, prices)
        price = prices.price[product]
        product = prices.product[product]
        owner = np.searchsorted(orders.order, lines.order)
        at = owner, lines.number - 1
        product[at], price[at] = lines.product, lines.price
        units = np.ones((n, 4), dtype=np.int64)
        units[at] = lines.quantity
        pieces = 1 + choose(rng, market.LINE_SHARES, n)
        pieces[:bought] = np.bincount(owner, minlength=bought)[:bought]

        here = np.zeros((n, len(STEPS)), dtype=bool)
        here[:, 0] = rng.random(n) < market.SEARCH_SHARE
        here[:, SEEN] = np.arange(3) < pieces[:, None]
        here[:, 4] = rng.random(n) < 0.35
        here[:, CARTED] = here[:, SEEN] & (visits.depth >= 1)[:, None]
        here[:, PAID] = visits.depth[:, None] >= np.array([2, 3])
        # back from the end, so that the purchase is in the second in which the order was paid
        pause = rng.integers(15, 95, here.shape) * here
        until = np.cumsum(pause[:, ::-1], axis=1)[:, ::-1] - pause[:, -1:]
        time = np.maximum(visits.time[:, None] - until, period.start)

        moment = (time - period.start) * len(STEPS) + np.arange(len(STEPS))
        rows = np.flatnonzero(here)
        rows = rows.take(order_of(moment.ravel().take(rows)))
        first = period.batch_number * 10_000_000
        number = np.full(n, NONE, dtype=np.int64)
        number[:bought] = orders.order

        def sheet(events: Columns) -> Sheet:
            visit, step = events.visit, events.step
            kind = np.array(STEPS)[step]
            piece = visit * 4 + PIECE[step]
            cart = kind == CART
            shown = cart | (kind == VIEW)
            return Sheet.of(
                {
                    "event_id": text.join("E", text.whole(first + events.number)),
                    "event_type": text.pick(EVENTS, kind),
                    "event_timestamp": text.stamps(time[visit, step]),
                    "session_id": text.join("S", text.whole(first + 1 + visit)),
                    "customer_id": text.whole(self.world.customers.id[visits.cust[visit]]),
                    "product_id": text.whole(np.where(shown, product.take(piece) + 1, NONE)),
                    "order_id": text.whole(np.where(kind == PURCHASE, number[visit], NONE)),
                    "quantity": text.whole(np.where(cart, units.take(piece), NONE)),
                    "unit_price": text.money(np.where(cart, price.take(piece), 0), ~cart),
                    "search_term": text.pick(
                        self.terms, np.where(kind == SEARCH, visits.term[visit], NONE)
                    ),
                    "device_type": text.pick(market.DEVICES, visits.device[visit]),
                    "traffic_source": text.pick(market.SOURCES, visits.source[visit]),
                    "raw_message": np.zeros((len(events), 1), dtype=np.uint8),
                }
            )

        events = Columns(
            number=np.arange(1, len(rows) + 1), visit=rows // len(STEPS), step=rows % len(STEPS)
        )
        return Draft(events, sheet)


def _visits(world: World, period: Period, rng: np.random.Generator, orders: Columns) -> Columns:
    """Who visits, when, and how far they get: the visits with an order come first, in its order.

    The others come on the days of orders, because the same things bring them. `depth`: 0 looked,
    1 filled a cart, 2 went to checkout, 3 bought.
    """
    bought = len(orders)
    # visits that end at each step before the wanted number of orders has come about
    ends = [0, 0, 0]
    if bought:
        reached = bought
        for step, rate in (
            (2, market.PURCHASE_RATE), (1, market.CHECKOUT_RATE), (0, market.CART_RATE),
        ):  # fmt: skip
            ends[step] = int(rng.negative_binomial(reached, rate))
            reached += ends[step]
    depth = np.repeat([3, 2, 1, 0], [bought, ends[2], ends[1], ends[0]])
    others = sum(ends)
    model = rng.integers(0, max(bought, 1), others)
    time = orders.time[model] + rng.integers(-7200, 7200, others)
    time = time.clip(period.start + 900, period.end - 1)
    people = world.customers
    here = people.active & (people.left == NEVER)
    here &= world.accounts.opened[people.checking] < period.start
    guests = np.flatnonzero(here)
    cust = orders.cust[model]
    if len(guests):
        cust = guests[choose(rng, people.digital[guests], others)]
    device = np.where(rng.random(others) < 0.58, 0, np.where(rng.random(others) < 0.85, 1, 2))
    desk = np.where(rng.random(bought) < 0.85, 1, 2)
    department = np.concatenate([orders.department, orders.department[model]])
    n = len(depth)
    kinds = len(next(iter(market.DEPARTMENTS[0].shelves.values())))
    per_department = len(market.DEPARTMENTS[0].shelves) * kinds
    return Columns(
        depth=depth,
        time=np.concatenate([orders.time, time]),
        cust=np.concatenate([orders.cust, cust]),
        department=department,
        device=np.concatenate([np.where(orders.channel == ref.MOBILE, 0, desk), device]),
        source=choose(rng, market.SOURCE_SHARES, n),
        term=department * per_department + rng.integers(0, per_department, n),
    )


def _any_product(rng: np.random.Generator, department: Array, prices: Columns) -> Array:
    """Four products on offer in each visit's department, shape (visits, 4)."""
    order = np.argsort(prices.department, kind="stable")
    starts = np.searchsorted(prices.department[order], np.arange(len(market.DEPARTMENTS) + 1))
    width = np.diff(starts)[department]
    pick = (rng.random((len(department), 4)) * width[:, None]).astype(np.int64)
    found: Array = order[starts[department][:, None] + pick]
    return found

"""The marketplace: orders that purchases of the bank pay for, their lines, stock and catalogue.

An order is an online purchase that the bank has booked already; its lines, shipping and tax add up
to that purchase, in whole cents. So the marketplace never changes what happens at the bank.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from statistics import NormalDist
from typing import Any

import numpy as np

from generator import clicks, memberships, text, weather
from generator import marketplace as market
from generator import reference as ref
from generator.columns import Array, Columns
from generator.events import NONE
from generator.ledger import Ledger
from generator.randomness import choose
from generator.sheet import Draft, Sheet
from generator.timeline import DAY, NEVER, Period
from generator.world import CATALOGUE_CREATED, World

STATUS = ("processing", "shipped", "delivered", "returned")
MAX_LINES = len(market.LINE_SHARES)


@dataclass
class _Spread:
    """How the bank's purchases of a category spread over departments."""

    departments: Array
    log_median: float
    sigma: float


class Marketplace:
    """What lasts from one period to the next."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.catalogue = _create_catalogue(world)
        self.slots = np.arange(len(self.catalogue))  # the product now offered at each price point
        self.recent: Columns | None = None  # lines of the last period, and undelivered ones
        self.visits = clicks.Visits(world)
        self.members = memberships.Members(world)
        self.totals: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
        self.is_new = True

    def step(self, period: Period, ledger: Ledger) -> tuple[Callable[[], dict[str, Sheet]], Draft]:
        """What writes the rows of a period, after the bank has booked it; and its clicks."""
        changes = _change_catalogue(self, period)
        orders = _orders(self.world, period, ledger)
        lines = _lines(self.world, period, orders, self.catalogue.take(self.slots), self.slots)
        lines.cost = changes.cost_at(lines.product, lines.time)
        versions = _move_stock(self, period, changes, lines)
        self._count(lines)
        products = self._products(versions)
        sales = self._sales(period, ledger, lines)
        members = self.members.step(period)
        seen = self.visits.step(period, orders, lines, self._offered())
        categories = {"product_category": self._categories()} if self.is_new else {}
        self.is_new = False

        def tables() -> dict[str, Sheet]:
            return {
                "product": products,
                "sales_fact": sales(),
                "subscription_data": members,
                "weather_data": weather.observations(self.world.options.seed, period),
                **categories,
            }

        return tables, seen

    # ------------------------------------------------------------ orders told

    def _sales(self, period: Period, ledger: Ledger, lines: Columns) -> Callable[[], Sheet]:
        """Lines as ordered, and lines of earlier orders that have got on since."""
        known = lines if self.recent is None else Columns.concat([self.recent, lines])
        if self.recent is not None:
            _return(known, period, ledger)
        status = (known.dispatched < period.end).astype(np.int64)
        status = np.where(known.arrived < period.end, 2, status)
        status = np.where(known.returned < period.end, 3, status)
        steps = np.stack([known.time, known.dispatched, known.arrived, known.returned])
        since = steps[status, np.arange(len(known))]
        told = status > known.told
        known.told = status
        sheet = partial(self._render, known.take(told), status[told], since[told])
        waits = (status < 2) | ((known.time >= period.start) & (status < 3))
        self.recent = known.take(waits)
        return sheet

    def _render(self, lines: Columns, status: Array, since: Array) -> Sheet:
        cities = ref.cities()
        return Sheet.of(
            {
                "order_line_id": text.whole(lines.order * 10 + lines.number),
                "order_id": text.whole(lines.order),
                "line_number": text.whole(lines.number),
                "customer_id": text.whole(self.world.customers.id[lines.cust]),
                "product_id": text.whole(lines.product + 1),
                "merchant_id": text.whole(lines.merchant + 1),
                "transaction_id": text.whole(lines.transaction),
                "order_date": text.stamps(lines.time),
                "quantity": text.whole(lines.quantity),
                "unit_price": text.money(lines.price),
                "discount": text.decimals(lines.discount, 2),
                "shipping_cost": text.money(lines.shipping),
                "tax_amount": text.money(lines.tax),
                "unit_cost": text.money(lines.cost),
                "currency": text.pick(["USD"], lines.order * 0),
                "order_status": text.pick(STATUS, status),
                "ship_city": text.pick([c.name for c in cities], lines.city),
                "ship_state": text.pick([c.state for c in cities], lines.city),
                "refund_transaction_id": text.whole(lines.refund),
                "created_at": text.stamps(lines.time),
                "updated_at": text.stamps(since),
            }
        )

    def _count(self, lines: Columns) -> None:
        """Totals by month of the order, in cents."""
        month = lines.time.astype("datetime64[s]").astype("datetime64[M]").astype(np.int64)
        gross = lines.quantity * lines.price
        figures = {
            "orders": (lines.number == 1).astype(np.int64),
            "order_lines": np.ones(len(lines), dtype=np.int64),
            "gross_amount": gross,
            "discount_amount": gross - lines.net,
            "revenue_amount": lines.net,
            "shipping_amount": lines.shipping,
            "tax_amount": lines.tax,
            "cost_amount": lines.quantity * lines.cost,
        }
        for one in np.unique(month):
            total = self.totals[str(np.datetime64(int(one), "M"))]
            for name, values in figures.items():
                total[name] += int(values[month == one].sum())

    def _offered(self) -> Columns:
        """Product, list price and department of what is on offer."""
        goods = self.catalogue.take(self.slots)
        department = np.array([d for d, _ in market.SHELVES])[goods.shelf]
        return Columns(product=self.slots, price=goods.price, department=department)

    # ------------------------------------------------------------ catalogue told

    def _categories(self) -> Sheet:
        shelves = market.SHELVES
        created = text.stamps(np.full(len(shelves), CATALOGUE_CREATED))
        level = np.full(len(shelves), _reorder_level(self.world))
        return Sheet.of(
            {
                "category_id": text.whole(np.arange(1, len(shelves) + 1)),
                "category_name": text.texts([market.DEPARTMENTS[d].name for d, _ in shelves]),
                "subcategory_name": text.texts([shelf for _, shelf in shelves]),
                "reorder_level": text.whole(level),
                "created_at": created,
                "updated_at": created,
                "is_deleted": text.flags(level * 0),
            }
        )

    def _products(self, versions: Columns) -> Sheet:
        goods = self.catalogue.take(versions.product)
        names = self._names()
        brands = self.world.pools.brands
        return Sheet.of(
            {
                "product_id": text.whole(versions.product + 1),
                "product_name": text.pick(names, goods.name),
                "brand": text.pick(brands, goods.brand),
                "category_id": text.whole(goods.shelf + 1),
                "list_price": text.money(versions.price),
                "unit_cost": text.money(versions.cost),
                "stock_quantity": text.whole(np.maximum(versions.stock, 0)),
                "listing_status": text.pick(
                    ("active", "discontinued"), (versions.time >= goods.ended).astype(np.int64)
                ),
                "launched_date": text.dates(goods.launched // DAY),
                "created_at": text.stamps(goods.launched),
                "updated_at": text.stamps(versions.time),
                "is_deleted": text.flags(versions.product * 0),
            }
        )

    def _names(self) -> Array:
        """Names by position: shelf, kind of product, model."""
        return text.table(
            [
                f"{kind} {model}"
                for d, shelf in market.SHELVES
                for kind in market.DEPARTMENTS[d].shelves[shelf]
                for model in _MODELS
            ]
        )


_MODELS = ("Classic", "Plus", "Pro", "Compact", "Eco", "Max", "Lite", "Studio")


# ---------------------------------------------------------------- orders


def _orders(world: World, period: Period, ledger: Ledger) -> Columns:
    """The purchases of a period that were made on the marketplace."""
    rows = ledger.rows
    rng = world.rng("orders", period.first)
    spread = _spreads()
    sells = np.zeros(len(ref.CATEGORIES) + 1, dtype=bool)  # the last one: of no category
    sells[list(spread)] = True
    sold = sells[rows.category]
    sold &= (rows.type == ref.TYPE["purchase"]) & (rows.decline == NONE)
    sold &= ~rows.fraud & ~rows.recurring
    sold &= (rows.channel == ref.ONLINE) | (rows.channel == ref.MOBILE)
    names = ("id", "time", "acct", "cust", "cents", "category", "merchant", "city", "channel")
    found = np.flatnonzero(sold)
    orders = Columns(**{name: getattr(rows, name)[found] for name in names})
    n = len(orders)
    orders.department = np.zeros(n, dtype=np.int64)
    draw = rng.random(n)
    for category, one in spread.items():
        mine = np.flatnonzero(orders.category == category)
        size = (np.log(-orders.cents[mine] / 100) - one.log_median) / one.sigma
        goods = [market.DEPARTMENTS[d] for d in one.departments]
        weight = np.array([d.share * d.seasons.get(period.month, 1.0) for d in goods])
        lean = np.array([d.dearness for d in goods])
        weights = weight * np.exp(lean * size.clip(-2.5, 2.5)[:, None])
        limit = np.cumsum(weights, axis=1) / weights.sum(axis=1, keepdims=True)
        place = (draw[mine, None] >= limit).sum(axis=1).clip(0, len(goods) - 1)
        orders.department[mine] = one.departments[place]
    day = orders.time // DAY
    sky = weather.month(world.options.seed, period.month_start)
    calendar = market.holiday_factor(np.arange(period.first, period.last + 1))
    chance = market.ORDER_SHARE * calendar[day - period.first]
    chance = chance * np.exp(market.RAIN[orders.department] * sky.rainy(day, orders.city))
    orders = orders.take(rng.random(n) < chance)
    orders.order = world.next_ids("orders", len(orders))
    return orders


def _spreads() -> dict[int, _Spread]:
    spreads = {}
    for name, target in market.SELLS.items():
        category = ref.CATEGORIES[ref.CATEGORY[name]]
        inside = [i for i, d in enumerate(market.DEPARTMENTS) if d.spending == target]
        median = float(np.log(category.median))
        spreads[ref.CATEGORY[name]] = _Spread(np.array(inside), median, category.sigma)
    return spreads


def _lines(world: World, period: Period, orders: Columns, goods: Columns, slots: Array) -> Columns:
    """The lines of orders: they, shipping and tax add up to what was paid.

    `goods`: the products on offer, one for each of `slots`.
    """
    rng = world.rng("order_lines", period.first)
    n = len(orders)
    paid = -orders.cents
    taxed = orders.department != len(market.DEPARTMENTS) - 1
    rate = np.where(taxed, market.tax_rates()[orders.city], 0.0)
    express = rng.random(n) < market.EXPRESS_SHARE
    share = np.where(express, rng.uniform(0.10, 0.18, n), rng.uniform(0.02, 0.09, n))
    free = (paid >= market.FREE_SHIPPING_CENTS) & (rng.random(n) < market.FREE_SHIPPING_SHARE)
    shipping = np.where(free & ~express, 0, np.rint(paid * share)).astype(np.int64)
    goods_cents = np.rint((paid - shipping) / (1 + rate)).astype(np.int64)
    tax = paid - shipping - goods_cents

    count = 1 + choose(rng, market.LINE_SHARES, n)
    count = np.where(paid < 1_500, 1, count)
    here = np.arange(MAX_LINES) < count[:, None]
    last = np.arange(MAX_LINES) == count[:, None] - 1
    weight = rng.uniform(0.5, 1.5, (n, MAX_LINES)) * here
    part = weight / np.maximum(weight.sum(axis=1, keepdims=True), 1e-9)
    discount = market.DISCOUNTS[choose(rng, market.DISCOUNT_SHARES, n * MAX_LINES)]
    discount = discount.reshape(n, MAX_LINES)
    wanted = 1 + choose(rng, np.array([0.72, 0.18, 0.10]), n * MAX_LINES).reshape(n, MAX_LINES)
    near = np.rint(goods_cents[:, None] * part)
    price = np.maximum(np.rint(near / (wanted * (1 - discount / 100))), 1).astype(np.int64)
    net = _net(wanted, price, discount) * (here & ~last)
    # the last line takes what is left: as several units if that comes out even, else as one
    rest = goods_cents - net.sum(axis=1)
    at = np.arange(n), count - 1
    units, off = wanted[at], discount[at]
    quantity = np.where(here, wanted, 0)
    found = np.zeros(n, dtype=np.int64)
    for pieces in (units, np.ones(n, dtype=np.int64)):
        guess = (rest * 100 // (pieces * (100 - off))).astype(np.int64)
        for nudge in (0, 1, -1, 2):
            fits = (found == 0) & (_net(pieces, guess + nudge, off) == rest)
            found = np.where(fits, guess + nudge, found)
            quantity[at] = np.where(fits, pieces, quantity[at])
    price[at] = found
    net[at] = rest

    order, number = np.nonzero(here)
    upto = np.cumsum(net, axis=1)
    whole = np.maximum(goods_cents, 1)[:, None]

    def shared(cents: Array) -> Array:
        split = cents[:, None] * upto // whole
        parts: Array = np.diff(split, axis=1, prepend=0)[here]
        return parts

    lines = Columns(
        order=orders.order[order],
        number=number + 1,
        quantity=quantity[here],
        price=price[here],
        discount=discount[here],
        net=net[here],
        shipping=shared(shipping),
        tax=shared(tax),
        transaction=orders.id[order],
        paid=paid[order],
        **{name: getattr(orders, name)[order] for name in ("time", "acct", "cust", "merchant")},
        city=orders.city[order],
        department=orders.department[order],
    )
    m = len(lines)
    lines.product = slots[_nearest(rng, goods, lines)]
    sent = lines.time + rng.integers(4 * 3600, 36 * 3600, n)[order]
    lines.dispatched = sent
    lines.arrived = sent + rng.integers(DAY, 5 * DAY, n)[order]
    lines.returned = np.full(m, NEVER, dtype=np.int64)
    lines.refund = np.full(m, NONE, dtype=np.int64)
    lines.told = np.full(m, -1, dtype=np.int64)
    return lines


def _net(quantity: Array, price: Array, discount: Array) -> Array:
    """Cents of a line after its discount, which is rounded to whole cents, halves up."""
    gross = quantity * price
    less: Array = gross - (gross * discount + 50) // 100
    return less


def _nearest(rng: np.random.Generator, goods: Columns, lines: Columns) -> Array:
    """For each line one of the products of its department whose list price is nearest."""
    department = np.array([d for d, _ in market.SHELVES])[goods.shelf]
    out = np.zeros(len(lines), dtype=np.int64)
    side = rng.random(len(lines)) < 0.5
    for d in range(len(market.DEPARTMENTS)):
        mine = np.flatnonzero(lines.department == d)
        rows = np.flatnonzero(department == d)
        rows = rows[np.argsort(goods.price[rows], kind="stable")]
        above = np.searchsorted(goods.price[rows], lines.price[mine])
        out[mine] = rows[(above - side[mine]).clip(0, len(rows) - 1)]
    return out


def _return(known: Columns, period: Period, ledger: Ledger) -> None:
    """Orders that a refund of the period pays back in full are returned orders."""
    rows = ledger.rows
    paid_back = np.flatnonzero(
        (rows.type == ref.TYPE["refund"]) & (rows.decline == NONE) & (rows.merchant >= 0)
    )
    # only orders on accounts to which something came back
    mine = np.zeros(max(rows.acct.max(initial=0), known.acct.max(initial=0)) + 1, dtype=bool)
    mine[rows.acct[paid_back]] = True
    firsts = np.flatnonzero((known.number == 1) & (known.time < period.start) & mine[known.acct])
    waiting: dict[tuple[int, int, int], list[int]] = defaultdict(list)
    keys = zip(known.acct[firsts], known.merchant[firsts], known.paid[firsts], strict=True)
    for key, order in zip(keys, known.order[firsts], strict=True):
        waiting[key].append(int(order))
    for row in paid_back.tolist():
        found = waiting.get((rows.acct[row], rows.merchant[row], rows.cents[row]))
        if found:
            mine = known.order == found.pop(0)
            known.returned[mine], known.refund[mine] = rows.time[row], rows.id[row]


# ---------------------------------------------------------------- catalogue and stock


def _create_catalogue(world: World) -> Columns:
    """Products at all price points of each department, as offered before the history."""
    rng = world.rng("catalogue")
    per_department = market.PRODUCTS_PER_SHELF * len(market.DEPARTMENTS[0].shelves)
    place = (np.arange(per_department) + 0.5) / per_department
    z = np.array([NormalDist().inv_cdf(p) for p in place]) * market.PRICE_SIGMA
    n = len(market.DEPARTMENTS) * per_department
    department = np.repeat(np.arange(len(market.DEPARTMENTS)), per_department)
    shelf = department * len(market.DEPARTMENTS[0].shelves) + np.arange(n) % 3
    median = np.array([d.price for d in market.DEPARTMENTS])[department]
    dollars = median * np.exp(np.tile(z, len(market.DEPARTMENTS)))
    base = np.maximum(np.rint(dollars) * 100 - 1, 99).astype(np.int64)
    goods = Columns(shelf=shelf, base=base)
    _describe(world, rng, goods, np.full(n, CATALOGUE_CREATED))
    return goods


def _describe(world: World, rng: np.random.Generator, goods: Columns, launched: Array) -> None:
    """Name, cost and stock of new products of given shelves and prices."""
    n = len(goods)
    kinds = len(next(iter(market.DEPARTMENTS[0].shelves.values())))
    goods.name = (goods.shelf * kinds + rng.integers(0, kinds, n)) * len(_MODELS)
    goods.name = goods.name + rng.integers(0, len(_MODELS), n)
    goods.brand = rng.integers(0, min(60, len(world.pools.brands)), n)
    goods.base_cost = np.rint(goods.base * rng.uniform(0.52, 0.74, n)).astype(np.int64)
    goods.price, goods.cost = goods.base.copy(), goods.base_cost.copy()
    low = _reorder_level(world)
    goods.stock = low + 1 + rng.integers(0, _refill(world), n)
    goods.launched = launched
    goods.ended = np.full(n, NEVER, dtype=np.int64)
    goods.arrival = np.full(n, NEVER, dtype=np.int64)


def _monthly_units(world: World) -> float:
    """Units of one product that are expected to be sold in a month."""
    options = world.options
    products = len(market.SHELVES) * market.PRODUCTS_PER_SHELF
    lines = 0.035 * options.transactions * market.LINES_PER_ORDER * market.UNITS_PER_LINE
    return lines / products / max(options.days / 30.4375, 0.25)


def _reorder_level(world: World) -> int:
    return max(1, round(market.REORDER_MONTHS * _monthly_units(world)))


def _refill(world: World) -> int:
    return max(6, round(market.STOCK_MONTHS * _monthly_units(world)))


@dataclass
class _Changes:
    """Prices and costs that change in a period; NEVER where they do not."""

    price_time: Array
    cost_time: Array
    old_price: Array
    old_cost: Array
    price: Array
    cost: Array
    ended: Array  # products that are sold no more from the period's start on
    launched: Array  # products that are sold from then on

    def cost_at(self, product: Array, time: Array) -> Array:
        """Cents that a unit cost at a time of the period."""
        return np.where(time < self.cost_time[product], self.old_cost[product], self.cost[product])


def _change_catalogue(shop: Marketplace, period: Period) -> _Changes:
    """Replace a few products, and change prices and costs of others."""
    world, goods = shop.world, shop.catalogue
    rng = world.rng("catalogue", period.first)
    years = period.months / 12
    slots = len(shop.slots)
    replaced = np.flatnonzero(rng.random(slots) < market.DISCONTINUED * years)
    if shop.is_new:
        replaced = replaced[:0]
    ended = shop.slots[replaced]
    launched = np.arange(len(goods), len(goods) + len(replaced))
    if len(replaced):
        goods.ended[ended] = period.start
        goods.arrival[ended] = NEVER
        fresh = Columns(shelf=goods.shelf[ended], base=goods.base[ended])
        _describe(world, rng, fresh, np.full(len(replaced), period.start))
        goods.append(fresh)
        shop.slots[replaced] = launched
    changes = _Changes(
        price_time=np.full(len(goods), NEVER, dtype=np.int64),
        cost_time=np.full(len(goods), NEVER, dtype=np.int64),
        old_price=goods.price.copy(),
        old_cost=goods.cost.copy(),
        price=goods.price,
        cost=goods.cost,
        ended=ended,
        launched=launched,
    )
    offered = shop.slots
    for times, rate, values, base, spread in (
        (changes.price_time, market.PRICE_CHANGES, goods.price, goods.base, 0.06),
        (changes.cost_time, market.COST_CHANGES, goods.cost, goods.base_cost, 0.05),
    ):
        moved = rng.random(slots) < 1 - np.exp(-rate * years)
        when = period.start + 1 + rng.integers(0, period.days * DAY - 2, slots)
        factor = np.exp(spread * rng.standard_normal(slots))
        product = offered[moved]
        times[product] = when[moved]
        values[product] = np.rint(base[product] * factor[moved]).astype(np.int64)
    return changes


def _move_stock(shop: Marketplace, period: Period, changes: _Changes, lines: Columns) -> Columns:
    """Versions of products: price, cost, stock that runs low, runs out or is refilled.

    What is bought while nothing is in stock waits for the next refill.
    """
    world, goods = shop.world, shop.catalogue
    rng = world.rng("stock", period.first)
    low, refill = _reorder_level(world), _refill(world)
    versions: dict[tuple[int, int], int] = {}  # product and time -> units in stock
    born = np.arange(len(goods)) if shop.is_new else changes.launched
    for product in born.tolist():
        versions[product, int(goods.launched[product])] = int(goods.stock[product])
    for product in changes.ended.tolist():
        versions[product, period.start] = int(goods.stock[product])

    priced = np.flatnonzero(changes.price_time < NEVER)
    costed = np.flatnonzero(changes.cost_time < NEVER)
    product = np.concatenate([lines.product, priced, costed])
    time = np.concatenate([lines.time, changes.price_time[priced], changes.cost_time[costed]])
    units = np.concatenate([lines.quantity, np.zeros(len(priced) + len(costed), dtype=np.int64)])
    expected = np.flatnonzero((goods.arrival < period.end) & (goods.ended == NEVER))
    product = np.concatenate([product, expected])
    time = np.concatenate([time, np.full(len(expected), period.end - 1)])
    units = np.concatenate([units, np.full(len(expected), NONE)])  # nothing but a look
    order = np.lexsort((time, product))

    stocks, arrivals = goods.stock.tolist(), goods.arrival.tolist()
    for p, t, sold in zip(
        product[order].tolist(), time[order].tolist(), units[order].tolist(), strict=True
    ):
        stock, arrival = stocks[p], arrivals[p]
        if arrival <= t:
            stock += refill
            versions[p, arrival] = stock
            arrival = NEVER
            if stock <= low:
                arrival = t + int(rng.integers(*market.LEAD_DAYS)) * DAY
        before = stock
        if sold > 0:
            stock -= sold
        if sold == 0 or before > low >= stock or before > 0 >= stock:
            versions[p, t] = stock
        if stock <= low and arrival == NEVER:
            arrival = t + int(rng.integers(*market.LEAD_DAYS)) * DAY
        stocks[p], arrivals[p] = stock, arrival
    goods.stock[:], goods.arrival[:] = stocks, arrivals
    keys = sorted(versions)
    which = np.array([p for p, _ in keys], dtype=np.int64)
    when = np.array([t for _, t in keys], dtype=np.int64)
    return Columns(
        product=which,
        time=when,
        stock=np.array([versions[key] for key in keys], dtype=np.int64),
        price=np.where(when < changes.price_time[which], changes.old_price[which],
                       changes.price[which]),
        cost=changes.cost_at(which, when),
    )  # fmt: skip


def truth(shop: Marketplace) -> dict[str, Any]:
    """Totals by month, and the effects that an analysis can hope to recover."""
    return {
        "by_month": [
            {
                "month": month,
                **{
                    name: f"{value / 100:.2f}" if name.endswith("_amount") else value
                    for name, value in total.items()
                },
            }
            for month, total in sorted(shop.totals.items())
        ],
        "weather": {
            "log_rate_on_rainy_days": {d.name: d.rain for d in market.DEPARTMENTS},
            "rainy": f"precipitation of at least {market.RAINY_MM} mm in the city it is sent to",
            "applies_to": "orders of a department (all lines of an order are of one) sent to a "
            "city with weather data, per day; independent of temperature",
        },
        "holiday_factor": market.HOLIDAY_FACTORS,
        "funnel": {
            "cart_share_of_visits": market.CART_RATE,
            "checkout_share_of_carts": market.CHECKOUT_RATE,
            "purchase_share_of_checkouts": market.PURCHASE_RATE,
        },
        "subscriptions": {
            "monthly_cancellation_rate": dict(
                zip(market.PLANS, market.PLAN_CHURN.tolist(), strict=True)
            ),
            "annual_factor": market.ANNUAL_CHURN_FACTOR,
            "applies_to": "memberships from the month after they began, but changes of plan and "
            "customers who leave the bank",
        },
    }

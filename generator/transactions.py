"""Lines of transactions: what the ledger holds, as the source would write it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np

from generator import reference as ref
from generator import text
from generator.columns import Array, Columns
from generator.events import NONE, TEXTS
from generator.sheet import Layout, Sheet, band
from generator.world import World

# bytes of each column, with room for what is written badly: as wide as `text` makes the cells, and
# 16 or 32 for columns that are written together; the description's follow from the names
_WIDTHS = {
    "transaction_id": 16, "account_id": 12, "customer_id": 12, "merchant_id": 8,
    "transaction_date": 24, "transaction_type": 32, "amount": 20, "currency": 7, "channel": 10,
    "payment_method": 13, "merchant_category": 13, "mcc_code": 4, "description": 0, "is_fraud": 5,
    "fraud_score": 10, "location_city": 0, "location_state": 2, "location_country": 2,
    "latitude": 9, "longitude": 9, "device_id": 12, "ip_address": 16, "is_international": 8,
    "authorization_code": 8, "card_last_four": 4, "is_recurring": 5, "hour_of_day": 2,
    "day_of_week": 1, "is_weekend": 5, "distance_from_home_km": 12, "merchant_risk_score": 4,
    "velocity_24h": 8, "amount_deviation_score": 12, "processing_time_ms": 8,
    "decline_reason": 18, "created_at": 24, "updated_at": 24,
}  # fmt: skip


_WEEK = 7 * 24  # hours
_WEEK_BEGAN = 3 * 24  # hours before 1970, which began on a Thursday


@dataclass(frozen=True)
class _Then:
    """What transactions show of the world, at one moment."""

    people: Columns  # id, ip, employer
    accounts: Columns  # id, card_digits


class TransactionWriter:
    """Holds the tables of text of a world, so that they are built once."""

    def __init__(self, world: World, merchant_names: list[str]) -> None:
        self.world = world
        cities = ref.cities()
        employers = [f"Salary {name}".replace(",", "") for name in world.pools.employers]
        self.descriptions = text.table(
            [
                *TEXTS,
                *employers,
                *(f"Purchase {name}" for name in merchant_names),
                *(f"Refund {name}" for name in merchant_names),
            ]
        )
        self.first_merchant = len(TEXTS) + len(employers)
        layout = Layout(
            {
                **_WIDTHS,
                "description": self.descriptions.shape[1],
                "location_city": max(len(c.name.encode()) for c in cities),
            }
        )
        self.layout = layout
        self.types = text.table(ref.TYPES)
        ways = [(channel, method) for channel in ref.CHANNELS for method in ref.METHODS]
        self.ways = band(
            layout,
            {
                "currency": ["USD"] * len(ways),
                "channel": [channel for channel, _ in ways],
                "payment_method": [method for _, method in ways],
            },
        )
        codes = [None, *(str(code) for code, _ in ref.merchant_category_codes())]
        self.codes = len(codes)
        kinds = [(category, code) for category in (None, *ref.CATEGORY_NAMES) for code in codes]
        self.kinds = band(
            layout,
            {
                "merchant_category": [category for category, _ in kinds],
                "mcc_code": [code for _, code in kinds],
            },
        )
        self.places = band(
            layout,
            {
                "location_city": [c.name for c in cities],
                "location_state": [c.state for c in cities],
                "location_country": [c.country for c in cities],
                "latitude": [f"{c.latitude:.4f}" for c in cities],
                "longitude": [f"{c.longitude:.4f}" for c in cities],
            },
        )
        hours = [(often, day, hour) for often in ("false", "true")
                 for day in range(1, 8) for hour in range(24)]  # fmt: skip
        self.hours = band(
            layout,
            {
                "is_recurring": [often for often, _, _ in hours],
                "hour_of_day": [str(hour) for _, _, hour in hours],
                "day_of_week": [str(day) for _, day, _ in hours],
                "is_weekend": ["true" if day >= 6 else "false" for _, day, _ in hours],
            },
        )
        thousandths = [None, *(f"{i / 1000:.3f}" for i in range(1001))]
        self.scores = len(thousandths)
        self.scored = band(
            layout,
            {
                "is_fraud": ["false"] * self.scores + ["true"] * self.scores,
                "fraud_score": thousandths * 2,
            },
        )
        # what never changes of a merchant
        self.merchants = text.table([str(i + 1) for i in range(len(merchant_names))])
        self.risks = text.table([f"{score / 100:.2f}" for score in world.merchants.score.tolist()])
        self.declines = text.texts(ref.DECLINES)
        self.networks = text.table([f"10.{n}." for n in range(256)])
        self.subnets = text.table([f"{n}." for n in range(256)])
        self.hosts = text.table([str(n) for n in range(256)])

    def as_of_now(self) -> Callable[[Columns], Sheet]:
        """What writes transactions as of now, in whatever thread, while the world goes on."""
        world = self.world

        def now(columns: Columns, *names: str) -> Columns:
            return Columns(**{name: getattr(columns, name).copy() for name in names})

        then = _Then(
            now(world.customers, "id", "ip", "employer"),
            now(world.accounts, "id", "card_digits"),
        )
        return partial(self._write, then)

    def _write(self, then: _Then, rows: Columns) -> Sheet:
        """Transactions as the source holds them, still without any defect."""
        people, accounts = then.people, then.accounts
        lines = Sheet.empty(self.layout, len(rows))
        put = lines.put
        remote = (rows.channel == ref.ONLINE) | (rows.channel == ref.MOBILE)
        plastic = (rows.method == ref.CREDIT_CARD) | (rows.method == ref.DEBIT_CARD)
        plastic |= rows.channel == ref.ATM
        bought = (rows.type == ref.TYPE["purchase"]) | (rows.channel == ref.ATM)
        posted = text.stamps(rows.posted)

        put("transaction_id", text.whole(rows.id))
        put("account_id", text.whole(accounts.id[rows.acct]))
        put("customer_id", text.whole(people.id[rows.cust]))
        put("merchant_id", text.pick(self.merchants, rows.merchant))
        put("transaction_date", text.stamps(rows.time))
        put("transaction_type", text.pick(self.types, rows.type))
        put("amount", text.money(rows.cents))
        way = rows.channel * len(ref.METHODS) + rows.method
        put("payment_method", text.pick(self.ways, way))
        kind = (rows.category + 1) * self.codes + rows.mcc + 1
        put("mcc_code", text.pick(self.kinds, kind))
        put("description", text.pick(self.descriptions, self._about(people, rows)))
        scored = rows.fraud * self.scores + rows.fraud_score + 1
        put("fraud_score", text.pick(self.scored, scored))
        put("longitude", text.pick(self.places, rows.city))
        self._put_device(lines, np.flatnonzero(remote), people, rows)
        abroad = rows.city >= ref.home_city_count()
        put("is_international", text.flags(abroad))
        signed = np.flatnonzero(plastic & (rows.decline == NONE) & bought)
        put("authorization_code", text.whole(rows.authorization[signed]), signed)
        digits = np.where(plastic, accounts.card_digits[rows.acct], NONE)
        put("card_last_four", text.padded(digits, 4))
        hour = rows.time // 3600 + _WEEK_BEGAN
        hour += (rows.recurring - hour // _WEEK) * _WEEK
        put("is_weekend", text.pick(self.hours, hour))
        put("distance_from_home_km", text.number(rows.distance, 2))
        put("merchant_risk_score", text.pick(self.risks, rows.merchant))
        put("velocity_24h", text.whole(rows.velocity))
        put("amount_deviation_score", text.number(rows.deviation, 2, np.isnan(rows.deviation)))
        put("processing_time_ms", text.whole(rows.processing))
        declined = np.flatnonzero(rows.decline != NONE)
        put("decline_reason", text.pick(self.declines, rows.decline[declined]), declined)
        put("created_at", posted)
        put("updated_at", posted)
        return lines

    def _about(self, people: Columns, rows: Columns) -> Array:
        """The description's position: of the merchant, of the employer, or of the kind."""
        shop = rows.merchant >= 0
        about = np.where(shop, self.first_merchant + rows.merchant, rows.text)
        about[shop & (rows.type == ref.TYPE["refund"])] += len(self.world.merchants)
        paid = np.flatnonzero(rows.text == TEXTS.index("Salary"))
        about[paid] = len(TEXTS) + people.employer[rows.cust[paid]]
        return about

    def _put_device(self, lines: Sheet, at: Array, people: Columns, rows: Columns) -> None:
        """Device and address of what was bought online or in the app."""
        number = rows.device[at]
        cust = rows.cust[at]
        device = cust * 2 + number
        stolen = np.flatnonzero(rows.fraud[at])
        device[stolen] = rows.id[at[stolen]] % 40_000
        address = people.ip[cust] + number
        name = text.whole(device + 100_000)
        lines.put("device_id", text.join("DEV", name), at)
        parts = (
            text.pick(self.networks, address >> 16 & 255),
            text.pick(self.subnets, address >> 8 & 255),
            text.pick(self.hosts, address & 255),
        )
        lines.put("ip_address", text.join(*parts), at)

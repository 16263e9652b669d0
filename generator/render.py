"""From simulated columns to the delivered tables: every cell as text, in the delivered order."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from generator import economy, service, text
from generator import reference as ref
from generator.columns import Array, Columns
from generator.events import NONE
from generator.ledger import Ledger
from generator.life import ACCOUNT_STATUS, CHARGED_OFF, Versions
from generator.sheet import Sheet
from generator.timeline import DAY, NEVER, Period, date_of
from generator.world import CATALOGUE_CREATED, World

RATINGS = ("Low", "Medium", "High")
CAMPAIGN_COLUMNS = (
    "campaign_id", "campaign_name", "campaign_type", "start_date", "end_date",
    "target_segment", "budget", "impressions", "clicks", "conversions",
    "cost_per_acquisition", "roi", "product_promoted", "created_at", "updated_at",
)  # fmt: skip
CAMPAIGN_MARGIN_CENTS = 4_500  # what a converted customer earns the bank


def products(world: World, changed: Versions) -> Sheet:
    """Product versions."""
    rows, state = changed.rows, changed.state
    fixed = [ref.PRODUCTS[i] for i in rows]
    created = np.full(len(rows), CATALOGUE_CREATED)
    return Sheet.of(
        {
            "product_id": text.whole(rows + 1),
            "product_name": text.texts([p.name for p in fixed]),
            "category": text.texts([p.category for p in fixed]),
            "interest_rate": text.number(state.rate, 2),
            "min_balance": text.money(_array([p.min_balance * 100 for p in fixed])),
            "monthly_fee": text.money(state.monthly_fee * 100),
            "overdraft_limit": text.money(_array([p.overdraft * 100 for p in fixed])),
            "product_tier": text.texts([p.tier for p in fixed]),
            "is_premium": text.flags(_array([p.tier == "Premium" for p in fixed])),
            "created_at": text.stamps(created),
            "updated_at": text.stamps(changed.times),
            "is_deleted": text.flags(np.zeros(len(rows), dtype=bool)),
        }
    )


def _array(values: list[int] | list[bool]) -> Array:
    return np.array(values, dtype=np.int64)


@dataclass
class Places:
    """City attributes as tables of text."""

    city: Array
    state: Array
    country: Array
    latitude: Array
    longitude: Array

    @staticmethod
    def load() -> Places:
        """From `reference.cities()`."""
        cities = ref.cities()

        table = text.table
        return Places(
            table([c.name for c in cities]),
            table([c.state for c in cities]),
            table([c.country for c in cities]),
            table([f"{c.latitude:.4f}" for c in cities]),
            table([f"{c.longitude:.4f}" for c in cities]),
        )


def merchant_names(world: World) -> list[str]:
    """One name for each merchant, telling its trade."""
    trades = {
        "Groceries": ("Market", "Foods", "Grocers"),
        "Food At Home": ("Bakery", "Meal Kits", "Deli"),
        "Utilities": ("Energy", "Water & Power", "Telecom"),
        "Housing": ("Property Management", "Residences", "Home Rentals"),
        "Shopping": ("Outfitters", "Electronics", "Department Store"),
        "Entertainment": ("Streaming", "Cinemas", "Games"),
        "Dining": ("Grill", "Coffee", "Kitchen"),
        "Travel": ("Airlines", "Hotels", "Travel"),
        "Transport": ("Fuel", "Rides", "Transit"),
        "Healthcare": ("Pharmacy", "Clinic", "Medical Group"),
        "Education": ("Academy", "Learning", "College"),
        "Insurance": ("Insurance", "Mutual", "Assurance"),
        "Charity": ("Foundation", "Relief Fund", "Charities"),
        "Bank Fees": ("Bank", "Bank", "Bank"),
    }
    brands = world.pools.brands
    merchants = world.merchants
    names = []
    seen: dict[str, int] = {}
    for brand, category, suffix in zip(
        merchants.brand, merchants.category, merchants.suffix, strict=True
    ):
        name = f"{brands[brand]} {trades[ref.CATEGORY_NAMES[category]][suffix]}"
        seen[name] = seen.get(name, 0) + 1
        names.append(name if seen[name] == 1 else f"{name} {seen[name]}")
    return names


class Renderer:
    """Holds the tables of text of a world, so that they are built once."""

    def __init__(self, world: World, names: list[str]) -> None:
        self.world = world
        self.places = Places.load()
        self.merchant_names = text.table(names)
        first, last = world.pools.first_names, world.pools.last_names
        self.first_names, self.last_names = text.table(first), text.table(last)
        self.first_letters = text.table([name.lower() for name in first])
        self.last_letters = text.table([name.lower() for name in last])
        codes = ref.merchant_category_codes()
        self.codes = text.table([str(code) for code, _ in codes])

    # ------------------------------------------------------------ versioned tables

    def merchants(self, changed: Versions) -> Sheet:
        """Merchant versions."""
        rows, state, places = changed.rows, changed.state, self.places
        return Sheet.of(
            {
                "merchant_id": text.whole(rows + 1),
                "merchant_name": text.pick(self.merchant_names, rows),
                "category": text.pick(ref.CATEGORY_NAMES, state.category),
                "mcc_code": text.pick(self.codes, state.mcc),
                "city": text.pick(places.city, state.city),
                "state": text.pick(places.state, state.city),
                "country": text.pick(places.country, state.city),
                "latitude": text.pick(places.latitude, state.city),
                "longitude": text.pick(places.longitude, state.city),
                "risk_rating": text.pick(RATINGS, state.risk),
                "avg_transaction_amount": text.money(state.average),
                "is_online": text.flags(state.online),
                "established_date": text.dates(state.established),
                "created_at": text.stamps(np.full(len(rows), CATALOGUE_CREATED)),
                "updated_at": text.stamps(changed.times),
                "is_deleted": text.flags(state.deleted <= changed.times),
            }
        )

    def customers(self, changed: Versions) -> Sheet:
        """Customer versions."""
        pools, places, s = self.world.pools, self.places, changed.state
        rng = self.world.rng("customer_scores", int(changed.times.min()) if len(s) else 0)
        day = changed.times // DAY
        age = _age(s.dob, day)
        ids = text.whole(s.id)
        employed = s.employment < 2
        tenure = (changed.times - s.signup) / (365.25 * DAY)
        hazard = -1.2 - 0.35 * np.minimum(tenure, 5) + ref.SEGMENT_CHURN[s.segment]
        hazard = hazard + 0.8 * rng.standard_normal(len(s))
        value = ref.SEGMENT_AMOUNT[s.segment] * (900 + 260 * tenure) + 60 * np.minimum(s.weight, 25)
        risk = np.where(s.credit >= 700, 0, np.where(s.credit >= 620, 1, 2))
        stage = np.where(
            age < 30, 0, np.where((s.dependents > 0) & (age < 45), 1, np.where(age < 55, 2, 3))
        )
        stage = np.where(s.employment == 4, 4, stage)
        login = changed.times - (rng.random(len(s)) ** 2 * 25 * DAY).astype(np.int64)
        code = s.segment * 0 + (s.phone // 10_000) % 800 + 200
        return Sheet.of(
            {
                "customer_id": ids,
                "first_name": text.pick(self.first_names, s.first),
                "last_name": text.pick(self.last_names, s.last),
                "email": text.join(
                    text.pick(self.first_letters, s.first),
                    ".",
                    text.pick(self.last_letters, s.last),
                    ids,
                    "@example.com",
                ),
                "phone": text.join(
                    "+1-", text.whole(code), "-555-", text.padded(s.phone % 10_000, 4)
                ),
                "date_of_birth": text.dates(s.dob),
                "age": text.whole(age),
                # numbers from 900 are never given to a person
                "ssn": text.join(
                    "9",
                    text.padded(s.ssn // 100_000, 2),
                    "-",
                    text.padded(s.ssn // 1_000 % 100, 2),
                    "-",
                    text.padded(s.ssn * 7 % 10_000, 4),
                ),
                "address": text.join(text.whole(s.house), " ", text.pick(pools.streets, s.street)),
                "city": text.pick(places.city, s.city),
                "state": text.pick(places.state, s.city),
                "zip_code": text.whole(s.zip),
                "country": text.pick(places.country, s.city),
                "signup_date": text.dates(s.signup // DAY),
                "credit_score": text.whole(s.credit),
                "annual_income": text.money(s.income),
                "employment_status": text.pick(ref.EMPLOYMENT, s.employment),
                "employer": text.where(employed, text.pick(pools.employers, s.employer)),
                "job_title": text.where(employed, text.pick(pools.jobs, s.job)),
                "education_level": text.pick(ref.EDUCATION, s.education),
                "marital_status": text.pick(ref.MARITAL, s.marital),
                "number_of_dependents": text.whole(s.dependents),
                "home_ownership": text.pick(ref.HOME, s.home),
                "customer_segment": text.pick(ref.SEGMENTS, s.segment),
                "life_stage": text.pick(ref.LIFE_STAGES, stage),
                "risk_segment": text.pick(ref.RISK, risk),
                "is_active": text.flags(s.active),
                "preferred_channel": text.pick(ref.CONTACT_CHANNELS, s.preferred),
                "marketing_opt_in": text.flags(s.opted),
                "loyalty_tier": text.pick(ref.LOYALTY, s.loyalty),
                "customer_lifetime_value": text.number(value, 2),
                "churn_risk_score": text.number(1 / (1 + np.exp(-hazard)), 3),
                "last_login_date": text.dates(np.maximum(login, s.signup) // DAY),
                "acquisition_channel": text.pick(ref.ACQUISITION, s.acquisition),
                "created_at": text.stamps(s.signup),
                "updated_at": text.stamps(changed.times),
                "is_deleted": text.flags(s.deleted),
            }
        )

    def accounts(self, changed: Versions, ledger: Ledger) -> Sheet:
        """Account versions with the balance as of each."""
        people, s, times = self.world.customers, changed.state, changed.times
        balance = ledger.balance_at(changed.rows, times)
        card, checking = s.kind == ref.CARD, s.kind == ref.CHECKING
        closed = times >= s.closed
        available = np.where(
            card, balance + s.limit, np.where(checking, balance + s.overdraft, balance)
        )
        available = np.where((s.kind == ref.LOAN) | closed, 0, available)
        owed = np.maximum(-balance, 0)
        minimum = np.where(
            card,
            np.minimum(owed, np.maximum(2_500, owed * 2 // 100)),
            np.where(s.kind == ref.LOAN, np.minimum(s.instalment, owed), 0),
        )
        day = times // DAY
        month = day.astype("datetime64[D]").astype("datetime64[M]")
        due = (month + 1).astype("datetime64[D]").astype(np.int64) + s.pay_day - 1
        statement = month.astype("datetime64[D]").astype(np.int64) - 1
        lends = card | (s.kind == ref.LOAN)
        return Sheet.of(
            {
                "account_id": text.whole(s.id),
                "customer_id": text.whole(people.id[s.cust]),
                "product_id": text.whole(s.product + 1),
                "account_number": text.whole(s.number),
                "account_status": text.pick(ACCOUNT_STATUS, s.status),
                "open_date": text.dates(s.opened // DAY),
                "close_date": text.dates(np.minimum(s.closed, NEVER) // DAY, ~closed),
                "current_balance": text.money(balance),
                "available_balance": text.money(available),
                "credit_limit": text.money(s.limit, ~card),
                "currency": text.pick(["USD"], s.id * 0),
                "interest_rate": text.number(s.rate, 2),
                "minimum_payment": text.money(minimum, ~lends),
                "payment_due_date": text.dates(due, ~lends | closed | (s.status == CHARGED_OFF)),
                "last_statement_date": text.dates(statement, statement < s.opened // DAY),
                "autopay_enabled": text.flags(s.autopay),
                "overdraft_protection": text.flags(s.overdraft > 0),
                "primary_account": text.flags(s.primary),
                "created_at": text.stamps(s.opened),
                "updated_at": text.stamps(times),
                "is_deleted": text.flags(np.zeros(len(s), dtype=bool)),
            }
        )

    # ------------------------------------------------------------ other facts

    def applications(self, filed: Columns, decided: Columns) -> Sheet:
        """Applications as filed, then again as decided."""
        both = Columns.concat([filed, decided])
        done = np.arange(len(both)) >= len(filed)
        moment = np.where(done, both.due, both.time)
        decision = np.where(~done, 0, np.where(both.approve, 1, 2))
        granted = done & both.approve
        grade = np.digitize(both.score, [560, 620, 680, 740])
        return Sheet.of(
            {
                "application_id": text.whole(both.id),
                "customer_id": text.whole(self.world.customers.id[both.cust]),
                "product_id": text.whole(both.product + 1),
                "application_date": text.stamps(both.time),
                "requested_amount": text.money(both.requested),
                "requested_term_months": text.whole(both.term, both.term < 0),
                "credit_score_at_application": text.whole(both.score),
                "annual_income": text.money(both.income),
                "debt_to_income_ratio": text.number(both.dti, 3),
                "employment_length_years": text.number(both.employment_years, 1),
                "decision": text.pick(service.DECISIONS, decision),
                "decision_date": text.stamps(both.due, ~done),
                "approved_amount": text.money(both.approved, ~granted),
                "approved_rate": text.number(both.rate, 2, ~granted),
                "application_channel": text.pick(("Online", "Mobile", "Branch"), both.channel),
                "approval_probability_score": text.number(both.probability, 3),
                "risk_grade": text.pick(service.GRADES, 4 - grade),
                "created_at": text.stamps(both.time),
                "updated_at": text.stamps(moment),
            }
        )

    def alerts(self, raised: Columns, resolved: Columns) -> Sheet:
        """Alerts as raised, then again as resolved."""
        both = Columns.concat([raised, resolved])
        done = np.arange(len(both)) >= len(raised)
        status = np.where(~done, 0, np.where(both.fraud, 1, 2))
        notes = [None, "Card blocked and replaced", "Customer confirmed the transaction"]
        return Sheet.of(
            {
                "alert_id": text.whole(both.id),
                "transaction_id": text.whole(both.transaction),
                "customer_id": text.whole(self.world.customers.id[both.cust]),
                "account_id": text.whole(self.world.accounts.id[both.acct]),
                "alert_date": text.stamps(both.time),
                "alert_type": text.pick(service.ALERT_KINDS, both.kind),
                "alert_severity": text.pick(service.SEVERITIES, both.severity),
                "investigation_status": text.pick(
                    ("open", "confirmed_fraud", "false_positive"), status
                ),
                "resolution_date": text.stamps(both.due, ~done),
                "amount_recovered": text.money(np.where(done, both.cents, 0), ~done),
                "assigned_to": text.pick(self.world.pools.agents, both.agent),
                "notes": text.pick(notes, status),
                "created_at": text.stamps(both.time),
                "updated_at": text.stamps(np.where(done, both.due, both.time)),
            }
        )

    def interactions(self, numbers: Array, served: Columns, offers: Columns) -> Sheet:
        """Service contacts and campaign contacts (hold-outs are recorded, not contacted).

        `numbers`: their ids in the order of time.
        """
        world = self.world
        m, k = len(served), len(offers)
        cust = np.concatenate([served.cust, offers.cust])
        time = np.concatenate([served.time, offers.time])
        order = np.argsort(time, kind="stable")
        offer = np.arange(m + k) >= m

        def of_service(values: Array) -> Array:
            return np.concatenate([values, np.full(k, NONE, dtype=values.dtype)])

        campaign = np.concatenate([np.full(m, NONE), offers.campaign])
        group = np.concatenate([np.full(m, NONE), offers.treated.astype(np.int64)])
        rating = of_service(served.rating)
        mood = np.concatenate([served.mood, np.zeros(k)])
        ids = np.empty(m + k, dtype=np.int64)
        ids[order] = numbers
        return Sheet.of(
            {
                "interaction_id": text.whole(ids),
                "customer_id": text.whole(world.customers.id[cust]),
                "interaction_date": text.stamps(time),
                "interaction_type": text.pick(
                    (*service.CONTACT_TYPES, "campaign_offer"),
                    np.where(offer, 5, of_service(served.kind)),
                ),
                "reason": text.pick(
                    (*service.REASONS, "Marketing"), np.where(offer, 8, of_service(served.reason))
                ),
                "campaign_id": text.whole(campaign, ~offer),
                "campaign_group": text.pick(("control", "treated"), group),
                "duration_minutes": text.whole(of_service(served.minutes), offer),
                "sentiment_score": text.number(mood, 2, offer),
                "satisfaction_rating": text.whole(rating, rating < 0),
                "resolved": text.where(
                    ~offer, text.flags(of_service(served.resolved.astype(int)) > 0)
                ),
                "escalated": text.where(
                    ~offer, text.flags(of_service(served.escalated.astype(int)) > 0)
                ),
                "agent_id": text.pick(world.pools.agents, of_service(served.agent)),
                "notes": text.pick(
                    ("Solved in the first contact", "Follow-up needed"),
                    np.where(offer, NONE, 1 - of_service(served.resolved.astype(int))),
                ),
                "created_at": text.stamps(time),
                "updated_at": text.stamps(time),
            }
        ).take(order)

    def loan_payments(self, paid: Columns) -> Sheet:
        """Instalments that were paid in the period, or are overdue."""
        unpaid = paid.paid == NEVER
        return Sheet.of(
            {
                "payment_id": text.whole(paid.id),
                "account_id": text.whole(self.world.accounts.id[paid.acct]),
                "customer_id": text.whole(self.world.customers.id[paid.cust]),
                "scheduled_date": text.dates(paid.due),
                "actual_date": text.dates(np.where(unpaid, 0, paid.paid), unpaid),
                "scheduled_amount": text.money(paid.scheduled),
                "actual_amount": text.money(paid.actual, unpaid),
                "is_late": text.flags(paid.late > 0),
                "days_late": text.whole(paid.late),
                "late_fee": text.money(paid.fee, unpaid),
                "payment_method": text.pick(ref.METHODS, paid.method),
                "outstanding_balance": text.money(paid.outstanding),
                "created_at": text.stamps(paid.created),
                "updated_at": text.stamps(paid.updated),
            }
        )

    def economy(self, period: Period) -> Sheet | None:
        """The indicators of a month, published on its first day (or on the history's first)."""
        start_of_world = self.world.counters.get("economy", 0) == 0
        if period.first != period.month_start and not start_of_world:
            return None
        self.world.counters["economy"] = 1
        values = economy.indicators(self.world.options.seed, period.year, period.month)
        published = text.stamps(np.array([period.start + 8 * 3600]))
        return Sheet.of(
            {
                "date": text.dates(np.array([period.month_start])),
                **{name: text.texts([f"{value:.2f}"]) for name, value in values.items()},
                "created_at": published,
                "updated_at": published,
            }
        )

    def campaigns(self, period: Period, started: list[service.Campaign]) -> Sheet:
        """Campaigns as they begin, and again with their results when they end."""
        ended = [
            c
            for c in service.campaigns_until(self.world, period.last)
            if period.first <= c.end <= period.last
        ]
        rows = [self._campaign(c, False) for c in started]
        rows += [self._campaign(c, True) for c in ended]
        columns = zip(*rows, strict=True) if rows else [()] * len(CAMPAIGN_COLUMNS)
        return Sheet.of(
            {
                name: text.texts(values)
                for name, values in zip(CAMPAIGN_COLUMNS, columns, strict=True)
            }
        )

    def _campaign(self, c: service.Campaign, ended: bool) -> tuple[str | None, ...]:
        offers = self.world.assignments
        mine = offers.campaign == c.number
        treated = int((mine & offers.treated).sum())
        budget = 5_000 + 100 * int(mine.sum())
        converted = int((mine & offers.treated & offers.converted).sum())
        views, clicks = treated * 3, treated * 3 // 8 + converted // 4
        starts, ends = (date_of(day).isoformat() for day in (c.start, c.end))
        gain = converted * CAMPAIGN_MARGIN_CENTS - budget
        cost = f"{budget / converted / 100:.2f}" if ended and converted else None
        created, finished = f"{starts} 08:00:00", f"{ends} 20:00:00"
        return (
            str(c.number),
            f"{service.CAMPAIGN_THEMES[c.theme]} {starts[:4]}",
            service.CAMPAIGN_TYPES[c.kind],
            starts,
            ends,
            "All" if c.segment == NONE else ref.SEGMENTS[c.segment],
            f"{budget / 100:.2f}",
            str(views if ended else 0),
            str(clicks if ended else 0),
            str(converted if ended else 0),
            cost,
            f"{gain / budget:.4f}" if ended else None,
            ref.PRODUCTS[c.product].name,
            created,
            finished if ended else created,
        )


def _age(born: Array, day: Array) -> Array:
    """Completed years of life."""
    born_on, today = (days.astype("datetime64[D]") for days in (born, day))
    months = [date.astype("datetime64[M]").astype(np.int64) for date in (born_on, today)]
    days = [(d - d.astype("datetime64[M]")).astype(np.int64) for d in (born_on, today)]
    years: Array = (months[1] - months[0] - (days[1] < days[0])) // 12
    return years

"""The truth about a whole history: the effects that are really in it, and its final totals."""

from __future__ import annotations

import json
from collections import defaultdict
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np

from generator import purchases, text
from generator import reference as ref
from generator.columns import Array
from generator.commerce import Marketplace
from generator.commerce import truth as commerce_truth
from generator.dirt import Delivered
from generator.sheet import Sheet
from generator.simulation import Happened
from generator.timeline import date_of
from generator.world import World

CHURN_FILE = "truth_churn.csv"


def write_churn(happened: Happened, path: Path) -> None:
    """Append one line for each customer at risk in a period: its true hazard, and the outcome."""
    log = happened.churn
    n = len(log.cust)
    first, last = (date_of(d).isoformat() for d in (happened.period.first, happened.period.last))
    lines = Sheet.of(
        {
            "period_start": text.pick([first], np.zeros(n, dtype=np.int64)),
            "period_end": text.pick([last], np.zeros(n, dtype=np.int64)),
            "customer_id": text.whole(log.cust),
            "monthly_hazard": text.number(log.hazard, 6),
            "has_left": text.flags(log.left),
        }
    )
    is_new = not path.exists()
    with path.open("ab") as file:
        if is_new:
            file.write(lines.header)
        file.writelines(lines.csv())


class Totals:
    """Adds up the deltas of batches."""

    def __init__(self) -> None:
        self.amount: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
        self.count: dict[tuple[str, str], int] = defaultdict(int)
        self.transactions = 0
        self.approved = Decimal(0)

    def add(self, delivered: Delivered) -> None:
        """Add one batch."""
        for row in delivered.spending:
            key = (row["month"], row["category_name"])
            self.amount[key] += Decimal(row["amount"])
            self.count[key] += row["transactions"]
        self.transactions += delivered.ledger["transactions"]
        self.approved += Decimal(delivered.ledger["approved_amount"])

    def spending(self) -> list[dict[str, Any]]:
        """Final spending by month and category."""
        return [
            {
                "month": month,
                "category_name": category,
                "amount": str(self.amount[month, category]),
                "transactions": self.count[month, category],
            }
            for month, category in sorted(self.amount)
            if self.count[month, category] or self.amount[month, category]
        ]


def _night_share_of_fraud() -> float:
    """Share of fraudulent transactions from 22:00 to 06:00: the late ones of a burst may cross."""
    # few bytes each: they are multiplied, and this is where the memory is at its peak
    sizes, steps = (
        np.arange(*bounds, dtype=np.int32)
        for bounds in (purchases.BURST_SIZES, purchases.BURST_STEPS)
    )
    within = np.arange(30, 3600, 60, dtype=np.int32)  # seconds of the hour in which a burst begins
    shares = []
    for hours in (purchases.BURST_HOURS_AT_NIGHT, purchases.BURST_HOURS_BY_DAY):
        begin = (np.arange(*hours, dtype=np.int32)[:, None] * 3600 + within).reshape(-1, 1)
        at_night = np.array([
            (((begin + place * steps) // 3600 + 2) % 24 < 8).mean() for place in range(sizes.max())
        ])  # fmt: skip
        # a place counts as often as bursts are long enough to have it
        often = np.array([(sizes > place).mean() for place in range(sizes.max())])
        shares.append((at_night * often).sum() / often.sum())
    share = ref.FRAUD_PATTERN["night_share"]
    return float(share * shares[0] + (1 - share) * shares[1])


def effects() -> dict[str, Any]:
    """The parameters of the simulation that an analysis can hope to recover."""

    def by_cause(values: Array) -> dict[str, float]:
        return dict(zip(ref.DECLINES, values.tolist(), strict=True))

    return {
        "campaign": {
            "rate_ratio": ref.CAMPAIGN_RATE_RATIO,
            "amount_ratio": ref.CAMPAIGN_AMOUNT_RATIO,
            "window_days": ref.CAMPAIGN_DAYS,
            "hold_out_share": ref.CAMPAIGN_HOLD_OUT,
            "applies_to": "purchases with is_recurring = false (and ATM withdrawals) of a treated "
            "customer within window_days of the contact, against the control group",
        },
        "churn": {
            "model": "monthly hazard = exp(intercept + sum of coefficient * covariate), "
            "probability over d days = 1 - exp(-hazard * d / 30.4375)",
            "coefficients": ref.CHURN_EFFECTS,
            "segment": dict(zip(ref.SEGMENTS, ref.SEGMENT_CHURN.tolist(), strict=True)),
            "tenure_cap_years": ref.CHURN_TENURE_CAP_YEARS,
            "bad_service": f"an interaction rated {ref.BAD_SERVICE_RATING} or worse in the "
            f"{ref.BAD_SERVICE_DAYS} days before the period",
            "low_balance": f"checking balance below {ref.LOW_BALANCE_CENTS / 100:.2f} at its start",
            "at_risk": "active customers who joined before the period, without an open loan or a "
            "pending application; covariates as of the start of the period",
        },
        "fraud": {
            "share_of_purchases": ref.FRAUD_SHARE,
            "applies_to": "purchases with is_recurring = false; before rounding to whole bursts, "
            "and at least one burst in the last period of the history",
            **ref.FRAUD_PATTERN,
            "night_share_of_transactions": round(_night_share_of_fraud(), 4),
            "online_share_means": "channel Online or Mobile",
            "night_share_means": "a burst begins from 00:00 to 04:00, others from 08:00 to 21:00; "
            "of its transactions, night_share_of_transactions are from 22:00 to 06:00",
            "far_cities": list(ref.FRAUD_CITY_NAMES),
            "alerted_share": ref.ALERT_FRAUD_SHARE,
            "false_alarms": f"{ref.ALERT_OTHER_SHARE} of other transactions with a fraud_score "
            f"above {ref.ALERT_SCORE / 1000}",
        },
        "segment_amount_factor": dict(zip(ref.SEGMENTS, ref.SEGMENT_AMOUNT.tolist(), strict=True)),
        "segment_mean_purchase": {
            segment: round(float(factor * ref.mean_purchase()), 2)
            for segment, factor in zip(ref.SEGMENTS, ref.SEGMENT_AMOUNT, strict=True)
        },
        "economy": {
            "confidence_log_frequency_per_10_points": ref.CONFIDENCE_EFFECT,
            "applies_to": "share of Shopping, Entertainment, Dining and Travel among purchases "
            "with is_recurring = false; reference point is a confidence index of 100",
        },
        "late_payment": {
            "model": "logit(late) = intercept + slope * (700 - credit score) / 100 "
            "+ low_balance * (checking balance below low_balance_below)",
            "intercept": ref.LATE_INTERCEPT,
            "slope": ref.LATE_SLOPE,
            "low_balance": ref.LATE_LOW_BALANCE,
            "low_balance_below": ref.LOW_BALANCE_CENTS / 100,
            "applies_to": "instalments of a loan that owes no earlier one on the due date; score "
            "and balance as of the start of the batch (a month of the history, then a day)",
            "serious_share": ref.LATE_SERIOUS_SHARE,
            "serious": "share of late instalments that are not paid within 30 days; the others are "
            "paid after 1 to 27 days. Until the loan is cured no further instalment is paid; then "
            "all are",
            "cure_probability": ref.LATE_CURE,
            "cure": "for each 30 days from day 30 past due on; independent of score and balance",
            "delinquent_from_days": ref.DELINQUENT_DAYS,
            "charged_off_at_days": ref.CHARGE_OFF_DAYS,
        },
        "household": {
            "saving_share_mean": ref.SAVING_MEAN,
            "saving_share_spread": ref.SAVING_SPREAD,
            "applies_to": "customers with a salary here: what they neither spend nor use for "
            "loans, as share of their pay; a plan that chance and purchases change",
            "net_share_of_annual_income": ref.SALARY_SHARE_NET,
        },
        "decline": {
            "model": "chance = rate_by_channel * factor_by_payment_method * night_factor (at "
            "night) * busy_factor (in a busy hour); the cause is drawn in proportion to "
            "causes_by_channel * weights of its payment method, of the night and of busy hours",
            "rate_by_channel": ref.DECLINE_RATE,
            "factor_by_payment_method": ref.DECLINE_METHOD_FACTOR,
            "night_factor": ref.DECLINE_NIGHT_FACTOR,
            "night": "22:00 to 06:00",
            "busy_factor": ref.DECLINE_BUSY_FACTOR,
            "busy_from": ref.BUSY_LOAD,
            "busy": "hours with at least busy_from times as many unscheduled purchases and "
            "withdrawals as the mean hour of the batch's period",
            "causes_by_channel": {
                channel: by_cause(causes)
                for channel, causes in zip(ref.DECLINE_RATE, ref.DECLINE_CAUSES, strict=True)
            },
            "weight_of_causes_by_payment_method": {
                method: by_cause(weights) for method, weights in ref.DECLINE_METHOD_WEIGHTS.items()
            },
            "night_weight_of_causes": by_cause(ref.DECLINE_NIGHT_WEIGHTS),
            "busy_weight_of_causes": by_cause(ref.DECLINE_BUSY_WEIGHTS),
            "applies_to": "unscheduled purchases and withdrawals that are not fraud; what the "
            "balance or limit does not cover is declined besides (insufficient_funds, "
            "limit_exceeded), recurring payments too",
        },
        "category_share": {c.name: c.share for c in ref.CATEGORIES},
        "category_median": {c.name: c.median for c in ref.CATEGORIES},
        "category_sigma": {c.name: c.sigma for c in ref.CATEGORIES},
        "season": {c.name: {str(m): f for m, f in c.seasons.items()} for c in ref.CATEGORIES},
    }


def write_truth(world: World, shop: Marketplace, totals: Totals, path: Path) -> None:
    """Write truth.json of a history: effects, final totals, and the balance of each account."""
    content = {
        "commerce": commerce_truth(shop),
        "effects": effects(),
        "spending": totals.spending(),
        "ledger": {"transactions": totals.transactions, "approved_amount": str(totals.approved)},
    }
    # the one long part is put together as text, which takes a tenth of the time
    accounts = world.accounts
    entries = text.join(
        '    "', text.whole(accounts.id), '": "', text.money(accounts.balance), '",\n'
    )
    by_text = np.argsort(accounts.id.astype("S"), kind="stable")
    balances = text.plain(entries[by_text]).removesuffix(",\n")
    rest = json.dumps(content, indent=2, sort_keys=True).removeprefix("{\n")
    with path.open("w", encoding="utf-8") as file:
        file.writelines(('{\n  "closing_balances": {\n', balances, "\n  },\n", rest, "\n"))

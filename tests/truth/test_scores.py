"""The scores against what the simulation knows: the hazard that people really leave with.

The shipped models learned from another bank (another seed), so every month of this one is new to
them. Features and scores of past days come from the same macros as those of today.
"""

from __future__ import annotations

import csv
import datetime as dt
import json
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from tests.kit import Warehouse
from training.data import month_ends
from training.judge import Ranking

TOLERANCE = 0.03  # of the area under the ROC curve
DEVIATIONS = (
    3.5  # a false alarm in 2,000 runs; the default data end yesterday, so every day is a run
)
FIRST_MONTHS = 6  # too little history to look back on

_CHURN = """
with features as ({{ customer_features("cast(%(day)s as date)") }}),
weights as ({{ model_weights('churn_90d') }})
select customer_id, {{ probability(model_logit('churn_90d', 'weights')) }}, open_loans
from features cross join weights
"""
_FRAUD = """
with weights as ({{ model_weights('fraud') }}),
scored as (
    select *, {{ model_logit('fraud', 'weights') }} as logit
    from {{ ref('fact_transactions') }} cross join weights
    where {{ is_scored_transaction() }}
)
select
    {{ probability('logit') }}, is_fraud, is_night, is_online, is_high_risk_merchant,
    distance_from_home_km >= 500, velocity_24h >= 2
from scored
order by transaction_id
"""


@pytest.fixture(scope="module")
def queries(demo_warehouse: Warehouse) -> tuple[str, str]:
    """The SQL that dbt makes of both, in one start."""
    text = f"{_CHURN}-- next\n{_FRAUD}"
    churn, fraud = demo_warehouse.run("dbt", "--quiet", "compile", "--inline", text).stdout.split(
        "-- next"
    )
    return churn, fraud


@pytest.fixture(scope="module")
def evenings(
    demo_warehouse: Warehouse, queries: tuple[str, str]
) -> dict[dt.date, dict[int, tuple[float, int]]]:
    """For each month end: customer, probability of leaving within 90 days, open loans."""
    first, as_of = demo_warehouse.query(
        "select (select min(transaction_date) from gold.fact_transactions), as_of_date"
        " from silver.as_of_date"
    )[0]
    days = [*month_ends(first, as_of)[FIRST_MONTHS:], as_of]
    with demo_warehouse.connect() as connection:
        return {
            day: {
                customer: (probability, loans)
                for customer, probability, loans in connection.execute(
                    queries[0],  # type: ignore[arg-type]
                    {"day": day},
                )
            }
            for day in days
        }


@pytest.fixture(scope="module")
def months(demo_warehouse: Warehouse) -> dict[dt.date, list[tuple[int, float, bool]]]:
    """For each evening before a month: customer at risk, true hazard, whether they left in it."""
    found: dict[dt.date, list[tuple[int, float, bool]]] = {}
    with (demo_warehouse.raw / "truth_churn.csv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            evening = dt.date.fromisoformat(row["period_start"]) - dt.timedelta(days=1)
            found.setdefault(evening, []).append(
                (int(row["customer_id"]), float(row["monthly_hazard"]), row["has_left"] == "true")
            )
    return found


def auc(scores: Sequence[float], happened: Sequence[bool]) -> float:
    return Ranking(np.asarray(scores, float), np.asarray(happened, float)).auc()


def test_todays_scores_are_those_of_the_macros(
    demo_warehouse: Warehouse, evenings: dict[dt.date, dict[int, tuple[float, int]]]
) -> None:
    """gold.predictive_analytics and the past evenings are scored by one and the same SQL."""
    found = demo_warehouse.query(
        "select customer_id, churn_probability_90d, open_loans from gold.predictive_analytics"
    )
    today = evenings[max(evenings)]
    assert len(found) == len(today) > 500
    for customer, probability, loans in found:
        assert today[customer] == (pytest.approx(float(probability), abs=1e-6), loans)


def test_churn_is_ranked_almost_as_by_the_true_hazard(
    evenings: dict[dt.date, dict[int, tuple[float, int]]],
    months: dict[dt.date, list[tuple[int, float, bool]]],
) -> None:
    """Same customers, same months; the hazard is what a perfect model would know."""
    scores, hazards, left = [], [], []
    for evening, rows in months.items():
        for customer, hazard, has_left in rows:
            if customer in evenings.get(evening, {}):
                scores.append(evenings[evening][customer][0])
                hazards.append(hazard)
                left.append(has_left)
    assert len(left) > 20_000 and sum(left) > 60
    ours, best = auc(scores, left), auc(hazards, left)
    assert best > 0.55, "the hazard itself must tell something"
    assert ours >= best - TOLERANCE, f"AUC {ours:.3f} against {best:.3f}"


def test_churn_probabilities_mean_what_they_say(
    demo_warehouse: Warehouse, evenings: dict[dt.date, dict[int, tuple[float, int]]]
) -> None:
    """Expected and observed departures over quarters that do not overlap, for all and by risk."""
    left = dict(
        demo_warehouse.query(
            "select customer_id, min(valid_from)::date from gold.dim_customer"
            " where not is_active or is_deleted group by customer_id"
        )
    )
    days = sorted(evenings)
    rows = []
    for day in days[:-4:3]:  # 90 days from one to the next, and the last one known
        for customer, (probability, _) in evenings[day].items():
            gone = left.get(customer, dt.date.max)
            rows.append((probability, day < gone <= day + dt.timedelta(days=90)))
    probabilities = np.array([p for p, _ in rows])
    happened = np.array([h for _, h in rows])
    middle = np.median(probabilities)
    assert happened.sum() > 40
    for part in (probabilities >= 0, probabilities > middle, probabilities <= middle):
        expected = probabilities[part].sum()
        spread = np.sqrt((probabilities[part] * (1 - probabilities[part])).sum())
        assert abs(happened[part].sum() - expected) <= DEVIATIONS * spread


@pytest.fixture(scope="module")
def payments(
    demo_warehouse: Warehouse, queries: tuple[str, str]
) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Purchases and withdrawals: probability, fraud, and the traits of the true pattern."""
    found = demo_warehouse.query(queries[1])
    return np.array([[float(value or 0) for value in row] for row in found])


def test_fraud_is_ranked_almost_as_by_the_true_pattern(
    demo_warehouse: Warehouse, payments: np.ndarray[Any, np.dtype[np.float64]]
) -> None:
    """The pattern: likelihood ratios of the traits, with the true shares among frauds."""
    pattern = json.loads((demo_warehouse.raw / "truth.json").read_text())["effects"]["fraud"]
    probability, fraud, traits = payments[:, 0], payments[:, 1], payments[:, 2:]
    burst = 1 - 1 / pattern["mean_transactions_per_burst"]  # all but the first of a burst
    shares = np.array([
        pattern["night_share"], pattern["online_share"], pattern["high_risk_merchant_share"],
        pattern["far_city_share"], burst,
    ])  # fmt: skip
    usual = traits[fraud == 0].mean(axis=0)
    oracle = (
        traits * np.log(shares / usual) + (1 - traits) * np.log((1 - shares) / (1 - usual))
    ).sum(axis=1)
    assert fraud.sum() > 60
    ours, best = (Ranking(scores, fraud).auc() for scores in (probability, oracle))
    assert best > 0.9
    assert ours >= best - TOLERANCE, f"AUC {ours:.3f} against {best:.3f}"


def test_fraud_probabilities_mean_what_they_say(
    payments: np.ndarray[Any, np.dtype[np.float64]],
) -> None:
    """Bursts come together, so the spread of their number is wider: by their mean size."""
    probability, fraud = payments[:, 0], payments[:, 1]
    spread = np.sqrt(4.5 * (probability * (1 - probability)).sum() + 4.5 * fraud.sum())
    assert abs(probability.sum() - fraud.sum()) <= DEVIATIONS * spread

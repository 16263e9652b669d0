"""Days and outcomes: nothing that is learned from lies in the period that is judged."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
import pandas as pd
import pytest

from training import cli
from training.data import Bank, Sample, month_ends, number_of, outcomes
from training.models import MODELS, Model
from warehouse.errors import WarehouseError

CHURN, LATE = MODELS[0], MODELS[2]
EVENING = dt.date(2024, 12, 31)


class _Answers:
    """A connection that knows the first and the last day."""

    def __init__(self, first: dt.date | None, last: dt.date) -> None:
        self.days = {"fact_transactions": first, "as_of_date": last}

    def execute(self, query: str) -> _Answers:
        self.found = next(day for name, day in self.days.items() if name in query)
        return self

    def fetchone(self) -> tuple[dt.date | None]:
        return (self.found,)


def bank(first: dt.date | None, last: dt.date) -> Bank:
    connection: Any = _Answers(first, last)
    return Bank(connection)


def test_month_ends() -> None:
    found = month_ends(dt.date(2024, 1, 31), dt.date(2024, 4, 29))
    assert found == [dt.date(2024, 1, 31), dt.date(2024, 2, 29), dt.date(2024, 3, 31)]


def test_leaving_counts_from_the_next_morning_to_the_end_of_the_horizon() -> None:
    frame = pd.DataFrame({"customer_id": [1, 2, 3, 4], "open_loans": [0, 0, 0, 0]})
    leavers = pd.Series({
        1: pd.Timestamp("2025-01-01 00:00:00+00:00"),
        2: pd.Timestamp("2025-03-31 23:59:59+00:00"),
        3: pd.Timestamp("2025-04-01 00:00:00+00:00"),
    })  # fmt: skip
    rows, happened = outcomes(CHURN, EVENING, frame, leavers, pd.DataFrame())
    assert rows.tolist() == [True] * 4
    assert happened.tolist() == [True, True, False, False]


def test_late_payments_are_those_of_borrowers_with_something_due() -> None:
    frame = pd.DataFrame({"customer_id": [1, 2, 3, 4, 5], "open_loans": [1, 1, 1, 0, 2]})
    instalments = pd.DataFrame([
        (1, dt.date(2025, 1, 1), False), (1, dt.date(2025, 3, 31), True),
        (2, dt.date(2025, 4, 1), True), (2, dt.date(2025, 1, 15), False),
        (3, dt.date(2024, 12, 31), True), (4, dt.date(2025, 1, 15), True),
        (5, dt.date(2025, 2, 1), True), (5, dt.date(2025, 3, 1), False),
    ])  # fmt: skip
    rows, happened = outcomes(LATE, EVENING, frame, pd.Series(dtype=object), instalments)
    assert rows.tolist() == [True, True, False, False, True]
    assert happened.tolist() == [True, False, True]


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.name)
def test_outcomes_are_known_before_the_judged_period(model: Model) -> None:
    here = bank(dt.date(2023, 1, 1), dt.date(2026, 11, 20))
    first_judged = here.judged_from(model)
    assert (here.as_of - first_judged).days + 1 == model.horizon_days + model.judged_days
    if not model.horizon_days:
        return
    days = here.days(model)
    assert days[-1] + model.horizon <= here.as_of
    learned = [day for day in days if number_of(day) + model.horizon_days < number_of(first_judged)]
    assert len(learned) >= 6
    assert all(day + model.horizon < first_judged for day in learned)
    assert any(day >= first_judged for day in days)


def test_short_history() -> None:
    here = bank(dt.date(2025, 1, 1), dt.date(2026, 11, 20))
    with pytest.raises(WarehouseError, match=r"too short to train churn_90d: it takes about 911"):
        here.days(CHURN)


def test_no_history() -> None:
    with pytest.raises(WarehouseError, match="no transactions"):
        bank(None, dt.date(2026, 11, 20)).days(CHURN)


def test_rare_events_are_refused() -> None:
    here = bank(dt.date(2023, 1, 1), dt.date(2026, 11, 20))
    n = 200
    sample = Sample(
        ("a",), ("A",), np.ones((n, 1)), np.arange(n) < 60,
        np.full(n, number_of(dt.date(2024, 1, 31))), np.arange(n) // 2,
    )  # fmt: skip
    with pytest.raises(WarehouseError, match=r"train churn_90d: 30 customers to learn from"):
        cli.train(CHURN, sample, here)

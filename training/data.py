"""What the models are trained on: terms at the end of past days, and what happened after them."""

from __future__ import annotations

import datetime as dt
import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, LiteralString, cast

import numpy as np
import numpy.typing as npt
import pandas as pd
from tqdm import tqdm

from training.models import Model
from warehouse.config import PROJECT_ROOT
from warehouse.db import Connection
from warehouse.errors import WarehouseError

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

FIRST_DAYS = 180  # of the history: too little of the 365 days that the features look back on
FEWEST_DAYS = 6  # month ends to learn from
_PART = "-- the next query"
_INLINE = f"""
{{{{ tojson({{'churn': model_drivers('churn'), 'late_payment': model_drivers('late_payment'),
'fraud': model_drivers('fraud')}}) }}}}
{_PART}
{{{{ training_rows("cast(%(day)s as date)") }}}}
{_PART}
{{{{ training_transactions("cast(%(first)s as date)", "cast(%(last)s as date)") }}}}
"""
_LEAVERS: LiteralString = """
    select customer_id, min(valid_from)
    from gold.dim_customer
    where not is_active or is_deleted
    group by customer_id
"""
_INSTALMENTS: LiteralString = """
    select customer_id, scheduled_date, days_late > 0
    from gold.fact_loan_payments
"""


@dataclass(frozen=True)
class Sample:
    """Rows of one model.

    Attributes:
        terms: names, in the order of the columns of ``x``.
        drivers: for each term the driver it belongs to.
        x: rows by terms, never NaN.
        happened: whether the event happened.
        day: the day whose end the row describes (of a transaction: its own), in days since 1970.
        customer: whose row it is.
    """

    terms: tuple[str, ...]
    drivers: tuple[str, ...]
    x: Floats
    happened: Flags
    day: Integers
    customer: Integers

    def where(self, rows: Flags) -> Sample:
        """Some of the rows."""
        return Sample(
            self.terms, self.drivers,
            self.x[rows], self.happened[rows], self.day[rows], self.customer[rows],
        )  # fmt: skip

    def __len__(self) -> int:
        return len(self.happened)


@dataclass(frozen=True)
class Queries:
    """The SQL of the dbt project, with the days left open as parameters."""

    drivers: Mapping[str, Mapping[str, Mapping[str, str]]]
    customers: str
    transactions: str

    @classmethod
    def compile(cls) -> Queries:
        """Let dbt write the macros out.

        Raises:
            WarehouseError: dbt refuses.
        """
        dbt = Path(sys.executable).with_name("dbt")
        done = subprocess.run(
            [dbt, "--quiet", "--no-use-colors", "compile", "--inline", _INLINE],
            cwd=PROJECT_ROOT, text=True, capture_output=True, check=False,
        )  # fmt: skip
        if done.returncode:
            lines = (done.stdout + done.stderr).strip().splitlines() or ["no message"]
            raise WarehouseError(f"dbt cannot compile the features: {lines[-1].strip()}")
        drivers, customers, transactions = done.stdout.split(_PART)
        return cls(json.loads(drivers), customers, transactions)


def number_of(day: dt.date) -> int:
    """Days since 1970."""
    return (day - dt.date(1970, 1, 1)).days


def month_ends(first: dt.date, last: dt.date) -> list[dt.date]:
    """The last days of months from ``first`` to ``last``, both included."""
    return [moment.date() for moment in pd.date_range(first, last, freq="ME")]


class Bank:
    """The warehouse, as far as training reads it."""

    def __init__(self, connection: Connection) -> None:
        """Reads nothing yet.

        Args:
            connection: as the owner, who reads what the features read.
        """
        self._connection = connection

    @cached_property
    def as_of(self) -> dt.date:
        """The last day that is known."""
        return cast(dt.date, self._value("select as_of_date from silver.as_of_date"))

    @cached_property
    def first_day(self) -> dt.date:
        """The first day with a transaction.

        Raises:
            WarehouseError: there is none.
        """
        found = self._value("select min(transaction_date) from gold.fact_transactions")
        if found is None:
            raise WarehouseError("There are no transactions: run `make generate build` first.")
        return cast(dt.date, found)

    def describe(self) -> str:
        """What is learned from, in words."""
        customers = self._value("select count(distinct customer_id) from gold.dim_customer")
        transactions = self._value("select count(*) from gold.fact_transactions")
        return (
            f"{customers:,} customers, {transactions:,} transactions,"
            f" {self.first_day} to {self.as_of}"
        )

    def days(self, model: Model) -> list[dt.date]:
        """The month ends at which customers are described and whose outcome is known.

        Raises:
            WarehouseError: the history is too short to learn from and to judge.
        """
        found = month_ends(
            self.first_day + dt.timedelta(days=FIRST_DAYS),
            self.as_of - dt.timedelta(days=model.horizon_days),
        )
        learned = [day for day in found if day <= self.judged_from(model) - model.horizon]
        if len(learned) < FEWEST_DAYS:
            needed = FIRST_DAYS + 2 * model.horizon_days + model.judged_days + 31 * FEWEST_DAYS
            raise WarehouseError(
                f"The history is too short to train {model.name}: it takes about {needed} days, and"
                f" there are {(self.as_of - self.first_day).days}."
            )
        return found

    def judged_from(self, model: Model) -> dt.date:
        """The first day of the period that a model is judged on."""
        return self.as_of - model.horizon - dt.timedelta(days=model.judged_days - 1)

    def samples(self, models: Sequence[Model]) -> dict[str, Sample]:
        """The rows of every model, in the order of days.

        Raises:
            WarehouseError: the history is too short.
        """
        days = {model.name: self.days(model) for model in models if model.horizon_days}
        queries = Queries.compile()
        leavers = self._frame(_LEAVERS).set_index(0)[1]
        instalments = self._frame(_INSTALMENTS)
        parts: dict[str, list[tuple[pd.DataFrame, Flags, Integers]]] = {m.name: [] for m in models}
        every_day = sorted({day for found in days.values() for day in found})
        for evening in tqdm(every_day, unit="month end", leave=False):
            frame = self._frame(queries.customers, {"day": evening})
            for model in models:
                if evening in days.get(model.name, ()):
                    rows, happened = outcomes(model, evening, frame, leavers, instalments)
                    parts[model.name].append(
                        (
                            frame[rows],
                            happened,
                            np.full(len(happened), number_of(evening), np.int64),
                        )
                    )
        for model in models:
            if not model.horizon_days:
                months = pd.period_range(self.first_day, self.as_of, freq="M")
                for month in tqdm(months, unit="month", leave=False):
                    period = {"first": month.start_time.date(), "last": month.end_time.date()}
                    frame = self._frame(queries.transactions, period)
                    day = np.asarray(frame["transaction_date"], "datetime64[D]").astype(np.int64)
                    parts[model.name].append((frame, np.asarray(frame["is_fraud"], bool), day))
        return {
            model.name: _sample(model, queries.drivers[model.kind], parts[model.name])
            for model in models
        }

    def _value(self, query: LiteralString) -> Any:
        row = self._connection.execute(query).fetchone()
        return row[0] if row else None

    def _frame(self, query: str, parameters: Mapping[str, dt.date] | None = None) -> pd.DataFrame:
        """Columns by name where the query is dbt's, by position where it is ours."""
        cursor = self._connection.execute(cast(Any, query), parameters)
        names = [column.name for column in cursor.description or ()]
        return pd.DataFrame(cursor.fetchall(), columns=names if parameters else range(len(names)))


def outcomes(
    model: Model,
    day: dt.date,
    frame: pd.DataFrame,
    leavers: pd.Series[Any],
    instalments: pd.DataFrame,
) -> tuple[Flags, Flags]:
    """Which customers of ``frame`` a model speaks of, and to which of those it happened.

    Args:
        model: churn or late payment.
        day: the evening ``frame`` describes; the horizon begins the next morning.
        frame: customer_id and open_loans.
        leavers: by customer, when they left.
        instalments: customer, due date, whether it was paid late.
    """
    if model.kind == "churn":
        begin = pd.Timestamp(day, tz="UTC") + pd.Timedelta(days=1)
        left_at = frame["customer_id"].map(leavers)
        happened = pd.to_datetime(left_at, utc=True) < begin + pd.Timedelta(days=model.horizon_days)
        return np.ones(len(frame), bool), happened.to_numpy(bool)
    due = instalments[(instalments[1] > day) & (instalments[1] <= day + model.horizon)]
    late = due.groupby(0)[2].max()
    known = frame["customer_id"].map(late)
    rows = (known.notna() & (frame["open_loans"] > 0)).to_numpy(bool)
    return rows, known[rows].to_numpy(bool)


def _sample(
    model: Model,
    drivers: Mapping[str, Mapping[str, str]],
    parts: Sequence[tuple[pd.DataFrame, Flags, Integers]],
) -> Sample:
    terms = [(term, driver) for driver, found in drivers.items() for term in found]
    columns = [f"{model.kind}__{term}" for term, _ in terms]
    return Sample(
        terms=tuple(term for term, _ in terms),
        drivers=tuple(driver for _, driver in terms),
        x=np.concatenate([frame[columns].to_numpy(np.float64) for frame, _, _ in parts]),
        happened=np.concatenate([happened for _, happened, _ in parts]),
        day=np.concatenate([day for _, _, day in parts]),
        customer=np.concatenate([frame["customer_id"].to_numpy(np.int64) for frame, _, _ in parts]),
    )

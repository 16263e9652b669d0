"""Which models there are: whom they speak of, what they foresee, and what they must beat."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass


@dataclass(frozen=True)
class Model:
    """A logistic regression on the terms of a kind (macros/scoring.sql).

    Attributes:
        name: as in the seeds and in the SQL that scores.
        kind: whose terms it uses.
        event: what its probability is the probability of.
        horizon_days: how far it looks ahead; 0 for what has just happened.
        judged_days: length of the later period it is judged on.
        baseline: the rule of thumb it is compared with.
        baseline_term: the term that ranks by that rule.
        baseline_sign: -1 where a smaller term means more risk.
    """

    name: str
    kind: str
    event: str
    horizon_days: int
    judged_days: int
    baseline: str
    baseline_term: str
    baseline_sign: int = 1

    @property
    def horizon(self) -> dt.timedelta:
        """How far it looks ahead."""
        return dt.timedelta(days=self.horizon_days)


MODELS = (
    Model(
        "churn_90d", "churn", "the customer leaves within 90 days", 90, 365,
        "days since the last transaction", "months_since_last_transaction",
    ),
    Model(
        "churn_365d", "churn", "the customer leaves within 365 days", 365, 90,
        "days since the last transaction", "months_since_last_transaction",
    ),
    Model(
        "late_payment_90d", "late_payment",
        "a borrower is late with an instalment that falls due within 90 days", 90, 365,
        "credit score alone", "credit_score_100", -1,
    ),
    Model(
        "fraud", "fraud", "a purchase or withdrawal is fraud", 0, 180,
        "amount against what is usual", "amount_deviation",
    ),
)  # fmt: skip

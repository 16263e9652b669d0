"""Judging on a later period: how well risks are ranked, whether probabilities mean what they say.

Intervals are those of a bootstrap that draws whole customers (Field and Welsh, 2007): the rows of
one customer depend on each other, those of two customers do not.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from sklearn.metrics import roc_curve

from training.data import Floats, Integers, Sample
from training.fit import Fitted

DRAWS = 400
LEVELS = (2.5, 97.5)
Z = 1.959964
BINS = 10
FALSE_ALARM_RATES = (
    *(0, 0.001, 0.002, 0.005, 0.01, 0.02, 0.03, 0.05, 0.07),
    *(k / 20 for k in range(2, 21)),
)


@dataclass(frozen=True)
class Point:
    """A point of a curve, as the seed keeps it; ``rows`` is the number of rows behind it."""

    curve: str
    label: str
    x: float | None
    y: float
    low: float | None = None
    high: float | None = None
    rows: int | None = None


@dataclass(frozen=True)
class Verdict:
    """What a model is worth in the judged period."""

    auc: float
    auc_interval: tuple[float, float]
    baseline_auc: float
    brier: float
    brier_interval: tuple[float, float]
    baseline_brier: float
    mean_predicted: float
    observed: float
    points: tuple[Point, ...]


class Ranking:
    """The area under the ROC curve of fixed scores, for any weights of the rows."""

    def __init__(self, scores: Floats, happened: Floats) -> None:
        """Sorts once.

        Args:
            scores: larger means more risk; equal ones count half.
            happened: 0 or 1.
        """
        self._order = np.argsort(scores, kind="stable")
        ordered = scores[self._order]
        self._group = np.cumsum(np.r_[0, ordered[1:] != ordered[:-1]])
        self._happened = happened[self._order]

    def auc(self, weights: Floats | None = None) -> float:
        """Chance that a random event scores above a random non-event."""
        weight = np.ones(len(self._order)) if weights is None else weights[self._order]
        events = np.bincount(self._group, weight * self._happened)
        others = np.bincount(self._group, weight * (1 - self._happened))
        below = np.cumsum(others) - others
        area = float((events * (below + others / 2)).sum())
        return area / float(events.sum() * others.sum())


class Draws:
    """How often each row counts in each draw of customers with replacement."""

    def __init__(self, customer: Integers, number: int = DRAWS) -> None:
        """Draws once, always the same.

        Args:
            customer: whose row each row is.
            number: of draws.
        """
        rng = np.random.default_rng(20)
        distinct, self._position = np.unique(customer, return_inverse=True)
        size = len(distinct)
        self._counts = [
            np.bincount(rng.integers(0, size, size), minlength=size).astype(np.uint16)
            for _ in range(number)
        ]

    def __iter__(self) -> Iterator[Floats]:
        for counts in self._counts:
            yield counts[self._position].astype(np.float64)


def interval(values: Sequence[float]) -> tuple[float, float]:
    """The percentile interval of a bootstrap."""
    low, high = np.percentile(values, LEVELS)
    return float(low), float(high)


def judge(
    fitted: Fitted, sample: Sample, baseline_term: str, sign: int, base_rate: float
) -> Verdict:
    """Compare predictions with what happened.

    Args:
        fitted: the model.
        sample: rows after all outcomes it was trained on.
        baseline_term: the term that ranks by the rule of thumb.
        sign: -1 where a smaller term means more risk.
        base_rate: of the training rows; always predicting it is the baseline of the Brier score.
    """
    predicted = fitted.probabilities(sample.x)
    happened = sample.happened.astype(float)
    ranking = Ranking(predicted, happened)
    rule = sign * sample.x[:, sample.terms.index(baseline_term)]
    weights = Draws(sample.customer)
    squares = (predicted - happened) ** 2
    aucs = [ranking.auc(weight) for weight in weights]
    briers = [float(np.average(squares, weights=weight)) for weight in weights]
    return Verdict(
        auc=ranking.auc(),
        auc_interval=interval(aucs),
        baseline_auc=Ranking(rule, happened).auc(),
        brier=float(squares.mean()),
        brier_interval=interval(briers),
        baseline_brier=float(((base_rate - happened) ** 2).mean()),
        mean_predicted=float(predicted.mean()),
        observed=float(happened.mean()),
        points=(
            *roc(predicted, happened),
            *calibration(predicted, happened, weights),
            *importance(fitted, sample, weights),
        ),
    )


def roc(predicted: Floats, happened: Floats) -> list[Point]:
    """Share of events found for given shares of false alarms."""
    false_alarms, found, _ = roc_curve(happened, predicted)
    at = np.interp(FALSE_ALARM_RATES, false_alarms, found)
    return [
        Point("roc", "", rate, float(share))
        for rate, share in zip(FALSE_ALARM_RATES, at, strict=True)
    ]


def calibration(predicted: Floats, happened: Floats, weights: Draws) -> list[Point]:
    """Predicted and observed shares, in bins that expect equally many events."""
    order = np.argsort(predicted, kind="stable")
    expected = np.cumsum(predicted[order])
    bins = np.empty(len(predicted), dtype=np.int64)
    bins[order] = np.minimum(expected / expected[-1] * BINS, BINS - 1e-9).astype(np.int64)
    points = []
    for number in np.unique(bins):
        rows = bins == number
        drawn = [weight[rows] for weight in weights]
        shares = [float(np.average(happened[rows], weights=w)) for w in drawn if w.sum()]
        share, size = float(happened[rows].mean()), int(rows.sum())
        points.append(
            Point(
                "calibration",
                f"bin {number + 1}",
                float(predicted[rows].mean()),
                share,
                *wilson(share, size, float(np.var(shares))),
                size,
            )
        )
    return points


def wilson(share: float, size: int, variance: float) -> tuple[float, float]:
    """95 % interval of a share (Wilson, 1927), also where none or all of the rows are events.

    Args:
        share: observed.
        size: number of rows.
        variance: of the share if customers are drawn; by as much as it exceeds that of independent
            rows, fewer rows are counted (the design effect of Kish, 1965).
    """
    independent = share * (1 - share) / size
    rows = size / max(1.0, variance / independent) if independent else float(size)
    middle = (share + Z**2 / (2 * rows)) / (1 + Z**2 / rows)
    half = Z / (1 + Z**2 / rows) * (share * (1 - share) / rows + Z**2 / (4 * rows**2)) ** 0.5
    return max(0.0, middle - half), min(1.0, middle + half)


def importance(fitted: Fitted, sample: Sample, weights: Draws) -> list[Point]:
    """What the ranking loses when a driver is shuffled among the rows (Breiman, 2001)."""
    rng = np.random.default_rng(21)
    happened = sample.happened.astype(float)
    share = (sample.x - fitted.mean) / fitted.scale * fitted.coefficients
    logits = share.sum(axis=1) + fitted.intercept
    whole = Ranking(logits, happened)
    whole_aucs = [whole.auc(weight) for weight in weights]
    points = []
    for driver in dict.fromkeys(sample.drivers):
        part = share[:, [d == driver for d in sample.drivers]].sum(axis=1)
        shuffled = Ranking(logits - part + rng.permutation(part), happened)
        losses = [
            before - shuffled.auc(weight)
            for before, weight in zip(whole_aucs, weights, strict=True)
        ]
        points.append(
            Point(
                "importance",
                driver,
                None,
                whole.auc() - shuffled.auc(),
                *interval(losses),
                len(sample),
            )
        )
    return sorted(points, key=lambda point: -point.y)

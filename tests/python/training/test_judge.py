"""Figures of the judged period, against other ways to get them."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from training import judge
from training.data import Sample
from training.fit import Fitted, probabilities


def made(rows: int = 6_000, customers: int = 600, seed: int = 3) -> tuple[Fitted, Sample]:
    """A model that knows the truth: a tells much, b a little, c nothing."""
    rng = np.random.default_rng(seed)
    x = rng.standard_normal((rows, 3))
    fitted = Fitted(
        terms=("a", "b", "c"), mean=np.zeros(3), scale=np.ones(3),
        coefficients=np.array([1.2, 0.4, 0.0]), intercept=-2.0,
        strength=1.0, calibration_intercept=0.0, calibration_slope=1.0,
    )  # fmt: skip
    return fitted, Sample(
        terms=fitted.terms, drivers=("Much", "Little", "Nothing"), x=x,
        happened=rng.random(rows) < fitted.probabilities(x),
        day=np.arange(rows) // customers, customer=np.arange(rows) % customers,
    )  # fmt: skip


@pytest.mark.parametrize("digits", [1, 6])
def test_area_equals_scikit_learn(digits: int) -> None:
    """With ties and with weights, too."""
    rng = np.random.default_rng(4)
    happened = rng.random(500) < 0.2
    scores = np.round(rng.random(500) + 0.3 * happened, digits)
    weights = rng.integers(0, 4, 500).astype(float)
    ranking = judge.Ranking(scores, happened.astype(float))
    assert ranking.auc() == pytest.approx(roc_auc_score(happened, scores))
    assert ranking.auc(weights) == pytest.approx(
        roc_auc_score(happened, scores, sample_weight=weights)
    )


def test_draws_take_customers_as_a_whole() -> None:
    customer = np.array([7, 7, 9, 7, 9, 11])
    for weights in judge.Draws(customer, 20):
        assert weights[0] == weights[1] == weights[3] and weights[2] == weights[4]
        assert weights[0] + weights[2] + weights[5] == 3


def test_verdict_of_a_model_that_knows() -> None:
    fitted, sample = made()
    verdict = judge.judge(fitted, sample, "b", 1, 0.2)
    assert verdict.auc == pytest.approx(roc_auc_score(sample.happened, sample.x @ [1.2, 0.4, 0]))
    assert verdict.auc_interval[0] < verdict.auc < verdict.auc_interval[1]
    assert verdict.baseline_auc == pytest.approx(roc_auc_score(sample.happened, sample.x[:, 1]))
    assert verdict.brier < verdict.baseline_brier
    assert verdict.mean_predicted == pytest.approx(verdict.observed, abs=0.02)
    curves = {point.curve for point in verdict.points}
    assert curves == {"roc", "calibration", "importance"}


def test_sign_turns_the_rule_of_thumb_round() -> None:
    fitted, sample = made()
    up, down = (judge.judge(fitted, sample, "a", sign, 0.2).baseline_auc for sign in (1, -1))
    assert up + down == pytest.approx(1)


def test_roc_runs_from_nothing_to_everything() -> None:
    fitted, sample = made()
    points = judge.roc(fitted.probabilities(sample.x), sample.happened.astype(float))
    found = [point.y for point in points]
    assert found == sorted(found) and found[-1] == 1


def test_calibration_bins_expect_equally_many_events() -> None:
    fitted, sample = made()
    points = judge.calibration(
        fitted.probabilities(sample.x), sample.happened.astype(float), judge.Draws(sample.customer)
    )
    assert len(points) == judge.BINS
    assert sum(point.rows or 0 for point in points) == len(sample)
    expected = [(point.x or 0) * (point.rows or 0) for point in points]
    assert max(expected) < 1.1 * min(expected)
    within = [(p.low or 0) <= (p.x or 0) <= (p.high or 0) for p in points]
    assert sum(within) >= 8, "about 95 % of the intervals of a true model hold the prediction"


def test_wilson_interval() -> None:
    """10 of 100: 5.5 to 17.4 % (Brown, Cai and DasGupta, 2001, by their formula)."""
    assert judge.wilson(0.1, 100, 0.0009) == pytest.approx((0.05523, 0.17437), abs=1e-5)
    low, high = judge.wilson(1.0, 20, 0.0)
    assert 0.8 < low < 1 and high == 1
    assert judge.wilson(0.1, 100, 0.0036) == pytest.approx(judge.wilson(0.1, 25, 0.0036))


def test_importance_orders_drivers() -> None:
    fitted, sample = made()
    much, little, nothing = judge.importance(fitted, sample, judge.Draws(sample.customer))
    assert (much.label, little.label, nothing.label) == ("Much", "Little", "Nothing")
    assert much.y > 0.1 and (much.low or 0) > little.y > 0 and nothing.y == 0


def test_auc_interval_covers() -> None:
    """Of 40 banks the interval holds the true area in all but a few (95 % of 40: 33 at least)."""
    truth = judge.Ranking(*_whole()).auc()
    held = 0
    for seed in range(40):
        fitted, sample = made(rows=2_000, customers=200, seed=100 + seed)
        ranking = judge.Ranking(fitted.probabilities(sample.x), sample.happened.astype(float))
        low, high = judge.interval([ranking.auc(w) for w in judge.Draws(sample.customer, 200)])
        held += low <= truth <= high
    assert held >= 33


def _whole() -> tuple[np.ndarray, np.ndarray]:  # type: ignore[type-arg]
    fitted, sample = made(rows=400_000, customers=400_000, seed=5)
    logits = fitted.logits(sample.x)
    return logits, (np.random.default_rng(6).random(len(logits)) < probabilities(logits)).astype(
        float
    )

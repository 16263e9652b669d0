"""Fitting recovers what made the data, twice the same."""

from __future__ import annotations

import numpy as np
import pytest

from training.data import Sample
from training.fit import fit, probabilities

DAYS, ROWS = 16, 2_000


@pytest.fixture(scope="module")
def sample() -> Sample:
    """Log odds of -1 + 0.8 a - 0.5 (b - 10) / 2; c tells nothing, d never varies."""
    rng = np.random.default_rng(1)
    n = DAYS * ROWS
    x = np.column_stack(
        [
            rng.standard_normal(n),
            10 + 2 * rng.standard_normal(n),
            rng.standard_normal(n),
            np.ones(n),
        ]
    )
    logits = -1 + 0.8 * x[:, 0] - 0.5 * (x[:, 1] - 10) / 2
    return Sample(
        terms=("a", "b", "c", "d"),
        drivers=("A", "B", "C", "C"),
        x=x,
        happened=rng.random(n) < probabilities(logits),
        day=np.repeat(np.arange(DAYS), ROWS),
        customer=np.tile(np.arange(ROWS), DAYS),
    )


def test_coefficients_are_recovered(sample: Sample) -> None:
    """Within 3.5 standard errors: 0.016 of a coefficient, 0.028 of the slope that multiplies it."""
    fitted = fit(sample)
    error = 3.5 * np.hypot(0.016, 0.8 * 0.028)
    assert fitted.coefficients[:3] == pytest.approx([0.8, -0.5, 0], abs=error)
    assert fitted.intercept == pytest.approx(-1, abs=error)
    assert fitted.coefficients[3] == 0 and fitted.scale[3] == 1
    assert fitted.calibration_slope == pytest.approx(1, abs=0.1)


def test_probabilities_are_calibrated_on_the_late_days(sample: Sample) -> None:
    """A bank whose customers leave twice as often since day 12 is judged by what holds now."""
    late = sample.day >= 12
    rng = np.random.default_rng(2)
    shifted = Sample(
        sample.terms, sample.drivers, sample.x,
        np.where(late, sample.happened | (rng.random(len(sample)) < 0.3), sample.happened),
        sample.day, sample.customer,
    )  # fmt: skip
    fitted = fit(shifted)
    now = shifted.where(late)
    assert fitted.probabilities(now.x).mean() == pytest.approx(now.happened.mean(), abs=1e-4)
    assert fitted.calibration_intercept > 0.3


def test_the_same_rows_give_the_same_coefficients(sample: Sample) -> None:
    first, second = fit(sample), fit(sample)
    assert np.array_equal(first.coefficients, second.coefficients)
    assert first.intercept == second.intercept and first.strength == second.strength


def test_probabilities_stay_finite() -> None:
    assert probabilities(np.array([-1e9, 0.0, 1e9])) == pytest.approx([0, 0.5, 1])

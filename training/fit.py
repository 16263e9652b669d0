"""Fitting: a regularised logistic regression on standardised terms, calibrated on later days."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss

from training.data import Floats, Sample

TUNING_SHARE = 0.25  # of the days before the judged period: for strength and calibration
STRENGTHS = (1e-4, 1e-3, 1e-2, 1e-1, 1.0)  # inverse of the ridge penalty


@dataclass(frozen=True)
class Fitted:
    """Coefficients of standardised terms, calibration included.

    Attributes:
        terms: names.
        mean: of each term in training.
        scale: standard deviation of each term in training.
        coefficients: log odds for each standard deviation.
        intercept: log odds of somebody average.
        strength: inverse of the ridge penalty that tuned best.
        calibration_intercept: what calibration added, already in ``intercept``.
        calibration_slope: by what calibration multiplied, already in ``coefficients``.
    """

    terms: tuple[str, ...]
    mean: Floats
    scale: Floats
    coefficients: Floats
    intercept: float
    strength: float
    calibration_intercept: float
    calibration_slope: float

    def logits(self, x: Floats) -> Floats:
        """Log odds of rows."""
        return (x - self.mean) / self.scale @ self.coefficients + self.intercept

    def probabilities(self, x: Floats) -> Floats:
        """Probabilities of rows."""
        return probabilities(self.logits(x))


def probabilities(logits: Floats) -> Floats:
    """The logistic function."""
    found: Floats = 1 / (1 + np.exp(-np.clip(logits, -30, 30)))
    return found


def fit(sample: Sample) -> Fitted:
    """Fit on the first three quarters of the days, tune and calibrate on the rest.

    Calibration is Platt's (1999): a logistic regression of the event on the log odds; being linear,
    it is folded into intercept and coefficients.
    """
    days = np.unique(sample.day)
    tuning = sample.day >= days[-max(1, round(TUNING_SHARE * len(days)))]
    early, late = sample.where(~tuning), sample.where(tuning)
    mean = early.x.mean(axis=0)
    scale = np.where(early.x.std(axis=0) > 1e-9, early.x.std(axis=0), 1.0)
    early_x, late_x = (early.x - mean) / scale, (late.x - mean) / scale
    tried = []
    for strength in STRENGTHS:
        found = LogisticRegression(C=strength, max_iter=2000, tol=1e-8).fit(early_x, early.happened)
        loss = log_loss(late.happened, found.predict_proba(late_x)[:, 1])
        tried.append((loss, strength, found))
    _, strength, best = min(tried, key=lambda entry: entry[:2])
    logits = best.decision_function(late_x)
    platt = LogisticRegression(C=1e6, max_iter=2000, tol=1e-8).fit(
        logits.reshape(-1, 1), late.happened
    )
    slope, shift = float(platt.coef_[0, 0]), float(platt.intercept_[0])
    return Fitted(
        terms=sample.terms,
        mean=mean,
        scale=scale,
        coefficients=best.coef_[0] * slope,
        intercept=float(best.intercept_[0]) * slope + shift,
        strength=strength,
        calibration_intercept=shift,
        calibration_slope=slope,
    )

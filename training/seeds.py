"""Writing what was learned: small CSV files that dbt loads as seeds."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import sklearn

from training.data import Sample
from training.fit import Fitted
from training.judge import Verdict
from training.models import Model
from warehouse.errors import WarehouseError

Row = Sequence[str | int | float | None]

MODEL_COLUMNS = (
    "model", "event", "horizon_days", "trained_on", "method",
    "trained_from", "trained_to", "trained_rows", "trained_events", "base_rate",
    "judged_from", "judged_to", "judged_rows", "judged_customers", "judged_events",
    "auc", "auc_low", "auc_high", "baseline", "baseline_auc",
    "brier", "brier_low", "brier_high", "baseline_brier",
    "mean_predicted", "observed_share", "calibration_intercept", "calibration_slope",
)  # fmt: skip
COEFFICIENT_COLUMNS = ("model", "driver", "term", "mean", "scale", "coefficient")
EVALUATION_COLUMNS = (
    "model", "curve", "point", "label", "x_value", "y_value", "y_low", "y_high", "row_count",
)  # fmt: skip


@dataclass(frozen=True)
class Trained:
    """A model, fitted and judged."""

    model: Model
    learned: Sample
    judged: Sample
    fitted: Fitted
    verdict: Verdict
    periods: tuple[str, str, str, str]  # learned from, to, judged from, to


def write(folder: Path, found: Sequence[Trained], trained_on: str) -> list[Path]:
    """Write the three files; nothing if one cannot be written.

    Raises:
        WarehouseError: the folder cannot be written.
    """
    texts = {
        "trained_models.csv": _text(MODEL_COLUMNS, (_card(t, trained_on) for t in found)),
        "trained_coefficients.csv": _text(
            COEFFICIENT_COLUMNS, (row for t in found for row in _coefficients(t))
        ),
        "trained_evaluation.csv": _text(
            EVALUATION_COLUMNS, (row for t in found for row in _evaluation(t))
        ),
    }
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in texts.items():
            (folder / f".{name}").write_text(text, encoding="utf-8")
        for name in texts:
            (folder / f".{name}").replace(folder / name)
    except OSError as error:
        raise WarehouseError(
            f"{folder} cannot be written ({error.strerror}): give another folder with --out."
        ) from error
    return [folder / name for name in texts]


def _card(trained: Trained, trained_on: str) -> Row:
    model, fitted, verdict = trained.model, trained.fitted, trained.verdict
    learned, judged = trained.learned, trained.judged
    method = (
        f"logistic regression, ridge (C = {fitted.strength:g}), Platt calibration;"
        f" scikit-learn {sklearn.__version__}"
    )
    return (
        model.name, model.event, model.horizon_days, trained_on, method,
        *trained.periods[:2], len(learned), int(learned.happened.sum()),
        _digits(learned.happened.mean()),
        *trained.periods[2:], len(judged), len(set(judged.customer.tolist())),
        int(judged.happened.sum()),
        _digits(verdict.auc), *map(_digits, verdict.auc_interval),
        model.baseline, _digits(verdict.baseline_auc),
        _digits(verdict.brier), *map(_digits, verdict.brier_interval),
        _digits(verdict.baseline_brier),
        _digits(verdict.mean_predicted), _digits(verdict.observed),
        _digits(fitted.calibration_intercept), _digits(fitted.calibration_slope),
    )  # fmt: skip


def _coefficients(trained: Trained) -> Iterable[Row]:
    model, fitted = trained.model, trained.fitted
    yield model.name, "", "(intercept)", 0, 1, _digits(fitted.intercept)
    values = zip(
        trained.learned.drivers, fitted.terms, fitted.mean, fitted.scale, fitted.coefficients,
        strict=True,
    )  # fmt: skip
    for driver, term, mean, scale, coefficient in values:
        yield model.name, driver, term, _digits(mean), _digits(scale), _digits(coefficient)


def _evaluation(trained: Trained) -> Iterable[Row]:
    seen: dict[str, int] = {}
    for point in trained.verdict.points:
        seen[point.curve] = seen.get(point.curve, 0) + 1
        yield (
            trained.model.name, point.curve, seen[point.curve], point.label,
            *(None if v is None else _digits(v) for v in (point.x, point.y, point.low, point.high)),
            point.rows,
        )  # fmt: skip


def _digits(value: float) -> str:
    """Six digits after the point: more would only make the files differ."""
    return f"{value:.6f}"


def _text(columns: Sequence[str], rows: Iterable[Row]) -> str:
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(rows)
    return file.getvalue()

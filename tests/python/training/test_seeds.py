"""The files: as dbt expects them, the same every time, all or none."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest
import yaml

from tests.kit import ROOT
from training import seeds
from training.data import Sample
from training.fit import Fitted
from training.judge import Point, Verdict
from training.models import MODELS
from warehouse.errors import WarehouseError

FOLDER = ROOT / "seeds" / "models"


def trained() -> seeds.Trained:
    rows = Sample(
        ("a", "b"), ("A", "B"), np.zeros((3, 2)), np.array([True, False, False]),
        np.array([1, 1, 2]), np.array([5, 6, 5]),
    )  # fmt: skip
    fitted = Fitted(
        ("a", "b"), np.array([0.5, 1 / 3]), np.array([1.0, 2.0]), np.array([0.25, -1.0]),
        -2.5, 0.1, 0.0, 1.0,
    )  # fmt: skip
    verdict = Verdict(
        0.7, (0.6, 0.8), 0.5, 0.1, (0.09, 0.11), 0.12, 0.01, 0.02,
        (Point("roc", "", 0.0, 0.0), Point("roc", "", 1.0, 1.0),
         Point("importance", "A", None, 0.1, 0.05, 0.15, 3)),
    )  # fmt: skip
    return seeds.Trained(MODELS[0], rows, rows, fitted, verdict, ("a", "b", "c", "d"))


def test_files(tmp_path: Path) -> None:
    paths = seeds.write(tmp_path, [trained()], "a bank; 2 customers")
    cards, coefficients, evaluation = (list(csv.reader(path.open())) for path in paths)
    assert dict(zip(*cards, strict=True))["trained_on"] == "a bank; 2 customers"
    assert coefficients[1:] == [
        ["churn_90d", "", "(intercept)", "0", "1", "-2.500000"],
        ["churn_90d", "A", "a", "0.500000", "1.000000", "0.250000"],
        ["churn_90d", "B", "b", "0.333333", "2.000000", "-1.000000"],
    ]
    assert [row[1:4] for row in evaluation[1:]] == [
        ["roc", "1", ""], ["roc", "2", ""], ["importance", "1", "A"],
    ]  # fmt: skip
    before = [path.read_bytes() for path in paths]
    assert [
        p.read_bytes() for p in seeds.write(tmp_path, [trained()], "a bank; 2 customers")
    ] == before
    assert {path.name for path in tmp_path.iterdir()} == {path.name for path in paths}


def test_folder_that_is_a_file(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(WarehouseError, match="--out"):
        seeds.write(tmp_path / "file", [trained()], "")


@pytest.mark.parametrize(
    ("name", "columns"),
    [
        ("trained_models", seeds.MODEL_COLUMNS),
        ("trained_coefficients", seeds.COEFFICIENT_COLUMNS),
        ("trained_evaluation", seeds.EVALUATION_COLUMNS),
    ],
)
def test_shipped_files_have_the_described_columns(name: str, columns: tuple[str, ...]) -> None:
    described = {
        seed["name"]: [column["name"] for column in seed["columns"]]
        for seed in yaml.safe_load((FOLDER / "_models__seeds.yml").read_text())["seeds"]
    }
    with (FOLDER / f"{name}.csv").open() as file:
        shipped = next(csv.reader(file))
    assert shipped == described[name] == list(columns)


def test_shipped_models_are_fit_to_be_shipped() -> None:
    """They beat their rules of thumb beyond doubt, and predict as much as happens."""
    with (FOLDER / "trained_models.csv").open() as file:
        cards = {card["model"]: card for card in csv.DictReader(file)}
    assert set(cards) == {model.name for model in MODELS}
    for card in cards.values():
        assert "seed 7" in card["trained_on"], "learned from another bank than the default one"
        assert card["trained_to"] < card["judged_from"]
        assert float(card["auc_low"]) > float(card["baseline_auc"])
        assert float(card["brier"]) < float(card["baseline_brier"])
        assert float(card["mean_predicted"]) == pytest.approx(
            float(card["observed_share"]), rel=0.15
        )

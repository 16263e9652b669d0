"""Metrics as the semantic layer defines them, to be asked of any relation with their columns.

The only definitions are `models/gold/_metrics.yml` and `_semantic_models.yml`. A relation of sums
names each sum like the column that it sums, so the expression of a measure is true of it, too.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd
import yaml

from warehouse.config import PROJECT_ROOT

GOLD = PROJECT_ROOT / "models" / "gold"
_DIMENSION = re.compile(r"\{\{\s*Dimension\(\s*'(?:\w+__)?(\w+)'\s*\)\s*\}\}")


@dataclass(frozen=True)
class Sum:
    """A simple metric: what is summed, and of which rows."""

    name: str
    sql: str


@dataclass(frozen=True)
class Metric:
    """A metric: a sum, or the ratio of two.

    Attributes:
        name: as in the semantic layer.
        label: as people read it.
        meaning: one sentence that defines it.
        parts: the sum, or numerator and denominator.
    """

    name: str
    label: str
    meaning: str
    parts: tuple[Sum, ...]

    def of(self, sums: Mapping[str, Any]) -> float | None:
        """The metric from its sums; None where there is nothing to divide by.

        Args:
            sums: sum of each part by its name.
        """
        values = [float(sums[part.name] or 0) for part in self.parts]
        if len(values) == 1:
            return values[0]
        return values[0] / values[1] if values[1] else None

    def column(self, frame: pd.DataFrame) -> pd.Series[float]:
        """The metric of each row of sums; NaN where there is nothing to divide by."""
        values = [frame[part.name].astype(float) for part in self.parts]
        if len(values) == 1:
            return values[0]
        return values[0] / values[1].where(values[1] != 0)


def select_list(metrics: Iterable[Metric]) -> str:
    """The sums of some metrics as SQL, each under its name and only once."""
    parts = {part.name: part.sql for metric in metrics for part in metric.parts}
    return ",\n    ".join(f"{sql} as {name}" for name, sql in parts.items())


def part_names(metrics: Iterable[Metric]) -> list[str]:
    """The names of the columns that `select_list` makes."""
    return list(dict.fromkeys(part.name for metric in metrics for part in metric.parts))


@cache
def metric(name: str, *, of_rows: bool = False) -> Metric:
    """A metric of the project by its name.

    Args:
        name: as in the semantic layer.
        of_rows: it is asked of the relation that the semantic layer names, not of sums, and of
            just the groups it is shown for: then distinct things can be counted, and a stock is
            that of the time it is asked for.

    Raises:
        KeyError: the semantic layer has no such metric.
        ValueError: it is neither a sum nor a ratio of sums, so it cannot be read from sums.
    """
    return _layer().metric(name, of_rows=of_rows)


@cache
def _layer() -> Layer:
    return Layer.load(GOLD)


@dataclass(frozen=True)
class Layer:
    """The YAML of the semantic layer."""

    metrics: dict[str, dict[str, Any]]
    measures: dict[str, dict[str, Any]]
    dimensions: dict[str, str]

    @classmethod
    def load(cls, folder: Path) -> Layer:
        """The metrics, measures and dimensions below a folder of models."""
        metrics: dict[str, dict[str, Any]] = {}
        measures: dict[str, dict[str, Any]] = {}
        dimensions: dict[str, str] = {}
        for path in (*folder.rglob("*_metrics.yml"), *folder.rglob("*_semantic_models.yml")):
            content = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
            metrics |= {one["name"]: one for one in content.get("metrics", [])}
            for model in content.get("semantic_models", []):
                measures |= {one["name"]: one for one in model.get("measures", [])}
                dimensions |= {
                    one["name"]: one.get("expr", one["name"]) for one in model.get("dimensions", [])
                }
        return cls(metrics, measures, dimensions)

    def metric(self, name: str, *, of_rows: bool = False) -> Metric:
        """A metric by its name (see the function of that name)."""
        found = self.metrics[name]
        parameters = found["type_params"]
        names = [name]
        if found["type"] == "ratio":
            names = [parameters["numerator"], parameters["denominator"]]
        parts = tuple(self._sum(part, of_rows=of_rows) for part in names)
        return Metric(name, found["label"], found["description"], parts)

    def _sum(self, name: str, *, of_rows: bool) -> Sum:
        found = self.metrics[name]
        if found["type"] != "simple":
            raise ValueError(f"Metric {name} is of type {found['type']}: it is no sum.")
        measure = self.measures[found["type_params"]["measure"]]
        is_counted = measure["agg"] == "count_distinct"
        adds_up = measure["agg"] == "sum" and "non_additive_dimension" not in measure
        if not adds_up and not (of_rows and (is_counted or measure["agg"] == "sum")):
            raise ValueError(f"Metric {name} does not add up over rows of sums.")
        expression = measure.get("expr", measure["name"])
        condition = found.get("filter")
        nothing = "null" if is_counted else "0"
        if condition:
            known = _DIMENSION.sub(lambda match: self.dimensions[match[1]], condition)
            expression = f"case when {known} then {expression} else {nothing} end"
        if is_counted:
            return Sum(name, f"count(distinct {expression})")
        return Sum(name, f"coalesce(sum({expression}), 0)")

"""Metrics come from the semantic layer, and from nowhere else."""

from __future__ import annotations

import re
from pathlib import Path

import pandas as pd
import pytest

from dashboard import commerce, payments, quality, spending
from dashboard.metrics import Layer, part_names, select_list
from tests.kit import ROOT

_YAML = """
semantic_models:
  - name: things
    dimensions:
      - {name: kind, type: categorical, expr: kind_name}
    measures:
      - {name: number, agg: sum, expr: thing_count}
      - {name: size, agg: sum}
      - {name: mean, agg: average, expr: size}
      - {name: owners, agg: count_distinct, expr: owner_id}
      - {name: stock, agg: sum, expr: size, non_additive_dimension: {name: day}}
metrics:
  - &simple
    {name: things, label: Things, description: All., type: simple, type_params: {measure: number}}
  - {<<: *simple, name: sizes, type_params: {measure: size}}
  - {<<: *simple, name: red, filter: "{{ Dimension('thing__kind') }} = 'red'"}
  - {<<: *simple, name: means, type_params: {measure: mean}}
  - {<<: *simple, name: stocks, type_params: {measure: stock}}
  - {<<: *simple, name: owners, type_params: {measure: owners}}
  - <<: *simple
    name: red_owners
    type_params: {measure: owners}
    filter: "{{ Dimension('thing__kind') }} = 'red'"
  - {<<: *simple, name: share, type: ratio, type_params: {numerator: red, denominator: things}}
  - {<<: *simple, name: rest, type: derived, type_params: {expr: things - red}}
"""


@pytest.fixture()
def layer(tmp_path: Path) -> Layer:
    models, metrics = _YAML.split("metrics:\n")
    (tmp_path / "_semantic_models.yml").write_text(models)
    (tmp_path / "_metrics.yml").write_text("metrics:\n" + metrics)
    return Layer.load(tmp_path)


def test_expressions_are_those_of_the_yaml(layer: Layer) -> None:
    assert layer.metric("things").parts[0].sql == "coalesce(sum(thing_count), 0)"
    assert layer.metric("sizes").parts[0].sql == "coalesce(sum(size), 0)"
    red = "coalesce(sum(case when kind_name = 'red' then thing_count else 0 end), 0)"
    assert layer.metric("red").parts[0].sql == red
    assert [part.name for part in layer.metric("share").parts] == ["red", "things"]


@pytest.mark.parametrize("name", ["means", "owners", "stocks", "rest"])
def test_what_does_not_add_up_is_refused(layer: Layer, name: str) -> None:
    with pytest.raises(ValueError, match=name):
        layer.metric(name)


def test_rows_can_be_counted_and_a_stock_is_that_of_its_time(layer: Layer) -> None:
    """Asked of the relation itself; a mean and a formula stay what cannot be put together."""
    sql = {
        name: layer.metric(name, of_rows=True).parts[0].sql
        for name in ("owners", "red_owners", "stocks", "things")
    }
    assert sql == {
        "owners": "count(distinct owner_id)",
        "red_owners": "count(distinct case when kind_name = 'red' then owner_id else null end)",
        "stocks": "coalesce(sum(size), 0)",
        "things": "coalesce(sum(thing_count), 0)",
    }
    for name in ("means", "rest"):
        with pytest.raises(ValueError, match=name):
            layer.metric(name, of_rows=True)


def test_each_sum_is_asked_for_once(layer: Layer) -> None:
    asked = [layer.metric("share"), layer.metric("things")]
    assert select_list(asked).count("as things") == 1
    assert part_names(asked) == ["red", "things"]


def test_a_ratio_of_nothing_is_unknown(layer: Layer) -> None:
    share = layer.metric("share")
    assert share.of({"red": 1, "things": 4}) == 0.25
    assert share.of({"red": 0, "things": 0}) is None
    column = share.column(pd.DataFrame({"red": [1, 0], "things": [4, 0]}))
    assert column.iloc[0] == 0.25
    assert pd.isna(column.iloc[1])


def test_every_metric_of_the_pages_exists() -> None:
    of = [payments.metrics(), spending.metrics(), quality.metrics(), commerce.metrics()]
    shown = [one for page in of for one in page.values()]
    shown += [*commerce.steps(), commerce.conversion(), commerce.recurring()]
    assert len(shown) == 21
    assert all(one.label and one.meaning for one in shown)


def test_no_page_defines_a_measure_itself() -> None:
    """Columns of measures are named in the semantic layer only; pages know metrics."""
    measured = re.compile(
        r"\b(revenue_amount|profit_amount|closing_amount|spending_amount|processing_time|is_declined)\b"
    )
    pages = sorted((ROOT / "dashboard").rglob("*.py"))
    assert len(pages) > 10
    assert not [path.name for path in pages if measured.search(path.read_text())]

"""The figures of report 01: pure functions that say what they show."""

from __future__ import annotations

import json
import re
from dataclasses import asdict
from typing import Any

import pandas as pd
import plotly.graph_objects as go
import pytest

from analytics_viz.charts import descriptive
from analytics_viz.formats import MINUS, SPACE
from analytics_viz.theme import LIGHT
from tests.python.analytics_viz import samples
from tests.python.analytics_viz.samples import AS_OF, CHARTS

EACH = pytest.mark.parametrize("name", CHARTS)


def drawn(name: str, frame: pd.DataFrame | None = None) -> go.Figure:
    draw, sample = CHARTS[name]
    return draw(sample() if frame is None else frame, AS_OF)


def title(figure: go.Figure) -> str:
    text = str(figure.layout.title.text)
    return text.replace(SPACE, " ").replace(MINUS, "-").replace("\u2011", "-").replace("\u2060", "")


def colours(node: Any) -> set[str]:
    return set(re.findall(r"#[0-9A-Fa-f]{3,8}\b|rgba?\([^)]*\)", json.dumps(node, default=str)))


@EACH
def test_says_what_a_reader_must_know(name: str) -> None:
    figure = drawn(name)
    assert len(title(figure)) > 20
    meta = figure.layout.meta
    assert meta["how_to_read"].endswith(".")
    assert re.match(r"n = [\d,]+ \w+", meta["sample"])
    assert meta["as_of"] == "2026-11-20" and "20 Nov 2026" in meta["as_of_text"]
    assert meta["subtitle"]


@pytest.mark.parametrize("name", sorted(set(CHARTS) - {"channel_share", "product_treemap"}))
def test_axes_are_labelled(name: str) -> None:
    figure = drawn(name)
    axes = [*figure.select_xaxes(), *figure.select_yaxes()]
    bare = [axis for axis in axes if not axis.title.text and axis.showticklabels is not False]
    assert not bare
    assert any("(" in str(axis.title.text) or axis.type == "category" for axis in axes), "no unit"


@EACH
def test_marks_answer_when_pointed_at(name: str) -> None:
    for trace in drawn(name).data:
        assert trace.hovertemplate or trace.hoverinfo == "skip"


@EACH
def test_uses_only_the_palette(name: str) -> None:
    known = set(asdict(LIGHT).values())
    figure = drawn(name)
    # the theme swap finds colours by their exact spelling
    assert colours(figure.to_plotly_json()) <= known


@EACH
def test_no_rows_give_a_figure_that_says_so(name: str) -> None:
    _, sample = CHARTS[name]
    figure = drawn(name, sample().iloc[:0])
    assert title(figure).startswith("No data")
    assert figure.layout.meta["how_to_read"] and figure.layout.meta["as_of"] == "2026-11-20"
    assert "No data" in [note.text for note in figure.layout.annotations]


@EACH
def test_leaves_its_frame_alone(name: str) -> None:
    draw, sample = CHARTS[name]
    frame = sample()
    first = draw(frame, AS_OF).to_json()
    pd.testing.assert_frame_equal(frame, sample())
    assert draw(frame, AS_OF).to_json() == first


@EACH
def test_one_row_is_enough(name: str) -> None:
    _, sample = CHARTS[name]
    assert title(drawn(name, sample().iloc[:1]))


def test_kpi_changes_names_what_is_unusual() -> None:
    figure = drawn("kpi_changes")
    # spending: +10 %, -10 %, now +51.5 %; customers: -20 %, +25 %, now +2 %
    assert title(figure).startswith("Spending moved further than")
    points = figure.data[1]
    assert list(points.y) == ["Customers", "Spending"], "not in the order of the changes"
    assert list(points.marker.symbol) == ["circle", "diamond"]
    assert list(points.x) == pytest.approx([2.0, 51.515], abs=0.001)
    ranges = figure.data[0]
    assert list(ranges.base) == pytest.approx([-20.0, -10.0])


@pytest.mark.parametrize("period", [0, 2])
def test_kpi_that_was_zero_is_left_out(period: int) -> None:
    frame = samples.kpis()
    frame.loc[period, "value"] = 0  # the first four rows are spending
    assert list(drawn("kpi_changes", frame).data[1].y) == ["Customers"]


def test_unfinished_month_is_left_out_and_said() -> None:
    figure = drawn("monthly_trends")
    assert str(max(figure.data[0].x))[:7] == "2026-10"
    assert "November 2026, not over yet, is left out" in figure.layout.meta["subtitle"]
    # 1160 in October 2026 against 1040 a year earlier
    assert title(figure) == "$1.16 k were spent in October 2026, 12 % more than a year earlier"


def test_first_month_alone_is_shown() -> None:
    figure = drawn("monthly_trends", samples.months().iloc[-1:])
    assert len(figure.data[0].x) == 1
    assert "left out" not in figure.layout.meta["subtitle"]


def test_channel_share_is_sorted_and_complete() -> None:
    pie = drawn("channel_share").data[0]
    assert list(pie.labels) == ["POS", "Auto", "ATM"]
    assert title(drawn("channel_share")) == "60 % of transactions go through POS, 30 % through Auto"


def test_channel_spending_compares_money_with_number() -> None:
    figure = drawn("channel_spending")
    assert list(figure.data[0].y) == ["POS", "Auto"], "sorted upwards, without empty channels"
    assert title(figure) == "Auto carries 75 % of spending in 25 % of the spending transactions"


def test_segments_shares_and_finding() -> None:
    figure = drawn("customer_segments")
    assert [list(trace.x) for trace in figure.data] == [[25.0, 75.0], [75.0, 25.0]]
    assert title(figure).startswith("Affluent customers spend 3.0 times the average")


def test_segments_without_spending() -> None:
    frame = samples.segments().assign(spending_amount=0)
    assert title(drawn("customer_segments", frame)).startswith("100 active customers, none")


def test_demographics_counts_everybody_in_order() -> None:
    heatmap = drawn("demographics").data[0]
    assert list(heatmap.x) == ["18-24", "65+", "Unknown"]
    assert list(heatmap.y) == ["< 30k", "30k\u201360k", "Unknown"]
    assert sum(sum(row) for row in heatmap.z) == 10
    assert title(drawn("demographics")).startswith("The largest age group is 18-24 (70 % of")


def test_treemap_adds_up_and_merges_blots() -> None:
    tree = drawn("product_treemap").data[0]
    boxes = dict(zip(tree.ids, tree.values, strict=True))
    assert boxes["Savings"] == boxes["Savings/Gold Savings"] + boxes["Savings/Plain Savings"]
    assert sum(boxes[i] for i, p in zip(tree.ids, tree.parents, strict=True) if not p) == 1000
    assert "Credit Card" in boxes and "Credit Card/Red Card" not in boxes
    assert "Home Mortgage" in list(tree.labels), "a category of one product bears its name"
    assert "customers hold $610 and owe $410" in title(drawn("product_treemap"))


def test_merchants_of_one_name_keep_their_bars() -> None:
    figure = drawn("top_merchants")
    assert len(set(figure.data[0].y)) == 3
    assert list(figure.data[0].x) == [100, 300, 500]
    assert title(figure).startswith(
        "Big Store leads with $500; the top 3 of 40 merchants take 50 %"
    )


def test_account_status_keeps_unknown_statuses() -> None:
    figure = drawn("account_status")
    assert [trace.name for trace in figure.data] == ["active", "closed", "frozen"]
    assert sum(sum(trace.x) for trace in figure.data) == 100
    assert title(figure) == (
        "89 % of 100 accounts are active; Checking has the most closed ones (12 %)"
    )


def test_module_has_no_other_chart() -> None:
    public = {
        name
        for name, value in vars(descriptive).items()
        if callable(value) and getattr(value, "__module__", "") == descriptive.__name__
        and not name.startswith("_")
    }  # fmt: skip
    assert public == set(CHARTS)

"""The figures of report 03: what they say of given rows."""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Callable
from dataclasses import asdict
from decimal import Decimal

import pandas as pd
import plotly.graph_objects as go
import pytest

from analytics_viz.charts import exploratory
from analytics_viz.formats import MINUS, SPACE
from analytics_viz.theme import LIGHT

AS_OF = dt.date(2026, 11, 20)
PERIOD = {"period_start_date": dt.date(2025, 11, 1), "period_end_date": dt.date(2026, 10, 31)}
QUIET, HEAVY = (
    "1 Little spending, low balances, no debt",
    "2 Heavy spending, high balances, no debt",
)


def title(figure: go.Figure) -> str:
    return str(figure.layout.title.text).replace(SPACE, " ").replace(MINUS, "-")


def clusters() -> pd.DataFrame:
    return pd.DataFrame({
        "cluster_name": [HEAVY, QUIET, QUIET],
        "customer_count": [20, 50, 30],
        "monthly_spending_amount": [Decimal(3000), Decimal(10), Decimal(0)],
        "balance_amount": [Decimal(9000), Decimal(300), Decimal(0)],
        "debt_amount": [Decimal(0)] * 3,
    })  # fmt: skip


def profiles() -> pd.DataFrame:
    return pd.DataFrame({
        "cluster_name": [QUIET, QUIET, HEAVY, HEAVY],
        "feature": ["spending", "debt"] * 2,
        "centre_score": [Decimal("-0.5"), Decimal("-0.02"), Decimal("1.0"), Decimal("-2.5")],
        "median_amount": [Decimal(10), Decimal(0), Decimal(3000), Decimal("12.4")],
        "customer_count": [80, 80, 20, 20],
    })  # fmt: skip


def distribution() -> pd.DataFrame:
    return pd.DataFrame({
        "log_from": [Decimal(0), Decimal("1.25"), Decimal(3), Decimal("3.25")],
        "customer_count": [40, 52, 5, 3],
        "spending_amount": [Decimal(100), Decimal(1900), Decimal(3000), Decimal(5000)],
    })  # fmt: skip


def cluster_spending() -> pd.DataFrame:
    return pd.DataFrame({
        "cluster_name": [HEAVY, QUIET],
        "customer_count": [20, 80],
        "spending_amount": [Decimal(9000), Decimal(1000)],
    })  # fmt: skip


def categories() -> pd.DataFrame:
    return pd.DataFrame({
        "category_name": ["Housing", "Groceries", "Dining"],
        "category_group": ["essential", "essential", "discretionary"],
        "spending_amount": [Decimal(500), Decimal(300), Decimal(200)],
        "yoy_percent": [Decimal(10), Decimal(-30), None],
        "transaction_count": [5, 30, 20],
    }).assign(**PERIOD)  # fmt: skip


def places() -> pd.DataFrame:
    return pd.DataFrame({
        "state": ["NY", "CA", "CA", "CA", "CA", "OH"],
        "city": ["New York", "Fresno", "Oakland", "Napa", "Ojai", "Toledo"],
        "customer_count": [500, 300, 160, 20, 10, 10],
        "spending_amount": [Decimal(100)] * 6,
    })  # fmt: skip


def states(low: int = 15, high: int = 35) -> pd.DataFrame:
    """NY has a median of 25, CA one of 12 up to 20."""
    return pd.DataFrame({
        "state": ["NY", "CA", "OH"],
        "spending": [Decimal(25), Decimal(12), Decimal(99)],
        "value_low": [Decimal(low), Decimal(8), Decimal(1)],
        "value_high": [Decimal(high), Decimal(20), Decimal(200)],
        "customer_count": [50, 40, 29],
    }).assign(**PERIOD)  # fmt: skip


def correlations(p_value: str = "0.001") -> pd.DataFrame:
    return pd.DataFrame({
        "feature": ["spending", "spending", "income"],
        "other_feature": ["income", "age", "age"],
        "spearman": [Decimal("0.3"), Decimal("-0.5"), Decimal("0.6")],
        "spearman_low": [Decimal("0.2"), Decimal("-0.6"), Decimal("-0.1")],
        "spearman_high": [Decimal("0.4"), Decimal("-0.4"), Decimal("0.9")],
        "p_value": [Decimal(p_value)] * 3,
        "adjusted_p_value": [Decimal(p_value), Decimal(p_value), Decimal("0.05")],
        "customer_count": [99] * 3,
        "comparison_count": [3] * 3,
    })  # fmt: skip


def amounts() -> pd.DataFrame:
    return pd.DataFrame({
        "score_from": [Decimal("-0.5"), Decimal("0.0"), Decimal("3.5")],
        "is_outlier": [False, False, True],
        "purchase_count": [600, 390, 10],
        "fraud_count": [1, 0, 3],
    })  # fmt: skip


def outliers() -> pd.DataFrame:
    return pd.DataFrame({
        "category_name": ["Dining", "Travel"],
        "purchase_count": [100, 50],
        "outlier_count": [2, None],
        "outlier_fraud_count": [1, None],
        "min_amount": [Decimal(2), Decimal(50)],
        "max_amount": [Decimal(500), Decimal(900)],
        "median_amount": [Decimal(20), Decimal(200)],
        "lower_bound_amount": [Decimal(1), Decimal(20)],
        "upper_bound_amount": [Decimal(400), Decimal(2000)],
    })  # fmt: skip


CHARTS: dict[
    str, tuple[Callable[[pd.DataFrame, dt.date], go.Figure], Callable[[], pd.DataFrame]]
] = {
    "clusters": (exploratory.clusters, clusters),
    "cluster_profiles": (exploratory.cluster_profiles, profiles),
    "spending_distribution": (exploratory.spending_distribution, distribution),
    "cluster_spending": (exploratory.cluster_spending, cluster_spending),
    "spending_treemap": (exploratory.spending_treemap, categories),
    "geography_treemap": (exploratory.geography_treemap, places),
    "geography_spending": (exploratory.geography_spending, states),
    "correlations": (exploratory.correlations, correlations),
    "amounts": (exploratory.amounts, amounts),
    "outliers": (exploratory.outliers, outliers),
}
EACH = pytest.mark.parametrize("name", CHARTS)


@EACH
@pytest.mark.parametrize("rows", [1, None], ids=["one row", "all rows"])
def test_says_what_a_reader_must_know(name: str, rows: int | None) -> None:
    draw, sample = CHARTS[name]
    frame = sample().iloc[:rows]
    kept = frame.copy()
    figure = draw(frame, AS_OF)
    pd.testing.assert_frame_equal(frame, kept)
    meta = figure.layout.meta
    assert meta["how_to_read"].endswith(".") and meta["subtitle"]
    assert re.match(r"n = [\d,]+ \w+", meta["sample"])
    assert "nan" not in json.dumps([title(figure), *meta.values()]).lower()
    assert not title(figure).startswith("No data")
    text = json.dumps(figure.to_plotly_json(), default=str)
    assert set(re.findall(r"#[0-9A-Fa-f]{6}\b", text)) <= set(asdict(LIGHT).values())
    for trace in figure.data:
        assert trace.hovertemplate or trace.hoverinfo == "skip"


@EACH
def test_no_rows_give_a_figure_that_says_so(name: str) -> None:
    draw, sample = CHARTS[name]
    assert title(draw(sample().iloc[:0], AS_OF)).startswith("No data")


def test_clusters_are_described_and_have_their_zero() -> None:
    figure = exploratory.clusters(clusters(), AS_OF)
    assert title(figure) == (
        "Customers fall into 2 groups: the largest (80 %) has little spending, low balances and no"
        " debt, the smallest (20 %) heavy spending, high balances and no debt"
    )
    quiet = figure.data[0]
    assert quiet.name == QUIET and list(quiet.y) == [10, 1], "a zero is lost on a log axis"
    assert quiet.customdata[1][2] == 0, "the hover says the true amount"
    one = exploratory.clusters(clusters().iloc[1:], AS_OF)
    assert title(one).startswith("All 80 customers fall into one group: little spending")


def test_profile_farthest_in_either_direction() -> None:
    figure = exploratory.cluster_profiles(profiles(), AS_OF)
    assert title(figure) == (
        "Cluster 2 stands farthest from the average customer: debt 2.5 standard deviations below"
        " it (median $12)"
    )
    assert figure.data[0].text[0][1].endswith("0.0"), "a rounded zero has no sign"
    frame = profiles().iloc[:3]
    assert "spending 1.0 standard deviations above it" in title(
        exploratory.cluster_profiles(frame, AS_OF)
    )


def test_few_who_spend_most() -> None:
    # a tenth of 100 are the 8 of the two upper steps; $8,000 of $10,000
    assert title(exploratory.spending_distribution(distribution(), AS_OF)) == (
        "8 customers (8.0 %) spend $1.00 k or more a month and make 80 % of all spending"
    )
    # an upper step that alone is more than a tenth
    frame = distribution().iloc[:2]
    assert title(exploratory.spending_distribution(frame, AS_OF)).startswith(
        "52 customers (57 %) spend $18 or more a month and make 95 %"
    )
    nothing = distribution().assign(spending_amount=0)
    assert title(exploratory.spending_distribution(nothing, AS_OF)).startswith("None of 100")


def test_ring_has_the_colours_of_the_scatter_plot() -> None:
    ring = exploratory.cluster_spending(cluster_spending(), AS_OF)
    assert title(ring) == (
        "90 % of spending comes from the 20 % of customers with heavy spending, high balances and"
        " no debt"
    )
    points = exploratory.clusters(clusters(), AS_OF)
    assert dict(zip(ring.data[0].labels, ring.data[0].marker.colors, strict=True)) == {
        trace.name: trace.marker.color for trace in points.data
    }
    refunds = cluster_spending().assign(spending_amount=-5)
    assert title(exploratory.cluster_spending(refunds, AS_OF)).startswith("No data")


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ((10, -30, None), "; Groceries changed most in a year (-30 %)"),
        ((40, -30, None), "; Housing changed most in a year (+40 %)"),
        ((None, None, None), "of spending"),
    ],
)
def test_spending_treemap(changes: tuple[int | None, ...], expected: str) -> None:
    frame = categories()
    frame["yoy_percent"] = list(changes)
    figure = exploratory.spending_treemap(frame, AS_OF)
    assert title(figure) == f"Housing takes 50 % of spending{expected.removeprefix('of spending')}"
    tree = figure.data[0]
    boxes = dict(zip(tree.ids, tree.values, strict=True))
    assert boxes["essential"] == boxes["essential/Housing"] + boxes["essential/Groceries"]
    assert sum(v for v, p in zip(tree.values, tree.parents, strict=True) if not p) == 1000


def test_geography_adds_up_and_merges_blots() -> None:
    figure = exploratory.geography_treemap(places(), AS_OF)
    assert title(figure) == (
        "NY, CA and OH are home to 100 % of customers; New York, NY alone to 50 %"
    )
    tree = figure.data[0]
    boxes = dict(zip(tree.labels, tree.values, strict=True))
    assert boxes == {
        "New York, NY": 500, "CA": 490, "Fresno": 300, "Oakland": 160, "Other cities": 30,
        "1 other state": 10,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (15, 35, "the intervals overlap, so it may be chance"),
        (20, 35, "the intervals overlap, so it may be chance"),
        (21, 35, "their intervals lie apart (not corrected for 2 states)"),
    ],
)
def test_states_with_enough_customers(low: int, high: int, expected: str) -> None:
    found = title(exploratory.geography_spending(states(low, high), AS_OF))
    assert found == f"The median customer spends $25.00 a month in NY and $12.00 in CA; {expected}"
    alone = exploratory.geography_spending(states().iloc[1:], AS_OF)
    assert title(alone) == "The median customer spends $12.00 a month in CA"


def test_correlations_count_what_is_beyond_chance() -> None:
    figure = exploratory.correlations(correlations(), AS_OF)
    # 0.6 is larger, but p = 0.05 is not below the level
    assert title(figure) == (
        "2 of 3 pairs of features go together beyond chance, most of all spending and age (-0.50)"
    )
    heatmap = figure.data[0]
    cells = {
        (row, column): text
        for row, texts in zip(heatmap.y, heatmap.text, strict=True)
        for column, text in zip(heatmap.x, texts, strict=True)
    }
    assert cells["Income", "Spending"] == ".30" and cells["Age", "Income"] == "·"
    assert cells["Age", "Spending"] == f"{MINUS}.50"
    assert title(exploratory.correlations(correlations("0.2"), AS_OF)) == (
        "None of 3 pairs of features goes together beyond chance"
    )


def test_amounts_out_of_line() -> None:
    figure = exploratory.amounts(amounts(), AS_OF)
    assert title(figure) == (
        "10 of 1,000 purchases (1.0 %) are out of line with their category; 3 of 4 fraudulent ones"
        " are among them"
    )
    assert [list(trace.y) for trace in figure.data] == [[600, 390], [10]]
    calm = exploratory.amounts(amounts().iloc[:2], AS_OF)
    assert title(calm) == "None of 990 purchases is out of line with its category"


def test_outliers_of_categories() -> None:
    figure = exploratory.outliers(outliers(), AS_OF)
    assert title(figure) == (
        "1 of 2 categories has unusual amounts; farthest above is $500.00 for dining, 25 times the"
        " median"
    )
    largest = figure.data[3]
    assert list(largest.marker.symbol) == ["diamond", "circle-open"]
    calm = outliers().assign(outlier_count=0, max_amount=30)
    assert title(exploratory.outliers(calm, AS_OF)) == "No unusual amount in any of 2 categories"

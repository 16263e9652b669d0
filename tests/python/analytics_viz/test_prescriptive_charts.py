"""The figures of report 06: what they say of given rows."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from decimal import Decimal

import pandas as pd
import plotly.graph_objects as go
import pytest

from analytics_viz.charts import prescriptive
from analytics_viz.formats import EN_DASH, MINUS, SPACE

AS_OF = dt.date(2026, 11, 20)


def title(figure: go.Figure) -> str:
    return str(figure.layout.title.text).replace(SPACE, " ").replace(MINUS, "-")


def offers() -> pd.DataFrame:
    return pd.DataFrame({
        "customer_segment": ["Student", "Affluent", "Affluent"],
        "product_name": ["Card", "Card", "Loan"],
        "possible_count": [10, 5, 8],
        "recommended_count": [6, 0, 2],
        "expected_value": [Decimal(60), Decimal(0), Decimal(140)],
    })  # fmt: skip


def steps() -> pd.DataFrame:
    return pd.DataFrame({
        "step": ["Expected loss", "Message", "Call", "Cost"],
        "step_order": [0, 1, 2, 99],
        "customer_count": [100, 8, 2, 10],
        "amount": [Decimal(1000), Decimal(180), Decimal(120), Decimal(50)],
    })  # fmt: skip


def budget() -> pd.DataFrame:
    return pd.DataFrame({
        "budget_rank": [1, 2, 3],
        "budget_used_amount": [Decimal(10), Decimal(20), Decimal(30)],
        "budget_amount": [Decimal(25)] * 3,
        "is_funded": [True, True, False],
        "value_per_dollar": [Decimal(5), Decimal(3), Decimal("1.5")],
        "value_amount": [Decimal(50), Decimal(80), Decimal(95)],
        "step_count": [3] * 3,
    })  # fmt: skip


def allocation() -> pd.DataFrame:
    return pd.DataFrame({
        "customer_segment": ["Affluent", "Affluent", "Student"],
        "action_name": ["Message", "Call", "Call"],
        "action_order": [1, 2, 2],
        "customer_count": [60, 1, 3],
        "cost": [Decimal(60), Decimal(10), Decimal(30)],
        "expected_value": [Decimal(200), Decimal(90), Decimal(15)],
    })  # fmt: skip


def acceptance() -> pd.DataFrame:
    return pd.DataFrame({
        "product_name": ["Loan", "Card"],
        "treated_count": [0, 98],
        "treated_opened": [0, 9],
        "control_count": [0, 98],
        "control_opened": [0, 0],
        "measured_uplift": [None, Decimal("0.0918")],
        "assumed_acceptance": [Decimal("0.012"), Decimal("0.03")],
        "acceptance_probability": [Decimal("0.012"), Decimal("0.042")],
        "is_measured": [False, True],
    })  # fmt: skip


CHARTS: dict[str, tuple[Callable[[pd.DataFrame, dt.date], go.Figure], pd.DataFrame]] = {
    "offer_matrix": (prescriptive.offer_matrix, offers()),
    "retention_waterfall": (prescriptive.retention_waterfall, steps()),
    "budget_curve": (prescriptive.budget_curve, budget()),
    "budget_allocation": (prescriptive.budget_allocation, allocation()),
    "acceptance": (prescriptive.acceptance, acceptance()),
}
FINDINGS = {
    "offer_matrix": "Card is the best offer for 6 of 8 customers with an offer; all together are"
    " worth $200",
    "retention_waterfall": "$50 of retention keep $300 of the $1.00 k that departures of a year are"
    " expected to cost",
    "budget_curve": "$20 of the budget earn $80 ($4.00 a dollar); the next dollar would earn $1.50",
    "budget_allocation": "Affluent customers get 70 % of the $100 spent to keep 64 customers",
    "acceptance": "Campaigns have measured 1 of 2 offers; 1 of them is shown to sell by more than"
    " chance",
}
ONE_ROW = {
    "offer_matrix": "Card is the best offer for 6 of 6 customers with an offer; all together are"
    " worth $60",
    "retention_waterfall": "No data",
    "budget_curve": "$10 of the budget earn $50 ($5.00 a dollar); nothing more is worth its cost",
    "budget_allocation": "Affluent customers get 100 % of the $60 spent to keep 60 customers",
    "acceptance": "No campaign has measured any of 1 offers: acceptance is assumption",
}


@pytest.mark.parametrize("name", CHARTS)
def test_title_is_the_finding(name: str) -> None:
    draw, frame = CHARTS[name]
    before = frame.copy()
    figure = draw(frame, AS_OF)
    assert title(figure) == FINDINGS[name]
    assert figure.layout.meta["sample"].startswith("n = ")
    pd.testing.assert_frame_equal(frame, before)


@pytest.mark.parametrize("name", CHARTS)
def test_no_rows_give_a_figure_that_says_so(name: str) -> None:
    draw, frame = CHARTS[name]
    assert title(draw(frame.iloc[:0], AS_OF)).startswith("No data")


@pytest.mark.parametrize("name", CHARTS)
def test_one_row(name: str) -> None:
    draw, frame = CHARTS[name]
    assert title(draw(frame.iloc[:1], AS_OF)).startswith(ONE_ROW[name])


def test_offers_that_are_possible_but_not_best_have_a_dash() -> None:
    figure = prescriptive.offer_matrix(offers(), AS_OF)
    cells = dict(zip(figure.data[0].y, figure.data[0].text, strict=True))
    assert list(figure.data[0].x) == ["Student", "Affluent"]
    assert list(cells["Card"]) == ["6<br>$60", EN_DASH]
    assert list(cells["Loan"]) == ["", "2<br>$140"]


def test_no_offer_is_worth_its_cost() -> None:
    frame = offers().assign(recommended_count=0)
    assert title(prescriptive.offer_matrix(frame, AS_OF)).startswith("No data")


def test_waterfall_adds_up() -> None:
    figure = prescriptive.retention_waterfall(steps(), AS_OF)
    assert list(figure.data[0].x) == [1000, -180, -120, 50, 750]
    assert figure.layout.xaxis.range[0] == 0
    assert "begin at zero" not in figure.layout.meta["subtitle"]


def test_a_thin_waterfall_says_that_its_axis_is_cut() -> None:
    frame = steps().assign(amount=[Decimal(n) for n in (1000, 20, 10, 5)])
    figure = prescriptive.retention_waterfall(frame, AS_OF)
    # what is kept is 30 of 1,000: 970 remain before the cost, and half as much again is shown below
    assert figure.layout.xaxis.range[0] == pytest.approx(970 - 1.5 * 30)
    assert figure.layout.meta["subtitle"].endswith("the axis does not begin at zero")


def test_a_budget_that_pays_for_nothing() -> None:
    frame = budget().assign(is_funded=False)
    assert title(prescriptive.budget_curve(frame, AS_OF)) == (
        "The budget of $25 pays for no action; the next dollar would earn $5.00"
    )


def test_a_budget_that_pays_for_everything() -> None:
    frame = budget().assign(is_funded=True)
    assert title(prescriptive.budget_curve(frame, AS_OF)) == (
        "$30 of the budget earn $95 ($3.17 a dollar); nothing more is worth its cost"
    )


@pytest.mark.parametrize(("amount", "side"), [(10, "left"), (25, "right")])
def test_the_name_of_the_budget_stands_where_there_is_room(amount: int, side: str) -> None:
    """Of 30 on the axis, to the right of 10, to the left of 25."""
    frame = budget().assign(budget_amount=[Decimal(amount)] * 3)
    (label,) = prescriptive.budget_curve(frame, AS_OF).layout.annotations
    assert label.text == f"budget ${amount}"
    assert (label.x, label.xanchor) == (amount, side)


def test_allocation_names_the_dearest_segment_and_a_single_customer() -> None:
    frame = allocation().iloc[1:]
    assert title(prescriptive.budget_allocation(frame, AS_OF)) == (
        "Student customers get 75 % of the $40 spent to keep 4 customers"
    )
    assert title(prescriptive.budget_allocation(frame.iloc[:1], AS_OF)).endswith("keep 1 customer")


def test_uplift_that_could_be_chance_proves_nothing() -> None:
    frame = acceptance().assign(treated_opened=[0, 1])
    assert title(prescriptive.acceptance(frame, AS_OF)).endswith(
        "; none of them is shown to sell by more than chance"
    )


def test_uplift_interval_by_hand() -> None:
    """Shares of 10/100 and 1/100 after one success and failure more: 0.09 and a half of 0.0619."""
    low, high = prescriptive.uplift_interval(9, 98, 0, 98)
    half = 100 * 1.959964 * (0.1 * 0.9 / 100 + 0.01 * 0.99 / 100) ** 0.5
    assert (low, high) == pytest.approx((9 - half, 9 + half))
    assert 2.80 < low < 2.81 and 15.19 < high < 15.20

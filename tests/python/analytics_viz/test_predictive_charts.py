"""The figures of report 05: what they say of given rows."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from decimal import Decimal

import pandas as pd
import plotly.graph_objects as go
import pytest

from analytics_viz.charts import predictive
from analytics_viz.formats import MINUS, SPACE

AS_OF = dt.date(2026, 11, 20)
JUDGED = {
    "judged_from": dt.date(2025, 8, 31),
    "judged_to": dt.date(2026, 7, 31),
    "judged_rows": 1000,
    "judged_customers": 100,
    "trained_on": "a bank; 100 customers",
}


def title(figure: go.Figure) -> str:
    return str(figure.layout.title.text).replace(SPACE, " ").replace(MINUS, "-")


def scores() -> pd.DataFrame:
    return pd.DataFrame({
        "score_from": [Decimal("0.20"), Decimal("0.45"), Decimal("0.75")],
        "churn_risk_category": ["Low", "Medium", "High"],
        "customer_count": [60, 30, 10],
        "expected_departures": [Decimal("1.0"), Decimal("2.0"), Decimal("3.0")],
    })  # fmt: skip


def groups() -> pd.DataFrame:
    return pd.DataFrame({
        "churn_risk_category": ["High", "Low", "Medium"],
        "customer_count": [5, 95, 100],
        "churn_percent": [Decimal(10), Decimal("0.1"), Decimal(2)],
        "lifetime_value": [Decimal(1000), Decimal(5000), Decimal(100)],
        "expected_loss": [Decimal(500), Decimal(300), Decimal(200)],
    })  # fmt: skip


def categories() -> pd.DataFrame:
    rows = [
        ("Churn", "High", 10), ("Churn", "Low", 70), ("Churn", "Medium", 20), ("Fraud", "Low", 100),
        ("Late payment", "High", 1), ("Late payment", "Low", 3),
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=["risk", "category", "customer_count"])


def segments() -> pd.DataFrame:
    return pd.DataFrame({
        "customer_segment": ["Student", "Affluent"],
        "customer_count": [50, 50],
        "lifetime_value": [Decimal(1000), Decimal(9000)],
        "expected_loss": [Decimal(100), Decimal(300)],
    })  # fmt: skip


def drivers() -> pd.DataFrame:
    rows = [
        ("churn_90d", "Activity", "0.004", "-0.010", "0.018"),
        ("churn_90d", "Bad service", "0.020", "0.010", "0.030"),
        ("churn_90d", "Tenure", "0.080", "0.050", "0.110"),
        ("late_payment_90d", "Credit score", "0.100", "0.080", "0.120"),
    ]
    frame = pd.DataFrame(rows, columns=["model", "driver", "loss", "y_low", "y_high"])
    for column in ("loss", "y_low", "y_high"):
        frame[column] = frame[column].map(Decimal)
    return frame.assign(auc=Decimal("0.7"), **JUDGED)


def curves() -> pd.DataFrame:
    points = [(Decimal(0), Decimal(0)), (Decimal("0.2"), Decimal("0.6")), (Decimal(1), Decimal(1))]
    parts = []
    for model, auc, low, rule, baseline in (
        ("churn_90d", "0.69", "0.67", "days since the last transaction", "0.54"),
        ("fraud", "0.80", "0.70", "amount", "0.75"),
    ):
        part = pd.DataFrame(points, columns=["false_alarms", "found"])
        parts.append(
            part.assign(model=model, auc=Decimal(auc), auc_low=Decimal(low),
                        auc_high=Decimal("0.9"), baseline=rule, baseline_auc=Decimal(baseline))
        )  # fmt: skip
    return pd.concat(parts, ignore_index=True).assign(**JUDGED)


def bins() -> pd.DataFrame:
    return pd.DataFrame({
        "model": ["churn_90d"] * 3,
        "event": ["the customer leaves"] * 3,
        "predicted": [Decimal("0.005"), Decimal("0.030"), Decimal("0.040")],
        "observed": [Decimal("0.006"), Decimal("0.050"), Decimal("0.020")],
        "y_low": [Decimal("0.004"), Decimal("0.040"), Decimal("0.010")],
        "y_high": [Decimal("0.009"), Decimal("0.062"), Decimal("0.030")],
        "row_count": [900, 100, 100],
        "mean_predicted": [Decimal("0.0114")] * 3,
        "observed_share": [Decimal("0.0123")] * 3,
    }).assign(**JUDGED)  # fmt: skip


CHARTS: dict[str, tuple[Callable[[pd.DataFrame, dt.date], go.Figure], pd.DataFrame]] = {
    "churn_distribution": (predictive.churn_distribution, scores()),
    "risk_and_value": (predictive.risk_and_value, groups()),
    "risk_categories": (predictive.risk_categories, categories()),
    "value_at_risk": (predictive.value_at_risk, segments()),
    "importance": (predictive.importance, drivers()),
    "roc": (predictive.roc, curves()),
    "calibration": (predictive.calibration, bins()),
}
FINDINGS = {
    "churn_distribution": "10 customers of 100 (10 %) have a high churn risk and make up 50 % of"
    " the 6 departures expected within 90 days",
    "risk_and_value": "Departures of a year would cost $1.00 k of lifetime value; half of it hangs"
    " on 2.5 % of the customers",
    "risk_categories": "High risk: 1 customer for late payment, 10 customers for churn and"
    " 0 customers for fraud; late payment has the largest share (25 %)",
    "value_at_risk": "Affluent customers carry 75 % of the $400 that departures of a year are"
    " expected to cost",
    "importance": "Leaving within 90 days is told by tenure and bad service; 1 other driver adds"
    " nothing",
    "roc": "1 of 2 models rank better than their rule of thumb; leaving within 90 days reaches 0.69"
    " against 0.54 by days since the last transaction",
    "calibration": "Leaving within 90 days: 1.14 % predicted, 1.23 % observed; 1 of 3 bins agree"
    " within their interval",
}
ONE_ROW = {
    "churn_distribution": "0 customers of 60 (0 %) have a high churn risk and make up 0 % of the 1",
    "risk_and_value": "Departures of a year would cost $500 of lifetime value; half of it hangs on"
    " 100 %",
    "risk_categories": "High risk: 10 customers for churn; churn has the largest share (100 %)",
    "value_at_risk": "Student customers carry 100 % of the $100",
    "importance": "No driver tells of leaving within 90 days",
    "roc": "1 of 1 models rank better",
    "calibration": "Leaving within 90 days: 1.14 % predicted, 1.23 % observed; 1 of 1 bins",
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
def test_one_row_is_enough(name: str) -> None:
    draw, frame = CHARTS[name]
    assert title(draw(frame.iloc[:1], AS_OF)).startswith(ONE_ROW[name])


def test_a_single_customer_is_singular() -> None:
    frame = scores().iloc[2:].assign(customer_count=1)
    assert title(predictive.churn_distribution(frame, AS_OF)).startswith(
        "1 customer of 1 (100 %) has a high churn risk and makes up 100 %"
    )


def test_categories_of_equal_shares_are_both_named() -> None:
    frame = categories()
    frame.loc[4:, "customer_count"] = [10, 90]
    assert title(predictive.risk_categories(frame, AS_OF)).endswith(
        "; late payment and churn have the largest share (10 %)"
    )


def test_nobody_at_high_risk() -> None:
    frame = categories()
    assert (
        title(predictive.risk_categories(frame[frame["category"] != "High"], AS_OF))
        == "No customer has a high risk of any kind"
    )


def test_value_at_risk_names_the_largest_loss_not_the_largest_value() -> None:
    frame = segments().assign(expected_loss=[Decimal(300), Decimal(100)])
    figure = predictive.value_at_risk(frame, AS_OF)
    assert title(figure).startswith("Student customers carry 75 %")
    assert list(figure.data[0].y) == ["Affluent", "Student"]
    lossless = frame.assign(expected_loss=Decimal(0))
    assert title(predictive.value_at_risk(lossless, AS_OF)).startswith("No data")


def test_every_driver_tells() -> None:
    assert title(predictive.importance(drivers().iloc[1:], AS_OF)) == (
        "Leaving within 90 days is told by tenure and bad service"
    )


def test_a_driver_that_could_be_chance_is_grey() -> None:
    colours = predictive.importance(drivers(), AS_OF).data[0].marker.color
    assert colours[0] != colours[1] == colours[2]


def test_a_model_no_better_than_its_rule_is_not_counted() -> None:
    frame = curves().assign(baseline_auc=Decimal("0.71"))
    assert title(predictive.roc(frame, AS_OF)).startswith("0 of 2 models rank better")

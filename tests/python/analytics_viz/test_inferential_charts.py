"""The figures of report 04: what they say of given rows."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from decimal import Decimal

import pandas as pd
import plotly.graph_objects as go
import pytest

from analytics_viz.charts import inferential, intervals
from analytics_viz.formats import MINUS, SPACE

AS_OF = dt.date(2026, 11, 20)


def title(figure: go.Figure) -> str:
    return str(figure.layout.title.text).replace(SPACE, " ").replace(MINUS, "-")


def test_row(
    question: str,
    group: str,
    reference: str,
    interval: tuple[str, str, str] | None,
    *,
    estimate_name: str = "ratio of shares",
    effect: tuple[str, str] = ("Cohen h", "0.1"),
    is_met: bool = True,
    is_significant: bool = False,
) -> dict[str, object]:
    estimate, low, high = map(Decimal, interval) if interval else (None, None, None)
    is_tested = interval is not None or group == "all"
    return {
        "question": question,
        "metric": "Share of purchases",
        "unit": "percent",
        "group_name": group,
        "reference_name": reference,
        "estimate_name": estimate_name,
        "estimate": estimate,
        "ci_low": low,
        "ci_high": high,
        "p_value": 0.01 if is_tested else None,
        "p_value_adjusted": (0.0004 if is_significant else 0.3) if is_tested else None,
        "test_count": 6,
        "effect_size_name": effect[0],
        "effect_size": Decimal(effect[1]) if is_tested else None,
        "n_group": Decimal("150.00"),
        "n_reference": None if group == "all" else Decimal("2000.5"),
        "customers_group": 30,
        "customers_reference": None if group == "all" else 900,
        "method": "Log ratio of shares",
        "assumptions": "Customers are independent.",
        "assumption_check": "The smaller group counts like 25 equal customers.",
        "are_assumptions_met": is_met,
        "is_significant": is_significant,
    }


test_row.__test__ = False  # type: ignore[attr-defined]


def rows() -> pd.DataFrame:
    return pd.DataFrame([
        test_row("fraud_at_night", "Fraud", "Genuine", ("8.1", "6.5", "10"),
                 effect=("Cohen h", "1.5"), is_significant=True),
        # further from 1 than 2, but fewer: its logarithm decides
        test_row("purchase_amount_by_segment", "Student", "Mass Market", ("0.1", "0.09", "0.12"),
                 effect=("Hedges g", "-0.19"), is_significant=True),
        test_row("decline_share_at_night", "Night", "Day", ("1.3", "0.9", "1.9")),
        # significant, but the test may not be used
        test_row("late_payment_by_credit_band", "Very good", "Good", ("20", "15", "30"),
                 is_met=False, is_significant=True),
        test_row("late_payment_by_credit_band", "Poor", "Good", None, is_met=False),
        test_row("late_payment_by_credit_band", "all", "all", None, effect=("Cramer V", "0.3"),
                 is_significant=True),
        test_row("satisfaction_by_resolution", "Not resolved", "Resolved",
                 ("-1.35", "-1.5", "-1.2"), estimate_name="difference of means",
                 effect=("Hedges g", "-0.5"), is_significant=True),
    ])  # fmt: skip


def groups() -> pd.DataFrame:
    question = "purchase_amount_by_segment"
    return pd.DataFrame({
        "question": [question, question, "fraud_share_by_channel"],
        "group_name": ["Affluent", "Student", "POS"],
        "customer_count": [127, 2, 1],
        "effective_customers": [Decimal("20"), Decimal("1.9"), Decimal("1")],
        "observations": [Decimal(2618), Decimal(9), Decimal(5)],
        "estimate": [Decimal("75.7"), Decimal("38.01"), Decimal("0.3")],
        "ci_low": [Decimal("68"), Decimal("1"), None],
        "ci_high": [Decimal("84"), Decimal("90"), None],
        "method": ["interval on the logarithm"] * 3,
    })  # fmt: skip


def cohorts() -> pd.DataFrame:
    first, second = dt.date(2025, 1, 1), dt.date(2025, 4, 1)
    return pd.DataFrame({
        "cohort_start_date": [first] * 13 + [second] * 13,
        "months_since_signup": [*range(13)] * 2,
        "cohort_size": [20] * 13 + [30] * 13,
        "retained_count": [20] * 12 + [10] + [30] * 13,
        "retained_percent": [Decimal(100)] * 12 + [Decimal(50)] + [Decimal(100)] * 13,
        "retained_ci_low": [Decimal(84)] * 12 + [Decimal("29.9")] + [Decimal("88.6")] * 13,
        "retained_ci_high": [Decimal(100)] * 12 + [Decimal("70.1")] + [Decimal(100)] * 13,
    })  # fmt: skip


def retention() -> pd.DataFrame:
    # of 100 leave 10; of the 45 who have lived through the next month, 9
    return pd.DataFrame({
        "months_since_signup": [0, 1, 2],
        "member_count": [Decimal(100), Decimal(100), Decimal(50)],
        "at_risk_count": [Decimal(100), Decimal(100), Decimal(45)],
        "left_count": [Decimal(0), Decimal(10), Decimal(9)],
        "active_count": [Decimal(20), Decimal(60), Decimal(25)],
    })  # fmt: skip


def campaigns(**changed: object) -> pd.DataFrame:
    names = {
        "purchases_before_campaign": ("Before the contact (check)", True),
        "purchases_after_campaign": ("All campaigns", True),
        "purchases_after_campaign_9": ("Back to School 2026 (9)", True),
        "purchases_after_campaign_2": ("Cash Back Weeks 2023 (2)", False),
    }
    return pd.DataFrame([
        {
            "question": question, "campaign": name, "ratio": Decimal("1.16"),
            "ratio_low": Decimal("0.97"), "ratio_high": Decimal("1.38"), "p_value_adjusted": 1.0,
            "test_count": 6, "are_assumptions_met": is_met, "is_significant": False,
            "group_name": group, "observations": Decimal(500), "estimate": Decimal("0.7"),
            "ci_low": Decimal("0.6"), "ci_high": Decimal("0.8"),
        } | changed
        for question, (name, is_met) in names.items() for group in ("treated", "control")
    ])  # fmt: skip


CHARTS: dict[str, tuple[Callable[[pd.DataFrame, dt.date], go.Figure], pd.DataFrame]] = {
    "tests": (inferential.tests, rows()),
    "effect_sizes": (inferential.effect_sizes, rows()),
    "groups": (inferential.groups, groups()),
    "cohorts": (inferential.cohorts, cohorts()),
    "retention": (inferential.retention, retention()),
    "campaigns": (inferential.campaigns, campaigns()),
}
FINDINGS = {
    "tests": "3 of 5 comparisons show a difference beyond chance; the largest: purchase amount,"
    " Student 0.10 times Mass Market (95 % interval 0.09 to 0.12)",
    "effect_sizes": "Shown is not large: of 4 differences shown, 1 falls short of what is called"
    " small and 3 are medium or large",
    "groups": "Mean purchase: from $38.01 (Student, 95 % interval $1.00 to $90.00) to $75.70"
    " (Affluent, 95 % interval $68.00 to $84.00)",
    # 40 of 50; Wilson's interval: (0.8 + z²/100 ± z √(0.16/50 + z²/10000)) / (1 + z²/50)
    "cohorts": "80.0 % of the customers were still here after 12 months (95 % interval 67.0 to"
    " 88.8); the interval of 2 of 2 quarters of sign-up misses that figure",
    # 0.9 * 0.8 = 0.72; Greenwood: 10 / (100 * 90) + 9 / (45 * 36) = 1/150; on the scale of
    # log(-log): 0.72 ** exp(±1.96 * sqrt(1/150) / log(0.72)) = 0.586 and 0.817
    "retention": "After 2 months an estimated 72.0 % are still here (95 % interval 58.6 to 81.7)"
    " and 50.0 % use the bank in a month",
    "campaigns": "Treated customers bought 1.16 times as often as held-out ones (95 % interval 0.97"
    " to 1.38): no difference is shown; of 1 campaign alone, none shows one",
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
    figure = draw(frame.iloc[:1], AS_OF)
    assert figure.data and "nan" not in title(figure).lower()


def test_nothing_shown_is_no_proof() -> None:
    frame = rows().assign(is_significant=False)
    assert title(inferential.tests(frame, AS_OF)) == (
        "None of 5 comparisons shows a difference: that is no proof that there is none"
    )
    assert "No difference was shown" in title(inferential.effect_sizes(frame, AS_OF))


def test_largest_difference_of_means_has_a_sign() -> None:
    frame = rows()
    only = frame[frame["estimate_name"] == "difference of means"]
    assert title(inferential.tests(only, AS_OF)) == (
        "1 of 1 comparison shows a difference beyond chance; the largest: satisfaction (1 to 5),"
        " Not resolved 1.35 points below Resolved (95 % interval -1.50 to -1.20)"
    )


def test_what_may_not_be_relied_on_is_no_difference() -> None:
    figure = inferential.tests(rows(), AS_OF)
    (doubtful,) = [trace for trace in figure.data if trace.name == "too few customers to rely on"]
    assert list(doubtful.x) == [20]
    assert "1 more with too few customers to test" in figure.layout.meta["subtitle"]


def test_whiskers_reach_the_ends_of_the_interval() -> None:
    figure = inferential.tests(rows(), AS_OF)
    ends = {
        (round(x - minus, 6), round(x + plus, 6))
        for trace in figure.data
        for x, minus, plus in zip(
            trace.x, trace.error_x.arrayminus, trace.error_x.array, strict=True
        )
    }
    assert (6.5, 10.0) in ends and (-1.5, -1.2) in ends and len(ends) == 5


def test_sizes_have_the_names_that_cohen_gave_them() -> None:
    figure = inferential.effect_sizes(rows(), AS_OF)
    sizes = {trace.name: [] for trace in figure.data}  # type: ignore[var-annotated]
    for trace in figure.data:
        sizes[trace.name] += list(trace.x)
    # 0.5 is medium for two groups, 0.3 for all groups
    assert sizes == {
        "negligible": [0.19, 0.1, 0.1], "small": [], "medium": [0.5, 0.3], "large": [1.5]
    }  # fmt: skip


def test_groups_of_few_customers_are_diamonds() -> None:
    figure = inferential.groups(groups(), AS_OF)
    drawn = {(x, trace.marker.symbol) for trace in figure.data for x in trace.x}
    assert drawn == {(75.7, "circle"), (38.01, "diamond-open"), (0.3, "diamond-open")}


def test_cohort_that_lies_within_its_interval() -> None:
    frame = cohorts().assign(retained_ci_low=20.0, retained_ci_high=100.0)
    assert "the interval of none of 2 quarters" in title(inferential.cohorts(frame, AS_OF))


def test_months_not_lived_through_are_empty_fields() -> None:
    frame = cohorts().iloc[:20]  # the second quarter for 7 months only
    field = pd.DataFrame(inferential.cohorts(frame, AS_OF).data[0].z)
    assert field.shape == (2, 13)
    assert field.iloc[1].notna().sum() == 7 and field.iloc[0].notna().all()


def test_everybody_stays() -> None:
    frame = retention().assign(left_count=0)
    assert "an estimated 100.0 % are still here (95 % interval 100.0 to 100.0)" in title(
        inferential.retention(frame, AS_OF)
    )


def test_campaigns_that_work() -> None:
    figure = inferential.campaigns(campaigns(is_significant=True), AS_OF)
    assert title(figure).endswith("a difference is shown; of 1 campaign alone, 1 shows one")
    assert "; 1 campaign with too few held out left out" in figure.layout.meta["subtitle"]


def test_campaigns_too_small_to_compare() -> None:
    figure = inferential.campaigns(campaigns(are_assumptions_met=False), AS_OF)
    assert title(figure).startswith("No data")


@pytest.mark.parametrize(
    ("values", "corrected"),
    [
        # the example of three: 3 times the smallest, 2 times the next, and never falling
        ([0.04, 0.01, 0.03], [0.06, 0.03, 0.06]),
        ([0.01, float("nan"), 0.9], [0.02, float("nan"), 0.9]),
        ([0.8, 0.7], [1.0, 1.0]),
        ([], []),
    ],
)
def test_holm(values: list[float], corrected: list[float]) -> None:
    assert intervals.holm(values) == pytest.approx(corrected, nan_ok=True)


def test_wilson() -> None:
    # Newcombe (1998), table I: 81 of 263, and 0 of 20
    assert intervals.wilson(81, 263) == pytest.approx((25.53, 36.62), abs=0.01)
    assert intervals.wilson(0, 20) == pytest.approx((0, 16.11), abs=0.01)

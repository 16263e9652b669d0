"""The figures of report 09: what they say of given rows."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from decimal import Decimal

import pandas as pd
import plotly.graph_objects as go
import pytest

from analytics_viz.charts import health
from analytics_viz.formats import MINUS, SPACE
from analytics_viz.theme import LIGHT

AS_OF = dt.date(2026, 11, 20)


def title(figure: go.Figure) -> str:
    return str(figure.layout.title.text).replace(SPACE, " ").replace(MINUS, "-")


def grades() -> pd.DataFrame:
    return pd.DataFrame({
        "financial_health_grade": ["B", "D", "NOT RATED"],
        "person_count": [3, 1, 96],
        "mean_score": [Decimal("80.0"), Decimal("50.0"), None],
    })  # fmt: skip


def parts() -> pd.DataFrame:
    return pd.DataFrame({
        "part": ["balance", "punctuality", "buffer"],
        "mean_score": [Decimal(100), None, Decimal("40.0")],
        "person_count": [4, 0, 4],
        "weakest_count": [1, 0, 3],
    })  # fmt: skip


def levers() -> pd.DataFrame:
    return pd.DataFrame({
        "lever_name": ["Account fees", "Dining out"],
        "lever_kind": ["fee", "lifestyle"],
        "person_count": [20, 1],
        "monthly_saving": [Decimal(50), Decimal(150)],
        "median_saving": [2.0, 150.0],
    })  # fmt: skip


def rates() -> pd.DataFrame:
    return pd.DataFrame({
        "income_bracket": ["30k to 60k", "60k to 100k", "30k to 60k"],
        "household": ["single", "single", "couple"],
        "person_count": [5, 9, 4],
        "median_savings_rate": [12.0, 20.0, 90.0],
    })  # fmt: skip


def alerts() -> pd.DataFrame:
    return pd.DataFrame({
        "category_name": ["Housing", "Groceries"],
        "budget_count": [10, 20],
        "critical_count": [0, 1],
        "high_count": [0, 2],
        "medium_count": [1, 0],
        "overrun_amount": [Decimal(10), Decimal(90)],
    })  # fmt: skip


def score() -> pd.DataFrame:
    return pd.DataFrame({
        "part": ["savings rate", "buffer", "punctuality"],
        "score": [Decimal("50.0"), Decimal("100.0"), None],
        "measure": [Decimal("10.00"), Decimal("4.0"), None],
        "unit": ["% of income", "months of outgo", "% late"],
        "financial_health_grade": ["B"] * 3,
        "financial_health_score": [Decimal("77.3")] * 3,
        "weakest_part": ["savings rate"] * 3,
        "coverage": ["full"] * 3,
        "months_observed": [12] * 3,
    })  # fmt: skip


def savings() -> pd.DataFrame:
    return pd.DataFrame({
        "recommendation_rank": [1, 2],
        "lever_name": ["Insurance", "Dining out"],
        "lever_kind": ["bill", "lifestyle"],
        "category_name": ["Insurance", "Dining"],
        "monthly_amount": [Decimal("90.00"), Decimal("60.00")],
        "reference_amount": [Decimal("50.00"), Decimal("40.00")],
        "monthly_saving_amount": [Decimal("40.00"), Decimal("13.00")],
        "cumulative_saving_amount": [Decimal("40.00"), Decimal("53.00")],
        "recommendation": ["Ask for quotes: Insurance cost $90.00 a month", "Cook: Dining out"],
        "evidence_own_history": ["The year before: $80.00 a month"] * 2,
        "evidence_peers": ["Of 12 people, half would spend at most $40.00"] * 2,
    })  # fmt: skip


def evidence() -> pd.DataFrame:
    return pd.DataFrame({
        "category_name": ["Housing", "Dining", "Travel"],
        "spending_kind": ["committed", "flexible", "flexible"],
        "monthly_amount": [Decimal(900), Decimal(60), Decimal(5)],
        "previous_monthly_amount": [Decimal(880), Decimal("0.40"), None],
        "is_increase": [False, False, False],
        "peer_group": ["single", "single", None],
        "peer_count": [12, 14, None],
        "peer_median_amount": [Decimal(800), Decimal("0.90"), None],
        "peer_upper_quartile_amount": [Decimal(950), Decimal(45), None],
        "is_above_peers": [False, True, False],
    })  # fmt: skip


def months() -> pd.DataFrame:
    starts = pd.date_range("2025-09-01", "2026-10-01", freq="MS").date
    return pd.DataFrame({
        "month_start_date": starts,
        "income_amount": [Decimal(3000)] * len(starts),
        "spending_amount": [Decimal(2000)] * 12 + [Decimal(3500), Decimal(3000)],
        "essential_amount": [Decimal(1500)] * len(starts),
        "discretionary_amount": [Decimal(400)] * len(starts),
        "other_amount": [Decimal(100)] * 12 + [Decimal(1600), Decimal(1100)],
    })  # fmt: skip


def budgets() -> pd.DataFrame:
    return pd.DataFrame({
        "category_name": ["Dining", "Housing"],
        "alert_level": ["high", "none"],
        "budget_amount": [Decimal(50), Decimal(900)],
        "budget_source": ["history", "explicit"],
        "spent_amount": [Decimal(70), Decimal(900)],
        "projected_amount": [Decimal("86.50"), Decimal(900)],
        "overrun_amount": [Decimal("36.50"), Decimal(0)],
        "days_elapsed": [20, 20],
        "days_in_month": [30, 30],
    })  # fmt: skip


def habits() -> pd.DataFrame:
    return pd.DataFrame({
        "lever_name": ["Subscriptions", "Dining out"],
        "spending_kind": ["committed", "flexible"],
        "advice": ["Cancel", "Cook"],
        "purchases_per_month": [Decimal("1.0"), Decimal("3.0")],
        "suggested_purchases_per_month": [Decimal("1.0"), Decimal("2.0")],
        "avg_purchase_amount": [Decimal("22.99"), Decimal("20.00")],
        "suggested_purchase_amount": [Decimal("15.00"), Decimal("20.00")],
        "monthly_amount": [Decimal("22.99"), Decimal("60.00")],
        "suggested_monthly_amount": [Decimal("15.00"), Decimal("40.00")],
        "monthly_saving_amount": [Decimal("7.99"), Decimal("13.00")],
    })  # fmt: skip


CHARTS: dict[str, tuple[Callable[[pd.DataFrame, dt.date], go.Figure], pd.DataFrame]] = {
    "grades": (health.grades, grades()),
    "parts": (health.parts, parts()),
    "levers": (health.levers, levers()),
    "savings_rates": (health.savings_rates, rates()),
    "budget_alerts": (health.budget_alerts, alerts()),
    "score": (health.score, score()),
    "savings": (health.savings, savings()),
    "recommendations": (health.recommendations, savings()),
    "evidence": (health.evidence, evidence()),
    "months": (health.months, months()),
    "budgets": (health.budgets, budgets()),
    "habits": (health.habits, habits()),
}
FINDINGS = {
    "grades": "75 % of the people with a grade have an A or a B; 1 has a D or an F",
    "parts": "Buffer is the weakest part of 3 of 4 people with a grade",
    "levers": "$150 of the $200 a month that all recommendations together would save are in dining"
    " out, for 1 person",
    "savings_rates": "Median savings rate from 12 % (single, 30k to 60k) to 20 % (single, 60k to"
    " 100k)",
    "budget_alerts": "4 of 30 budgets of November 2026 are exceeded or will be, most often for"
    " groceries",
    "score": "Grade B, 77 of 100 points: the savings rate is the weakest part",
    "savings": "2 changes could save $53.00 a month, $40.00 of it by insurance",
    "recommendations": "First: ask for quotes; that saves $40.00 a month",
    "evidence": "1 of 3 kinds of spending is above what three of four similar people spend, or has"
    " risen beyond chance",
    # ten months of 2,000 and 6,500 in twelve
    "months": "$2.21 k of $3.00 k a month were spent over the last 12 months; in 1 of them more"
    " than came in",
    "budgets": "1 of 2 budgets is exceeded or will be: dining by $36.50",
    "habits": "Dining out: 2.0 instead of 3.0 purchases a month would save $13.00 a month",
}
ONE_ROW = {
    "grades": "100 % of the people with a grade have an A or a B; none have a D or an F",
    "parts": "Balance is the weakest part of 1 of 4 people",
    "levers": "$50 of the $50 a month that all recommendations together would save are in account"
    " fees, for 20 people",
    "savings_rates": "Median savings rate of single, 30k to 60k: 12 %",
    "budget_alerts": "1 of 10 budgets",
    "score": "Grade B",
    "savings": "One change could save $40.00 a month: insurance",
    "recommendations": "First: ask for quotes",
    "evidence": "None of 1 kinds of spending is above",
    "months": "$2.00 k of $3.00 k a month were spent over the last 1 months; in none of them",
    "budgets": "1 of 1 budgets is exceeded or will be: dining",
    "habits": "Subscriptions: $15.00 instead of $22.99 each time would save $7.99 a month",
}
# What an empty answer means: nothing is known, or there is nothing to be said.
EMPTY = {
    "savings": "No saving found",
    "recommendations": "No advice",
    "budgets": "No budget",
    "habits": "No habit costs clearly more",
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
    figure = draw(frame.iloc[:0], AS_OF)
    assert title(figure).startswith(EMPTY.get(name, "No data"))
    assert figure.layout.meta["sample"].startswith("n = 0")


@pytest.mark.parametrize("name", CHARTS)
def test_one_row(name: str) -> None:
    draw, frame = CHARTS[name]
    assert title(draw(frame.iloc[:1], AS_OF)).startswith(ONE_ROW[name])


def test_nobody_is_rated() -> None:
    assert title(health.grades(grades().iloc[2:], AS_OF)).startswith("No data")


def test_every_grade_has_its_bar() -> None:
    bar = health.grades(grades(), AS_OF).data[0]
    assert dict(zip(bar.x, bar.y, strict=True)) == {"A": 0, "B": 3, "C": 0, "D": 1, "F": 0}


def test_a_median_of_four_people_is_not_shown() -> None:
    figure = health.savings_rates(rates(), AS_OF)
    cells = dict(zip(figure.data[0].y, figure.data[0].text, strict=True))
    shown = [cell.replace(SPACE, " ") for cell in cells["30k to 60k"]]
    assert shown == ["12 %<br>n = 5", "n = 4"]
    assert title(health.savings_rates(rates().iloc[2:], AS_OF)).startswith("No data")


def test_all_budgets_do() -> None:
    frame = alerts().assign(critical_count=0, high_count=0, medium_count=0)
    assert title(health.budget_alerts(frame, AS_OF)) == (
        "None of 30 budgets of November 2026 is exceeded, nor will be"
    )
    person = budgets().assign(alert_level="none")
    assert title(health.budgets(person, AS_OF)).startswith("All 2 budgets do until the end of")
    assert title(health.budgets(person.iloc[:1], AS_OF)).startswith("The one budget does until")


def test_no_grade_says_why() -> None:
    frame = score().assign(
        financial_health_grade="NOT RATED", weakest_part="not rated: fewer than twelve months"
    )
    assert title(health.score(frame, AS_OF)) == "No grade: fewer than twelve months"


def test_a_perfect_score() -> None:
    frame = score().assign(weakest_part="nothing: every part scores 100")
    assert title(health.score(frame, AS_OF)).endswith(": nothing is left to wish for")


def test_what_is_not_known_has_no_bar() -> None:
    bar = health.score(score(), AS_OF).data[0]
    assert list(bar.y) == ["Savings rate", "Buffer"]
    assert [text.replace(SPACE, " ") for text in bar.text] == [
        " 50: 10 % of income", " 100: 4.0 months of outgo",
    ]  # fmt: skip


def test_evidence_without_similar_people() -> None:
    assert title(health.evidence(evidence().iloc[2:], AS_OF)) == (
        "1 kind of spending, compared with nobody: too little is seen of this person, or too few"
        " are similar"
    )


def test_cents_are_not_drawn_on_a_logarithmic_axis() -> None:
    figure = health.evidence(evidence(), AS_OF)
    bars = [list(trace.x) for trace in figure.data if trace.mode == "lines"]
    assert bars == [[1.0, 45.0], [800.0, 950.0]]
    (before,) = (trace for trace in figure.data if trace.name == "own year before")
    assert list(before.x) == [880.0]


def test_above_the_limit_is_marked() -> None:
    figure = health.evidence(evidence(), AS_OF)
    (marked,) = (trace for trace in figure.data if trace.name == "now, above a limit")
    assert list(marked.x) == [60.0] and marked.marker.color == LIGHT.vermillion


def test_interest_now_and_then_is_no_income() -> None:
    # 10 of 14 months are 71 %
    frame = months().assign(income_amount=pd.Series([Decimal(0)] * 4 + [Decimal(3000)] * 10))
    figure = health.months(frame, AS_OF)
    assert [trace.name for trace in figure.data] == [
        "essential", "discretionary", "other spending",
    ]  # fmt: skip
    assert title(figure).endswith("months, 18 % of it discretionary")


def test_words_of_the_recommendations_fit_a_phone() -> None:
    figure = health.recommendations(savings(), AS_OF)
    wide, phone = figure.data[0].cells.values, figure.layout.meta["narrow"]["data.0.cells.values"]
    assert len(wide) == 4 and len(phone) == 2
    assert all(len(line) <= 45 for cell in phone[0] for line in cell.split("<br>"))
    assert "The year before: $80.00 a month" in phone[0][0]
    assert figure.layout.meta["narrow"]["height"] > figure.layout.height


def test_only_the_first_recommendations_are_put_into_words() -> None:
    frame = pd.concat([savings()] * 3, ignore_index=True)
    figure = health.recommendations(frame, AS_OF)
    assert figure.layout.meta["sample"] == "n = 6 recommendations, the first 5 shown"

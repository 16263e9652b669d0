"""The figures of report 07: what they say of given rows."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from decimal import Decimal

import pandas as pd
import plotly.graph_objects as go
import pytest

from analytics_viz.charts import causal
from analytics_viz.formats import MINUS, SPACE

AS_OF = dt.date(2026, 11, 20)
Interval = tuple[str, str, str] | None


def title(figure: go.Figure) -> str:
    return str(figure.layout.title.text).replace(SPACE, " ").replace(MINUS, "-")


def row(
    effect: str,
    subject: str,
    naive: Interval,
    adjusted: Interval,
    p_value: float | None,
    **more: object,
) -> dict[str, object]:
    sides: dict[str, object] = {}
    for side, interval in (("naive", naive), ("adjusted", adjusted)):
        values = map(Decimal, interval) if interval else (None, None, None)
        sides |= {
            f"{side}_{name}": value
            for name, value in zip(("estimate", "ci_low", "ci_high"), values, strict=True)
        }
        sides |= {f"{side}_method": f"The {side} way", f"{side}_n": 500}
    return {
        "topic": "campaigns",
        "effect": effect,
        "subject": subject,
        "measure": "Purchases of a customer",
        "unit": "ratio",
        "adjusted_p_value": p_value,
        "n_unit": "contacts",
        "identification": "randomised",
        "why_they_differ": "Who is contacted is still here.",
        **sides,
        **more,
    }  # fmt: skip


def effects() -> pd.DataFrame:
    return pd.DataFrame([
        # 0.01 of four that can be tested: 0.04 after correction; 0.02 becomes 0.06
        row("purchases", "All campaigns", ("1.3", "1.1", "1.5"), ("1.29", "1.12", "1.49"), 0.01),
        row("churn", "Year of tenure", ("0.7", "0.6", "0.8"), ("0.8", "0.7", "0.9"), 0.001,
            topic="churn", identification="adjusted observation"),
        row("churn", "Low balance", ("1.9", "1.2", "2.9"), ("1.7", "1.1", "2.7"), 0.02,
            topic="churn", identification="adjusted observation"),
        row("confidence", "Discretionary purchases", ("1.1", "0.9", "1.2"), ("1.1", "0.9", "1.3"),
            0.3, topic="economy", identification="adjusted observation"),
        row("spending", "All campaigns", ("1.1", "0.9", "1.2"), None, None),
    ])  # fmt: skip


def reasons() -> pd.DataFrame:
    return pd.DataFrame([
        row("purchases", "All campaigns", ("1.3", "1.1", "1.5"), ("1.29", "1.12", "1.49"), 0.01),
        row("product value", "Credit Card", ("19.69", "3", "36"), ("-5.61", "-20.4", "9.18"), 0.4,
            topic="products", unit="USD", measure="Fee revenue", identification="association"),
        row("return on budget", "All campaigns", ("-98", "-99", "-97"), ("-98.2", "-99.4", "-97"),
            None, unit="percent", measure="Return"),
    ])  # fmt: skip


def uplift() -> pd.DataFrame:
    return pd.DataFrame([
        row("purchases", "All campaigns", ("1.3", "1.1", "1.5"), ("1.29", "1.12", "1.49"), 0.04),
        row("purchases", "Summer (10)", ("1.5", "1.2", "2.1"), ("1.57", "1.16", "2.12"), 0.01),
        row("purchases", "Cash Back (5)", ("1.2", "0.9", "1.6"), ("1.7", "1.1", "2.7"), 0.03),
        # one of three campaigns: 0.03 of the one above becomes 0.06
        row("purchases", "Spring (3)", ("1.0", "0.7", "1.3"), ("1.1", "0.8", "1.6"), 0.4),
        row("purchases", "Summer (1)", ("0.9", "0.2", "4.5"), None, None),
    ])  # fmt: skip


def attribution(**changed: object) -> pd.DataFrame:
    recovered = {"recovered_percent": Decimal("1.8"), "recovered_low": Decimal("0.6"),
                 "recovered_high": Decimal("3")} | changed  # fmt: skip
    return pd.DataFrame([
        row("incremental revenue", "All campaigns", ("296", "116", "476"), ("267.7", "88", "447"),
            0.004, unit="USD", **recovered),
        row("incremental revenue", "Summer (10)", ("72", "1", "143"), ("-18.9", "-113", "150"),
            0.7, unit="USD", **recovered),
    ])  # fmt: skip


def economy(interval: Interval = ("1.10", "0.97", "1.25"), p_value: float = 0.12) -> pd.DataFrame:
    months = [dt.date(2026, 9, 1), dt.date(2026, 10, 1), dt.date(2026, 11, 1)]
    effect = row("confidence", "Discretionary purchases", interval, interval, p_value)
    return pd.DataFrame([
        {
            "month_start_date": month, "purchase_count": 500,
            "discretionary_percent": Decimal("40.17"),
            "consumer_confidence_index": Decimal("97.1") if month.month < 11 else None,
            "is_complete": month.month < 11,
        } | effect
        for month in months
    ])  # fmt: skip


def products() -> pd.DataFrame:
    return pd.DataFrame([
        row("product value", "Loan", ("30", "1", "59"), ("38", "-1", "77"), 0.0557, unit="USD"),
        row("product value", "Savings", ("53", "32", "74"), ("37", "20.35", "53.66"), 0.0001,
            unit="USD"),
        row("product value", "Credit Card", ("19.7", "3", "36"), ("-5.6", "-20", "9"), 0.45,
            unit="USD"),
    ])  # fmt: skip


CHARTS: dict[str, tuple[Callable[[pd.DataFrame, dt.date], go.Figure], pd.DataFrame]] = {
    "effects": (causal.effects, effects()),
    "reasons": (causal.reasons, reasons()),
    "uplift": (causal.uplift, uplift()),
    "attribution": (causal.attribution, attribution()),
    "economy": (causal.economy, economy()),
    "products": (causal.products, products()),
}
FINDINGS = {
    "effects": "3 of 4 effects are shown beyond chance: 1 by a campaign's hold-out and 2 by"
    " observation only, where a cause that was not recorded may be behind",
    "reasons": "In 1 of 3 comparisons the figure at first sight lies outside the interval of the"
    " fair one: fee revenue (Credit Card)",
    "uplift": "Contacted customers buy 1.29 times as often as comparable held-out ones (95 %"
    " interval 1.12 to 1.49); alone Summer (10) shows an effect after correction",
    "attribution": "Campaigns brought $268 of fees that would not have come otherwise (95 %"
    " interval $88 to $447): 1.8 % of their budget within 30 days, which does not cover it",
    "economy": "No effect of consumer confidence is shown, and none excluded: 10 points more"
    " confidence multiply the odds of a discretionary purchase by 1.10 (95 % interval 0.97 to"
    " 1.25)",
    "products": "Savings goes with $37.00 of fees a year (95 % interval $20.35 to $53.66); for"
    " Credit Card none of the difference at first sight remains",
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


@pytest.mark.parametrize("name", [name for name in CHARTS if name != "economy"])
def test_nothing_can_be_estimated(name: str) -> None:
    draw, frame = CHARTS[name]
    columns = [f"adjusted_{part}" for part in ("estimate", "ci_low", "ci_high", "p_value")]
    assert title(draw(frame.assign(**dict.fromkeys(columns)), AS_OF)).startswith("No data")


def test_no_effect_shown_is_no_proof() -> None:
    assert title(causal.effects(effects().assign(adjusted_p_value=0.2), AS_OF)) == (
        "None of 4 effects is shown beyond chance: that is no proof that there is none"
    )


def test_marks_are_filled_where_an_effect_is_shown() -> None:
    fair, naive = causal.effects(effects(), AS_OF).data
    assert (fair.name, naive.name) == ("fair comparison", "at first sight")
    assert list(fair.x) == [1.29, 0.8, 1.7, 1.1] and list(naive.x) == [1.3, 0.7, 1.9, 1.1]
    assert list(fair.marker.symbol) == ["circle"] * 3 + ["circle-open"]


def test_correction_counts_every_effect() -> None:
    """0.02 would do alone; of nine it does not."""
    many = pd.concat([effects(), *[effects().iloc[3:4]] * 5])
    assert title(causal.effects(many, AS_OF)).startswith("1 of 9 effects is shown")


def test_estimates_that_agree() -> None:
    assert title(causal.reasons(reasons().iloc[:1], AS_OF)) == (
        "In none of 1 comparison the figure at first sight lies outside the interval of the fair"
        " one"
    )


def test_table_writes_amounts_in_their_units() -> None:
    figure = causal.reasons(reasons(), AS_OF)
    fair = [text.replace(SPACE, " ").replace(MINUS, "-") for text in figure.data[0].cells.values[2]]
    assert fair == [
        "1.29 times<br>(1.12 to 1.49)", "-$5.61<br>(-$20.40 to $9.18)",
        "-98.2 %<br>(-99.4 % to -97.0 %)",
    ]  # fmt: skip


def test_no_campaign_shows_an_effect() -> None:
    figure = causal.uplift(uplift().assign(adjusted_p_value=0.5), AS_OF)
    assert title(figure).endswith(
        ": no effect is shown; no campaign shows an effect alone after correction"
    )
    assert "; 1 with too few held out left out" in figure.layout.meta["subtitle"]


def test_several_campaigns_show_an_effect() -> None:
    assert title(causal.uplift(uplift().assign(adjusted_p_value=0.01), AS_OF)).endswith(
        "; alone Summer (10), Cash Back (5) and Spring (3) show an effect after correction"
    )


def test_wide_intervals_run_off_the_edge() -> None:
    frame = uplift().assign(adjusted_ci_low=0.01, adjusted_ci_high=90.0)
    low, high = causal.uplift(frame, AS_OF).layout.xaxis.range
    assert 10**low > 0.1 and 10**high < 10


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"recovered_percent": Decimal(150), "recovered_low": Decimal(110),
          "recovered_high": Decimal(190)}, ": 150 % of their budget within 30 days, which covers"),
        ({"recovered_high": Decimal(140)}, "; whether it is covered is open"),
        ({"recovered_percent": None}, "interval $88 to $447)"),
    ],
)  # fmt: skip
def test_budget_that_is_covered_or_unknown(changed: dict[str, object], words: str) -> None:
    assert words in title(causal.attribution(attribution(**changed), AS_OF))


def test_confidence_that_matters() -> None:
    assert title(causal.economy(economy(("1.20", "1.05", "1.37"), 0.01), AS_OF)) == (
        "10 points more confidence multiply the odds of a discretionary purchase by 1.20 (95 %"
        " interval 1.05 to 1.37), season and trend held equal"
    )


def test_too_few_months_for_the_economy() -> None:
    figure = causal.economy(economy(None), AS_OF)
    assert title(figure).startswith("Too few months")


def test_running_month_is_left_out() -> None:
    figure = causal.economy(economy(), AS_OF)
    assert [len(trace.x) for trace in figure.data] == [2, 2]
    assert figure.layout.meta["sample"] == "n = 1,000 purchases in 2 months"


def test_no_product_goes_with_more_fees() -> None:
    frame = products().iloc[:1]
    assert title(causal.products(frame, AS_OF)) == (
        "No product goes with more or fewer fees beyond chance"
    )

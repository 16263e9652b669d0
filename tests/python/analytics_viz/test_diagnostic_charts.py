"""The figures of report 02: what they say of given rows."""

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

from analytics_viz.charts import diagnostic
from analytics_viz.formats import MINUS, SPACE
from analytics_viz.theme import LIGHT

AS_OF = dt.date(2026, 11, 20)
START, END = dt.date(2025, 11, 1), dt.date(2026, 10, 31)


def title(figure: go.Figure) -> str:
    return str(figure.layout.title.text).replace(SPACE, " ").replace(MINUS, "-")


def moves(*contributions: int) -> pd.DataFrame:
    values = contributions or (100, -30, 10)
    return pd.DataFrame({
        "category_name": [f"C{i}" for i in range(len(values))],
        "previous_total_value": [Decimal(1000)] * len(values),
        "total_value": [Decimal(1000 + sum(values))] * len(values),
        "contribution": [Decimal(v) for v in values],
        "volume_effect": [Decimal(0)] * len(values),
        "mix_effect": [Decimal(0)] * len(values),
        "rate_effect": [Decimal(v) for v in values],
        "transaction_count": [10] * len(values),
    })  # fmt: skip


def months(last: str = "2.0") -> pd.DataFrame:
    return pd.DataFrame({
        "month_start_date": pd.date_range("2026-06-01", periods=5, freq="MS").date,
        "decline_rate": [Decimal("2.0")] * 4 + [Decimal(last)],
        "fraud_rate": [Decimal("0.5")] * 5,
        "transaction_count": [1000] * 5,
    })  # fmt: skip


def reasons() -> pd.DataFrame:
    return pd.DataFrame({
        "decline_reason": ["insufficient_funds", "incorrect_pin"],
        "declined_count": [30, 10],
        "previous_declined_count": [20, 30],
        "transaction_count": [1000, 1000],
        "contribution": [Decimal("1.0"), Decimal("-2.0")],
        "decline_rate": [Decimal("4.0")] * 2,
        "previous_decline_rate": [Decimal("5.0")] * 2,
    })  # fmt: skip


def channels(frauds: int = 30, before: int = 12) -> pd.DataFrame:
    return pd.DataFrame({
        "channel": ["Online", "POS"],
        "transaction_count": [1000, 1000],
        "previous_transaction_count": [1000, 1000],
        "fraud_count": [frauds, 2],
        "previous_fraud_count": [before, 0],
        "rate": [Decimal(frauds) / 10, Decimal("0.2")],
        "rate_low": [Decimal(0), Decimal(0)],
        "rate_high": [Decimal(9), Decimal(1)],
        "previous_rate": [Decimal(before) / 10, Decimal(0)],
        "base_rate": [Decimal(frauds + 2) / 20] * 2,
        "previous_base_rate": [Decimal(before) / 20] * 2,
        "contribution": [Decimal("0.1")] * 2,
        "period_start_date": [START] * 2,
        "period_end_date": [END] * 2,
    })  # fmt: skip


def hours() -> pd.DataFrame:
    return pd.DataFrame({
        "channel": ["Online", "Online", "POS"],
        "hour_from": [0, 4, 0],
        "transaction_count": [100, 880, 20],
        "fraud_count": [15, 5, 10],
    })  # fmt: skip


def groups(
    events: tuple[int, ...] = (2, 40, 1), units: tuple[int, ...] = (1000, 1000, 1000)
) -> pd.DataFrame:
    names = ["2,000 and more", "below 200", "200 to 2,000"]
    rates = [100 * e / u for e, u in zip(events, units, strict=True)]
    return pd.DataFrame({
        "factor": ["balances"] * 3,
        "member": names,
        "unit_count": units,
        "event_count": events,
        "rate": rates,
        "rate_low": [r * 0.5 for r in rates],
        "rate_high": [r * 1.5 + 1 for r in rates],
        "base_rate": [100 * sum(events) / sum(units)] * 3,
        "period_start_date": [START] * 3,
        "period_end_date": [END] * 3,
    })  # fmt: skip


def tenures(events: tuple[int, ...] = (40, 2, 1)) -> pd.DataFrame:
    frame = groups(events).rename(
        columns={"event_count": "left_count", "unit_count": "month_count"}
    )
    return frame.assign(tenure=["under 1 year", "5 years and more", "1 to 2 years"])


def services(unresolved: tuple[int, int] = (30, 2)) -> pd.DataFrame:
    return pd.DataFrame({
        "reason": ["Card issue", "Fee dispute"],
        "contact_count": [60, 50],
        "unresolved_count": list(unresolved),
        "previous_contact_count": [50, 50],
        "rate_low": [Decimal(1)] * 2,
        "rate_high": [Decimal(90)] * 2,
    })  # fmt: skip


def contacts() -> pd.DataFrame:
    return pd.DataFrame({
        "contact_type": ["Call", "Chat"],
        "contact_count": [60, 40],
        "previous_contact_count": [60, 50],
    })  # fmt: skip


CHARTS: dict[
    str, tuple[Callable[[pd.DataFrame, dt.date], go.Figure], Callable[[], pd.DataFrame]]
] = {
    "what_moved": (diagnostic.what_moved, moves),
    "problem_rates": (diagnostic.problem_rates, months),
    "decline_reasons": (diagnostic.decline_reasons, reasons),
    "fraud_by_channel": (diagnostic.fraud_by_channel, channels),
    "fraud_heatmap": (diagnostic.fraud_heatmap, hours),
    "churn_by_tenure": (diagnostic.churn_by_tenure, tenures),
    "churn_factors": (diagnostic.churn_factors, groups),
    "delinquency_factors": (diagnostic.delinquency_factors, groups),
    "service_issues": (diagnostic.service_issues, services),
    "contact_types": (diagnostic.contact_types, contacts),
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


@EACH
def test_first_period_has_nothing_to_compare_with(name: str) -> None:
    draw, sample = CHARTS[name]
    frame = sample()
    for column in frame.columns:
        if str(column).startswith(("previous", "contribution")):
            frame[column] = None
    figure = draw(frame, AS_OF)
    assert "nan" not in title(figure).lower()


@pytest.mark.parametrize(
    ("contributions", "expected"),
    [
        ((100, -30, 10), "Spending rose by $80 (8.0 %): C0 (+$100) most, C1 (-$30) against it"),
        ((-100, 30), "Spending fell by $70 (7.0 %): C0 (-$100) most, C1 (+$30) against it"),
        ((50,), "Spending rose by $50 (5.0 %): C0 (+$50) most"),
        ((50, -50), "Spending stayed at $1.00 k; "),
        # the largest part went the other way
        ((-60, 40, 40), "Spending rose by $20 (2.0 %): C1 (+$40) most, C0 (-$60) against it"),
    ],
)
def test_what_moved(contributions: tuple[int, ...], expected: str) -> None:
    assert title(diagnostic.what_moved(moves(*contributions), AS_OF)).startswith(expected)


def test_waterfall_closes_with_few_bars() -> None:
    (trace,) = diagnostic.what_moved(moves(*range(-6, 6)), AS_OF).data
    assert sum(trace.x[:-1]) == pytest.approx(trace.x[-1]) == -6
    assert list(trace.measure) == ["relative"] * 9 + ["total"]
    assert list(trace.y)[-2:] == ["4 others", "Change"]


def test_months_outside_the_limits_are_counted() -> None:
    # 1,000 transactions at 2.8 %: three standard deviations are 1.56 points
    assert title(diagnostic.problem_rates(months("6.0"), AS_OF)) == (
        "6.0 % of transactions were declined and 0.50 % were fraud in October 2026;"
        " outside the usual range: the decline rate in 1 month"
    )
    assert title(diagnostic.problem_rates(months("3.0"), AS_OF)).endswith(
        "no month was outside the usual range"
    )


@pytest.mark.parametrize(
    ("now", "before", "word"),
    [("4", "5", "fell from 5.00 % to 4.00 %"), ("5", "4", "rose from 4.00 % to 5.00 %"),
     ("4", "4", "stayed at 4.0 %")],
)  # fmt: skip
def test_direction_of_declines(now: str, before: str, word: str) -> None:
    frame = reasons().assign(decline_rate=float(now), previous_decline_rate=float(before))
    found = title(diagnostic.decline_reasons(frame, AS_OF))
    assert found == (
        f"Declines {word} of transactions; incorrect pin moved most (-2.00 points),"
        " insufficient funds is the most common reason (75 %)"
    )


def test_fraud_by_channel_tells_chance_from_more() -> None:
    draw = diagnostic.fraud_by_channel
    # 32 against 12 of 2,000 each: Fisher p = 0.003; 30 against 2 of 1,000: p < 0.001
    assert title(draw(channels(), AS_OF)) == (
        "Fraud rose from 0.60 % to 1.60 % of transactions, more than chance explains;"
        " Online has more of it than the others (3.0 %)"
    )
    # 5 against 4, and 3 against 2
    assert title(draw(channels(3, 4), AS_OF)) == (
        "Fraud rose from 0.20 % to 0.25 % of transactions, which chance can explain;"
        " no channel stands out"
    )
    none = channels(0, 4).assign(fraud_count=0, rate=0.0, base_rate=0.0)
    assert title(draw(none, AS_OF)) == "No fraud in the 90 days to 20 Nov 2026"


def test_heatmap_hides_small_cells() -> None:
    figure = diagnostic.fraud_heatmap(hours(), AS_OF)
    assert title(figure) == (
        "83 % of all frauds fall between 00:00 and 04:00, in 12 % of the transactions;"
        " Online is worst then (15 %)"
    )
    heatmap = figure.data[0]
    pos = list(heatmap.y).index("POS")
    assert heatmap.z[pos][0] is None and heatmap.text[pos][0] == "·"
    calm = hours().assign(fraud_count=0)
    assert title(diagnostic.fraud_heatmap(calm, AS_OF)).startswith("No fraud stands out")


def test_tenures_stand_in_order() -> None:
    figure = diagnostic.churn_by_tenure(tenures(), AS_OF)
    assert [name.replace("<br>", " ") for name in figure.data[0].x] == [
        "under 1 year", "1 to 2 years", "5 years and more"
    ]  # fmt: skip
    assert title(figure).startswith(
        "Left more often than the rest: \u201cunder 1 year\u201d (4.0 %"
    )
    assert "makes no difference beyond chance" in title(
        diagnostic.churn_by_tenure(tenures((3, 2, 2)), AS_OF)
    )


@pytest.mark.parametrize(
    ("events", "expected"),
    [
        ((2, 40, 1), "Left more often than the rest: \u201cBalances: below $200\u201d (4.0 % of"
         " 1,000 months); 1.4 % of all"),
        ((2, 2, 1), "None of 1 factors separates those who left from those who stayed by more"
         " than chance (5 departures)"),
        ((0, 0, 0), "None of 1 factors separates"),
    ],
)  # fmt: skip
def test_factors_that_stand_out(events: tuple[int, ...], expected: str) -> None:
    assert title(diagnostic.churn_factors(groups(events), AS_OF)).startswith(expected)


def test_less_often_is_said_where_nothing_is_more() -> None:
    frame = groups((17, 17, 1))
    assert title(diagnostic.delinquency_factors(frame, AS_OF)).startswith(
        "Late less often than the rest: \u201cBalances: $200 to $2,000\u201d (0.10 % of 1,000"
    )


def test_more_tests_need_more_evidence() -> None:
    """11 of 100 against 2 of 100: p = 0.018 alone, which is not enough for one of 4 tests."""
    alone = groups((11, 2, 2), (100, 100, 100)).iloc[:2].assign(base_rate=6.5)
    assert title(diagnostic.churn_factors(alone, AS_OF)).startswith("Left more often")
    others = [alone.assign(factor=name, event_count=5) for name in ("fees", "open_loan", "autopay")]
    crowd = pd.concat([alone, *others], ignore_index=True)
    assert title(diagnostic.churn_factors(crowd, AS_OF)).startswith("None of 4 factors")


def test_service_issues() -> None:
    assert title(diagnostic.service_issues(services(), AS_OF)) == (
        "110 contacts (+10 % against the 90 days before), most about card issue; 29 % stay"
        " unresolved, card issue more often than others"
    )
    assert title(diagnostic.service_issues(services((6, 5)), AS_OF)).endswith(
        "10 % stay unresolved, no reason significantly more often than others"
    )
    assert title(diagnostic.service_issues(services((0, 0)), AS_OF)).endswith("0 % stay unresolved")


def test_contact_types() -> None:
    figure = diagnostic.contact_types(contacts(), AS_OF)
    assert title(figure) == (
        "Call is the most common way to contact the bank (60 %); chat moved most (-10)"
    )
    same = contacts().assign(previous_contact_count=[60, 40])
    assert title(diagnostic.contact_types(same, AS_OF)).endswith("(60 %)")

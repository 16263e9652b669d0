"""The figures of report 08: what they say of given rows."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from decimal import Decimal

import pandas as pd
import plotly.graph_objects as go
import pytest

from analytics_viz.charts import realtime
from analytics_viz.formats import MINUS, SPACE

AS_OF = dt.date(2026, 11, 20)
NOW = dt.datetime(2026, 11, 20, 21, 52, 54, tzinfo=dt.UTC)


def title(figure: go.Figure) -> str:
    return str(figure.layout.title.text).replace(SPACE, " ").replace(MINUS, "-")


def times(count: int, step: dt.timedelta) -> list[dt.datetime]:
    latest = dt.datetime(2026, 11, 20, 21, tzinfo=dt.UTC)
    return [latest - step * number for number in range(count)][::-1]


def today(**changed: object) -> pd.DataFrame:
    rows = [
        ("activity", "transactions", "day", 40, 50, False),
        ("activity", "everyday_spending", "day", Decimal("788.10"), Decimal("1949"), False),
        ("activity", "decline_percent", "day", Decimal("10"), Decimal("2.5"), False),
        ("activity", "fraud_percent", "day", Decimal("0"), None, None),
        ("alerts", "open_alerts", "critical", 1, 4, None),
        ("alerts", "open_alerts", "high", 2, 0, None),
        ("alerts", "oldest_open_alert", "critical", 30, None, None),
        ("alerts", "oldest_open_alert", "high", 117, 20, None),
    ]
    columns = ["section", "metric", "bucket", "actual_value", "previous_week_value", "is_unusual"]
    return pd.DataFrame(rows, columns=columns).assign(observed_at=NOW, **changed)


def hours() -> pd.DataFrame:
    return pd.DataFrame({
        "bucket_start_at": times(4, dt.timedelta(hours=1)),
        "transactions": [Decimal(n) for n in (5, 30, 1, 2)],
        "week_before": [Decimal(4), None, Decimal(3), Decimal(3)],
        "expected": [Decimal(5), Decimal(6), Decimal(20), None],
        "low": [Decimal(0), Decimal(0), Decimal(5), None],
        "high": [Decimal(15), Decimal(16), Decimal(35), None],
        "is_complete": [True, True, True, False],
        "is_unusual": [False, True, True, None],
    })  # fmt: skip


def stream() -> pd.DataFrame:
    """One message without a time that could not be read, and two times five minutes of events."""
    earlier, later = times(2, dt.timedelta(minutes=5))
    rows = [
        (None, None, None, None, None, None, None, Decimal(1), NOW),
        (earlier, *(Decimal(n) for n in (5, 1, 2, 1, 1, 3)), None, NOW),
        (later, *(Decimal(n) for n in (3, 0, 0, 0, 0, 2)), None, NOW),
    ]
    columns = [
        "bucket_start_at", "views", "searches", "added_to_cart", "checkouts", "purchases", "visits",
        "unreadable_messages", "observed_at",
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=columns)


def minutes() -> pd.DataFrame:
    return pd.DataFrame({
        "bucket_start_at": times(24, dt.timedelta(minutes=5)),
        "transactions": [Decimal(3)] * 18 + [Decimal(1)] * 6,
        "declines": [Decimal(1)] * 24,
        "expected": [Decimal(2)] * 24,
        "observed_at": [NOW] * 24,
    })  # fmt: skip


def days() -> pd.DataFrame:
    return pd.DataFrame({
        "bucket_start_at": times(3, dt.timedelta(days=1)),
        "spending": [Decimal(900), Decimal(1000), Decimal("-100")],
        "expected": [Decimal(950)] * 3,
        "low": [Decimal(-2000)] * 3,
        "high": [Decimal(3900)] * 3,
        "comparison_weeks": [12, 12, 11],
        "is_complete": [True, True, False],
        "is_unusual": [False, False, False],
    })  # fmt: skip


def shares() -> pd.DataFrame:
    at = times(2, dt.timedelta(days=1))
    return pd.DataFrame({
        "metric": ["decline_percent"] * 2 + ["fraud_percent"] * 2,
        "bucket_start_at": at * 2,
        "share_percent": [Decimal(2), Decimal(3), Decimal("9.26"), None],
        "expected": [Decimal(3), Decimal(3), Decimal(0), None],
        "high": [Decimal(15), Decimal(15), Decimal(4), None],
        "is_unusual": [False, False, True, None],
        "transactions": [Decimal(54), Decimal(40)] * 2,
    })  # fmt: skip


def alerts() -> pd.DataFrame:
    return pd.DataFrame({
        "alert_severity": ["critical", "high", "low", "medium"],
        "under_1_day": [1, 0, 0, 0],
        "days_1_to_3": [0, 2, 0, 0],
        "days_3_to_7": [0, 0, 0, 0],
        "over_7_days": [0, 1, 0, 0],
        "oldest_hours": [5, 240, None, None],
        "disputed_amount": [Decimal("143.16"), Decimal("584.77"), Decimal(0), Decimal(0)],
    })  # fmt: skip


def alert_list() -> pd.DataFrame:
    return pd.DataFrame({
        "alert_id": [197, 193],
        "alert_severity": ["critical", "high"],
        "alert_type": ["velocity", "risky_merchant"],
        "alert_at": [NOW - dt.timedelta(hours=5), NOW - dt.timedelta(days=10)],
        "amount": [Decimal("143.16"), Decimal("209.84")],
        "channel": ["Online", "POS"],
        "open_alerts": [14, 14],
    })  # fmt: skip


def batches() -> pd.DataFrame:
    return pd.DataFrame({
        "batch_date": [dt.date(2026, 11, 19), AS_OF],
        "delivered": [Decimal(1000), Decimal(500)],
        "kept": [Decimal(990), Decimal(495)],
        "duplicates": [Decimal(4), Decimal(4)],
        "quarantined": [Decimal(6), Decimal(1)],
        "unbalanced_tables": [0, 0],
    })  # fmt: skip


def deliveries() -> pd.DataFrame:
    return pd.DataFrame({
        "source_table": ["marketing_campaigns", "accounts"],
        "days_since_delivery": [Decimal(81), Decimal(0)],
    })  # fmt: skip


def database() -> pd.DataFrame:
    rows = [
        ("relation_size", "gold.fact_transactions", 20_000_000),
        ("live_rows", "gold.fact_transactions", 60),
        ("dead_rows", "gold.fact_transactions", 40),
        ("relation_size", "gold.dim_date", 1_000_000),
        ("live_rows", "gold.dim_date", 100),
        ("dead_rows", "gold.dim_date", 0),
        ("database_size", "bank", 152_000_000),
        ("connections", "bank", 3),
        ("connection_limit", "bank", 60),
        ("cache_hit_percent", "bank", Decimal("99.31")),
        ("deadlocks", "bank", 0),
    ]
    return pd.DataFrame(rows, columns=["metric", "relation_name", "actual_value"])


CHARTS: dict[str, tuple[Callable[[pd.DataFrame, dt.date], go.Figure], pd.DataFrame]] = {
    "today": (realtime.today, today()),
    "hours": (realtime.hours, hours()),
    "minutes": (realtime.minutes, minutes()),
    "days": (realtime.days, days()),
    "shares": (realtime.shares, shares()),
    "alerts": (realtime.alerts, alerts()),
    "alert_list": (realtime.alert_list, alert_list()),
    "batches": (realtime.batches, batches()),
    "deliveries": (realtime.deliveries, deliveries()),
    "database": (realtime.database, database()),
}
FINDINGS = {
    "today": "Friday so far: 40 transactions, 20 % fewer than a week before;"
    " every figure within its usual range",
    "hours": "Transactions left the usual range in 2 of 3 hours, furthest above it at 19:00 on"
    " 20 Nov 2026",
    "minutes": "The latest transaction came at 21:52 UTC; 6 in the last half hour, 60 in two hours",
    "days": "Everyday spending stayed within the usual range in all 3 days",
    "shares": "Fraud stood out on 1 day, most on 19 Nov 2026 (9.3 %)",
    "alerts": "4 fraud alerts open, 1 critical, over $728; the oldest for 10 days",
    "alert_list": "First to look at: velocity over $143.16, critical, since 20 Nov",
    "batches": "Every row of the last 2 batches is accounted for; 0.20 % of the latest went to"
    " quarantine",
    "deliveries": "1 of 2 tables came with the latest batch; marketing campaigns are 81 days old",
    "database": "The database holds 152 MB, 20 % of its rows dead; 3 of 60 connections in use,"
    " 99.3 % read from memory",
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


def test_today_compares_with_the_week_before() -> None:
    figure = realtime.today(today(), AS_OF)
    shown = {trace.title.text: (trace.value, trace.delta.reference) for trace in figure.data}
    # alerts of all severities together: their number adds up, of their ages the oldest counts
    assert shown == {
        "Transactions": (40, 50),
        "Everyday spending": (pytest.approx(788.1), 1949),
        "Declined": (10, 2.5),
        "Fraud": (0, None),
        "Open alerts": (3, 4),
        "Oldest alert (h)": (117, 20),
    }
    more_alerts = {trace.title.text: trace.delta.increasing.color for trace in figure.data}
    assert more_alerts["Open alerts"] == more_alerts["Declined"] != more_alerts["Transactions"]


def test_today_names_what_is_unusual() -> None:
    frame = today()
    frame.loc[frame["metric"].isin(["decline_percent", "fraud_percent"]), "is_unusual"] = True
    assert title(realtime.today(frame, AS_OF)).endswith(
        "; declined and fraud outside the usual range"
    )


@pytest.mark.parametrize(
    ("before", "words"),
    [(40, "as many as a week before"), (None, "nothing to compare with"), (32, "25 % more than")],
)
def test_today_in_words(before: int | None, words: str) -> None:
    frame = today()
    frame.loc[0, "previous_week_value"] = before
    assert words in title(realtime.today(frame, AS_OF))


def test_unusual_hours_are_diamonds() -> None:
    figure = realtime.hours(hours(), AS_OF)
    (line,) = [trace for trace in figure.data if trace.name == "transactions"]
    assert list(line.marker.symbol) == ["circle", "diamond", "diamond", "circle"]
    assert "the last hour so far" in figure.layout.meta["subtitle"]


def test_hours_without_history_say_so() -> None:
    frame = hours().assign(is_unusual=None)
    assert "not enough weeks yet" in title(realtime.hours(frame, AS_OF))


def test_nothing_unusual_in_the_shares() -> None:
    assert title(realtime.shares(shares().assign(is_unusual=False), AS_OF)).startswith(
        "Neither declines nor fraud"
    )


def test_no_alert_is_open() -> None:
    frame = alerts()
    frame.loc[:, list(realtime.AGES)] = 0
    assert (
        title(realtime.alerts(frame.assign(oldest_hours=None), AS_OF)) == "No fraud alert is open"
    )


def test_alert_list_says_how_many_it_leaves_out() -> None:
    figure = realtime.alert_list(alert_list(), AS_OF)
    assert figure.layout.meta["sample"] == "n = 14 open alerts, the first 2 shown"
    narrow = figure.layout.meta["narrow"]
    assert len(narrow["data.0.cells.values"]) == len(narrow["data.0.header.values"]) == 4


def test_rows_unaccounted_for_come_first() -> None:
    assert title(realtime.batches(batches().assign(unbalanced_tables=[0, 2]), AS_OF)).startswith(
        "2 files of the latest batches do not add up"
    )


def test_all_tables_fresh() -> None:
    frame = deliveries().assign(days_since_delivery=Decimal(0))
    figure = realtime.deliveries(frame, AS_OF)
    assert title(figure) == "2 of 2 tables came with the latest batch"
    assert list(figure.data[0].y) == ["2 tables"]


def test_tables_of_the_latest_batch_are_one_bar() -> None:
    frame = pd.DataFrame({
        "source_table": ["campaigns", "cards", *(f"table {number}" for number in range(30))],
        "days_since_delivery": [Decimal(81), Decimal(2), *[Decimal(0)] * 30],
    })  # fmt: skip
    figure = realtime.deliveries(frame, AS_OF)
    assert list(zip(figure.data[0].y, figure.data[0].x, strict=True)) == [
        ("30 others", 0), ("cards", 2), ("campaigns", 81)
    ]  # fmt: skip
    assert title(figure).startswith("30 of 32 tables")
    assert figure.layout.meta["sample"] == "n = 32 tables"


def test_relation_with_many_dead_rows_stands_out() -> None:
    figure = realtime.database(database(), AS_OF)
    colours = dict(zip(figure.data[0].y, figure.data[0].marker.color, strict=True))
    assert colours["gold.fact_transactions"] != colours["gold.dim_date"]


def test_the_stream_shows_its_events_by_kind() -> None:
    figure = realtime.stream(stream(), AS_OF)
    assert title(figure) == (
        "The click stream brought 13 events in its last two hours, 1 purchase among them;"
        " 1 message could not be read"
    )
    assert figure.layout.meta["sample"] == "n = 13 events"
    assert "21:52 UTC on 20 Nov 2026" in figure.layout.meta["subtitle"]
    assert [list(bar.y) for bar in figure.data] == [[5, 3], [1, 0], [2, 0], [1, 0], [1, 0]]


def test_a_silent_stream_says_so() -> None:
    """Nobody listens to one, or nothing that came could be read: a state, not a missing chart."""
    nothing = stream().iloc[:1].assign(unreadable_messages=None, observed_at=None)
    figure = realtime.stream(nothing, AS_OF)
    assert title(figure) == "The click stream is silent: no event of it has come"
    assert {trace.value for trace in figure.data} == {0}
    assert figure.layout.meta["sample"] == "n = 0 events"
    assert title(realtime.stream(stream().iloc[:1], AS_OF)).endswith(
        "; 1 message could not be read"
    )

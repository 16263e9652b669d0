"""What is happening now? The figures of report 08.

Every function takes the rows of its query in `analytics_viz.queries.realtime` and the as-of date,
and returns a figure; an empty frame gives the figure of `theme.no_data`. Times are in UTC.
"""

from __future__ import annotations

import datetime as dt

import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from analytics_viz import formats
from analytics_viz.formats import Kind
from analytics_viz.theme import LIGHT, finish, no_data, wrapped

SEVERITIES = ["critical", "high", "medium", "low"]
AGES = {
    "under_1_day": ("under 1 day", LIGHT.scale_1),
    "days_1_to_3": ("1 to 3 days", LIGHT.sky),
    "days_3_to_7": ("3 to 7 days", LIGHT.orange),
    "over_7_days": ("7 days and more", LIGHT.vermillion),
}
READINGS: tuple[tuple[str, str, Kind, bool | None], ...] = (
    # metric, label, kind, whether more is better (None: neither)
    ("transactions", "Transactions", "count", True),
    ("everyday_spending", "Everyday spending", "money", True),
    ("decline_percent", "Declined", "percent", False),
    ("fraud_percent", "Fraud", "percent", False),
    ("open_alerts", "Open alerts", "count", False),
    ("oldest_open_alert", "Oldest alert (h)", "count", False),
)
EVENTS = {
    "views": ("product seen", LIGHT.blue),
    "searches": ("search", LIGHT.sky),
    "added_to_cart": ("into the cart", LIGHT.orange),
    "checkouts": ("checkout", LIGHT.purple),
    "purchases": ("purchase", LIGHT.green),
}
BAND = "usual range"


def today(frame: pd.DataFrame, as_of: dt.date) -> go.Figure:
    """The running day so far beside the same part of the day a week before.

    Args:
        frame: section, metric, bucket, actual_value, previous_week_value, is_unusual, observed_at.
        as_of: the last day with data.
    """
    transactions = frame[frame["metric"] == "transactions"]
    if transactions.empty:
        return no_data("transactions in the last weeks", as_of)
    numbers = {metric: _now_and_before(frame, metric) for metric, *_ in READINGS}
    figure = go.Figure()
    narrow: dict[str, object] = {}
    for place, (metric, label, kind, more_is_better) in enumerate(READINGS):
        now, before = numbers[metric]
        colours = (LIGHT.good, LIGHT.bad) if more_is_better else (LIGHT.bad, LIGHT.good)
        figure.add_trace(
            go.Indicator(
                mode="number" if before is None else "number+delta",
                value=now,
                number=_number(kind),
                delta={
                    "reference": before,
                    "valueformat": ",.2f" if kind == "percent" else ",.0f",
                    "increasing": {"color": colours[0]},
                    "decreasing": {"color": colours[1]},
                    "font": {"size": 14},
                },
                title={"text": label, "font": {"size": 14, "color": LIGHT.muted}},
                domain=_cell(place, columns=6, rows=1),
            )
        )
        narrow[f"data.{place}.domain"] = _cell(place, columns=2, rows=3)
        narrow[f"data.{place}.number.font.size"] = 24
    row = transactions.iloc[0]
    moment = pd.Timestamp(row["observed_at"])
    unusual = [
        label.lower()
        for metric, label, *_ in READINGS
        if (frame.loc[frame["metric"] == metric, "is_unusual"] == True).any()  # noqa: E712 - NULL
    ]
    state = (
        f"{formats.listing(unusual)} outside the usual range"
        if unusual
        else "every figure within its usual range"
    )
    return finish(
        figure,
        title=f"{moment:%A} so far: {formats.count(int(row['actual_value']))} transactions,"
        f" {_against(*numbers['transactions'])}; {state}",
        subtitle=f"{formats.day(moment.date())} until {moment:%H:%M} UTC, the latest transaction;"
        " alerts: open at that time",
        how_to_read="Each number is today so far; the small one is the difference from the same"
        " part of the day a week before, in the same unit (points for shares).",
        sample=f"n = {_times(int(row['actual_value']), 'transaction')}",
        as_of=as_of,
        height=130,
        narrow={**narrow, "height": 300},
    )


def hours(frame: pd.DataFrame, as_of: dt.date) -> go.Figure:
    """Transactions per hour of the last two days, with what is usual.

    Args:
        frame: bucket_start_at, transactions, week_before, expected, low, high, is_complete,
            is_unusual; oldest first.
        as_of: the last day with data.
    """
    if frame.empty:
        return no_data("transactions in the last weeks", as_of)
    table = _timed(frame, "transactions", "week_before", "expected", "low", "high")
    figure = go.Figure()
    _add_band(figure, table)
    figure.add_scatter(
        x=table["at"],
        y=table["week_before"],
        mode="lines",
        line={"color": LIGHT.muted, "width": 1.5, "dash": "dot"},
        name="a week before",
        hovertemplate="a week before: %{y:,.0f}<extra></extra>",
    )
    _add_actual(figure, table, "transactions", "transactions", "%{y:,.0f} transactions")
    figure.update_layout(hovermode="x unified", showlegend=True)
    figure.update_yaxes(title="Transactions per hour", rangemode="tozero", nticks=6)
    figure.update_xaxes(title="Hour (UTC)", tickformat="%H:%M\n%d %b", hoverformat="%d %b %H:%M")
    judged = table[table["is_unusual"].notna()]
    return finish(
        figure,
        title=_unusual_finding(judged, "hour", "Transactions", table, "transactions"),
        subtitle="Transactions per hour, last 48 hours" + _running(table, "hour"),
        how_to_read="The line should run inside the shaded band, which holds what the same hour of"
        " the same weekday brought in the twelve weeks before; a diamond marks an hour outside.",
        sample=f"n = {formats.count(int(table['transactions'].sum()))} transactions"
        f" in {len(table)} hours",
        as_of=as_of,
        height=360,
        narrow={"yaxis.title.text": "", "xaxis.nticks": 4},
    )


def minutes(frame: pd.DataFrame, as_of: dt.date) -> go.Figure:
    """Transactions per five minutes of the last two hours.

    Args:
        frame: bucket_start_at, transactions, declines, expected, observed_at; oldest first.
        as_of: the last day with data.
    """
    if frame.empty:
        return no_data("transactions in the last weeks", as_of)
    table = _timed(frame, "transactions", "declines", "expected")
    figure = go.Figure()
    for column, name, colour in (
        ("approved", "approved", LIGHT.blue),
        ("declines", "declined", LIGHT.vermillion),
    ):
        figure.add_bar(
            x=table["at"],
            y=table.assign(approved=table["transactions"] - table["declines"])[column],
            name=name,
            marker_color=colour,
            hovertemplate=f"%{{x|%H:%M}} UTC<br>%{{y:,.0f}} {name}<extra></extra>",
        )
    figure.update_layout(barmode="stack", bargap=0.2, showlegend=True)
    top = max(float(table["transactions"].max()), 1.0)
    figure.update_yaxes(title="Transactions per 5 minutes", range=[0, 1.15 * top], nticks=5)
    if top <= 5:
        figure.update_yaxes(dtick=1)
    figure.update_xaxes(title="Time (UTC)", tickformat="%H:%M", nticks=8)
    total = int(table["transactions"].sum())
    latest = int(table["transactions"].tail(6).sum())
    moment = pd.Timestamp(frame["observed_at"].iloc[-1])
    return finish(
        figure,
        title=f"The latest transaction came at {moment:%H:%M} UTC; {latest} in the last half hour,"
        f" {total} in two hours",
        subtitle=f"Transactions per 5 minutes, {formats.day(moment.date())}",
        how_to_read="Each bar is five minutes, the last one on the right; a gap means that nothing"
        " happened.",
        sample=f"n = {_times(total, 'transaction')} in {len(table)} times 5 minutes",
        as_of=as_of,
        height=360,
        narrow={"yaxis.title.text": "", "xaxis.nticks": 4},
    )


def stream(frame: pd.DataFrame, as_of: dt.date) -> go.Figure:
    """Events per five minutes of the last two hours of the click stream.

    Args:
        frame: bucket_start_at, views, searches, added_to_cart, checkouts, purchases, visits;
            unreadable_messages and observed_at, in a row without a time where nothing else is
            known; oldest first.
        as_of: the last day with data.
    """
    known = frame.dropna(subset=["bucket_start_at"])
    unreadable = int(frame["unreadable_messages"].fillna(0).astype(int).sum())
    trouble = f"; {_times(unreadable, 'message')} could not be read" if unreadable else ""
    live = (
        "Events show here as soon as they are in the warehouse, before a build takes them into the"
        " other figures."
    )
    if known.empty:
        figure = go.Figure()
        for place, name in enumerate(("Events", "Purchases")):
            figure.add_trace(
                go.Indicator(
                    mode="number",
                    value=0,
                    number=_number("count"),
                    title={"text": name, "font": {"size": 14, "color": LIGHT.muted}},
                    domain=_cell(place, columns=2, rows=1),
                )
            )
        return finish(
            figure,
            title=f"The click stream is silent: no event of it has come{trouble}",
            subtitle="python -m warehouse consume listens to a topic; what it brings shows here at"
            " once",
            sample="n = 0 events",
            height=130,
            how_to_read=live,
            as_of=as_of,
        )
    table = _timed(known, *EVENTS, "visits")
    figure = go.Figure()
    for column, (name, colour) in EVENTS.items():
        figure.add_bar(
            x=table["at"],
            y=table[column],
            name=name,
            marker_color=colour,
            customdata=table["visits"],
            hovertemplate=f"%{{x|%H:%M}} UTC<br>{name}: %{{y:,.0f}}<br>%{{customdata:,.0f}} visits"
            "<extra></extra>",
        )
    figure.update_layout(barmode="stack", bargap=0.2, showlegend=True, legend_traceorder="normal")
    figure.update_yaxes(title="Events per 5 minutes", nticks=5)
    figure.update_xaxes(title="Time (UTC)", tickformat="%H:%M", nticks=8)
    total = int(table[list(EVENTS)].to_numpy().sum())
    moment = pd.Timestamp(known["observed_at"].iloc[-1])
    return finish(
        figure,
        title=f"The click stream brought {_times(total, 'event')} in its last two hours,"
        f" {_times(int(table['purchases'].sum()), 'purchase')} among them{trouble}",
        subtitle=f"Events per 5 minutes until the latest one, {moment:%H:%M} UTC on"
        f" {formats.day(moment.date())}",
        sample=f"n = {_times(total, 'event')}",
        height=360,
        narrow={"yaxis.title.text": "", "xaxis.nticks": 4},
        how_to_read="Each bar is five minutes by the stream's own time, the last one on the right."
        f" {live}",
        as_of=as_of,
    )


def days(frame: pd.DataFrame, as_of: dt.date) -> go.Figure:
    """Everyday spending per day of the last four weeks, with what is usual.

    Args:
        frame: bucket_start_at, spending, expected, low, high, comparison_weeks, is_complete,
            is_unusual; oldest first.
        as_of: the last day with data.
    """
    if frame.empty:
        return no_data("spending in the last weeks", as_of)
    table = _timed(frame, "spending", "expected", "low", "high")
    figure = go.Figure()
    # a band that reaches below zero, as refunds may, would take half of the chart
    floor = min(0.0, 1.1 * float(table["spending"].min()))
    _add_band(figure, table.assign(low=table["low"].clip(lower=floor)), "$,.0f")
    _add_actual(figure, table, "spending", "everyday spending", "%{y:$,.0f} spent")
    figure.update_layout(hovermode="x unified", showlegend=True)
    figure.update_yaxes(title="Everyday spending ($ per day)", tickformat="$~s", nticks=6)
    figure.update_xaxes(title="Day", tickformat="%d %b", hoverformat="%a %d %b", nticks=8)
    judged = table[table["is_unusual"].notna()]
    return finish(
        figure,
        title=_unusual_finding(judged, "day", "Everyday spending", table, "spending"),
        subtitle="Spending without standing orders and direct debits, last 28 days"
        + _running(table, "day"),
        how_to_read="The line should run inside the shaded band, which holds what the same weekday"
        " brought in the twelve weeks before; refunds count as less spending.",
        sample=f"n = {len(table)} days, each compared with up to"
        f" {int(frame['comparison_weeks'].max())} weeks",
        as_of=as_of,
        height=360,
        narrow={"yaxis.title.text": "", "xaxis.nticks": 4},
    )


def shares(frame: pd.DataFrame, as_of: dt.date) -> go.Figure:
    """Shares of declined and of fraudulent transactions per day.

    Args:
        frame: metric, bucket_start_at, share_percent, expected, high, is_unusual, transactions.
        as_of: the last day with data.
    """
    table = _timed(frame, "share_percent", "expected", "high", "transactions")
    if table["share_percent"].dropna().empty:
        return no_data("transactions in the last weeks", as_of)
    names = {"decline_percent": "declines", "fraud_percent": "fraud"}
    figure = make_subplots(rows=2, cols=1, shared_xaxes=True, vertical_spacing=0.1)
    findings = []
    for row, (metric, name) in enumerate(names.items(), start=1):
        part = table[table["metric"] == metric]
        is_unusual = part["is_unusual"].eq(True)  # NULL where nothing can be said
        figure.add_bar(
            x=part["at"],
            y=part["share_percent"],
            marker_color=[LIGHT.vermillion if one else LIGHT.blue for one in is_unusual],
            customdata=part[["transactions"]],
            hovertemplate="%{x|%a %d %b}<br>%{y:.2f} % " + name + " of %{customdata[0]:,.0f}"
            " transactions<extra></extra>",
            showlegend=False,
            row=row,
            col=1,
        )
        figure.add_scatter(
            x=part["at"],
            y=part["high"],
            mode="lines",
            line={"color": LIGHT.muted, "width": 1.5, "shape": "hvh", "dash": "dot"},
            name="upper end of the usual",
            showlegend=row == 1,
            hovertemplate="usual up to %{y:.2f} %<extra></extra>",
            row=row,
            col=1,
        )
        figure.update_yaxes(title=f"{name.capitalize()} (%)", rangemode="tozero", nticks=5, row=row)
        if is_unusual.any():
            worst = part[is_unusual].sort_values("share_percent").iloc[-1]
            findings.append(
                f"{name} stood out on {_times(int(is_unusual.sum()), 'day')}, most on"
                f" {formats.day(worst['at'].date())} ({formats.percent(worst['share_percent'])})"
            )
    figure.update_xaxes(title="Day", row=2, col=1)
    figure.update_xaxes(tickformat="%d %b", nticks=8)
    title = "; ".join(findings) or "Neither declines nor fraud left their usual range in four weeks"
    return finish(
        figure,
        title=title[:1].upper() + title[1:],
        subtitle="Share of a day's transactions that were declined, and that were fraud, 28 days",
        how_to_read="A bar above the dotted line, drawn in red, is more than chance and the same"
        " weekday of the twelve weeks before would explain.",
        sample=f"n = {formats.count(int(table['transactions'].sum() / len(names)))} transactions"
        f" in {table['at'].nunique()} days",
        as_of=as_of,
        height=420,
        narrow={"xaxis.nticks": 4, "xaxis2.nticks": 4},
    )


def alerts(frame: pd.DataFrame, as_of: dt.date) -> go.Figure:
    """Open fraud alerts by severity and age.

    Args:
        frame: alert_severity, under_1_day, days_1_to_3, days_3_to_7, over_7_days, oldest_hours,
            disputed_amount; one row per severity.
        as_of: the last day with data.
    """
    if frame.empty:
        return no_data("fraud alerts", as_of)
    table = frame.set_index("alert_severity").reindex(SEVERITIES[::-1])
    total = int(table[list(AGES)].sum().sum())
    most = int(table[list(AGES)].sum(axis=1).max())
    figure = go.Figure()
    for column, (name, colour) in AGES.items():
        figure.add_bar(
            y=table.index,
            x=table[column],
            name=name,
            orientation="h",
            marker_color=colour,
            text=[str(number) if number else "" for number in table[column]],
            textposition="inside",
            insidetextanchor="middle",
            hovertemplate=f"%{{y}}, open {name}: %{{x:,}}<extra></extra>",
        )
    figure.update_layout(barmode="stack", showlegend=True, legend_traceorder="normal")
    figure.update_xaxes(title="Open alerts (number)", range=[0, max(1.15 * most, 4)], nticks=5)
    if most <= 5:
        figure.update_xaxes(dtick=1)
    figure.update_yaxes(title="Severity")
    oldest = table["oldest_hours"].astype(float).max()
    critical = sum(int(table[age].loc["critical"]) for age in AGES)
    disputed = float(table["disputed_amount"].sum())
    return finish(
        figure,
        title=f"{_times(total, 'fraud alert')} open, {critical} critical, over"
        f" {formats.money(disputed)}; the oldest for {_age(oldest)}"
        if total
        else "No fraud alert is open",
        subtitle="Alerts raised and not resolved at the time of the latest transaction, by age",
        how_to_read="Each bar is a severity, its pieces how long the alerts have been open: red"
        " pieces have waited for a week and more.",
        sample=f"n = {total} open alerts",
        as_of=as_of,
        height=320,
        narrow={"yaxis.title.text": ""},
    )


def alert_list(frame: pd.DataFrame, as_of: dt.date) -> go.Figure:
    """The open alerts that matter most, one per line.

    Args:
        frame: alert_id, alert_severity, alert_type, alert_at, amount, channel, open_alerts;
            most severe and oldest first.
        as_of: the last day with data.
    """
    if frame.empty:
        return no_data("open fraud alerts", as_of)
    known = int(frame["open_alerts"].iloc[0])
    columns = {
        "Alert": [str(number) for number in frame["alert_id"]],
        "Severity": [
            f"<b>{severity}</b>" if severity == "critical" else severity
            for severity in frame["alert_severity"]
        ],
        "Type": [kind.replace("_", " ") for kind in frame["alert_type"]],
        "Since (UTC)": [f"{pd.Timestamp(at):%d %b %H:%M}" for at in frame["alert_at"]],
        "Amount": [formats.price(amount) for amount in frame["amount"]],
    }
    worst, oldest = frame.iloc[0], pd.Timestamp(frame["alert_at"].min())
    on_phone = [name for name in columns if name != "Type"]
    figure = go.Figure(
        go.Table(
            columnwidth=[1.2, 1, 1.6, 1.3, 1],
            header={
                "values": [f"<b>{name}</b>" for name in columns],
                "fill_color": LIGHT.surface,
                "line_color": LIGHT.grid,
                "align": ["left"] * 4 + ["right"],
                "font": {"color": LIGHT.muted, "size": 13},
                "height": 30,
            },
            cells={
                "values": list(columns.values()),
                "fill_color": LIGHT.surface,
                "line_color": LIGHT.grid,
                "align": ["left"] * 4 + ["right"],
                "font": {"color": LIGHT.text, "size": 13},
                "height": 28,
            },
        )
    )
    return finish(
        figure,
        title=f"First to look at: {worst['alert_type'].replace('_', ' ')} over"
        f" {formats.price(worst['amount'])}, {worst['alert_severity']},"
        f" since {pd.Timestamp(worst['alert_at']):%d %b}",
        subtitle=f"Open alerts by severity, then age; the oldest is of {oldest:%d %b %Y}",
        how_to_read="Work from the top: the most severe come first, among them the oldest; the"
        " amount is that of the transaction the alert is about.",
        sample=f"n = {known} open alerts"
        + (f", the first {len(frame)} shown" if known > len(frame) else ""),
        as_of=as_of,
        height=64 + 28 * len(frame),
        narrow={
            "data.0.columnwidth": [0.8, 1, 1.4, 1.1],
            "data.0.header.values": [f"<b>{name}</b>" for name in on_phone],
            "data.0.cells.values": [columns[name] for name in on_phone],
            "data.0.header.align": ["left"] * 3 + ["right"],
            "data.0.cells.align": ["left"] * 3 + ["right"],
            "data.0.header.font.size": 12,
            "data.0.cells.font.size": 12,
            "margin": {"l": 0, "r": 0, "t": 8, "b": 0},
        },
    )


def batches(frame: pd.DataFrame, as_of: dt.date) -> go.Figure:
    """Rows of the latest batches, and those that could not be used.

    Args:
        frame: batch_date, delivered, kept, duplicates, quarantined, unbalanced_tables.
        as_of: the last day with data.
    """
    if frame.empty:
        return no_data("batches", as_of)
    table = frame.assign(
        batch=[formats.day(date) for date in frame["batch_date"]],
        **{
            name: frame[name].astype(float)
            for name in ("delivered", "kept", "duplicates", "quarantined")
        },
    )
    figure = make_subplots(rows=2, cols=1, shared_xaxes=True, vertical_spacing=0.1)
    for row, column, name, colour in (
        (1, "kept", "kept", LIGHT.blue),
        (2, "quarantined", "quarantined", LIGHT.vermillion),
        (2, "duplicates", "duplicates", LIGHT.quiet),
    ):
        figure.add_bar(
            x=table["batch"],
            y=table[column],
            name=name,
            marker_color=colour,
            customdata=100 * table[column] / table["delivered"],
            hovertemplate=f"batch of %{{x}}<br>%{{y:,.0f}} rows {name}, %{{customdata:.2f}} % of"
            " those delivered<extra></extra>",
            row=row,
            col=1,
        )
    figure.update_layout(barmode="stack", showlegend=True, legend_traceorder="normal")
    figure.update_xaxes(type="category", nticks=7)
    figure.update_xaxes(title="Batch", row=2, col=1)
    figure.update_yaxes(title="Rows kept", nticks=4, tickformat="~s", row=1, col=1)
    figure.update_yaxes(title="Rows not used", nticks=4, tickformat="~s", row=2, col=1)
    unbalanced = int(table["unbalanced_tables"].sum())
    last = table.iloc[-1]
    lost = 100 * last["quarantined"] / last["delivered"]
    return finish(
        figure,
        title=f"{_times(unbalanced, 'file')} of the latest batches do not add up: look at"
        " gold.row_accounting"
        if unbalanced
        else f"Every row of the last {_times(len(table), 'batch', 'batches')} is accounted for;"
        f" {formats.percent(lost)} of the latest went to quarantine",
        subtitle=f"Rows by verdict, the batches of {table['batch'].iloc[0]} to"
        f" {table['batch'].iloc[-1]}",
        how_to_read="The upper bars are the rows that came to use, the lower ones, on a scale of"
        " their own, those that could not be used or had come before; together they are all rows"
        " delivered.",
        sample=f"n = {formats.count(int(table['delivered'].sum()))} rows in"
        f" {_times(len(table), 'batch', 'batches')}",
        as_of=as_of,
        height=420,
        narrow={"xaxis.nticks": 3, "xaxis2.nticks": 3},
    )


def deliveries(frame: pd.DataFrame, as_of: dt.date) -> go.Figure:
    """How long ago each source table was delivered.

    Args:
        frame: source_table, days_since_delivery; the longest first.
        as_of: the last day with data.
    """
    if frame.empty:
        return no_data("deliveries", as_of)
    frame = frame.assign(days=frame["days_since_delivery"].astype(float))
    most = float(frame["days"].max())
    old = frame[frame["days"] > 0]
    labels = [name.replace("_", " ") for name in old["source_table"]]
    days = list(old["days"])
    # Nothing tells those of the latest batch apart, so they are one bar.
    if fresh := len(frame) - len(old):
        labels.append(_times(fresh, "other" if labels else "table"))
        days.append(0.0)
    table = pd.DataFrame({"label": labels, "days": days}).iloc[::-1]
    figure = go.Figure(
        go.Bar(
            y=table["label"],
            x=table["days"],
            orientation="h",
            marker_color=[LIGHT.orange if days else LIGHT.blue for days in table["days"]],
            text=[_times(int(days), "day") if days else "today" for days in table["days"]],
            textposition="outside",
            cliponaxis=False,
            hovertemplate="%{y}<br>%{x:,.0f} days before the as-of date<extra></extra>",
        )
    )
    figure.update_xaxes(
        title="Days since the last delivery", range=[0, max(1.25 * most, 1)], nticks=6
    )
    figure.update_yaxes(title="Table")
    oldest = table.iloc[-1]
    return finish(
        figure,
        title=f"{fresh} of {len(frame)} tables came with the latest batch"
        + (
            f"; {oldest['label']} are {_times(int(oldest['days']), 'day')} old"
            if oldest["days"]
            else ""
        ),
        subtitle="Age of the newest delivery of each source table, by the as-of date",
        how_to_read="A short bar is fresh. A table that rarely changes, such as campaigns, may be"
        " old and still complete: a batch brings only what is new.",
        sample=f"n = {len(frame)} tables",
        as_of=as_of,
        height=max(130 + 38 * len(table), 420),
        narrow={
            "yaxis.title.text": "",
            "xaxis.nticks": 3,
            "xaxis.range": [0, max(1.6 * most, 1)],
        },
    )


def database(frame: pd.DataFrame, as_of: dt.date) -> go.Figure:
    """The largest relations, how much of them is dead, and the connections.

    Args:
        frame: metric, relation_name, actual_value.
        as_of: the last day with data.
    """
    table = frame.assign(actual_value=frame["actual_value"].astype(float)).pivot_table(
        index="relation_name", columns="metric", values="actual_value", aggfunc="sum"
    )
    if "relation_size" not in table:
        return no_data("relations, or the engine keeps no figures of them", as_of)
    table = table.reindex(columns=[*table.columns.union(["live_rows", "dead_rows"])])
    whole = table.dropna(subset=["database_size"]).iloc[0]
    relations = table.dropna(subset=["relation_size"]).fillna({"live_rows": 0.0, "dead_rows": 0.0})
    rows = relations["live_rows"] + relations["dead_rows"]
    relations = relations.assign(dead_percent=(100 * relations["dead_rows"] / rows).fillna(0.0))
    largest = relations.sort_values("relation_size").tail(10)
    dead = 100 * relations["dead_rows"].sum() / max(rows.sum(), 1)
    figure = go.Figure(
        go.Bar(
            y=largest.index,
            x=largest["relation_size"] / 1e6,
            orientation="h",
            marker_color=[
                LIGHT.vermillion if share > 20 else LIGHT.blue for share in largest["dead_percent"]
            ],
            text=[
                f"{size / 1e6:,.1f} MB"
                + (f" · {formats.percent(share)} dead" if share >= 1 else "")
                for size, share in zip(
                    largest["relation_size"], largest["dead_percent"], strict=True
                )
            ],
            textposition="outside",
            cliponaxis=False,
            customdata=largest[["live_rows", "dead_rows"]],
            hovertemplate="%{y}<br>%{x:,.1f} MB with indexes<br>about %{customdata[0]:,.0f} rows,"
            " %{customdata[1]:,.0f} dead<extra></extra>",
        )
    )
    most = float(largest["relation_size"].max()) / 1e6
    figure.update_xaxes(title="Size with indexes (MB)", range=[0, 1.8 * most], nticks=5)
    figure.update_yaxes(title="Relation")
    return finish(
        figure,
        title=f"The database holds {whole['database_size'] / 1e6:,.0f} MB,"
        f" {formats.percent(dead)} of its rows dead;"
        f" {whole['connections']:.0f} of {whole['connection_limit']:.0f} connections in use,"
        f" {formats.percent(whole['cache_hit_percent'], 1)} read from memory",
        subtitle="The ten largest relations, as the server was when this page was built",
        how_to_read="Longer bars take more disk. Dead rows are what updates left behind until the"
        " server cleans up: a red bar has more than 20 % of them.",
        sample=f"n = {len(relations)} relations",
        as_of=as_of,
        height=420,
        narrow={
            "yaxis.title.text": "",
            "yaxis.tickfont.size": 10,
            "xaxis.title.text": "Size (MB)",
            "xaxis.nticks": 3,
            "data.0.y": [_in_lines(name) for name in largest.index],
            "data.0.text": [f"{size / 1e6:,.1f} MB" for size in largest["relation_size"]],
        },
    )


def _timed(frame: pd.DataFrame, *numbers: str) -> pd.DataFrame:
    """The frame with its figures as floats and its times, in UTC, as ``at``."""
    times = pd.to_datetime(frame["bucket_start_at"], utc=True).dt.tz_localize(None)
    return frame.assign(at=times, **{name: frame[name].astype(float) for name in numbers})


def _add_band(figure: go.Figure, table: pd.DataFrame, in_full: str = ",.0f") -> None:
    """What is usual: an area from low to high, and the expected value in it."""
    figure.add_scatter(
        x=table["at"], y=table["low"], mode="lines", line={"width": 0},
        hoverinfo="skip", showlegend=False,
    )  # fmt: skip
    figure.add_scatter(
        x=table["at"],
        y=table["high"],
        mode="lines",
        line={"width": 0},
        fill="tonexty",
        fillcolor=LIGHT.blue_soft,
        name=BAND,
        customdata=table[["low", "expected"]],
        hovertemplate=f"usual: %{{customdata[0]:{in_full}}} to %{{y:{in_full}}},"
        f" median %{{customdata[1]:{in_full}}}<extra></extra>",
    )


def _add_actual(
    figure: go.Figure, table: pd.DataFrame, column: str, name: str, template: str
) -> None:
    """The line of what happened; diamonds where that is unusual."""
    is_unusual = table["is_unusual"].eq(True)  # NULL where nothing can be said
    figure.add_scatter(
        x=table["at"],
        y=table[column],
        mode="lines+markers",
        line={"color": LIGHT.blue, "width": 2.5},
        marker={
            "size": [11 if one else 4 for one in is_unusual],
            "color": [LIGHT.vermillion if one else LIGHT.blue for one in is_unusual],
            "symbol": ["diamond" if one else "circle" for one in is_unusual],
        },
        name=name,
        hovertemplate=f"{template}<extra></extra>",
    )


def _unusual_finding(
    judged: pd.DataFrame, unit: str, what: str, table: pd.DataFrame, column: str
) -> str:
    outside = judged[judged["is_unusual"].astype(bool)]
    if judged.empty:
        return f"{what}: not enough weeks yet to say what is usual"
    if outside.empty:
        return f"{what} stayed within the usual range in all {_times(len(judged), unit)}"
    distance = (outside[column] - outside["expected"]).abs()
    furthest = outside.iloc[int(distance.argmax())]
    when = f"{furthest['at']:%H:%M} on " if unit == "hour" else ""
    side = "above" if furthest[column] > furthest["expected"] else "below"
    return (
        f"{what} left the usual range in {len(outside)} of {_times(len(judged), unit)}, furthest"
        f" {side} it at {when}{formats.day(furthest['at'].date())}"
        if unit == "hour"
        else f"{what} left the usual range on {len(outside)} of {_times(len(judged), unit)},"
        f" furthest {side} it on {formats.day(furthest['at'].date())}"
    )


def _running(table: pd.DataFrame, unit: str) -> str:
    is_running = not bool(table["is_complete"].iloc[-1])
    return f"; the last {unit} so far, compared with as much of the earlier ones" * is_running


def _now_and_before(frame: pd.DataFrame, metric: str) -> tuple[float | None, float | None]:
    """A figure of today and of a week before; alerts, which come by severity, taken together."""
    rows = frame[frame["metric"] == metric]
    together = max if metric == "oldest_open_alert" else sum
    parts = [
        [float(value) for value in rows[column] if pd.notna(value)]
        for column in ("actual_value", "previous_week_value")
    ]
    now, before = (float(together(values)) if values else None for values in parts)
    return now, before


def _against(now: float | None, before: float | None) -> str:
    if now is None or not before:
        return "nothing to compare with a week before"
    change = 100 * (now - before) / before
    if round(change) == 0:
        return "as many as a week before"
    return f"{formats.percent(abs(change))} {'more' if change > 0 else 'fewer'} than a week before"


def _number(kind: Kind) -> dict[str, object]:
    shape = {"font": {"size": 28, "color": LIGHT.text}}
    if kind == "percent":
        return shape | {"suffix": f"{formats.SPACE}%", "valueformat": ".2f"}
    if kind == "money":
        return shape | {"prefix": "$", "valueformat": ",.3s"}
    return shape | {"valueformat": ",.0f"}


def _cell(place: int, columns: int, rows: int) -> dict[str, list[float]]:
    """The part of the figure that the place-th cell of a grid takes, with room between."""
    row, column = divmod(place, columns)
    gap = 0.02
    return {
        "x": [column / columns + gap / 2, (column + 1) / columns - gap / 2],
        "y": [1 - (row + 1) / rows, 1 - row / rows - 0.12],
    }


def _times(number: int, word: str, words: str | None = None) -> str:
    """``1 day``, ``3 days``."""
    return f"{number:,} {word if number == 1 else words or word + 's'}"


def _in_lines(relation: str) -> str:
    """``schema.name`` broken where it may be: after the dot and after underscores."""
    apart = relation.replace(".", ". ").replace("_", "_ ")
    return wrapped(apart, 24).replace(". ", ".").replace("_ ", "_")


def _age(hours_open: float) -> str:
    return f"{hours_open:.0f} hours" if hours_open < 72 else f"{hours_open / 24:.0f} days"

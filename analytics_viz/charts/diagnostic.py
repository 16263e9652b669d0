"""Why did it happen? The figures of report 02.

Every function takes the rows of its query in `analytics_viz.queries.diagnostic` and the as-of date,
and returns a figure; an empty frame gives the figure of `theme.no_data`. What a title says of two
groups was tested: Fisher's exact test of each against the others, with the correction of Holm
(1979) for the number of tests. A difference is called one, never a cause.
"""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots
from scipy.stats import fisher_exact

from analytics_viz import formats
from analytics_viz.data import Period
from analytics_viz.theme import LIGHT, finish, no_data, wrapped

LEVEL = 0.05
SHOWN_PARTS = 8  # of a waterfall; the others become one
QUARTER_DAYS = 90
FRAUD_DAYS = 730
FRAUD_HOURS = 4
MIN_TRANSACTIONS = 30  # in a cell, for a rate
CHANNELS = ["ATM", "Auto", "Branch", "Mobile", "Online", "POS"]
TENURES = ["under 1 year", "1 to 2 years", "2 to 3 years", "3 to 5 years", "5 years and more"]
FACTORS = {
    "bad_service": "Bad service",
    "balances": "Balances",
    "fees": "Paid fees",
    "declined_payments": "Declined payments",
    "open_loan": "Open loan",
    "credit_score_band": "Credit score",
    "loan_age": "Age of the loan",
    "loan_product": "Loan",
    "autopay": "Autopay",
}
_GAP = {"ticks": "outside", "ticklen": 7, "tickcolor": LIGHT.surface}  # marks at 0 hide no label
DOLLARS = {
    "below 200": "below $200",
    "200 to 2,000": "$200 to $2,000",
    "2,000 and more": "$2,000 and more",
}
MEMBERS = [
    "no", "yes", "below 200", "200 to 2,000", "2,000 and more", "under 1 year", "1 to 2 years",
    "2 to 4 years", "4 years and more", "Poor", "Fair", "Good", "Very good", "Exceptional",
]  # fmt: skip


def what_moved(frame: pd.DataFrame, as_of: dt.date) -> go.Figure:
    """What each category contributed to the change of spending.

    Args:
        frame: category_name, previous_total_value, total_value, contribution, volume_effect,
            mix_effect, rate_effect, transaction_count.
        as_of: the last of the 90 days.
    """
    columns = ("previous_total_value", "total_value", "contribution", "volume_effect",
               "mix_effect", "rate_effect")  # fmt: skip
    table = _floats(frame, *columns).dropna(subset=["contribution"])
    if table.empty:
        return no_data(f"spending in two periods of {QUARTER_DAYS} days", as_of)
    before, now = table["previous_total_value"].iloc[0], table["total_value"].iloc[0]
    change = now - before
    ordered = table.assign(size=table["contribution"].abs()).sort_values(
        ["size", "category_name"], ascending=[False, True]
    )
    parts = ordered.iloc[:SHOWN_PARTS].sort_values("contribution", ascending=False)
    effects = ["contribution", "volume_effect", "mix_effect", "rate_effect"]
    rows = parts[["category_name", *effects]]
    if rest := len(ordered) - len(parts):
        others = {"category_name": f"{rest} others", **ordered.iloc[SHOWN_PARTS:][effects].sum()}
        rows = pd.concat([rows, pd.DataFrame([others])], ignore_index=True)
    labels = [*rows["category_name"], "Change"]
    values = [*rows["contribution"], change]
    figure = go.Figure(
        go.Waterfall(
            orientation="h",
            y=labels,
            x=values,
            measure=["relative"] * len(rows) + ["total"],
            text=[_signed_money(value) for value in values],
            textposition="outside",
            cliponaxis=False,
            connector={"line": {"color": LIGHT.quiet, "width": 1}},
            increasing_marker_color=LIGHT.blue,
            decreasing_marker_color=LIGHT.orange,
            totals_marker_color=LIGHT.muted,
            customdata=[[_signed_money(value) for value in row] for row in rows[effects].to_numpy()]
            + [[_signed_money(value) for value in [change, *rows[effects[1:]].sum()]]],
            hovertemplate="%{y}: %{customdata[0]}<br>from the number of all transactions"
            " %{customdata[1]}<br>from its share of them %{customdata[2]}<br>from its average"
            " amount %{customdata[3]}<extra></extra>",
        )
    )
    path = np.cumsum([0.0, *values[:-1]])
    low, high = float(path.min()), float(path.max())
    room = 0.22 * max(high - low, 1.0)
    figure.update_layout(showlegend=False)
    figure.update_xaxes(
        title="Contribution to the change of spending ($)",
        tickformat="$~s",
        zeroline=True,
        range=[low - room, high + room],
        nticks=7,
    )
    figure.update_yaxes(title="Category", autorange="reversed")
    top = ordered.iloc[0]
    against = ordered[ordered["contribution"] * change < 0].head(1)
    with_it = ordered[ordered["contribution"] * change > 0].head(1)
    latest = Period.last(QUARTER_DAYS, as_of)
    word = "rose" if change > 0 else "fell"
    if not change:
        title = f"Spending stayed at {formats.money(now)}; {top['category_name']} moved most"
    else:
        rate = formats.percent(100 * abs(change) / before) if before else None
        title = (
            f"Spending {word} by {formats.money(abs(change))}{f' ({rate})' if rate else ''}:"
            f" {_contributor(with_it.iloc[0])} most"
            + (f", {_contributor(against.iloc[0])} against it" if len(against) else "")
        )
    return finish(
        figure,
        title=title,
        subtitle=f"Spending by category, {formats.days(latest.start, latest.end)}"
        f" ({formats.money(now)}) against the {QUARTER_DAYS} days before ({formats.money(before)})",
        how_to_read="Read downwards: each bar starts where the one above ends and shows what a"
        " category added or took away; together they make the change at the bottom.",
        sample=f"n = {_times(table['transaction_count'].sum(), 'transaction')}",
        as_of=as_of,
        height=120 + 34 * len(labels),
        narrow={"yaxis.title.text": "", "xaxis.title.text": "Change ($)", "xaxis.nticks": 4,
                "xaxis.range": [low - 2 * room, high + 2 * room]},
    )  # fmt: skip


def problem_rates(frame: pd.DataFrame, as_of: dt.date) -> go.Figure:
    """Decline and fraud rates by month, with the limits of a p-chart.

    Args:
        frame: month_start_date, decline_rate and fraud_rate (0-100), transaction_count; complete
            months, the oldest first.
        as_of: the last day with data.
    """
    table = _floats(frame, "decline_rate", "fraud_rate", "transaction_count")
    table = table[table["transaction_count"] > 0]
    if table.empty:
        return no_data("complete months", as_of)
    months = pd.to_datetime(table["month_start_date"])
    weights = table["transaction_count"] / table["transaction_count"].sum()
    figure = make_subplots(rows=2, cols=1, shared_xaxes=True, vertical_spacing=0.1)
    findings = []
    for row, (column, name, colour) in enumerate(
        (("decline_rate", "Declined", LIGHT.blue), ("fraud_rate", "Fraud", LIGHT.vermillion)),
        start=1,
    ):
        mean = float((weights * table[column]).sum())
        spread = 3 * np.sqrt(mean * (100 - mean) / table["transaction_count"])
        low, high = np.maximum(mean - spread, 0), mean + spread
        for bound, fill in ((low, None), (high, "tonexty")):
            figure.add_scatter(
                x=months, y=bound, mode="lines", line={"width": 0, "shape": "hvh"}, fill=fill,
                fillcolor=LIGHT.grid, hoverinfo="skip", row=row, col=1,
            )  # fmt: skip
        outside = (table[column] < low) | (table[column] > high)
        figure.add_scatter(
            x=months,
            y=table[column],
            mode="lines+markers",
            line={"color": colour, "width": 2},
            marker={
                "size": [11 if out else 4 for out in outside],
                "symbol": ["diamond" if out else "circle" for out in outside],
            },
            customdata=pd.DataFrame({"n": table["transaction_count"], "low": low, "high": high}),
            hovertemplate="%{x|%B %Y}: %{y:.2f} % of %{customdata[0]:,.0f} transactions<br>usual:"
            " %{customdata[1]:.2f} to %{customdata[2]:.2f} %<extra></extra>",
            row=row,
            col=1,
        )
        figure.update_yaxes(
            title=f"{name} (%)", rangemode="tozero", nticks=5, row=row, col=1
        )  # fmt: skip
        findings.append((column, float(table[column].iloc[-1]), int(outside.sum()), mean))
    figure.update_layout(showlegend=False, hovermode="closest")
    figure.update_xaxes(title="Month", row=2, col=1)
    last = formats.month(months.iloc[-1])
    (_, decline, odd_declines, _), (_, fraud, odd_frauds, _) = findings
    odd = {"decline rate": odd_declines, "fraud rate": odd_frauds}
    said = [f"the {name} in {_times(number, 'month')}" for name, number in odd.items() if number]
    return finish(
        figure,
        title=f"{formats.percent(decline)} of transactions were declined and"
        f" {formats.percent(fraud)} were fraud in {last}; "
        + (
            f"outside the usual range: {formats.listing(said)}"
            if said
            else "no month was outside the usual range"
        ),
        subtitle="Share of the transactions of each complete month",
        how_to_read="Grey is where nearly all months lie (three standard deviations) if only chance"
        " is at work; a diamond lies outside. Frauds come in bursts, which widens their swing.",
        sample=f"n = {_times(table['transaction_count'].sum(), 'transaction')}"
        f" in {_times(len(table), 'month')}",
        as_of=as_of,
        height=440,
    )


def decline_reasons(frame: pd.DataFrame, as_of: dt.date) -> go.Figure:
    """Declined transactions by reason, against the period before.

    Args:
        frame: decline_reason, declined_count, previous_declined_count, transaction_count,
            contribution (percentage points), decline_rate and previous_decline_rate (0-100).
        as_of: the last of the 90 days.
    """
    columns = ("contribution", "decline_rate", "previous_decline_rate", "transaction_count")
    table = _floats(frame, *columns).sort_values("declined_count")
    if table.empty:
        return no_data(f"declined transactions in {QUARTER_DAYS} days", as_of)
    names = [_words(name) for name in table["decline_reason"]]
    figure = go.Figure()
    for column, name, colour in (
        ("declined_count", f"latest {QUARTER_DAYS} days", LIGHT.blue),
        ("previous_declined_count", f"{QUARTER_DAYS} days before", LIGHT.quiet),
    ):
        figure.add_bar(
            y=names,
            x=table[column],
            name=name,
            orientation="h",
            marker_color=colour,
            text=table[column],
            textposition="outside",
            cliponaxis=False,
            customdata=[_points(value) for value in table["contribution"]],
            hovertemplate="%{y}: %{x:,} declined, " + name + "<br>contribution to the change of"
            " the rate: %{customdata}<extra></extra>",
        )
    most = float(table[["declined_count", "previous_declined_count"]].max().max())
    figure.update_layout(barmode="group", bargap=0.3, legend_traceorder="reversed")
    figure.update_xaxes(title="Declined transactions", range=[0, 1.15 * max(most, 1)], nticks=6)
    figure.update_yaxes(title="Reason")
    total = int(table["declined_count"].sum())
    now, before = table["decline_rate"].iloc[0], table["previous_decline_rate"].iloc[0]
    moved = table[table["contribution"].abs() > 0]
    most_moved = moved.iloc[moved["contribution"].abs().argmax()] if len(moved) else None
    largest = table.iloc[-1]
    title = (
        f"{_direction('Declines', before, now, 'of transactions')}"
        if not np.isnan(before)
        else f"{formats.percent(now)} of transactions were declined"
    )
    if most_moved is not None:
        title += (
            f"; {_words(most_moved['decline_reason']).lower()} moved most"
            f" ({_points(most_moved['contribution'])})"
        )
    if total and largest["declined_count"]:
        title += (
            f", {_words(largest['decline_reason']).lower()} is the most common reason"
            f" ({formats.percent(100 * largest['declined_count'] / total)})"
        )
    return finish(
        figure,
        title=title,
        subtitle=f"Declined transactions by reason, {_quarter(as_of)} and the {QUARTER_DAYS} days"
        " before",
        how_to_read="Where the blue bar is longer than the grey one, transactions were declined"
        " for that reason more often than in the period before.",
        sample=f"n = {_times(total, 'declined transaction')} of"
        f" {formats.count(table['transaction_count'].max())}",
        as_of=as_of,
        height=440,
        narrow={"yaxis.title.text": ""},
    )


def fraud_by_channel(frame: pd.DataFrame, as_of: dt.date) -> go.Figure:
    """Fraud rate of each channel with its interval, and the rate before.

    Args:
        frame: channel, transaction_count, previous_transaction_count, fraud_count,
            previous_fraud_count, rate, rate_low, rate_high, previous_rate, base_rate,
            previous_base_rate (0-100), contribution, period_start_date, period_end_date.
        as_of: the last day with data.
    """
    columns = ("rate", "rate_low", "rate_high", "previous_rate", "base_rate",
               "previous_base_rate", "previous_transaction_count",
               "previous_fraud_count")  # fmt: skip
    table = _floats(frame, *columns).sort_values(["rate", "transaction_count"])
    if table.empty:
        return no_data(f"transactions in {QUARTER_DAYS} days", as_of)
    figure = go.Figure(
        go.Bar(
            y=table["channel"],
            x=table["rate"],
            orientation="h",
            name=f"latest {QUARTER_DAYS} days",
            marker_color=LIGHT.blue,
            error_x=_whiskers(table),
            customdata=table[["fraud_count", "transaction_count", "rate_low", "rate_high"]],
            hovertemplate="%{y}: %{x:.2f} % (%{customdata[0]:,} of %{customdata[1]:,} transactions)"
            "<br>95 % interval %{customdata[2]:.2f} to %{customdata[3]:.2f} %<extra></extra>",
        )
    )
    figure.add_scatter(
        y=table["channel"],
        x=table["previous_rate"],
        mode="markers",
        name=f"{QUARTER_DAYS} days before",
        marker={"symbol": "diamond", "size": 11, "color": LIGHT.orange,
                "line": {"color": LIGHT.surface, "width": 1}},
        hovertemplate="%{y}, before: %{x:.2f} %<extra></extra>",
    )  # fmt: skip
    figure.update_layout(showlegend=True)
    figure.update_xaxes(title="Share of transactions that were fraud (%)", rangemode="tozero")
    figure.update_yaxes(title="Channel")
    frauds, number = int(table["fraud_count"].sum()), int(table["transaction_count"].sum())
    now, before = table["base_rate"].iloc[0], table["previous_base_rate"].iloc[0]
    tested = _tested(table.assign(factor="channel"), "fraud_count", "transaction_count")
    high = tested[(tested["adjusted_p"] < LEVEL) & (tested["rate"] > now)]
    if not frauds:
        title = f"No fraud in the {QUARTER_DAYS} days to {formats.day(as_of)}"
    elif np.isnan(before):
        title = f"{formats.percent(now)} of transactions were fraud"
    else:
        title = _direction("Fraud", before, now, "of transactions")
        table2 = [
            [frauds, number - frauds],
            [
                int(table["previous_fraud_count"].sum()),
                int((table["previous_transaction_count"] - table["previous_fraud_count"]).sum()),
            ],
        ]
        if now != before:
            chance = float(fisher_exact(table2).pvalue) >= LEVEL
            title += ", which chance can explain" if chance else ", more than chance explains"
    if frauds:
        title += (
            f"; {formats.listing(list(high['channel'])[::-1])} has more of it than the others"
            f" ({formats.percent(high['rate'].max())})"
            if len(high)
            else "; no channel stands out"
        )
    return finish(
        figure,
        title=title.replace(" has more", " have more") if len(high) > 1 else title,
        subtitle=f"Fraud rate by channel, {_quarter(as_of)}; whiskers: 95 % intervals",
        how_to_read="The longer the bar, the larger the part of a channel's transactions that was"
        " fraud; the diamond is the period before. Short whiskers mean many transactions.",
        sample=f"n = {_times(number, 'transaction')}, {_times(frauds, 'fraud')}",
        as_of=as_of,
        narrow={"yaxis.title.text": "", "xaxis.title.text": "Fraud (% of transactions)"},
    )


def fraud_heatmap(frame: pd.DataFrame, as_of: dt.date) -> go.Figure:
    """Fraud rate by channel and time of day.

    Args:
        frame: channel, hour_from (0, 4, … 20), transaction_count, fraud_count.
        as_of: the last of the 730 days.
    """
    counts = _floats(frame, "transaction_count", "fraud_count")
    if counts.empty:
        return no_data("transactions", as_of)
    total, frauds = (int(counts[column].sum()) for column in ("transaction_count", "fraud_count"))
    hours = range(0, 24, FRAUD_HOURS)
    names = [f"{hour:02d}{formats.EN_DASH}{hour + FRAUD_HOURS:02d}" for hour in hours]
    found = counts.groupby("channel")["transaction_count"].sum()
    known = [name for name in CHANNELS if name in found.index]
    channels = known + sorted(set(found.index) - set(known))
    units, events = (
        counts.pivot_table(index="channel", columns="hour_from", values=column, aggfunc="sum")
        .reindex(index=channels, columns=list(hours))
        .fillna(0)
        for column in ("transaction_count", "fraud_count")
    )
    rates = (100 * events / units).where(units >= MIN_TRANSACTIONS)
    figure = go.Figure(
        go.Heatmap(
            z=[[None if np.isnan(v) else v for v in row] for row in rates.to_numpy()],
            x=names,
            y=channels,
            colorscale=LIGHT.scale,
            zmin=0,
            showscale=False,
            xgap=3,
            ygap=3,
            text=[
                ["·" if np.isnan(v) else formats.percent(v) for v in row]
                for row in rates.to_numpy()
            ],
            texttemplate="%{text}",
            textfont={"color": LIGHT.text, "size": 13},
            customdata=np.dstack([events.to_numpy(), units.to_numpy()]),
            hovertemplate="%{y}, %{x} h: %{customdata[0]:,} of %{customdata[1]:,} transactions were"
            " fraud<extra></extra>",
        )
    )
    figure.update_xaxes(title="Hour of the day (UTC)", type="category", showgrid=False, tickangle=0)
    figure.update_yaxes(title="Channel", type="category", showgrid=False)
    if frauds and rates.notna().any().any():
        worst = int(np.nanargmax(rates.to_numpy()))
        channel, hour = channels[worst // len(hours)], hours[worst % len(hours)]
        night = float(events.sum()[hour])
        title = (
            f"{formats.percent(100 * night / frauds)} of all frauds fall between {hour:02d}:00"
            f" and {hour + FRAUD_HOURS:02d}:00, in"
            f" {formats.percent(100 * float(units.sum()[hour]) / total)} of the transactions;"
            f" {channel} is worst then ({formats.percent(float(rates.max().max()))})"
        )
    else:
        title = f"No fraud stands out among {_times(total, 'transaction')}"
    return finish(
        figure,
        title=title,
        subtitle="Share of transactions that were fraud, by channel and hour,"
        f" {formats.days(Period.last(FRAUD_DAYS, as_of).start, as_of)}",
        how_to_read="The darker (at night: brighter) a cell, the larger the part of its"
        f" transactions that was fraud; a dot: fewer than {MIN_TRANSACTIONS} transactions.",
        sample=f"n = {_times(total, 'transaction')}, {_times(frauds, 'fraud')}",
        as_of=as_of,
        narrow={"yaxis.title.text": "", "data.0.textfont.size": 11, "xaxis.tickfont.size": 11},
    )


def churn_by_tenure(frame: pd.DataFrame, as_of: dt.date) -> go.Figure:
    """How often customers left, by the time they had been with the bank.

    Args:
        frame: tenure, month_count, left_count, rate, rate_low, rate_high, base_rate (0-100),
            period_start_date, period_end_date.
        as_of: the last day with data.
    """
    table = _floats(frame, "rate", "rate_low", "rate_high", "base_rate", "month_count")
    if table.empty:
        return no_data("complete months", as_of)
    table = table.iloc[[*table["tenure"].map(_place(TENURES)).argsort()]]
    base = float(table["base_rate"].iloc[0])
    table = table.assign(factor="tenure", label=table["tenure"], unit_count=table["month_count"])
    tested = _tested(table, "left_count", "month_count")
    odd = tested["adjusted_p"] < LEVEL
    figure = go.Figure(
        go.Bar(
            x=[wrapped(str(name), 8) for name in table["tenure"]],
            y=table["rate"],
            marker_color=[LIGHT.vermillion if out else LIGHT.blue for out in odd],
            error_y=_whiskers(table),
            customdata=table[["left_count", "month_count", "rate_low", "rate_high"]],
            hovertemplate="%{x}: %{y:.2f} % a month (%{customdata[0]:,} left in"
            " %{customdata[1]:,.0f} months)<br>95 % interval %{customdata[2]:.2f} to"
            " %{customdata[3]:.2f} %<extra></extra>",
        )
    )
    _base_line(figure, base, "y")
    figure.update_xaxes(title="Time with the bank", type="category", tickangle=0)
    figure.update_yaxes(title="Customers who left (% a month)", rangemode="tozero", nticks=6)
    left, months = int(table["left_count"].sum()), int(table["month_count"].sum())
    start, end = table["period_start_date"].iloc[0], table["period_end_date"].iloc[0]
    return finish(
        figure,
        title=_stands_out(tested[odd], base, "Left", "months")
        or f"{formats.percent(base)} of customers left a month; the time with the bank makes no"
        " difference beyond chance",
        subtitle=f"Customers who left in a month, {formats.days(start, end)}; dotted: all customers"
        f" ({formats.percent(base)}); whiskers: 95 % intervals",
        how_to_read="The higher the bar, the more often customers of that tenure left; orange ones"
        " differ from the others by more than chance (Fisher's test, corrected for their number).",
        sample=f"n = {_times(months, 'customer-month')}, {_times(left, 'departure')}",
        as_of=as_of,
        height=440,
        narrow={"yaxis.title.text": "Left (% a month)", "xaxis.tickfont.size": 11, "height": 360},
    )


def churn_factors(frame: pd.DataFrame, as_of: dt.date) -> go.Figure:
    """How often customers left, by what was known of them when the month began.

    Args:
        frame: factor, member, unit_count, event_count, rate, rate_low, rate_high, base_rate
            (0-100), period_start_date, period_end_date.
        as_of: the last day with data.
    """
    if frame.empty:
        return no_data("complete months", as_of)
    figure, tested, base = _factors(frame, "Customers who left (% a month)", "months")
    start, end = frame["period_start_date"].iloc[0], frame["period_end_date"].iloc[0]
    units, events = _sizes(tested)
    return finish(
        figure,
        title=_stands_out(tested[tested["odd"]], base, "Left", "months")
        or f"None of {tested['factor'].nunique()} factors separates those who left from those who"
        f" stayed by more than chance ({_times(events, 'departure')})",
        subtitle=f"Customers who left in a month by what was known before,"
        f" {formats.days(start, end)}; dotted: all customers ({formats.percent(base)})",
        how_to_read="Each dot is how often a group left, its line the 95 % interval; diamonds"
        " differ from the rest by more than chance, which does not make the factor the cause.",
        sample=f"n = {_times(units, 'customer-month')}, {_times(events, 'departure')}",
        as_of=as_of,
        height=130 + 28 * len(tested),
        narrow={"yaxis.title.text": "", "xaxis.title.text": "Left (% a month)"},
    )


def delinquency_factors(frame: pd.DataFrame, as_of: dt.date) -> go.Figure:
    """How often instalments were late, by borrower and loan.

    Args:
        frame: as of `churn_factors`; units are instalments due.
        as_of: the last of the 90 days.
    """
    if frame.empty:
        return no_data(f"instalments due in {QUARTER_DAYS} days", as_of)
    figure, tested, base = _factors(frame, "Instalments paid late (%)", "instalments")
    units, events = _sizes(tested)
    return finish(
        figure,
        title=_stands_out(tested[tested["odd"]], base, "Late", "instalments")
        or f"{formats.percent(base)} of instalments were late; none of"
        f" {tested['factor'].nunique()} factors makes a difference beyond chance",
        subtitle=f"Instalments due {_quarter(as_of)} that were late, by what is known of borrower"
        f" and loan; dotted: all ({formats.percent(base)})",
        how_to_read="Each dot is the late part of a group's instalments, its line the 95 %"
        " interval; diamonds differ from the rest by more than chance, not necessarily as the"
        " cause. A borrower's instalments are alike, so small groups say less than they seem to.",
        sample=f"n = {_times(units, 'instalment')}, {formats.count(events)} of them late",
        as_of=as_of,
        height=120 + 24 * len(tested),
        narrow={"yaxis.title.text": "", "xaxis.title.text": "Late (%)"},
    )


def service_issues(frame: pd.DataFrame, as_of: dt.date) -> go.Figure:
    """Why customers contact the bank, and how often that stays unresolved.

    Args:
        frame: reason, contact_count, unresolved_count, previous_contact_count, rate_low and
            rate_high of the unresolved share (0-100).
        as_of: the last of the 90 days.
    """
    columns = ("previous_contact_count", "rate_low", "rate_high")
    table = _floats(frame, *columns).sort_values(["contact_count", "reason"])
    if table.empty:
        return no_data(f"contacts in {QUARTER_DAYS} days", as_of)
    table["resolved_count"] = table["contact_count"] - table["unresolved_count"]
    table["rate"] = 100 * table["unresolved_count"] / table["contact_count"]
    before = table["previous_contact_count"]
    table["before"] = [formats.MISSING if np.isnan(v) else formats.count(v) for v in before]
    figure = go.Figure()
    for column, name, colour in (
        ("resolved_count", "resolved", LIGHT.blue_soft),
        ("unresolved_count", "unresolved", LIGHT.orange_soft),
    ):
        figure.add_bar(
            y=table["reason"],
            x=table[column],
            name=name,
            orientation="h",
            marker_color=colour,
            text=[str(value) if value else "" for value in table[column]],
            textposition="inside",
            textangle=0,
            insidetextfont={"color": LIGHT.text},
            customdata=table[["contact_count", "rate", "rate_low", "rate_high", "before"]],
            hovertemplate="%{y}: %{x:,} of %{customdata[0]:,} contacts " + name + "<br>%{customdata"
            "[1]:.0f} % unresolved (95 % interval %{customdata[2]:.0f} to %{customdata[3]:.0f} %)"
            f"<br>{QUARTER_DAYS} days before: %{{customdata[4]}} contacts<extra></extra>",
        )
    figure.update_layout(barmode="stack", showlegend=True, legend_traceorder="normal")
    figure.update_xaxes(title="Contacts", nticks=6)
    figure.update_yaxes(title="Reason")
    total, open_ones = int(table["contact_count"].sum()), int(table["unresolved_count"].sum())
    tested = _tested(table.assign(factor="reason"), "unresolved_count", "contact_count")
    high = tested[(tested["adjusted_p"] < LEVEL) & (tested["rate"] > 100 * open_ones / total)]
    change = (
        ""
        if before.isna().any() or not before.sum()
        else f" ({formats.signed_percent(100 * (total / before.sum() - 1))} against the"
        f" {QUARTER_DAYS} days before)"
    )
    return finish(
        figure,
        title=f"{_times(total, 'contact')}{change}, most about"
        f" {str(table['reason'].iloc[-1]).lower()}; {formats.percent(100 * open_ones / total)} stay"
        " unresolved"
        + (
            f", {formats.listing([str(r).lower() for r in high['reason']])} more often than others"
            if len(high)
            else ", no reason significantly more often than others"
            if open_ones
            else ""
        ),
        subtitle=f"Contacts that customers began, by reason, {_quarter(as_of)}",
        how_to_read="Each bar is the contacts about one matter; its right part those whose matter"
        " was not resolved. Point at it for the share, its interval and the period before.",
        sample=f"n = {_times(total, 'contact')}",
        as_of=as_of,
        height=420,
        narrow={"yaxis.title.text": ""},
    )


def contact_types(frame: pd.DataFrame, as_of: dt.date) -> go.Figure:
    """By which way customers contact the bank.

    Args:
        frame: contact_type, contact_count, previous_contact_count.
        as_of: the last of the 90 days.
    """
    table = _floats(frame, "contact_count", "previous_contact_count")
    table = table[table["contact_count"] > 0].sort_values(
        ["contact_count", "contact_type"], ascending=[False, True]
    )
    if table.empty:
        return no_data(f"contacts in {QUARTER_DAYS} days", as_of)
    total = float(table["contact_count"].sum())
    table["share"] = 100 * table["contact_count"] / total
    table["change"] = table["contact_count"] - table["previous_contact_count"]
    figure = go.Figure(
        go.Pie(
            labels=table["contact_type"],
            values=table["contact_count"],
            hole=0.6,
            sort=False,
            direction="clockwise",
            marker={
                "colors": [LIGHT.series[i % len(LIGHT.series)] for i in range(len(table))],
                "line": {"color": LIGHT.surface, "width": 2},
            },
            text=[
                f"<b>{wrapped(name, 10)}</b> {formats.percent(share)}"
                for name, share in zip(table["contact_type"], table["share"], strict=True)
            ],
            textinfo="text",
            textposition="outside",
            customdata=[
                formats.MISSING if np.isnan(v) else formats.count(v)
                for v in table["previous_contact_count"]
            ],
            hovertemplate="%{label}: %{value:,} contacts (%{percent})<br>"
            f"{QUARTER_DAYS} days before: %{{customdata}}<extra></extra>",
        )
    )
    figure.add_annotation(
        text=f"<b>{formats.count(total)}</b><br>contacts", showarrow=False, x=0.5, y=0.5,
        xref="paper", yref="paper", font={"size": 16, "color": LIGHT.text},
    )  # fmt: skip
    figure.update_layout(showlegend=False, margin={"t": 48, "b": 36, "l": 90, "r": 90})
    top = table.iloc[0]
    moved = table.dropna(subset=["change"])
    mover = moved.iloc[moved["change"].abs().argmax()] if len(moved) else None
    said = ""
    if mover is not None and mover["change"]:
        sign = "+" if mover["change"] > 0 else formats.MINUS
        said = (
            f"; {str(mover['contact_type']).lower()} moved most ({sign}{abs(mover['change']):,.0f})"
        )
    return finish(
        figure,
        title=f"{top['contact_type']} is the most common way to contact the bank"
        f" ({formats.percent(top['share'])}){said}",
        subtitle=f"Contacts that customers began, by way, {_quarter(as_of)}",
        how_to_read="The whole ring is all contacts; each arc is one way's share, clockwise from"
        " the largest. Point at an arc for the period before.",
        sample=f"n = {_times(total, 'contact')}",
        as_of=as_of,
        height=420,
        narrow={"height": 340, "annotations.0.font.size": 13},
    )


def _factors(frame: pd.DataFrame, axis: str, units: str) -> tuple[go.Figure, pd.DataFrame, float]:
    """Rates of the members of several factors with intervals; the tested rows; the rate of all."""
    table = _floats(frame, "rate", "rate_low", "rate_high", "base_rate", "unit_count")
    table = table.assign(
        factor_place=table["factor"].map(_place(list(FACTORS))),
        place=table["member"].map(_place(MEMBERS)),
    ).sort_values(["factor_place", "factor", "place", "member"])
    tested = _tested(table, "event_count", "unit_count")
    tested["odd"] = tested["adjusted_p"] < LEVEL
    base = float(tested["base_rate"].iloc[0])
    tested["label"] = [
        f"{FACTORS.get(factor, _words(factor))}: {DOLLARS.get(member, member)}"
        for factor, member in zip(tested["factor"], tested["member"], strict=True)
    ]
    figure = go.Figure(
        go.Scatter(
            y=tested["label"],
            x=tested["rate"],
            mode="markers",
            marker={
                "size": [13 if odd else 10 for odd in tested["odd"]],
                "symbol": ["diamond" if odd else "circle" for odd in tested["odd"]],
                "color": [LIGHT.vermillion if odd else LIGHT.blue for odd in tested["odd"]],
            },
            error_x=_whiskers(tested),
            customdata=tested[["event_count", "unit_count", "rate_low", "rate_high", "adjusted_p"]],
            hovertemplate="%{y}: %{x:.2f} % (%{customdata[0]:,} of %{customdata[1]:,.0f} "
            + units
            + ")<br>95 % interval %{customdata[2]:.2f} to %{customdata[3]:.2f} %<br>against the"
            " rest: corrected p = %{customdata[4]:.3f}<extra></extra>",
        )
    )
    _base_line(figure, base, "x")
    figure.update_layout(showlegend=False)
    figure.update_xaxes(title=axis, rangemode="tozero", nticks=6)
    figure.update_yaxes(title="Group", autorange="reversed", title_standoff=4, **_GAP)
    return figure, tested, base


def _tested(table: pd.DataFrame, events: str, units: str) -> pd.DataFrame:
    """`table` with adjusted_p: each member of a factor against its others, all tests corrected."""
    tested = table.reset_index(drop=True)
    p_values = pd.Series(np.nan, index=tested.index)
    for _, group in tested.groupby("factor", sort=False):
        all_events, all_units = int(group[events].sum()), int(group[units].sum())
        rows = group.iloc[:1] if len(group) <= 2 else group
        for row, happened, number in zip(
            rows.index, rows[events].astype(int), rows[units].astype(int), strict=True
        ):
            rest = [all_events - happened, all_units - number - all_events + happened]
            if sum(rest):
                p_values[row] = fisher_exact([[happened, number - happened], rest]).pvalue
    ordered = p_values.dropna().sort_values()
    steps = ordered * np.arange(len(ordered), 0, -1)
    tested["adjusted_p"] = steps.cummax().clip(upper=1)
    # not tested: the second of two members, whose test is that of the first, and an only one
    shared = tested.groupby("factor", sort=False)["adjusted_p"].transform("first")
    tested["adjusted_p"] = tested["adjusted_p"].fillna(shared).fillna(1.0)
    return tested


def _stands_out(odd: pd.DataFrame, base: float, verb: str, units: str) -> str | None:
    """The sentence of the groups that differ from the rest: those above it, else those below."""
    above = odd[odd["rate"] > base].sort_values("rate", ascending=False)
    chosen = above if len(above) else odd[odd["rate"] < base].sort_values("rate")
    if chosen.empty:
        return None
    names = [
        f"\u201c{label}\u201d ({formats.percent(rate)} of {formats.count(number)} {units})"
        for label, rate, number in zip(
            chosen["label"][:3], chosen["rate"][:3], chosen["unit_count"][:3], strict=True
        )
    ]
    more = len(chosen) - len(names)
    return (
        f"{verb} {'more' if len(above) else 'less'} often than the rest:"
        f" {formats.listing([*names, f'{more} more'] if more else names)};"
        f" {formats.percent(base)} of all"
    )


def _base_line(figure: go.Figure, base: float, axis: str) -> None:
    line = {"line_dash": "dot", "line_color": LIGHT.muted, "line_width": 1.5}
    if axis == "y":
        figure.add_hline(y=base, **line)
    else:
        figure.add_vline(x=base, **line)


def _whiskers(table: pd.DataFrame) -> dict[str, object]:
    return {
        "type": "data",
        "symmetric": False,
        "array": (table["rate_high"] - table["rate"]).clip(lower=0),
        "arrayminus": (table["rate"] - table["rate_low"]).clip(lower=0),
        "color": LIGHT.muted,
        "thickness": 1.5,
        "width": 4,
    }


def _sizes(tested: pd.DataFrame) -> tuple[int, int]:
    """Units and events of the factor that knows most of them."""
    sums = tested.groupby("factor")[["unit_count", "event_count"]].sum()
    largest = sums.iloc[int(sums["unit_count"].argmax())]
    return int(largest["unit_count"]), int(largest["event_count"])


def _place(known: list[str]) -> dict[object, int]:
    """Where a name stands; names that are not known come last."""

    class Places(dict[object, int]):
        def __missing__(self, key: object) -> int:
            return len(known)

    return Places({name: number for number, name in enumerate(known)})


def _direction(what: str, before: float, now: float, of_what: str) -> str:
    if now == before:
        return f"{what} stayed at {formats.percent(now)} {of_what}"
    word = "rose" if now > before else "fell"
    return f"{what} {word} from {_exact(before)} to {_exact(now)} {of_what}"


def _exact(value: float) -> str:
    return formats.percent(value, 2 if value < 10 else None)


def _points(value: float) -> str:
    if np.isnan(value):
        return formats.MISSING
    rounded = round(value, 2)
    sign = "+" if rounded > 0 else formats.MINUS if rounded < 0 else ""
    return f"{sign}{abs(rounded):.2f}{formats.SPACE}points"


def _contributor(row: pd.Series) -> str:
    return f"{row['category_name']} ({_signed_money(row['contribution'])})"


def _signed_money(value: float) -> str:
    return ("+" if value > 0 else "") + formats.money(value)


def _words(name: object) -> str:
    return str(name).replace("_", " ").capitalize()


def _times(number: float, thing: str) -> str:
    return f"{formats.count(number)} {thing}{'' if number == 1 else 's'}"


def _quarter(as_of: dt.date) -> str:
    return formats.days(Period.last(QUARTER_DAYS, as_of).start, as_of)


def _floats(frame: pd.DataFrame, *columns: str) -> pd.DataFrame:
    return frame.assign(**{column: frame[column].astype(float) for column in columns})

"""What causes what? The figures of report 07.

Every function takes the rows of its query in `analytics_viz.queries.causal` and the as-of date,
and returns a figure; an empty frame gives the figure of `theme.no_data`. An effect counts as shown
where its p-value, corrected for all effects of the figure (Holm), is below 5 %.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from analytics_viz import formats
from analytics_viz.charts.intervals import (
    ALPHA,
    add_intervals,
    dotted_line,
    floats,
    holm,
    p_text,
    places,
    ratio,
    ratio_axis,
    records,
    span,
    times,
    whiskers,
)
from analytics_viz.theme import LIGHT, finish, no_data, wrapped

NUMBERS = [
    f"{side}_{name}" for side in ("naive", "adjusted") for name in ("estimate", "ci_low", "ci_high")
]
SIDES = (
    # prefix of columns, name, colour, symbol, shift on the y axis
    ("adjusted", "fair comparison", LIGHT.blue, "circle", -0.16),
    ("naive", "at first sight", LIGHT.orange, "diamond-open", 0.16),
)
WORDS = {
    "randomised": "drawn at random: the difference is the effect",
    "difference in differences": "effect, if both groups would have changed alike",
    "adjusted observation": "effect, if nothing unseen moves both",
    "association": "no cause is claimed",
}
LIMIT = 8.0  # intervals of ratios are drawn up to here; what is wider runs off the edge
NARROW = 19  # characters of a label on a phone


def effects(frame: pd.DataFrame, as_of: dt.date) -> go.Figure:
    """Effects as ratios, at first sight and in a fair comparison.

    Args:
        frame: rows of `causal_analytics` with the unit ratio.
        as_of: the last day with data.
    """
    table = _shown(floats(frame, *NUMBERS, "adjusted_p_value"))
    table = table[table["adjusted_estimate"].notna()]
    if table.empty:
        return no_data("effects with enough observations", as_of)
    table["label"] = [_effect_name(row) for row in records(table)]
    figure = go.Figure()
    _add_sides(figure, table)
    dotted_line(figure, 1)
    places(figure, list(table["label"]))
    figure.update_layout(showlegend=True)
    figure.update_xaxes(
        title="Ratio: with it to without it (logarithmic scale, 1 = no effect)",
        **_limited_axis(table),
    )
    figure.update_yaxes(title="Effect")
    shown = table[table["is_shown"]]
    causes = shown[shown["identification"].isin(["randomised", "difference in differences"])]
    rest = len(shown) - len(causes)
    count = len(table)
    height = 130 + 40 * count
    return finish(
        figure,
        title=f"{formats.count(len(shown))} of {times(count, 'effect')}"
        f" {'is' if len(shown) == 1 else 'are'} shown beyond chance:"
        f" {len(causes) or 'none'} by a campaign's hold-out and"
        f" {rest or 'none'} by observation only, where a cause that was not recorded may be behind"
        if len(shown)
        else f"None of {times(count, 'effect')} is shown beyond chance: that is no proof that there"
        " is none",
        subtitle="Each effect at first sight and in a fair comparison, with 95 % intervals; shown:"
        f" p below 5 % after correction for {times(count, 'effect')} (Holm)",
        how_to_read="Where the two marks lie apart, the comparison at first sight misleads; the"
        " table below says why. Filled: shown. Hollow blue: no effect was shown after correction,"
        " even if the whisker just clears the dotted line; that is not the same as no effect."
        " Healthcare is the check: confidence should not move it.",
        sample=f"n = {formats.count(int(table['adjusted_n'].max()))} observations of the largest"
        " effect; each shows its own when pointed at",
        as_of=as_of,
        height=height,
        narrow={
            "yaxis.title.text": "",
            "yaxis.ticktext": [wrapped(label, NARROW) for label in table["label"]],
            "xaxis.title.text": "Ratio (1 = no effect)",
            "height": 150 + 58 * count,
        },
    )


def reasons(frame: pd.DataFrame, as_of: dt.date) -> go.Figure:
    """Both estimates of each kind of effect, and why they differ.

    Args:
        frame: one row of `causal_analytics` per kind of effect.
        as_of: the last day with data.
    """
    table = floats(frame, *NUMBERS)
    table = table[table["adjusted_estimate"].notna() & table["naive_estimate"].notna()]
    if table.empty:
        return no_data("effects with enough observations", as_of)
    rows = records(table)
    apart = [
        row for row in rows
        if not row["adjusted_ci_low"] <= row["naive_estimate"] <= row["adjusted_ci_high"]
    ]  # fmt: skip
    names = [f"<b>{wrapped(row['measure'], 27)}</b><br>{row['subject']}" for row in rows]
    naive = ["<br>".join(_with_unit(row, "naive")) for row in rows]
    fair = ["<br>".join(_with_unit(row, "adjusted")) for row in rows]
    cause = [wrapped(WORDS[row["identification"]], 25) for row in rows]
    why = [wrapped(row["why_they_differ"], 55) for row in rows]
    cells = [names, naive, fair, cause, why]
    slim = [
        [f"<b>{wrapped(row['measure'], 12)}</b><br>{wrapped(row['subject'], 13)}" for row in rows],
        [
            "<br>".join(
                wrapped(text, 15)
                for text in (*_with_unit(row, "naive"), "fair:", *_with_unit(row, "adjusted"))
            )
            for row in rows
        ],
        [wrapped(row["why_they_differ"], 17) for row in rows],
    ]
    heads = [
        "Effect", "At first sight", "Fair comparison", "How far the word<br>cause goes",
        "Why the two may differ",
    ]  # fmt: skip
    figure = go.Figure(
        go.Table(
            columnwidth=[22, 17, 17, 18, 36],
            header={
                "values": [f"<b>{head}</b>" for head in heads],
                "align": "left",
                "fill": {"color": LIGHT.surface},
                "line": {"color": LIGHT.grid},
                "font": {"color": LIGHT.muted, "size": 12},
                "height": 28,
            },
            cells={
                "values": cells,
                "align": "left",
                "fill": {"color": LIGHT.surface},
                "line": {"color": LIGHT.grid},
                "font": {"color": LIGHT.text, "size": 12},
                "height": 22,
            },
        )
    )
    outside = "the figure at first sight lies outside the interval of the fair one"
    finding = (
        f"In {len(apart)} of {times(len(rows), 'comparison')} {outside}:"
        f" {formats.listing([_short(row) for row in apart])}"
        if apart
        else f"In none of {times(len(rows), 'comparison')} {outside}"
    )
    return finish(
        figure,
        title=finding,
        subtitle="One line per kind of effect, of several the one where the two are farthest apart;"
        " estimates with 95 % intervals",
        how_to_read="At first sight everybody with something is compared with everybody without it;"
        " the fair comparison takes those who are alike or were drawn at random. Only the latter"
        " shows a cause without further assumptions.",
        sample=f"n = {times(len(rows), 'effect')}",
        as_of=as_of,
        height=95 + _table_height(cells),
        narrow={
            "data.0.columnwidth": [10, 11, 13],
            "data.0.header.values": ["<b>Effect</b>", "<b>At first sight</b>", "<b>Why</b>"],
            "data.0.cells.values": slim,
            "data.0.cells.font.size": 11,
            "height": 40 + _table_height(slim),
        },
    )


def uplift(frame: pd.DataFrame, as_of: dt.date) -> go.Figure:
    """What each campaign does to the number of purchases.

    Args:
        frame: subject, naive_ and adjusted_ estimate, ci_low, ci_high, p_value, n; all campaigns
            first.
        as_of: the last day with data.
    """
    table = floats(frame, *NUMBERS, "adjusted_p_value")
    table = table[table["adjusted_estimate"].notna()]
    if table.empty:
        return no_data("campaigns with enough customers held out", as_of)
    table["is_all"] = table["subject"] == "All campaigns"
    # each campaign is one of many looks; all of them together are one
    alone = _shown(table[~table["is_all"]])
    table["is_shown"] = table["adjusted_p_value"] < ALPHA
    table.loc[alone.index, "is_shown"] = alone["is_shown"]
    table["label"] = table["subject"]
    table["measure"], table["n_unit"] = "Purchases in 30 days", "contacts"
    table["naive_method"] = "Treated against everybody not contacted"
    table["adjusted_method"] = "Treated against held out, within bands of earlier purchases"
    figure = go.Figure()
    _add_sides(figure, table)
    dotted_line(figure, 1)
    places(figure, [wrapped(name, 20) for name in table["label"]])
    figure.update_layout(showlegend=True)
    figure.update_xaxes(
        title="Purchases: treated to compared (ratio, 1 = no effect)", **_limited_axis(table)
    )
    figure.update_yaxes(title="Campaign")
    finding = f"{times(len(alone), 'campaign')} compared with the hold-out"
    for row in records(table[table["is_all"]]):
        finding = (
            "Contacted customers buy"
            f" {ratio(row['adjusted_estimate'])} times as often as comparable held-out ones"
            f" ({span(row['adjusted_ci_low'], row['adjusted_ci_high'])})"
            + ("" if row["is_shown"] else ": no effect is shown")
        )
    shown = list(alone.loc[alone["is_shown"], "subject"])
    left_out = len(frame) - len(table)
    return finish(
        figure,
        title=finding
        + (
            f"; alone {formats.listing(shown)}"
            f" {'shows' if len(shown) == 1 else 'show'} an effect after correction"
            if shown
            else "; no campaign shows an effect alone after correction"
            if len(alone)
            else ""
        ),
        subtitle="Purchases in 30 days by campaign; p corrected for"
        f" {times(len(alone), 'campaign')}"
        + (f"; {left_out} with too few held out left out" if left_out else ""),
        how_to_read="Blue compares with customers held out at random who had bought as often"
        " before, filled where an effect is shown; orange with everybody not contacted. Few"
        " were held out per campaign, so single ones are unsure: no effect shown is not no effect.",
        sample=f"n = {formats.count(int(table['adjusted_n'].iloc[0]))} contacts",
        as_of=as_of,
        height=150 + 46 * len(table),
        narrow={"yaxis.title.text": "", "xaxis.title.text": "Ratio (1 = no effect)"},
    )


def attribution(frame: pd.DataFrame, as_of: dt.date) -> go.Figure:
    """Fee revenue that campaigns brought.

    Args:
        frame: subject, naive_ and adjusted_ estimate, ci_low and ci_high (USD), adjusted_n,
            recovered_percent, recovered_low, recovered_high; all campaigns first.
        as_of: the last day with data.
    """
    table = floats(frame, *NUMBERS, "recovered_percent", "recovered_low", "recovered_high")
    table = table[table["adjusted_estimate"].notna()]
    if table.empty:
        return no_data("campaigns with enough customers held out", as_of)
    figure = go.Figure()
    for side, name, colour, _, shift in SIDES:
        part = table[table[f"{side}_estimate"].notna()]
        values = _side(part, side)
        position = np.flatnonzero(table[f"{side}_estimate"].notna())
        figure.add_bar(
            y=position + shift * 1.2,
            x=values["estimate"],
            width=0.36,
            orientation="h",
            name=name,
            marker_color=colour,
            error_x=whiskers(values, LIGHT.muted) | {"thickness": 1.5},
            customdata=[
                f"{row['subject']}, {name}<br>{formats.price(row[f'{side}_estimate'])}"
                f" (95 %: {formats.price(row[f'{side}_ci_low'])} to"
                f" {formats.price(row[f'{side}_ci_high'])})"
                for row in records(part)
            ],
            hovertemplate="%{customdata}<extra></extra>",
        )
    dotted_line(figure, 0)
    places(figure, [wrapped(name, 20) for name in table["subject"]])
    figure.update_layout(barmode="overlay", showlegend=True)
    figure.update_xaxes(
        title="Fee revenue of 30 days not had otherwise ($)", tickformat="$,.0f", nticks=6
    )
    figure.update_yaxes(title="Campaign")
    title = f"{times(len(table), 'campaign')} compared with the hold-out"
    for row in records(table[table["subject"] == "All campaigns"]):
        title = (
            f"Campaigns brought {formats.money(row['adjusted_estimate'])} of fees that would not"
            f" have come otherwise (95{formats.SPACE}% interval"
            f" {formats.money(row['adjusted_ci_low'])} to"
            f" {formats.money(row['adjusted_ci_high'])})"
        )
        if not np.isnan(row["recovered_percent"]):
            recovered = formats.percent(row["recovered_percent"])
            title += f": {recovered} of their budget within 30 days" + (
                ", which does not cover it"
                if row["recovered_high"] < 100
                else ", which covers it"
                if row["recovered_low"] > 100
                else "; whether it is covered is open"
            )
    return finish(
        figure,
        title=title,
        subtitle="Difference of fee revenue per contact, times contacts; budgets are not drawn,"
        " they would dwarf the bars",
        how_to_read="Blue is what is credited to the campaign; orange is what a comparison with"
        " everybody not contacted would credit. Only fees of 30 days count: what customers bring"
        " later is not known. Whiskers are 95 % intervals, not corrected for many campaigns.",
        sample=f"n = {formats.count(int(table['adjusted_n'].iloc[0]))} contacts",
        as_of=as_of,
        height=150 + 46 * len(table),
        narrow={
            "yaxis.title.text": "", "xaxis.title.text": "Extra fees ($)", "xaxis.nticks": 4,
        },
    )  # fmt: skip


def economy(frame: pd.DataFrame, as_of: dt.date) -> go.Figure:
    """Discretionary purchases and consumer confidence, month by month.

    Args:
        frame: month_start_date, purchase_count, discretionary_percent, consumer_confidence_index,
            is_complete, and the effect: adjusted_estimate, adjusted_ci_low, adjusted_ci_high,
            adjusted_p_value, naive_estimate; oldest first.
        as_of: the last day with data.
    """
    table = floats(
        frame, "discretionary_percent", "consumer_confidence_index", "adjusted_estimate",
        "adjusted_ci_low", "adjusted_ci_high", "adjusted_p_value", "naive_estimate",
    )  # fmt: skip
    table = table[table["is_complete"].astype(bool)]
    if table.empty:
        return no_data("complete months with purchases", as_of)
    figure = make_subplots(rows=2, cols=1, shared_xaxes=True, vertical_spacing=0.1)
    for row, (column, name, colour, unit) in enumerate(
        (
            ("discretionary_percent", "Discretionary (%)", LIGHT.blue, "% discretionary"),
            ("consumer_confidence_index", "Confidence (index)", LIGHT.orange, "points"),
        ),
        start=1,
    ):
        figure.add_scatter(
            x=table["month_start_date"],
            y=table[column],
            mode="lines+markers",
            line={"color": colour, "width": 2.5},
            marker={"size": 5},
            name=name,
            customdata=table["purchase_count"],
            hovertemplate=f"%{{x|%b %Y}}: %{{y:.1f}} {unit}"
            + (" of %{customdata:,} purchases" if row == 1 else "")
            + "<extra></extra>",
            row=row,
            col=1,
        )
        figure.update_yaxes(title=name, nticks=5, row=row, col=1)
    figure.update_layout(showlegend=False)
    figure.update_xaxes(title="Month", tickformat="%b %Y", nticks=10, row=2, col=1)
    effect = records(table)[0]
    if np.isnan(effect["adjusted_estimate"]):
        title = "Too few months to say whether purchases follow consumer confidence"
    else:
        interval = span(effect["adjusted_ci_low"], effect["adjusted_ci_high"])
        odds = (
            f"10 points more confidence multiply the odds of a discretionary purchase by"
            f" {ratio(effect['adjusted_estimate'])} ({interval})"
        )
        is_shown = effect["adjusted_p_value"] < ALPHA
        title = (
            f"{odds}, season and trend held equal"
            if is_shown
            else f"No effect of consumer confidence is shown, and none excluded: {odds}"
        )
    return finish(
        figure,
        title=title,
        subtitle="Share of discretionary purchases (shopping, entertainment, dining, travel) and"
        " consumer confidence, complete months",
        how_to_read="Look for months in which both lines rise or fall together. Season moves"
        " purchases, too (see December), so the eye is not enough: the figure in the title compares"
        " equal calendar months beside a trend.",
        sample=f"n = {formats.count(int(table['purchase_count'].sum()))} purchases in"
        f" {times(len(table), 'month')}",
        as_of=as_of,
        height=440,
        narrow={"xaxis.nticks": 4, "xaxis2.nticks": 4},
    )


def products(frame: pd.DataFrame, as_of: dt.date) -> go.Figure:
    """Fee revenue of those with and without a product.

    Args:
        frame: subject, naive_ and adjusted_ estimate, ci_low, ci_high (USD), p_value and n,
            why_they_differ; the largest first.
        as_of: the last day with data.
    """
    table = _shown(floats(frame, *NUMBERS, "adjusted_p_value"))
    table = table[table["adjusted_estimate"].notna()]
    if table.empty:
        return no_data("products with enough customers with and without them", as_of)
    figure = go.Figure()
    for side, name, colour, _, shift in SIDES:
        values = _side(table, side)
        figure.add_bar(
            y=np.arange(len(table)) + shift * 1.2,
            x=values["estimate"],
            width=0.36,
            orientation="h",
            name=name,
            marker_color=colour,
            error_x=whiskers(values, LIGHT.muted),
            customdata=[
                f"{row['subject']}, {name}: {formats.price(row[f'{side}_estimate'])}<br>95 %:"
                f" {formats.price(row[f'{side}_ci_low'])} to"
                f" {formats.price(row[f'{side}_ci_high'])}<br>"
                f"{times(int(row[f'{side}_n']), 'customer')}"
                for row in records(table)
            ],
            hovertemplate="%{customdata}<extra></extra>",
        )
    dotted_line(figure, 0)
    places(figure, list(table["subject"]))
    figure.update_layout(barmode="overlay", showlegend=True)
    figure.update_xaxes(
        title="Fee revenue in 12 months, with less without the product ($ per customer)",
        tickformat="$,.0f",
        nticks=8,
    )
    figure.update_yaxes(title="Product")
    shown = records(table[table["is_shown"]])
    reversed_ = records(table[table["naive_estimate"] * table["adjusted_estimate"] < 0])
    title = (
        formats.listing([
            f"{row['subject']} goes with {formats.price(row['adjusted_estimate'])} of fees a year"
            f" (95{formats.SPACE}% interval {formats.price(row['adjusted_ci_low'])} to"
            f" {formats.price(row['adjusted_ci_high'])})"
            for row in shown
        ])
        if shown
        else "No product goes with more or fewer fees beyond chance"
    )  # fmt: skip
    if reversed_:
        title += (
            f"; for {formats.listing([row['subject'] for row in reversed_])} none of the"
            " difference at first sight remains"
        )
    return finish(
        figure,
        title=title,
        subtitle="The measured part of lifetime value, an association; p corrected for"
        f" {times(len(table), 'product')}",
        how_to_read="Orange compares today's holders with all others. Blue asks who held the"
        " product before the 12 months began, among customers of the same segment, income and"
        " time with the bank. Who wants a product may still differ.",
        sample=f"n = {formats.count(int(table['adjusted_n'].max()))} customers",
        as_of=as_of,
        height=150 + 80 * len(table),
        narrow={"yaxis.title.text": "", "xaxis.title.text": "Fees ($)", "xaxis.nticks": 5},
    )


def _shown(table: pd.DataFrame) -> pd.DataFrame:
    """Whether an effect remains after correction for all of them."""
    corrected = holm(list(table["adjusted_p_value"]))
    return table.assign(corrected=corrected, is_shown=[p < ALPHA for p in corrected])


def _add_sides(figure: go.Figure, table: pd.DataFrame) -> None:
    for side, name, colour, symbol, shift in SIDES:
        values = _side(table, side).assign(
            place=np.arange(len(table)) + shift,
            hover=[
                "<br>".join([
                    f"<b>{row['label']}</b>",
                    f"{name}: {ratio(row[f'{side}_estimate'])}"
                    f" ({span(row[f'{side}_ci_low'], row[f'{side}_ci_high'])})",
                    *([p_text(row["adjusted_p_value"])] if side == "adjusted" else []),
                    wrapped(str(row[f"{side}_method"]), 60),
                    f"n = {formats.count(row[f'{side}_n'])} {row['n_unit']}",
                ])
                if not np.isnan(row[f"{side}_estimate"]) else ""
                for row in records(table)
            ],
        )  # fmt: skip
        add_intervals(figure, values, colour=colour, name=name, symbol=symbol)
        if side == "adjusted":
            figure.data[-1].marker.symbol = [
                symbol if is_shown else f"{symbol}-open" for is_shown in table["is_shown"]
            ]


def _side(table: pd.DataFrame, side: str) -> pd.DataFrame:
    columns = {f"{side}_{name}": name for name in ("estimate", "ci_low", "ci_high")}
    return table[list(columns)].rename(columns=columns)


def _limited_axis(table: pd.DataFrame) -> dict[str, object]:
    low = float(table[["naive_ci_low", "adjusted_ci_low"]].min().min())
    high = float(table[["naive_ci_high", "adjusted_ci_high"]].max().max())
    return ratio_axis(max(low, 1 / LIMIT), min(high, LIMIT))


def _effect_name(row: dict[str, Any]) -> str:
    if row["topic"] == "campaigns":
        return f"Campaigns: {row['effect']}"
    if row["topic"] == "churn":
        return f"Leaving: {row['subject']}"
    return f"Confidence +10: {row['subject'][:1].lower()}{row['subject'][1:]}"


def _short(row: dict[str, Any]) -> str:
    return f"{row['measure'][:1].lower()}{row['measure'][1:]} ({row['subject']})"


def _with_unit(row: dict[str, Any], side: str) -> tuple[str, str]:
    """An estimate and its interval."""

    def text(value: float) -> str:
        sign = formats.MINUS if value < 0 else ""
        if row["unit"] == "USD":
            return formats.price(value)
        if row["unit"] == "percent":
            return formats.percent(value, 1)
        return sign + ratio(abs(value))

    values = [row[f"{side}_{name}"] for name in ("estimate", "ci_low", "ci_high")]
    estimate, low, high = (text(value) for value in values)
    return estimate + " times" * (row["unit"] == "ratio"), f"({low} to {high})"


def _table_height(columns: list[list[str]]) -> int:
    """Pixels that the rows of a table take; its texts are broken into lines already."""
    rows = zip(*columns, strict=True)
    return sum(15 * max(text.count("<br>") + 1 for text in row) + 16 for row in rows)

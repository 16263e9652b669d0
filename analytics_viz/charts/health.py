"""What lifestyle choices can ease people's financial burden? The figures of report 09.

Every function takes the rows of its query in `analytics_viz.queries.health` and the as-of date, and
returns a figure; an empty frame gives the figure of `theme.no_data`.
"""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from analytics_viz import formats
from analytics_viz.charts.descriptive import INCOME_BRACKETS
from analytics_viz.theme import LIGHT, finish, no_data, wrapped

GRADES = ["A", "B", "C", "D", "F"]
GRADE_COLOURS = [LIGHT.green, LIGHT.sky, LIGHT.blue, LIGHT.orange, LIGHT.vermillion]
HOUSEHOLDS = ["single", "couple", "with children"]
KIND_COLOURS = {"lifestyle": LIGHT.blue, "bill": LIGHT.orange, "fee": LIGHT.purple}
KIND_NAMES = {"lifestyle": "habits", "bill": "contracts", "fee": "fees"}
ALERT_COLOURS = {
    "critical": LIGHT.vermillion, "high": LIGHT.orange, "medium": LIGHT.sky, "none": LIGHT.quiet,
}  # fmt: skip
ALERT_NAMES = {
    "critical": "more than in any month of a year",
    "high": "exceeded",
    "medium": "will be exceeded",
}
SMALLEST_CELL = 5
ADVICE_ROWS = 5  # of the table in words; the chart beside it shows all
LINE_NAMES = {"committed": "regular", "flexible": "each time decided"}


def _people(number: int) -> str:
    return f"{formats.count(number)} {'person' if number == 1 else 'people'}"


def _nothing(
    text: str, *, title: str, subtitle: str, how_to_read: str, sample: str, as_of: dt.date
) -> go.Figure:
    """A finding without a mark: there is nothing to draw, and that is the good or sad news."""
    figure = go.Figure()
    figure.update_xaxes(visible=False)
    figure.update_yaxes(visible=False)
    figure.add_annotation(
        text=text, showarrow=False, x=0.5, y=0.5, xref="paper", yref="paper",
        font={"size": 20, "color": LIGHT.muted},
    )  # fmt: skip
    return finish(
        figure, title=title, subtitle=subtitle, how_to_read=how_to_read, sample=sample,
        as_of=as_of, height=160,
    )  # fmt: skip


# ---------------------------------------------------------------- all people


def grades(frame: pd.DataFrame, as_of: dt.date) -> go.Figure:
    """How many people have each grade.

    Args:
        frame: financial_health_grade (NOT RATED among them), person_count, mean_score.
        as_of: the day of the insights.
    """
    counts = dict(zip(frame["financial_health_grade"], frame["person_count"], strict=True))
    means = dict(zip(frame["financial_health_grade"], frame["mean_score"], strict=True))
    rated = {grade: int(counts.get(grade, 0)) for grade in GRADES}
    total = sum(rated.values())
    if not total:
        return no_data("people whose pay is booked here", as_of)
    unrated = int(counts.get("NOT RATED", 0))
    scores = [float(means.get(grade, 0)) for grade in GRADES]
    figure = go.Figure(
        go.Bar(
            x=GRADES,
            y=list(rated.values()),
            marker_color=GRADE_COLOURS,
            text=[formats.count(number) for number in rated.values()],
            textposition="outside",
            cliponaxis=False,
            customdata=[
                f"mean score {score:.0f}" if number else "nobody"
                for score, number in zip(scores, rated.values(), strict=True)
            ],
            hovertemplate="Grade %{x}: %{y:,}<br>%{customdata}<extra></extra>",
        )
    )
    figure.update_xaxes(title="Grade (A from 90 points, B 75, C 60, D 45)", type="category")
    figure.update_yaxes(title="People", rangemode="tozero", nticks=5)
    good = rated["A"] + rated["B"]
    low = rated["D"] + rated["F"]
    return finish(
        figure,
        title=f"{formats.percent(100 * good / total)} of the people with a grade have an A or a B;"
        f" {formats.count(low) if low else 'none'} {'has' if low == 1 else 'have'} a D or an F",
        subtitle="People by grade of their financial health over the last twelve complete months;"
        f" {formats.count(unrated)} more have none: no pay here, or not yet for a year",
        how_to_read="Each bar counts the people with a grade; it is made of savings rate, buffer,"
        " debt service, punctuality and balance of spending.",
        sample=f"n = {_people(total)} with a grade",
        as_of=as_of,
        height=340,
        narrow={"xaxis.title.text": "Grade", "yaxis.title.text": ""},
    )


def parts(frame: pd.DataFrame, as_of: dt.date) -> go.Figure:
    """The mean of each part of the score, and for how many it is the weakest.

    Args:
        frame: part, mean_score, person_count, weakest_count; the best first.
        as_of: the day of the insights.
    """
    table = frame[frame["person_count"] > 0] if len(frame) else frame
    if table.empty:
        return no_data("people whose pay is booked here", as_of)
    worst = table.sort_values("weakest_count").iloc[-1]
    people = int(table["person_count"].max())
    colours = [LIGHT.vermillion if p == worst["part"] else LIGHT.blue for p in table["part"]]
    figure = go.Figure(
        go.Bar(
            y=[name.capitalize() for name in table["part"]],
            x=table["mean_score"].astype(float),
            orientation="h",
            marker_color=colours,
            text=[
                f" {float(score):.0f}, weakest of {formats.count(int(number))}"
                for score, number in zip(table["mean_score"], table["weakest_count"], strict=True)
            ],
            textposition="outside",
            cliponaxis=False,
            customdata=table["person_count"],
            hovertemplate="%{y}: %{x:.1f} of 100 on average<br>known of %{customdata:,} people"
            "<extra></extra>",
        )
    )
    figure.update_xaxes(title="Mean score", range=[0, 150], tickvals=[0, 25, 50, 75, 100])
    figure.update_yaxes(title="Part of the score", type="category", autorange="reversed")
    return finish(
        figure,
        title=f"{worst['part'].capitalize()} is the weakest part of"
        f" {formats.count(int(worst['weakest_count']))} of {_people(people)} with a grade",
        subtitle="Mean score of each part, 0 to 100, and of how many people it is the lowest",
        how_to_read="A long bar is a part in which people do well; punctuality is known only of"
        " those with a loan.",
        sample=f"n = {_people(people)} with a grade",
        as_of=as_of,
        height=340,
        narrow={"yaxis.title.text": "", "xaxis.range": [0, 210]},
    )


def levers(frame: pd.DataFrame, as_of: dt.date) -> go.Figure:
    """What could be saved by what.

    Args:
        frame: lever_name, lever_kind, person_count, monthly_saving, median_saving (USD a month);
            the least first.
        as_of: the day of the insights.
    """
    if frame.empty:
        return no_data("recommendations", as_of)
    table = frame.assign(
        saving=frame["monthly_saving"].astype(float),
        label=[wrapped(name, 18) for name in frame["lever_name"]],
    )
    total = float(table["saving"].sum())
    figure = go.Figure()
    for kind, part in table.groupby("lever_kind", sort=False):
        figure.add_bar(
            y=part["label"],
            x=part["saving"],
            orientation="h",
            name=KIND_NAMES[str(kind)],
            marker_color=KIND_COLOURS[str(kind)],
            text=[
                f" {formats.money(saving)}, {_people(int(number))}"
                for saving, number in zip(part["saving"], part["person_count"], strict=True)
            ],
            textposition="outside",
            cliponaxis=False,
            customdata=part[["person_count", "median_saving"]].astype(float),
            hovertemplate="%{y}: %{x:$,.0f} a month for %{customdata[0]:,.0f} people"
            "<br>half of them $%{customdata[1]:,.2f} at least<extra></extra>",
        )
    most = float(table["saving"].max())
    figure.update_layout(showlegend=True, barmode="overlay")
    figure.update_xaxes(
        title="Possible savings ($ a month)", tickformat="$~s", range=[0, 1.25 * most], nticks=6
    )
    figure.update_yaxes(title="By what", categoryorder="array", categoryarray=list(table["label"]))
    top = table.iloc[-1]
    return finish(
        figure,
        title=f"{formats.money(float(top['saving']))} of the {formats.money(total)} a month that"
        f" all recommendations together would save are in {str(top['lever_name']).lower()}, for"
        f" {_people(int(top['person_count']))}",
        subtitle="Savings against the upper quartile of similar people or the person's own year"
        " before; fees altogether; no dollar counted twice",
        how_to_read="Each bar adds up what the recommendations of a kind would save all people in a"
        " month, with the number of people.",
        sample=f"n = {formats.count(int(table['person_count'].sum()))} recommendations",
        as_of=as_of,
        height=130 + 36 * len(table),
        narrow={
            "yaxis.title.text": "",
            "xaxis.title.text": "$ a month",
            "xaxis.range": [0, 2.4 * most],
            "xaxis.nticks": 4,
        },
    )


def savings_rates(frame: pd.DataFrame, as_of: dt.date) -> go.Figure:
    """Who saves how much of the income.

    Args:
        frame: income_bracket, household, person_count, median_savings_rate.
        as_of: the day of the insights.
    """
    if frame.empty:
        return no_data("people whose pay is booked here", as_of)
    table = frame.assign(rate=frame["median_savings_rate"].astype(float))
    ranked = table[table["person_count"] >= SMALLEST_CELL].sort_values("rate")
    if ranked.empty:
        return no_data(f"{SMALLEST_CELL} people of similar income whose pay is booked here", as_of)
    brackets = [name for name in INCOME_BRACKETS if name in set(table["income_bracket"])]
    columns = [name for name in HOUSEHOLDS if name in set(table["household"])]

    def grid(column: str) -> pd.DataFrame:
        wide = table.pivot_table(column, "income_bracket", "household", "sum")
        return wide.reindex(index=brackets, columns=columns).astype(float)

    rates, counts = grid("rate"), grid("person_count")
    rates = rates.where(counts >= SMALLEST_CELL)
    cells = [
        ["" if np.isnan(number) else f"n = {number:,.0f}" if np.isnan(rate)
         else f"{formats.percent(rate)}<br>n = {number:,.0f}"
         for rate, number in zip(*rows, strict=True)]
        for rows in zip(rates.values, counts.values, strict=True)
    ]  # fmt: skip
    figure = go.Figure(
        go.Heatmap(
            x=[name.capitalize() for name in columns],
            y=brackets,
            z=rates,
            colorscale=LIGHT.scale,
            zmin=0,
            showscale=False,
            xgap=3,
            ygap=3,
            text=cells,
            texttemplate="%{text}",
            textfont={"color": LIGHT.text, "size": 12},
            hoverongaps=False,
            hovertemplate="%{y}, %{x}: half save at least %{z:.1f} %<extra></extra>",
        )
    )
    figure.update_xaxes(title="Household", type="category", showgrid=False)
    figure.update_yaxes(title="Income a year", type="category", showgrid=False)
    low, high = ranked.iloc[0], ranked.iloc[-1]
    total = int(table["person_count"].sum())

    def named(row: pd.Series) -> str:
        return f"{row['household']}, {row['income_bracket']}: {formats.percent(row['rate'])}"

    title = f"Median savings rate from {formats.percent(low['rate'])} ({low['household']},"
    title += f" {low['income_bracket']}) to {formats.percent(high['rate'])} ({high['household']},"
    title += f" {high['income_bracket']})"
    return finish(
        figure,
        title=title if len(ranked) > 1 else f"Median savings rate of {named(low)}",
        subtitle="Income less spending in percent of income, median by income and household, over"
        " the last twelve complete months",
        how_to_read="Each cell shows the rate that half of its people reach; of fewer than"
        f" {SMALLEST_CELL} people only their number, since their median would say little.",
        sample=f"n = {_people(total)} whose pay is booked here",
        as_of=as_of,
        height=150 + 80 * len(brackets),
        narrow={"yaxis.title.text": "", "yaxis.tickfont.size": 11},
    )


def budget_alerts(frame: pd.DataFrame, as_of: dt.date) -> go.Figure:
    """Which budgets of the month will not do.

    Args:
        frame: category_name, budget_count, critical_count, high_count, medium_count,
            overrun_amount (of those with an alert); the fewest alerts first.
        as_of: the day of the insights.
    """
    if frame.empty:
        return no_data("budgets of this month", as_of)
    counts = [f"{level}_count" for level in ALERT_NAMES]
    table = frame.assign(alerts=frame[counts].astype(int).sum(axis=1))
    budgets, alerts = int(table["budget_count"].sum()), int(table["alerts"].sum())
    figure = go.Figure()
    for level, name in ALERT_NAMES.items():
        figure.add_bar(
            y=table["category_name"],
            x=table[f"{level}_count"],
            orientation="h",
            name=name,
            marker_color=ALERT_COLOURS[level],
            customdata=table["budget_count"],
            hovertemplate=f"%{{y}}: %{{x:,}} of %{{customdata:,}} budgets {name}<extra></extra>",
        )
    most = max(float(table["alerts"].max()), 1)
    figure.add_scatter(
        x=table["alerts"],
        y=table["category_name"],
        mode="text",
        text=[
            f" {alert} of {formats.count(number)}"
            for alert, number in zip(table["alerts"], table["budget_count"], strict=True)
        ],
        textposition="middle right",
        cliponaxis=False,
        hoverinfo="skip",
        showlegend=False,
    )
    figure.update_layout(barmode="stack", showlegend=True, legend_traceorder="normal")
    figure.update_xaxes(title="Budgets with an alert", range=[0, 1.3 * most], nticks=5)
    figure.update_yaxes(
        title="Category", categoryorder="array", categoryarray=list(table["category_name"])
    )
    top = table.sort_values("alerts").iloc[-1]
    finding = (
        f"{formats.count(alerts)} of {formats.count(budgets)} budgets of {formats.month(as_of)} are"
        f" exceeded or will be, most often for {top['category_name'].lower()}"
        if alerts
        else f"None of {formats.count(budgets)} budgets of {formats.month(as_of)} is exceeded,"
        " nor will be"
    )
    return finish(
        figure,
        title=finding,
        subtitle=f"Budgets to {formats.day(as_of)}, and to the end of the month by what the person"
        " usually spends on the days left; overrun of at least 10 % and $5",
        how_to_read="Each bar counts the budgets of a category that will not do, of so many budgets"
        " as stand behind it; a budget comes from the person or the last twelve months.",
        sample=f"n = {formats.count(budgets)} budgets",
        as_of=as_of,
        height=150 + 30 * len(table),
        narrow={"yaxis.title.text": "", "xaxis.range": [0, 1.5 * most]},
    )


# ---------------------------------------------------------------- one person


def score(frame: pd.DataFrame, as_of: dt.date) -> go.Figure:
    """The grade of a person and what it is made of.

    Args:
        frame: part, score, measure, unit, financial_health_grade, financial_health_score,
            weakest_part, coverage, months_observed; one row per part.
        as_of: the day of the insights.
    """
    if frame.empty:
        return no_data("financial health of this person", as_of)
    person = frame.iloc[0]
    months = int(person["months_observed"])
    how = (
        "A part scores 100 where nothing is left to wish for and 0 where it needs help first;"
        " punctuality is known only of instalments of a loan."
    )
    if person["financial_health_grade"] == "NOT RATED":
        return _nothing(
            "No grade",
            title=f"No grade: {str(person['weakest_part']).removeprefix('not rated: ')}",
            subtitle="What the bank does not see it does not judge; savings and budgets below are"
            " about the spending it sees",
            how_to_read=how,
            sample=f"n = {months} complete months",
            as_of=as_of,
        )
    table = frame[frame["score"].notna()]
    figure = go.Figure(
        go.Bar(
            y=[name.capitalize() for name in table["part"]],
            x=table["score"].astype(float),
            orientation="h",
            marker_color=[
                LIGHT.vermillion if name == person["weakest_part"] else LIGHT.blue
                for name in table["part"]
            ],
            text=[
                f" {float(points):.0f}: {_measured(measure, unit)}"
                for points, measure, unit in zip(
                    table["score"], table["measure"], table["unit"], strict=True
                )
            ],
            textposition="outside",
            cliponaxis=False,
            hovertemplate="%{y}: %{x:.1f} of 100<extra></extra>",
        )
    )
    figure.update_xaxes(title="Score", range=[0, 175], tickvals=[0, 25, 50, 75, 100])
    figure.update_yaxes(title="Part of the score", type="category", autorange="reversed")
    points = float(person["financial_health_score"])
    weakest = str(person["weakest_part"])
    return finish(
        figure,
        title=f"Grade {person['financial_health_grade']}, {points:.0f} of 100 points"
        + (
            f": the {weakest} is the weakest part"
            if weakest in set(table["part"])
            else ": nothing is left to wish for"
        ),
        subtitle=f"Parts of the financial health score over {months} complete months",
        how_to_read=how,
        sample=f"n = {months} complete months",
        as_of=as_of,
        height=340,
        narrow={
            "yaxis.title.text": "",
            "xaxis.range": [0, 130],
            "xaxis.tickvals": [0, 50, 100],
            "data.0.text": [f" {float(points):.0f}" for points in table["score"]],
        },
    )


def _measured(measure: object, unit: str) -> str:
    value = float(str(measure))
    if unit.startswith("%"):
        return formats.percent(value) + unit[1:]
    return f"{value:.1f} {unit}"


def savings(frame: pd.DataFrame, as_of: dt.date) -> go.Figure:
    """What a person could save, the most first.

    Args:
        frame: recommendation_rank, lever_name, lever_kind, category_name, monthly_amount,
            reference_amount, monthly_saving_amount, cumulative_saving_amount, recommendation,
            evidence_own_history, evidence_peers.
        as_of: the day of the insights.
    """
    subtitle = (
        "Saving a month if spending came back to what three of four similar people stay below, or"
        " to the own year before; fees altogether"
    )
    how = (
        "Each bar is what one change would save a month; the grey part behind it is what is spent"
        " on it now."
    )
    if frame.empty:
        return _nothing(
            "Nothing stands out",
            title="No saving found: nothing is above what similar people and the own past suggest",
            subtitle=subtitle,
            how_to_read="Advice is given only where a comparison supports it; there is none here.",
            sample="n = 0 recommendations",
            as_of=as_of,
        )
    money = ["monthly_amount", "monthly_saving_amount", "reference_amount"]
    table = frame.assign(**{column: frame[column].astype(float) for column in money})[::-1]
    names = [wrapped(name, 18) for name in table["lever_name"]]
    figure = go.Figure()
    figure.add_bar(
        y=names,
        x=table["monthly_amount"],
        orientation="h",
        name="spent now",
        marker_color=LIGHT.quiet,
        hovertemplate="%{y}: %{x:$,.2f} a month now<extra></extra>",
    )
    figure.add_bar(
        y=names,
        x=table["monthly_saving_amount"],
        orientation="h",
        name="could be saved",
        marker_color=LIGHT.green,
        width=0.4,
        customdata=[wrapped(text, 50) for text in table["recommendation"]],
        hovertemplate="%{customdata}<extra></extra>",
    )
    most = float(table["monthly_amount"].max())
    figure.add_scatter(
        x=table["monthly_amount"],
        y=names,
        mode="text",
        text=[f" {formats.price(amount)}" for amount in table["monthly_saving_amount"]],
        textposition="middle right",
        cliponaxis=False,
        hoverinfo="skip",
        showlegend=False,
    )
    figure.update_layout(barmode="overlay", showlegend=True)
    figure.update_xaxes(title="$ a month", tickformat="$~s", range=[0, 1.35 * most], nticks=5)
    figure.update_yaxes(title="By what", type="category")
    total = float(table["monthly_saving_amount"].sum())
    top = table.iloc[-1]
    number = len(table)
    return finish(
        figure,
        title=f"{number} change{'' if number == 1 else 's'} could save {formats.price(total)} a"
        f" month, {formats.price(top['monthly_saving_amount'])} of it by"
        f" {top['lever_name'].lower()}"
        if number > 1
        else f"One change could save {formats.price(total)} a month: {top['lever_name'].lower()}",
        subtitle=subtitle,
        how_to_read=how,
        sample=f"n = {number} recommendation{'' if number == 1 else 's'}",
        as_of=as_of,
        height=170 + 42 * number,
        narrow={"yaxis.title.text": "", "xaxis.range": [0, 1.6 * most], "xaxis.nticks": 4},
    )


def recommendations(frame: pd.DataFrame, as_of: dt.date) -> go.Figure:
    """What to do and why, in words, the best saving first.

    Args:
        frame: as in `savings`.
        as_of: the day of the insights.
    """
    how = "Work from the top; each saving stands beside what it rests on, and may be added up."
    if frame.empty:
        return _nothing(
            "No advice",
            title="No advice: nothing is above what similar people and the own past suggest",
            subtitle="Advice is given only where a comparison supports it",
            how_to_read=how,
            sample="n = 0 recommendations",
            as_of=as_of,
        )
    shown = frame.head(ADVICE_ROWS)
    saves = [f"<b>{formats.price(amount)}</b>" for amount in shown["monthly_saving_amount"]]
    wide = [
        [wrapped(text, 58) for text in shown["recommendation"]],
        [wrapped(text, 32) for text in shown["evidence_own_history"]],
        [wrapped(text, 58) for text in shown["evidence_peers"]],
        saves,
    ]
    phone = [
        [
            "<br>".join([f"<b>{wrapped(advice, 36)}</b>", wrapped(own, 38), wrapped(peers, 38)])
            for advice, own, peers in zip(
                shown["recommendation"], shown["evidence_own_history"], shown["evidence_peers"],
                strict=True,
            )
        ],
        saves,
    ]  # fmt: skip
    heads = ["What to do", "Own history", "Similar people", "Saves a month"]
    aligned = ["left", "left", "left", "right"]
    figure = go.Figure(
        go.Table(
            columnwidth=[3, 1.7, 3, 0.9],
            header={
                "values": [f"<b>{head}</b>" for head in heads],
                "fill_color": LIGHT.surface,
                "line_color": LIGHT.grid,
                "align": aligned,
                "font": {"color": LIGHT.muted, "size": 13},
                "height": 30,
            },
            cells={
                "values": wide,
                "fill_color": LIGHT.surface,
                "line_color": LIGHT.grid,
                "align": aligned,
                "font": {"color": LIGHT.text, "size": 13},
                "height": 28,
            },
        )
    )

    def lines(columns: list[list[str]]) -> int:
        return sum(
            max(cell.count("<br>") + 1 for cell in row) for row in zip(*columns, strict=True)
        )

    number, first = len(frame), shown.iloc[0]
    return finish(
        figure,
        title=f"First: {first['recommendation'].split(':')[0].lower()}; that saves"
        f" {formats.price(first['monthly_saving_amount'])} a month",
        subtitle="Recommendations with the comparisons that they rest on, over the last twelve"
        " complete months",
        how_to_read=how,
        sample=f"n = {number} recommendation{'' if number == 1 else 's'}"
        + (f", the first {len(shown)} shown" if number > len(shown) else ""),
        as_of=as_of,
        height=60 + 19 * lines(wide) + 14 * len(shown),
        narrow={
            "height": 60 + 17 * lines(phone) + 10 * len(shown),
            "data.0.columnwidth": [3.4, 1],
            "data.0.header.values": ["<b>What to do, and why</b>", "<b>Saves</b>"],
            "data.0.header.align": ["left", "right"],
            "data.0.cells.values": phone,
            "data.0.cells.align": ["left", "right"],
            "data.0.cells.font.size": 12,
            "margin": {"l": 0, "r": 0, "t": 8, "b": 0},
        },
    )


def evidence(frame: pd.DataFrame, as_of: dt.date) -> go.Figure:
    """A person's spending beside the own year before and beside similar people.

    Args:
        frame: category_name, spending_kind, monthly_amount, previous_monthly_amount, is_increase,
            peer_group, peer_count, peer_median_amount, peer_upper_quartile_amount,
            is_above_peers; the largest first. NULL where there is nothing to compare with.
        as_of: the day of the insights.
    """
    if frame.empty:
        return no_data("spending of this person in the last twelve complete months", as_of)
    money = ["monthly_amount", "previous_monthly_amount", "peer_median_amount",
             "peer_upper_quartile_amount"]  # fmt: skip
    table = frame.assign(**{column: frame[column].astype(float) for column in money})[::-1]
    # cents would stretch a logarithmic axis over nothing
    table[money] = table[money].where(table[money] >= 1)
    labels = [
        wrapped(f"{category}, {LINE_NAMES[kind]}", 22)
        for category, kind in zip(table["category_name"], table["spending_kind"], strict=True)
    ]
    table = table.assign(label=labels)
    peers = table[table["peer_upper_quartile_amount"].notna()]
    before = table[table["previous_monthly_amount"].notna()]
    above = table["is_above_peers"].astype(bool) | table["is_increase"].astype(bool)
    figure = go.Figure()
    for number, row in enumerate(peers.to_dict("records")):
        quartile, group = row["peer_upper_quartile_amount"], row["peer_group"]
        median = 1.0 if np.isnan(row["peer_median_amount"]) else row["peer_median_amount"]
        figure.add_scatter(
            x=[median, quartile],
            y=[row["label"], row["label"]],
            mode="lines",
            line={"color": LIGHT.blue_soft, "width": 12},
            name="similar people, from the median to three of four",
            legendgroup="peers",
            showlegend=number == 0,
            hovertemplate=f"{row['label']}: of {int(row['peer_count'])} similar people half spend"
            f" at most {formats.price(median)}, three of four {formats.price(quartile)}<br>{group}"
            "<extra></extra>",
        )
    figure.add_scatter(
        x=before["previous_monthly_amount"],
        y=before["label"],
        mode="markers",
        name="own year before",
        marker={"color": LIGHT.muted, "size": 11, "symbol": "circle-open", "line": {"width": 2}},
        hovertemplate="%{y}: %{x:$,.2f} a month the year before<extra></extra>",
    )
    for flag, name, colour in (
        (False, "now", LIGHT.blue), (True, "now, above a limit", LIGHT.vermillion),
    ):  # fmt: skip
        part = table[above == flag]
        if len(part):
            figure.add_scatter(
                x=part["monthly_amount"],
                y=part["label"],
                mode="markers",
                name=name,
                marker={"color": colour, "size": 11},
                hovertemplate="%{y}: %{x:$,.2f} a month<extra></extra>",
            )
    figure.update_layout(showlegend=True)
    figure.update_xaxes(
        title="$ a month (logarithmic)", type="log",
        tickvals=[1, 3, 10, 30, 100, 300, 1_000, 3_000, 10_000],
        ticktext=["$1", "$3", "$10", "$30", "$100", "$300", "$1k", "$3k", "$10k"],
    )  # fmt: skip
    figure.update_yaxes(
        title="Spending", type="category", categoryorder="array", categoryarray=labels
    )
    count, limit = len(table), int(above.sum())
    least = int(peers["peer_count"].min()) if len(peers) else 0
    return finish(
        figure,
        title=f"{limit or 'None'} of {count} kinds of spending {'is' if limit <= 1 else 'are'}"
        " above what three of four similar people spend, or"
        f" {'has' if limit <= 1 else 'have'} risen beyond chance"
        if len(peers)
        else f"{count} kind{'' if count == 1 else 's'} of spending, compared with nobody: too"
        " little is seen of this person, or too few are similar",
        subtitle="Spending a month over the last twelve complete months, beside the year before and"
        " people of similar income and household, by their share of pay (or of spending)",
        how_to_read="A dot right of its bar is above three of four similar people; bar and ring are"
        " missing where there are too few of them, no whole year before, or less than $1.",
        sample=f"n = {count} kinds of spending"
        + (f"; each compared with {least} people or more" if least else ""),
        as_of=as_of,
        height=170 + 36 * count,
        narrow={"yaxis.title.text": "", "yaxis.tickfont.size": 11},
    )


def months(frame: pd.DataFrame, as_of: dt.date) -> go.Figure:
    """What came in and what was spent, month by month.

    Args:
        frame: month_start_date, income_amount, spending_amount, essential_amount,
            discretionary_amount, other_amount (USD); complete months, the oldest first.
        as_of: the day of the insights.
    """
    if frame.empty:
        return no_data("complete months of this person", as_of)
    money = ["income_amount", "spending_amount", "essential_amount", "discretionary_amount",
             "other_amount"]  # fmt: skip
    table = frame.assign(**{column: frame[column].astype(float) for column in money})
    figure = go.Figure()
    for column, name, colour in (
        ("essential_amount", "essential", LIGHT.blue),
        ("discretionary_amount", "discretionary", LIGHT.orange),
        ("other_amount", "other spending", LIGHT.quiet),
    ):
        figure.add_bar(
            x=table["month_start_date"],
            y=table[column],
            name=name,
            marker_color=colour,
            hovertemplate=f"%{{x|%B %Y}}: {name} %{{y:$,.2f}}<extra></extra>",
        )
    # interest now and then is no income to compare with
    has_income = bool((table["income_amount"] > 0).mean() >= 0.75)
    if has_income:
        figure.add_scatter(
            x=table["month_start_date"],
            y=table["income_amount"],
            mode="lines+markers",
            name="income",
            line={"color": LIGHT.green, "width": 2.5},
            hovertemplate="%{x|%B %Y}: income %{y:$,.2f}<extra></extra>",
        )
    figure.update_layout(barmode="relative", showlegend=True)
    figure.update_xaxes(title="Month", type="date", tickformat="%b %Y", nticks=8)
    figure.update_yaxes(title="$ a month", tickformat="$~s", nticks=6)
    year = table.tail(12)
    spent, earned = float(year["spending_amount"].mean()), float(year["income_amount"].mean())
    share = float(year["discretionary_amount"].sum()) / max(float(year["spending_amount"].sum()), 1)
    over = int((year["spending_amount"] > year["income_amount"]).sum())
    return finish(
        figure,
        title=f"{formats.money(spent)} of {formats.money(earned)} a month were spent over the last"
        f" {len(year)} months; in {over or 'none'} of them more than came in"
        if has_income and earned > spent > 0
        else f"{formats.money(spent)} a month were spent over the last {len(year)} months,"
        f" {formats.percent(100 * share)} of it discretionary",
        subtitle=f"Spending by kind{' and income' if has_income else ''}, up to 24 complete months",
        how_to_read="Each column is a month's spending"
        + (
            "; where it stays below the line, something was left."
            if has_income
            else "; pay does not arrive here, so nothing can be said of what was left."
        ),
        sample=f"n = {len(table)} complete months",
        as_of=as_of,
        height=380,
        narrow={"yaxis.title.text": "", "xaxis.nticks": 4},
    )


def budgets(frame: pd.DataFrame, as_of: dt.date) -> go.Figure:
    """The budgets of the month: spent, projected, allowed.

    Args:
        frame: category_name, alert_level, budget_amount, budget_source, spent_amount,
            projected_amount, overrun_amount, days_elapsed, days_in_month.
        as_of: the day of the insights.
    """
    how = (
        "The bar is spent so far, the diamond is expected at the end of the month, the black line"
        " is the budget: a diamond right of the line will not do."
    )
    if frame.empty:
        return _nothing(
            "No budgets",
            title="No budget: nothing is bought here in at least half of the months",
            subtitle="A budget comes from the person, else from what was spent in the last twelve"
            " complete months",
            how_to_read=how,
            sample="n = 0 budgets",
            as_of=as_of,
        )
    money = ["budget_amount", "spent_amount", "projected_amount", "overrun_amount"]
    table = frame.assign(**{column: frame[column].astype(float) for column in money})
    figure = go.Figure()
    figure.add_bar(
        y=table["category_name"],
        x=table["spent_amount"],
        orientation="h",
        name="spent so far",
        marker_color=[
            LIGHT.blue if level == "none" else ALERT_COLOURS[level]
            for level in table["alert_level"]
        ],
        customdata=table["alert_level"],
        hovertemplate="%{y}: %{x:$,.2f} spent<br>alert: %{customdata}<extra></extra>",
    )
    for column, name, symbol, colour, size in (
        ("projected_amount", "expected by the end", "diamond-open", LIGHT.purple, 11),
        ("budget_amount", "budget", "line-ns-open", LIGHT.text, 20),
    ):
        figure.add_scatter(
            x=table[column],
            y=table["category_name"],
            mode="markers",
            name=name,
            marker={"symbol": symbol, "color": colour, "size": size, "line": {"width": 2.5}},
            customdata=table["budget_source"],
            hovertemplate=f"%{{y}}: {name} %{{x:$,.2f}}<extra></extra>",
        )
    figure.update_layout(showlegend=True)
    figure.update_xaxes(title="$ this month", tickformat="$~s", rangemode="tozero", nticks=5)
    figure.update_yaxes(title="Category", type="category")
    alerts = table[table["alert_level"] != "none"].sort_values("overrun_amount")
    first = table.iloc[0]
    if alerts.empty:
        title = f"All {len(table)} budgets do" if len(table) > 1 else "The one budget does"
        title += f" until the end of {formats.month(as_of)}, as far as can be seen"
    else:
        worst = alerts.iloc[-1]
        title = f"{len(alerts)} of {len(table)} budgets {'is' if len(alerts) == 1 else 'are'}"
        title += f" exceeded or will be: {worst['category_name'].lower()} by"
        title += f" {formats.price(worst['overrun_amount'])}"
    return finish(
        figure,
        title=title,
        subtitle=f"Day {int(first['days_elapsed'])} of {int(first['days_in_month'])}: spent,"
        " expected (what is usually spent on the days left, and bills that are due) and allowed",
        how_to_read=how,
        sample=f"n = {len(table)} budget{'' if len(table) == 1 else 's'}",
        as_of=as_of,
        height=170 + 36 * len(table),
        narrow={"yaxis.title.text": "", "xaxis.nticks": 4},
    )


def habits(frame: pd.DataFrame, as_of: dt.date) -> go.Figure:
    """Habits, now and suggested, as purchases and their price.

    Args:
        frame: lever_name, spending_kind, advice, purchases_per_month,
            suggested_purchases_per_month, avg_purchase_amount, suggested_purchase_amount,
            monthly_amount, suggested_monthly_amount, monthly_saving_amount; the best saving last.
        as_of: the day of the insights.
    """
    if frame.empty:
        return _nothing(
            "No habit to change",
            title="No habit costs clearly more than it costs similar people or did a year ago",
            subtitle="Spending on habits over the last twelve complete months",
            how_to_read="A habit appears here if a comparison shows that it has become dear.",
            sample="n = 0 habits",
            as_of=as_of,
        )
    columns = ["purchases_per_month", "suggested_purchases_per_month", "avg_purchase_amount",
               "suggested_purchase_amount", "monthly_amount", "suggested_monthly_amount",
               "monthly_saving_amount"]  # fmt: skip
    table = frame.assign(**{column: frame[column].astype(float) for column in columns})
    names = [wrapped(name, 18) for name in table["lever_name"]]
    figure = go.Figure()
    for amount, number, price, name, colour in (
        ("monthly_amount", "purchases_per_month", "avg_purchase_amount", "now", LIGHT.quiet),
        ("suggested_monthly_amount", "suggested_purchases_per_month", "suggested_purchase_amount",
         "suggested", LIGHT.green),
    ):  # fmt: skip
        figure.add_bar(
            y=names,
            x=table[amount],
            orientation="h",
            name=name,
            marker_color=colour,
            text=[
                f" {often:.1f} of {formats.price(each)}"
                for often, each in zip(table[number], table[price], strict=True)
            ],
            textposition="outside",
            cliponaxis=False,
            customdata=[wrapped(advice, 46) for advice in table["advice"]],
            hovertemplate=f"%{{y}}, {name}: %{{x:$,.2f}} a month<br>%{{customdata}}<extra></extra>",
        )
    most = float(table["monthly_amount"].max())
    figure.update_layout(barmode="group", showlegend=True)
    figure.update_xaxes(title="$ a month", tickformat="$~s", range=[0, 1.4 * most], nticks=5)
    figure.update_yaxes(title="Habit", type="category")
    top = table.iloc[-1]
    change = (
        f"{top['suggested_purchases_per_month']:.1f} instead of {top['purchases_per_month']:.1f}"
        " purchases a month"
        if top["spending_kind"] == "flexible"
        else f"{formats.price(top['suggested_purchase_amount'])} instead of"
        f" {formats.price(top['avg_purchase_amount'])} each time"
    )
    return finish(
        figure,
        title=f"{top['lever_name']}: {change} would save"
        f" {formats.price(top['monthly_saving_amount'])} a month",
        subtitle="Spending a month now and suggested, as purchases a month and their price: fewer"
        " of what is decided each time, smaller ones of what recurs by itself",
        how_to_read="The green bar is where it could be; these savings are among those above, not"
        " on top of them.",
        sample=f"n = {len(table)} habit{'' if len(table) == 1 else 's'}",
        as_of=as_of,
        height=170 + 56 * len(table),
        narrow={"yaxis.title.text": "", "xaxis.range": [0, 1.9 * most], "xaxis.nticks": 4},
    )

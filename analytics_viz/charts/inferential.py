"""Can we generalize? The figures of report 04.

Every function takes the rows of its query in `analytics_viz.queries.inferential` and the as-of
date, and returns a figure; an empty frame gives the figure of `theme.no_data`. A difference counts
as shown where its p-value, corrected for all tests of the warehouse, is below 5 % and the
assumptions of the test are met.
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
    Z,
    add_intervals,
    dotted_line,
    floats,
    p_text,
    places,
    ratio,
    ratio_axis,
    records,
    span,
    times,
    whiskers,
    wilson,
)
from analytics_viz.theme import LIGHT, finish, no_data, wrapped

TOPICS = {
    "purchase_amount_by_segment": "Purchase amount",
    "purchase_amount_at_weekends": "Purchase amount",
    "fraud_share_by_channel": "Fraud share",
    "fraud_online": "Share bought online",
    "fraud_at_night": "Share bought at night",
    "fraud_at_risky_merchants": "Share at risky merchants",
    "decline_share_by_channel": "Decline share",
    "decline_share_at_night": "Decline share",
    "satisfaction_by_resolution": "Satisfaction (1 to 5)",
    "sentiment_of_rated_contacts": f"Sentiment ({formats.MINUS}1 to 1)",
    "late_payment_by_credit_band": "Late instalments",
    "churn_after_bad_service": "Leaving per month",
    "purchases_before_campaign": "Purchases before a campaign",
    "purchases_after_campaign": "Purchases after a campaign",
}
PANELS = {
    # question: title of the panel, of its axis, format of its numbers
    "purchase_amount_by_segment": ("Mean purchase", "US dollars", "$,.2f"),
    "fraud_share_by_channel": ("Purchases that are fraud", "Share (%)", ",.2f"),
    "decline_share_by_channel": ("Purchases declined", "Share (%)", ",.2f"),
    "late_payment_by_credit_band": ("Loan instalments paid late", "Share (%)", ",.1f"),
}
STATES = {
    "shown": ("difference shown", LIGHT.blue, "circle"),
    "not shown": ("no difference shown", LIGHT.muted, "circle-open"),
    "too few": ("too few customers to rely on", LIGHT.orange, "diamond-open"),
}
SIZES = (("negligible", LIGHT.quiet), ("small", LIGHT.scale_2), ("medium", LIGHT.blue),
         ("large", LIGHT.orange))  # fmt: skip
ENOUGH = 20  # customers of equal weight that the tests ask for
NARROW = 19  # characters of a label on a phone
# From where on an effect is called small, medium, large (Cohen, 1988).
STEPS = {"difference": (0.2, 0.5, 0.8), "association": (0.1, 0.3, 0.5)}


def tests(frame: pd.DataFrame, as_of: dt.date) -> go.Figure:
    """Differences between two groups with their intervals.

    Args:
        frame: one row per test, as `inferential_analytics` has them.
        as_of: the last day with data.
    """
    table = _tests(frame)
    drawn = table[table["estimate"].notna()]
    if drawn.empty:
        return no_data("comparisons of groups with enough customers", as_of)
    is_ratio = drawn["estimate_name"] != "difference of means"
    parts = [
        (part, title, no_effect)
        for part, title, no_effect in (
            (drawn[is_ratio], "Ratio of group to reference (logarithmic scale, 1 = alike)", 1.0),
            (drawn[~is_ratio], "Difference of group and reference (points, 0 = alike)", 0.0),
        )
        if not part.empty
    ]
    sizes = [len(part) + 0.6 for part, *_ in parts]
    height = 130 + 30 * sum(sizes) + 60 * (len(parts) - 1)
    figure = make_subplots(
        rows=len(parts), cols=1, row_heights=sizes, vertical_spacing=90 / height if parts[1:] else 0
    )
    narrow: dict[str, object] = {"height": 150 + 52 * sum(sizes)}
    seen: set[str] = set()
    for row, (part, axis_title, no_effect) in enumerate(parts, start=1):
        placed = part.assign(place=range(len(part)))
        for state, (name, colour, symbol) in STATES.items():
            of_state = placed[placed["state"] == state]
            if of_state.empty:
                continue
            add_intervals(figure, of_state, colour=colour, name=name, symbol=symbol, row=row, col=1)
            figure.data[-1].update(showlegend=state not in seen, legendgroup=state)
            seen.add(state)
        dotted_line(figure, no_effect, row=row, col=1)
        places(figure, _labels(part), row=row, col=1)
        figure.update_xaxes(title=axis_title, row=row, col=1)
        end = "" if row == 1 else str(row)
        narrow[f"yaxis{end}.ticktext"] = [wrapped(label, NARROW) for label in _labels(part)]
        narrow[f"yaxis{end}.title.text"] = ""
        narrow[f"xaxis{end}.title.text"] = (
            "Ratio (1 = alike)" if no_effect else "Difference (0 = alike)"
        )
        if no_effect == 1:
            axis = ratio_axis(float(part["ci_low"].min()), float(part["ci_high"].max()))
            figure.update_xaxes(**axis, row=row, col=1)
        else:
            figure.update_xaxes(nticks=6, row=row, col=1)
    figure.update_yaxes(title="Comparison")
    figure.update_layout(showlegend=True)
    shown = drawn[drawn["state"] == "shown"]
    number_of_tests = int(table["test_count"].max())
    untested = int((table["p_value"].isna()).sum())
    return finish(
        figure,
        title=f"{formats.count(len(shown))} of {times(len(drawn), 'comparison')}"
        f" {'shows' if len(shown) == 1 else 'show'} a difference beyond chance;"
        f" the largest: {_largest(shown)}"
        if len(shown)
        else f"None of {times(len(drawn), 'comparison')} shows a difference: that is no proof that"
        " there is none",
        subtitle="Estimates with 95 % intervals, errors clustered by customer; p-values corrected"
        f" for all {number_of_tests} tests (Holm)"
        + (f"; {untested} more with too few customers to test" if untested else ""),
        how_to_read="The point is the estimate, the whisker holds every value that the data do not"
        " contradict. Hollow points: no difference was shown, which is not the same as no"
        " difference. These are differences, not causes.",
        sample=f"n = {formats.count(int(drawn['observations'].max()))} observations in the largest"
        f" of {times(len(drawn), 'comparison')}; each shows its own when pointed at",
        as_of=as_of,
        height=int(height),
        narrow=narrow,
    )


def effect_sizes(frame: pd.DataFrame, as_of: dt.date) -> go.Figure:
    """How large the differences are, without their units.

    Args:
        frame: as for `tests`.
        as_of: the last day with data.
    """
    table = _tests(frame)
    table = table[table["effect_size"].notna()].assign(size=table["effect_size"].abs())
    if table.empty:
        return no_data("comparisons of groups with enough customers", as_of)
    is_association = table["effect_size_name"].isin(["Cramer V", "eta"])
    parts = [
        (part.sort_values("size", ascending=False), kind, title)
        for part, kind, title in (
            (
                table[~is_association],
                "difference",
                "Two groups: Cohen h (shares), Hedges g (means)",
            ),
            (table[is_association], "association", "All groups: Cramér V (shares), eta (means)"),
        )
        if not part.empty
    ]
    rows = [len(part) + 0.6 for part, *_ in parts]
    height = 130 + 28 * sum(rows) + 60 * (len(parts) - 1)
    figure = make_subplots(
        rows=len(parts), cols=1, row_heights=rows, vertical_spacing=90 / height if parts[1:] else 0
    )
    narrow: dict[str, object] = {"height": 150 + 52 * sum(rows)}
    sized = []
    for row, (part, kind, axis_title) in enumerate(parts, start=1):
        places_of = np.arange(len(part))
        words = [_size(value, kind) for value in part["size"]]
        sized.append(part.assign(word=words))
        for word, colour in SIZES:
            here = [one == word for one in words]
            # every size once, so that the legend is whole and in order
            figure.add_bar(
                y=places_of[here],
                x=part.loc[here, "size"],
                orientation="h",
                name=word,
                legendgroup=word,
                showlegend=row == 1,
                marker_color=colour,
                width=0.65,
                text=[
                    f"{value:.2f}" + ("" if state == "shown" else " (not shown)")
                    for value, state in zip(
                        part.loc[here, "size"], part.loc[here, "state"], strict=True
                    )
                ],
                textposition="outside",
                cliponaxis=False,
                customdata=part.loc[here, "hover"],
                hovertemplate="%{customdata}<extra></extra>",
                row=row,
                col=1,
            )
        for step in STEPS[kind]:
            dotted_line(figure, step, row=row, col=1)
        places(figure, _labels(part), row=row, col=1)
        most = max(float(part["size"].max()), STEPS[kind][1])
        end = "" if row == 1 else str(row)
        figure.update_xaxes(title=axis_title, range=[0, 1.12 * most], nticks=8, row=row, col=1)
        narrow[f"xaxis{end}.range"] = [0, 1.5 * most]
        narrow[f"xaxis{end}.nticks"] = 4
        narrow[f"xaxis{end}.title.text"] = "Cohen h, Hedges g" if row == 1 else "Cramér V, eta"
        narrow[f"yaxis{end}.ticktext"] = [wrapped(label, NARROW) for label in _labels(part)]
        narrow[f"yaxis{end}.title.text"] = ""
    figure.update_yaxes(title="Comparison")
    figure.update_layout(showlegend=True, barmode="overlay")
    all_sizes = pd.concat(sized)
    shown = all_sizes[all_sizes["state"] == "shown"]
    below = int((shown["word"] == "negligible").sum())
    above = int(shown["word"].isin(["medium", "large"]).sum())
    return finish(
        figure,
        title=f"Shown is not large: of {times(len(shown), 'difference')} shown, {below}"
        f" {'falls' if below == 1 else 'fall'} short of what is called small and {above}"
        f" {'is' if above == 1 else 'are'} medium or large"
        if len(shown)
        else "No difference was shown, so no size can be relied on",
        subtitle="Size of each effect without its sign and unit, tests of all groups at once below;"
        " dotted: from where on it is called small, medium, large (Cohen, 1988)",
        how_to_read="Longer bars are larger effects whatever their unit. With many observations"
        " small effects are shown, too; for rare events such as fraud even a multiple counts as"
        " small here, so read this beside the ratios above.",
        sample=f"n = {times(len(all_sizes), 'test')}",
        as_of=as_of,
        height=int(height),
        narrow=narrow,
    )


def groups(frame: pd.DataFrame, as_of: dt.date) -> go.Figure:
    """Groups with the 95 % intervals of their means and shares.

    Args:
        frame: question, group_name, customer_count, effective_customers, observations, estimate,
            ci_low, ci_high, method; the largest first.
        as_of: the last day with data.
    """
    table = floats(frame, "estimate", "ci_low", "ci_high", "observations", "effective_customers")
    asked = [question for question in PANELS if (table["question"] == question).any()]
    if not asked:
        return no_data("groups to compare", as_of)
    rows = (len(asked) + 1) // 2
    height = 60 + 250 * rows
    figure = make_subplots(
        rows=rows,
        cols=min(len(asked), 2),
        horizontal_spacing=0.16,
        vertical_spacing=110 / height if rows > 1 else 0,
        subplot_titles=[PANELS[question][0] for question in asked],
    )
    tall = 270 * len(asked)
    narrow: dict[str, object] = {"height": tall}
    for number, question in enumerate(asked):
        row, col = number // 2 + 1, number % 2 + 1
        title, axis_title, digits = PANELS[question]
        part = table[table["question"] == question]
        part = part.assign(place=range(len(part)), hover=_group_hover(part, digits))
        few = part["effective_customers"] < ENOUGH
        add_intervals(figure, part[~few], colour=LIGHT.blue, name=title, row=row, col=col)
        _, colour, symbol = STATES["too few"]
        add_intervals(figure, part[few], colour=colour, name=title, symbol=symbol, row=row, col=col)
        names = [
            f"{name} ({formats.count(count)})"
            for name, count in zip(part["group_name"], part["customer_count"], strict=True)
        ]
        places(figure, names, row=row, col=col)
        figure.update_xaxes(
            title=axis_title,
            range=[0, 1.08 * float(part[["estimate", "ci_high"]].max().max())],
            nticks=6,
            row=row,
            col=col,
        )
        end = "" if number == 0 else str(number + 1)
        top = 1 - number / len(asked)
        narrow |= {
            f"xaxis{end}.domain": [0, 1],
            f"yaxis{end}.domain": [top - 1 / len(asked) + 75 / tall, top - 30 / tall],
            f"annotations.{number}.y": top - 22 / tall,
            f"annotations.{number}.x": 0,
            f"yaxis{end}.title.text": "",
        }
    figure.update_yaxes(title="Group (customers)")
    figure.update_layout(showlegend=False, margin_t=40)
    for number, note in enumerate(figure.layout.annotations):
        axis = figure.layout["xaxis" if number == 0 else f"xaxis{number + 1}"]
        note.update(
            x=(axis.domain or (0,))[0], xanchor="left", font={"size": 13, "color": LIGHT.muted}
        )
    first = table[table["question"] == asked[0]]
    title, _, digits = PANELS[asked[0]]
    high, low = records(first.iloc[[0, -1]])
    return finish(
        figure,
        title=f"{title}: from {_with_interval(low, digits)} to {_with_interval(high, digits)}"
        if len(first) > 1
        else f"{title}: {_with_interval(high, digits)}",
        subtitle="Means and shares of groups with 95 % intervals; in brackets the customers",
        how_to_read="The whisker holds the values that the data do not contradict; diamonds rest on"
        f" fewer than {ENOUGH} customers of equal weight and are not to be relied on. Whether two"
        " groups differ is told by the tests above: two whiskers may overlap although the groups"
        " differ.",
        sample=f"n = {formats.count(first['observations'].sum())} observations in the first panel",
        as_of=as_of,
        height=height,
        narrow=narrow,
    )


def cohorts(frame: pd.DataFrame, as_of: dt.date) -> go.Figure:
    """Share of each quarter of sign-up that is still here.

    Args:
        frame: cohort_start_date, months_since_signup, cohort_size, retained_count,
            retained_percent, retained_ci_low, retained_ci_high; only what was lived through.
        as_of: the last day with data.
    """
    if frame.empty:
        return no_data("cohorts that have lived through a month", as_of)
    table = floats(frame, "retained_percent", "retained_ci_low", "retained_ci_high")
    starts = sorted(table["cohort_start_date"].unique())
    months = list(range(int(table["months_since_signup"].max()) + 1))

    def grid(column: str) -> pd.DataFrame:
        return table.pivot_table(
            index="cohort_start_date", columns="months_since_signup", values=column
        ).reindex(index=starts, columns=months)

    sizes = table.groupby("cohort_start_date")["cohort_size"].max()
    floor = min(float(table["retained_percent"].min()), 95.0)
    figure = go.Figure(
        go.Heatmap(
            x=months,
            y=[f"{_quarter(start)} ({formats.count(sizes[start])})" for start in starts],
            z=grid("retained_percent"),
            zmin=floor - 0.3 * (100 - floor),  # the lowest field is not as pale as none
            zmax=100,
            colorscale=LIGHT.scale,
            xgap=1,
            ygap=1,
            hoverongaps=False,
            customdata=np.dstack(
                [grid(c) for c in ("retained_ci_low", "retained_ci_high", "retained_count")]
            ),
            colorbar={
                "title": {"text": "Still here (%)", "font": {"size": 12}},
                "thickness": 12,
                "outlinewidth": 0,
            },
            hovertemplate="joined in %{y}<br>after %{x} months %{z:.1f} % still here"
            " (95 %: %{customdata[0]:.1f} to %{customdata[1]:.1f})<br>%{customdata[2]:,} customers"
            "<extra></extra>",
        )
    )
    figure.update_xaxes(title="Months since sign-up", dtick=3, showgrid=False)
    figure.update_yaxes(
        title="Quarter of sign-up (customers)", autorange="reversed", showgrid=False
    )
    age = 12 if 12 in set(table["months_since_signup"]) else int(table["months_since_signup"].max())
    old = table[table["months_since_signup"] == age]
    stayed, joined = int(old["retained_count"].sum()), int(old["cohort_size"].sum())
    share = 100 * stayed / joined
    low, high = wilson(stayed, joined)
    outside = int(((old["retained_ci_low"] > share) | (old["retained_ci_high"] < share)).sum())
    return finish(
        figure,
        title=f"{formats.percent(share, 1)} of the customers were still here after"
        f" {times(age, 'month')} (95{formats.SPACE}% interval {low:.1f} to {high:.1f});"
        f" the interval of {outside or 'none'} of {times(len(old), 'quarter')} of sign-up"
        " misses that figure",
        subtitle="Customers who had not left, by quarter of sign-up and months since; no field: not"
        " yet lived through by the whole quarter",
        how_to_read="Read a line from left to right to follow those who joined together, a column"
        " from top to bottom to compare quarters at the same age. A quarter is few customers, so"
        " single fields vary by chance; point at one for its interval.",
        sample=f"n = {formats.count(int(sizes.sum()))} customers in {times(len(sizes), 'quarter')}",
        as_of=as_of,
        height=150 + 24 * len(starts),
        narrow={
            "yaxis.title.text": "",
            "xaxis.dtick": 12,
            "data.0.xgap": 0,
            "data.0.colorbar.orientation": "h",
            "data.0.colorbar.y": 1.0,
            "data.0.colorbar.yanchor": "bottom",
            "data.0.colorbar.title.side": "top",
        },
    )


def retention(frame: pd.DataFrame, as_of: dt.date) -> go.Figure:
    """Who is still here, and who uses the bank, by months since sign-up.

    Args:
        frame: months_since_signup, member_count, at_risk_count, left_count, active_count; youngest
            first.
        as_of: the last day with data.
    """
    if frame.empty:
        return no_data("cohorts that have lived through a month", as_of)
    table = _kaplan_meier(
        floats(frame, "member_count", "at_risk_count", "left_count", "active_count")
    )
    figure = go.Figure()
    for name, colour, soft in (
        ("stayed", LIGHT.blue, LIGHT.blue_soft),
        ("active", LIGHT.orange, LIGHT.orange_soft),
    ):
        figure.add_scatter(
            x=table["months_since_signup"], y=table[f"{name}_low"], mode="lines",
            line={"width": 0}, hoverinfo="skip", showlegend=False,
        )  # fmt: skip
        figure.add_scatter(
            x=table["months_since_signup"], y=table[f"{name}_high"], mode="lines",
            line={"width": 0}, fill="tonexty", fillcolor=soft, hoverinfo="skip", showlegend=False,
        )  # fmt: skip
        figure.add_scatter(
            x=table["months_since_signup"],
            y=table[name],
            mode="lines",
            line={"color": colour, "width": 2.5},
            name={"stayed": "still here", "active": "paid or was paid in the month"}[name],
            customdata=table[[f"{name}_low", f"{name}_high", "member_count"]],
            hovertemplate="%{y:.1f} % (95 %: %{customdata[0]:.1f} to %{customdata[1]:.1f}),"
            " %{customdata[2]:,.0f} customers this old<extra></extra>",
        )
    figure.update_layout(hovermode="x unified", showlegend=True, legend_traceorder="normal")
    figure.update_xaxes(title="Months since sign-up", dtick=6)
    figure.update_yaxes(title="Share of those who joined (%)", range=[-3, 103])
    at = table[table["months_since_signup"] <= 24].iloc[-1]
    return finish(
        figure,
        title=f"After {times(int(at['months_since_signup']), 'month')} an estimated"
        f" {formats.percent(at['stayed'], 1)} are still here (95{formats.SPACE}% interval"
        f" {at['stayed_low']:.1f} to {at['stayed_high']:.1f}) and"
        f" {formats.percent(at['active'], 1)} use the bank in a month",
        subtitle="Blue: Kaplan-Meier estimate over all quarters of sign-up; orange: customers with"
        " a transaction in that month; bands: 95 % intervals",
        how_to_read="The blue line falls when customers leave; the distance to the orange one are"
        " customers who have stayed and did nothing. To the right fewer and older quarters count,"
        " so the bands widen.",
        sample=f"n = {formats.count(int(table['member_count'].iloc[0]))} customers,"
        f" {formats.count(int(table['left_count'].sum()))} of whom left",
        as_of=as_of,
        height=540,
        narrow={"yaxis.title.text": "", "xaxis.dtick": 12, "height": 380},
    )


def campaigns(frame: pd.DataFrame, as_of: dt.date) -> go.Figure:
    """Purchases of treated and held-out customers, campaign by campaign.

    Args:
        frame: one row per test and group: question, campaign, ratio, ratio_low, ratio_high,
            p_value_adjusted, test_count, are_assumptions_met, is_significant, group_name,
            observations, estimate, ci_low, ci_high.
        as_of: the last day with data.
    """
    table = floats(
        frame, "ratio", "ratio_low", "ratio_high", "p_value_adjusted", "estimate", "ci_low",
        "ci_high", "observations",
    )  # fmt: skip
    is_alone = table["question"].str.startswith("purchases_after_campaign_")
    large = table["are_assumptions_met"].astype(bool)
    left_out = int(table.loc[~large & is_alone, "question"].nunique())
    table = table[large]
    if table.empty:
        return no_data("campaigns with enough customers to compare", as_of)
    order = list(dict.fromkeys(table["question"]))
    names = [str(table.loc[table["question"] == q, "campaign"].iloc[0]) for q in order]
    figure = go.Figure()
    for group, name, colour, shift in (
        ("treated", "treated", LIGHT.blue, -0.19),
        ("control", "held out", LIGHT.quiet, 0.19),
    ):
        part = table[table["group_name"] == group]
        figure.add_bar(
            y=[order.index(question) + shift for question in part["question"]],
            x=part["estimate"],
            width=0.36,
            orientation="h",
            name=name,
            marker_color=colour,
            error_x=whiskers(part, LIGHT.muted) | {"thickness": 1.5},
            customdata=[
                f"{row['campaign']}, {name}: {row['estimate']:.2f} purchases per contact<br>"
                f"95 % interval {row['ci_low']:.2f} to {row['ci_high']:.2f}<br>"
                f"{times(int(row['observations']), 'contact')}<br>"
                f"treated / held out: {ratio(row['ratio'])}"
                f" ({span(row['ratio_low'], row['ratio_high'])})"
                f"<br>corrected {p_text(row['p_value_adjusted'])}"
                for row in records(part)
            ],
            hovertemplate="%{customdata}<extra></extra>",
        )
    places(figure, [wrapped(name, 20) for name in names])
    figure.update_layout(barmode="overlay", showlegend=True)
    figure.update_xaxes(
        title="Unscheduled purchases in 30 days, per contact",
        range=[0, 1.05 * float(table[["estimate", "ci_high"]].max().max())],
        nticks=6,
    )
    figure.update_yaxes(title="Campaign")
    pairs = table.drop_duplicates("question")
    alone = pairs[pairs["question"].str.startswith("purchases_after_campaign_")]
    shown = alone[alone["is_significant"].astype(bool)]
    contacts = table[table["question"] == order[-1]]
    finding = f"{times(len(alone), 'campaign')} tested alone"
    for together in records(pairs[pairs["question"] == "purchases_after_campaign"]):
        contacts = table[table["question"] == "purchases_after_campaign"]
        finding = (
            f"Treated customers bought {ratio(together['ratio'])} times as often as held-out ones"
            f" ({span(together['ratio_low'], together['ratio_high'])}):"
            f" {'a difference is' if together['is_significant'] else 'no difference is'} shown"
        )
    return finish(
        figure,
        title=finding
        + (
            f"; of {times(len(alone), 'campaign')} alone,"
            f" {len(shown) or 'none'} {'show' if len(shown) > 1 else 'shows'} one"
            if len(alone)
            else ""
        ),
        subtitle="A/B tests: customers of each campaign, contacted or held out at random"
        + (f"; {times(left_out, 'campaign')} with too few held out left out" if left_out else ""),
        how_to_read="Blue beside grey: contacted beside held out; whiskers are 95 % intervals. The"
        " pair before the contact checks the draw: it should be alike. Report 07 compares"
        " customers with similar earlier purchases and so measures the effect more precisely.",
        sample=f"n = {formats.count(int(contacts['observations'].sum()))} contacts",
        as_of=as_of,
        height=130 + 52 * len(order),
        narrow={"yaxis.title.text": "", "xaxis.title.text": "Purchases per contact"},
    )


def _tests(frame: pd.DataFrame) -> pd.DataFrame:
    """The tests as numbers, what each shows, and what is said when it is pointed at."""
    table = floats(
        frame, "estimate", "ci_low", "ci_high", "p_value", "p_value_adjusted", "effect_size",
        "n_group", "n_reference", "customers_group", "customers_reference",
    )  # fmt: skip
    met, significant = (table[c].astype(bool) for c in ("are_assumptions_met", "is_significant"))
    table["state"] = np.where(~met, "too few", np.where(significant, "shown", "not shown"))
    table["observations"] = table["n_group"] + table["n_reference"].fillna(0)
    table["hover"] = [_test_hover(row) for row in records(table)]
    return table


def _test_hover(row: dict[str, Any]) -> str:
    topic, who = _name(row)
    lines = [f"<b>{topic}: {who}</b>", wrapped(str(row["metric"]), 60)]
    if not np.isnan(row["estimate"]):
        lines.append(
            f"{row['estimate_name']} {ratio(row['estimate'])}"
            f" ({span(row['ci_low'], row['ci_high'])})"
        )
    if not np.isnan(row["p_value"]):
        lines.append(
            f"{p_text(row['p_value'])}, corrected {p_text(row['p_value_adjusted'])};"
            f" {row['effect_size_name']} {row['effect_size']:.2f}"
        )
    sizes = f"n = {formats.count(row['n_group'])}"
    people = f"{formats.count(row['customers_group'])}"
    if not np.isnan(row["n_reference"]):
        sizes += f" and {formats.count(row['n_reference'])}"
        people += f" and {formats.count(row['customers_reference'])}"
    lines += [
        f"{sizes} observations of {people} customers",
        wrapped(str(row["method"]), 60),
        wrapped(f"Assumed: {row['assumptions']}", 60),
        wrapped(str(row["assumption_check"]), 60),
    ]
    return "<br>".join(lines)


def _name(row: dict[str, Any]) -> tuple[str, str]:
    topic = TOPICS.get(str(row["question"]), str(row["metric"]))
    if row["group_name"] == "all":
        return topic, "all groups"
    words = {"control": "held out"}
    group, reference = (words.get(row[c], str(row[c])) for c in ("group_name", "reference_name"))
    return topic, f"{group} vs {reference}"


def _labels(table: pd.DataFrame) -> list[str]:
    return [f"{topic}: {who}" for topic, who in map(_name, records(table))]


def _largest(shown: pd.DataFrame) -> str:
    """The largest difference that was shown, in words; of ratios if there are any."""
    ratios = shown[shown["estimate_name"] != "difference of means"]
    if ratios.empty:
        top = records(shown.loc[[shown["estimate"].abs().idxmax()]])[0]
        amount = f"{abs(top['estimate']):.2f} points {'above' if top['estimate'] > 0 else 'below'}"
    else:
        top = records(ratios.loc[[np.log(ratios["estimate"]).abs().idxmax()]])[0]
        amount = f"{ratio(top['estimate'])} times"
    topic, who = _name(top)
    group, reference = who.split(" vs ")
    return (
        f"{topic[:1].lower()}{topic[1:]}, {group} {amount} {reference}"
        f" ({span(top['ci_low'], top['ci_high'])})"
    )


def _size(value: float, kind: str) -> str:
    return SIZES[sum(value >= step for step in STEPS[kind])][0]


def _group_hover(part: pd.DataFrame, digits: str) -> list[str]:
    return [
        f"{row['group_name']}: {_number(row['estimate'], digits)}"
        + ("" if np.isnan(row['ci_low']) else f" (95 %: {_number(row['ci_low'], digits)} to"
           f" {_number(row['ci_high'], digits)})")
        + f"<br>{formats.count(row['observations'])} observations of"
        f" {times(int(row['customer_count']), 'customer')}<br>{wrapped(str(row['method']), 60)}"
        for row in records(part)
    ]  # fmt: skip


def _number(value: float, digits: str) -> str:
    if digits.startswith("$"):
        return formats.price(value)
    return f"{value:{digits}}{formats.SPACE}%"


def _with_interval(row: dict[str, Any], digits: str) -> str:
    text = f"{_number(row['estimate'], digits)} ({row['group_name']}"
    if not np.isnan(row["ci_low"]):
        text += (
            f", 95{formats.SPACE}% interval {_number(row['ci_low'], digits)} to"
            f" {_number(row['ci_high'], digits)}"
        )
    return text + ")"


def _quarter(start: dt.date) -> str:
    return f"{start.year} Q{(start.month + 2) // 3}"


def _kaplan_meier(table: pd.DataFrame) -> pd.DataFrame:
    """Share still here (Kaplan and Meier, 1958), its interval (Greenwood, log-log), and activity.

    Args:
        table: months_since_signup, member_count, at_risk_count, left_count, active_count.
    """
    stays = 1 - table["left_count"] / table["at_risk_count"]
    stayed = stays.cumprod()
    staying = table["at_risk_count"] - table["left_count"]
    spread = (table["left_count"] / (table["at_risk_count"] * staying)).cumsum() ** 0.5
    with np.errstate(divide="ignore", invalid="ignore"):
        logarithm = np.log(stayed)
        factor = np.exp(Z * spread / logarithm)
        low, high = stayed ** (1 / factor), stayed**factor
    active = [
        wilson(active, total)
        for active, total in zip(table["active_count"], table["member_count"], strict=True)
    ]
    return table.assign(
        stayed=100 * stayed,
        # nobody left so far, or nobody stayed: the formula has no width to give
        stayed_low=100 * low.fillna(stayed),
        stayed_high=100 * high.fillna(stayed),
        active=100 * table["active_count"] / table["member_count"],
        active_low=[low for low, _ in active],
        active_high=[high for _, high in active],
    )

"""What the page on commerce shows: orders of gold.fact_sales, visits, and what members pay."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import pandas as pd
import streamlit as st
from psycopg import sql

from analytics_viz.data import Period
from dashboard import data
from dashboard.filters import ALL, DEFAULT_PRESET, read_member, read_period, said_period
from dashboard.metrics import Metric, metric, part_names, select_list
from dashboard.series import SPLIT, Series, earliest

DIMENSIONS = {"category": "Department", "segment": "Segment", "channel": "Channel"}
MONTHS = 12  # of what members pay, at least

_CHOICES = """
select
    coalesce(category_name, 'Unknown') as category,
    coalesce(channel, 'Unknown') as channel,
    coalesce(customer_segment, 'Unknown') as segment,
    min(order_date) as first_day
from gold.fact_sales left join gold.dim_customer using (customer_key)
group by 1, 2, 3
"""
# An order is of one day, so orders add up over days; not over departments, of which it may have
# several: the whole is asked for beside its members.
_DAILY = """
with lines as (
    select sales.*,
        coalesce(sales.category_name, 'Unknown') as category,
        coalesce(sales.channel, 'Unknown') as way,
        {segment} as segment
    from gold.fact_sales as sales {join}
    where sales.order_date between %(earliest)s and %(end)s
)
select order_date as day, {member} as member, grouping({member}) = 1 as is_whole,
    {sums}
from lines
where {condition}
group by grouping sets ((order_date), (order_date, {member}))
order by day, member
"""
_SEGMENT = "coalesce(customers.customer_segment, 'Unknown')"
_CUSTOMERS = "left join gold.dim_customer as customers using (customer_key)"
_COLUMNS = {"category": "category", "segment": "segment", "channel": "way"}
_VISITS = """
select initcap(coalesce(device_type, 'unknown')) as device, {sums}
from gold.shopping_sessions
where session_date between %(start)s and %(end)s
group by 1
order by 2 desc, 1
"""
_MEMBERSHIPS = """
select month_start_date as day, {sums}
from gold.subscription_revenue_monthly
where month_start_date between %(earliest)s and %(end)s
group by month_start_date
order by month_start_date
"""


def metrics() -> dict[str, Metric]:
    """The metrics of the page, in the order of its cards."""
    names = ("sales_revenue", "orders", "sales_profit", "profit_margin")
    return {name: metric(name, of_rows=True) for name in names}


def steps() -> list[Metric]:
    """How far a visit goes, from the first step to the last."""
    names = ("visits", "cart_visits", "checkout_visits", "purchase_visits")
    return [metric(name) for name in names]


def conversion() -> Metric:
    """The share of visits that reach the last step."""
    return metric("conversion_rate")


def recurring() -> Metric:
    """What members pay, at the end of a month."""
    return metric("monthly_recurring_revenue", of_rows=True)


@dataclass(frozen=True)
class Choices:
    """What can be chosen: departments, segments and channels with an order, and days."""

    categories: list[str]
    segments: list[str]
    channels: list[str]
    first_day: dt.date
    as_of: dt.date


@dataclass(frozen=True)
class Basket:
    """A choice of orders."""

    period: Period
    preset: str = DEFAULT_PRESET
    category: str = ALL
    segment: str = ALL
    channel: str = ALL
    by: str = "category"

    def chosen(self, dimension: str) -> str:
        """The member that a dimension is narrowed to, or `ALL`."""
        return str(getattr(self, dimension))

    def parameters(self) -> dict[str, str]:
        """What the link says: only what is not the default."""
        said = said_period(self.preset, self.period)
        for name in DIMENSIONS:
            if self.chosen(name) != ALL:
                said[name] = self.chosen(name)
        if self.by != "category":
            said["by"] = self.by
        return said


def read(parameters: Mapping[str, str], choices: Choices) -> tuple[Basket, list[str]]:
    """The choice of a link, and a sentence for each part that cannot be had (it is left out)."""
    said = {name: value for name, value in parameters.items() if value}
    wrong: list[str] = []
    preset, period = read_period(said, choices, wrong)
    one_of = partial(read_member, said, wrong)
    category = one_of("category", choices.categories)
    segment = one_of("segment", choices.segments)
    channel = one_of("channel", choices.channels)
    by = said.pop("by", "category")
    if by not in DIMENSIONS:
        wrong.append(f"Orders cannot be compared by “{by}”.")
        by = "category"
    wrong += [f"“{name}” means nothing here." for name in said]
    return Basket(period, preset, category, segment, channel, by), wrong


@st.cache_data(show_spinner=False, max_entries=8)
def choices(builds: tuple[int, ...], as_of: dt.date) -> Choices | None:
    """What can be chosen in one build; None if nothing was ever ordered."""
    del builds  # a key of the cache
    found = data.rows(data.literal(_CHOICES), {})
    if found.empty:
        return None
    return Choices(
        sorted(found["category"].unique()),
        sorted(found["segment"].unique()),
        sorted(found["channel"].unique()),
        found["first_day"].min(),
        as_of,
    )


@st.cache_data(show_spinner=False, max_entries=200)
def load(basket: Basket, first_day: dt.date, builds: tuple[int, ...]) -> Series:
    """The orders of a choice in one build, by day and member of the chosen dimension."""
    del builds  # a key of the cache
    period = basket.period
    parameters: dict[str, Any] = {"earliest": earliest(period), "end": period.end}
    conditions: list[sql.Composable] = [sql.SQL("true")]
    for name, column in _COLUMNS.items():
        if basket.chosen(name) != ALL:
            conditions.append(
                sql.SQL("{} = {}").format(sql.Identifier(column), sql.Placeholder(name))
            )
            parameters[name] = basket.chosen(name)
    # persons are looked up only if they matter
    is_asked = basket.segment != ALL or basket.by == "segment"
    query = data.literal(_DAILY).format(
        segment=data.literal(_SEGMENT if is_asked else "''"),
        join=data.literal(_CUSTOMERS if is_asked else ""),
        member=sql.Identifier(_COLUMNS[basket.by]),
        condition=sql.SQL(" and ").join(conditions),
        sums=data.literal(select_list(metrics().values())),
    )
    found = _typed(data.rows(query, parameters), metrics().values())
    names = part_names(metrics().values())
    whole = found["is_whole"].astype(bool)
    return Series(period, first_day, names, "orders", found[whole], found[~whole])


def split(basket: Basket, shown: Series) -> list[str]:
    """The members a trend is split into; none where one is chosen."""
    return shown.members(SPLIT) if basket.chosen(basket.by) == ALL else []


def visits(period: Period) -> pd.DataFrame:
    """Visits of a period: a row per device with the visits that reached each step."""
    query = data.literal(_VISITS).format(sums=data.literal(select_list(steps())))
    return data.rows(query, {"start": period.start, "end": period.end})


def memberships(period: Period) -> pd.DataFrame:
    """What members paid: day (the month) and value, for the months of a period, or `MONTHS`."""
    earliest = min(period.start.replace(day=1), months_before(period.end, MONTHS - 1))
    query = data.literal(_MEMBERSHIPS).format(sums=data.literal(select_list([recurring()])))
    found = data.rows(query, {"earliest": earliest, "end": period.end})
    value = recurring().column(found)
    return pd.DataFrame({"day": found["day"], "value": value, "average": value})


def months_before(day: dt.date, months: int) -> dt.date:
    """The first day of the month so many months before."""
    year, month = divmod(12 * day.year + day.month - 1 - months, 12)
    return dt.date(year, month + 1, 1)


def _typed(found: pd.DataFrame, asked: Any) -> pd.DataFrame:
    types = dict.fromkeys(part_names(asked), "float64")
    return found.astype(types | {"day": "datetime64[s]"})

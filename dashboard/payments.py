"""What the page on payments shows: sums of gold.fact_payments_daily and metrics made of them."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

import pandas as pd
import streamlit as st
from psycopg import sql

from analytics_viz.data import Period
from dashboard import data
from dashboard.filters import ALL, Choices, Filters
from dashboard.metrics import Metric, metric, part_names, select_list

WINDOW = 7  # days of a moving average
COMPARED, SPLIT = 6, 4  # members in a comparison, lines in a trend
TOTAL = "All"

_CHOICES = """
with used as (
    select city_key, customer_segment
    from gold.fact_payments_daily
    group by city_key, customer_segment
)
select cities.city_key, cities.region, cities.state, cities.city_name, cities.country,
    used.customer_segment
from used inner join gold.dim_city as cities using (city_key)
"""
_CHANNELS = "select channel_name, channel_key from gold.dim_channel where channel_key <> -1"

_DAILY = """
with sums as (
    select transaction_date as day, channel_key,
    {sums}
    from gold.fact_payments_daily
    where {condition}
    group by transaction_date, channel_key
)
select channel_name as member, sums.*
from sums inner join gold.dim_channel using (channel_key)
order by day, member
"""
# First who the largest are, then their days: names are looked up for few rows, and few are sent.
_BY_MEMBER = """
with volumes as (
    select {key}, {volume} as volume
    from gold.fact_payments_daily
    where {condition} and transaction_date >= %(start)s
    group by {key}
),
members as (
    select {key}, {member} as member, volume
    from volumes {join}
),
largest as (
    select member
    from members
    group by member
    order by sum(volume) desc, member
    limit {limit}
),
keys as (
    select {key}, member from members inner join largest using (member)
)
select transaction_date as day, member,
    {sums}
from gold.fact_payments_daily inner join keys using ({key})
where {condition}
group by transaction_date, member
order by day, member
"""
_CITY = "inner join gold.dim_city using (city_key)"
_LABEL = "city_name || ', ' || case when state = 'Unknown' then country else state end"
_MEMBERS = {
    "region": ("city_key", "region", _CITY),
    "state": ("city_key", "state", _CITY),
    "city": ("city_key", _LABEL, _CITY),
    "segment": ("customer_segment", "customer_segment", ""),
}


def metrics() -> dict[str, Metric]:
    """The metrics of the page, in the order of its cards."""
    names = ("revenue", "payment_failure_rate", "average_processing_time")
    return {name: metric(name) for name in names}


def _asked() -> list[Metric]:
    return [*metrics().values(), metric("payments")]


@dataclass(frozen=True)
class Payments:
    """Sums by day and member; days from before the period on, for changes and averages.

    Attributes:
        filters: what was asked for.
        has_previous: whether the data reach back over the whole period before.
        by_channel: day, member (channel) and the sums of each metric.
        by_member: the same by the members of the chosen dimension, the largest `COMPARED` of them.
        first_day: of the data.
    """

    filters: Filters
    has_previous: bool
    by_channel: pd.DataFrame
    by_member: pd.DataFrame
    first_day: dt.date

    @property
    def is_empty(self) -> bool:
        """True if there is no payment in the period."""
        return self.within(self.by_channel).empty

    def within(self, frame: pd.DataFrame, period: Period | None = None) -> pd.DataFrame:
        """The rows of a period (that of the filters)."""
        period = period or self.filters.period
        return frame[(frame["day"] >= period.start) & (frame["day"] <= period.end)]

    def totals(self, period: Period | None = None) -> dict[str, Any]:
        """Sums over all of a period."""
        found = self.within(self.by_channel, period)
        return {name: found[name].sum() for name in part_names(_asked())}

    def reading(self, of: Metric) -> tuple[float | None, float | None]:
        """A metric in the period and in the one of the same length before."""
        before = self.filters.period.previous
        previous = of.of(self.totals(before)) if self.has_previous else None
        return of.of(self.totals()), previous

    def members(self, frame: pd.DataFrame, limit: int) -> list[str]:
        """The members with the most payments in the period, largest first."""
        sums = self.within(frame).groupby("member")["payments"].sum()
        ordered = sorted(sums.items(), key=lambda item: (-item[1], str(item[0])))
        return [str(name) for name, _ in ordered[:limit]]

    def compared(self, frame: pd.DataFrame, of: Metric) -> pd.DataFrame:
        """A metric by member over the period: member, value, payments; at most `COMPARED` rows."""
        names = part_names([of, metric("payments")])
        sums = self.within(frame).groupby("member")[names].sum()
        sums = sums.loc[self.members(frame, COMPARED)]
        found = pd.DataFrame({"value": of.column(sums), "payments": sums["payments"]})
        return found.reset_index(names="member")

    def trend(self, of: Metric) -> dict[str, pd.DataFrame]:
        """A metric by day: of all payments (`TOTAL`), then of the members it is split into.

        Each is a frame of day, value, average over `WINDOW` days (ratios: of the sums). NaN is the
        ratio of a day without payments, and the average where the data do not reach back so far.
        """
        period = self.filters.period
        names = part_names([of])
        first = max(period.start - dt.timedelta(days=WINDOW - 1), self.first_day)
        days = pd.date_range(first, period.end)
        sums = {TOTAL: self.by_channel.groupby("day")[names].sum()}
        for member in self.split():
            frame = self._split_frame()
            sums[member] = frame[frame["member"] == member].set_index("day")[names]
        found = {}
        for member, frame in sums.items():
            daily = frame.set_axis(pd.DatetimeIndex(frame.index)).reindex(days, fill_value=0.0)
            # rounded: what a window gains and loses again leaves no dust behind
            rolling = daily.rolling(WINDOW, min_periods=WINDOW).mean().round(9)
            whole = pd.DataFrame({"value": of.column(daily), "average": of.column(rolling)})
            found[member] = whole.tail(period.days).reset_index(names="day")
        return found

    def _split_frame(self) -> pd.DataFrame:
        return self.by_channel if self.filters.by == "channel" else self.by_member

    def split(self) -> list[str]:
        """The members a trend is split into; none where one is chosen."""
        if not self.filters.is_split(self.filters.by):
            return []
        return self.members(self._split_frame(), SPLIT)

    def table(self) -> pd.DataFrame:
        """What the page shows, by day and channel, for people who go on with it elsewhere."""
        found = self.within(self.by_channel)
        shown = found[["day", "member"]].rename(columns={"member": "channel"})
        for one in _asked():
            shown[one.name] = one.column(found)
        return shown.reset_index(drop=True)


@st.cache_data(show_spinner=False, max_entries=8)
def choices(_state: data.State, builds: tuple[int, ...], as_of: dt.date) -> Choices:
    """What can be chosen in one build."""
    del builds, as_of  # they are the key of the cache
    used = data.rows(data.literal(_CHOICES), {})
    cities = used.drop(columns="customer_segment").drop_duplicates().copy()
    place = cities["state"].where(cities["state"] != "Unknown", cities["country"])
    cities["label"] = cities["city_name"] + ", " + place
    channels = data.rows(data.literal(_CHANNELS), {})
    return Choices(
        cities,
        dict(sorted(zip(channels["channel_name"], channels["channel_key"], strict=True))),
        sorted(used["customer_segment"].unique()),
        _state.first_day,
        _state.as_of,
    )


@st.cache_data(show_spinner=False, max_entries=400)
def load(filters: Filters, _choices: Choices, builds: tuple[int, ...]) -> Payments:
    """The sums of a choice in one build."""
    del builds  # a key of the cache
    period = filters.period
    earliest = min(period.previous.start, period.start - dt.timedelta(days=WINDOW - 1))
    conditions = [sql.SQL("transaction_date between %(earliest)s and %(end)s")]
    parameters: dict[str, Any] = {"earliest": earliest, "start": period.start, "end": period.end}
    if (filters.region, filters.state, filters.city) != (ALL, ALL, ALL):
        places = _choices.places(filters.region, filters.state)
        if filters.city != ALL:
            places = places[places["label"] == filters.city]
        conditions.append(sql.SQL("city_key = any(%(cities)s)"))
        parameters["cities"] = [int(key) for key in places["city_key"]]
    if filters.channel != ALL:
        conditions.append(sql.SQL("channel_key = %(channel)s"))
        parameters["channel"] = _choices.channels[filters.channel]
    if filters.segment != ALL:
        conditions.append(sql.SQL("customer_segment = %(segment)s"))
        parameters["segment"] = filters.segment
    pieces: dict[str, sql.Composable] = {
        "sums": data.literal(select_list(_asked())),
        "condition": sql.SQL(" and ").join(conditions),
    }
    by_channel = _read(_DAILY, pieces, parameters)
    by_member = by_channel
    if filters.by != "channel":
        key, member, join = _MEMBERS[filters.by]
        pieces |= {
            "key": data.literal(key),
            "member": data.literal(member),
            "join": data.literal(join),
            "volume": data.literal(metric("payments").parts[0].sql),
            "limit": sql.Literal(COMPARED),
        }
        by_member = _read(_BY_MEMBER, pieces, parameters)
    return Payments(
        filters,
        period.previous.start >= _choices.first_day,
        by_channel,
        by_member,
        _choices.first_day,
    )


def _read(
    query: str, pieces: dict[str, sql.Composable], parameters: dict[str, Any]
) -> pd.DataFrame:
    """Sums by day and member, as numbers that pandas adds up quickly."""
    found = data.rows(data.literal(query).format(**pieces), parameters)
    return found.astype(dict.fromkeys(part_names(_asked()), float))

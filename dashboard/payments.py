"""What the page on payments shows: sums of gold.fact_payments_daily and metrics made of them."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

import pandas as pd
import streamlit as st
from psycopg import sql

from dashboard import data
from dashboard.filters import ALL, Choices, Filters
from dashboard.metrics import Metric, metric, part_names, select_list
from dashboard.series import COMPARED, SPLIT, Series, averaged, earliest

_CITIES = """
select city_key, region, state, city_name, country
from gold.dim_city
where city_key in (select city_key from gold.fact_city_payments_daily)
"""
_SEGMENTS = "select distinct customer_segment from gold.fact_channel_payments_daily order by 1"
_CHANNELS = "select channel_name, channel_key from gold.dim_channel where channel_key <> -1"

# Of the period before only the total is asked: all its days but the last few come as one.
_DAILY = """
with sums as (
    select
        channel_key,
        case
            when transaction_date < %(averaged)s then cast(%(earliest)s as date)
            else transaction_date
        end as day,
    {sums}
    from {relation}
    where transaction_date >= %(earliest)s and {condition}
    group by channel_key, day
)
select true as is_channel, channel_name as member, sums.*
from sums inner join gold.dim_channel using (channel_key)
"""
# First who the largest are, then their days: names are looked up for few rows, and few are sent.
_BY_MEMBER = """
with volumes as (
    select {key}, {volume} as volume
    from {relation}
    where transaction_date >= %(start)s and {condition}
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
select false as is_channel, member, cast(null as bigint), transaction_date as day,
    {sums}
from {relation} inner join keys using ({key})
where transaction_date >= %(averaged)s and {condition}
group by transaction_date, member
"""
_CITY = "inner join gold.dim_city using (city_key)"
_LABEL = "city_name || ', ' || case when state = 'Unknown' then country else state end"
_MEMBERS = {
    "region": ("city_key", "region", _CITY),
    "state": ("city_key", "state", _CITY),
    "city": ("city_key", _LABEL, _CITY),
    "segment": ("customer_segment", "customer_segment", ""),
}


# The smallest relation that knows all that is asked for, by what it knows.
_RELATIONS = {
    frozenset({"channel", "segment"}): "gold.fact_channel_payments_daily",
    frozenset({"city"}): "gold.fact_city_payments_daily",
    frozenset({"channel", "segment", "city"}): "gold.fact_payments_daily",
}


def metrics() -> dict[str, Metric]:
    """The metrics of the page, in the order of its cards."""
    names = ("revenue", "payment_failure_rate", "average_processing_time")
    return {name: metric(name) for name in names}


def asked() -> list[Metric]:
    return [*metrics().values(), metric("payments")]


@dataclass(frozen=True)
class Payments:
    """What a choice of filters shows.

    Attributes:
        filters: what was asked for.
        by_channel: sums by day and channel.
        by_member: the same by the members of the chosen dimension, the largest `COMPARED` of them.
    """

    filters: Filters
    by_channel: Series
    by_member: Series

    @classmethod
    def of(
        cls, filters: Filters, by_channel: pd.DataFrame, by_member: pd.DataFrame, first_day: dt.date
    ) -> Payments:
        """From frames of day, member and sums; `first_day` is that of the data."""

        def series(parts: pd.DataFrame) -> Series:
            names = part_names(asked())
            return Series(filters.period, first_day, names, "payments", by_channel, parts)

        channels = series(by_channel)
        return cls(filters, channels, channels if by_member is by_channel else series(by_member))

    def split(self) -> list[str]:
        """The members a trend is split into; none where one is chosen."""
        is_split = self.filters.is_split(self.filters.by)
        return self.by_member.members(SPLIT) if is_split else []


@st.cache_data(show_spinner=False, max_entries=8)
def choices(_state: data.State, builds: tuple[int, ...], as_of: dt.date) -> Choices:
    """What can be chosen in one build."""
    del builds, as_of  # they are the key of the cache
    cities = data.rows(data.literal(_CITIES), {})
    place = cities["state"].where(cities["state"] != "Unknown", cities["country"])
    cities["label"] = cities["city_name"] + ", " + place
    channels = data.rows(data.literal(_CHANNELS), {})
    return Choices(
        cities,
        dict(sorted(zip(channels["channel_name"], channels["channel_key"], strict=True))),
        list(data.rows(data.literal(_SEGMENTS), {})["customer_segment"]),
        _state.first_day,
        _state.as_of,
    )


@st.cache_data(show_spinner=False, max_entries=400)
def load(filters: Filters, _choices: Choices, builds: tuple[int, ...]) -> Payments:
    """The sums of a choice in one build."""
    del builds  # a key of the cache
    period = filters.period
    asked_of: set[str] = set()
    conditions = [sql.SQL("transaction_date <= %(end)s")]
    parameters: dict[str, Any] = {
        "earliest": earliest(period), "averaged": averaged(period), "start": period.start,
        "end": period.end,
    }  # fmt: skip
    if (filters.region, filters.state, filters.city) != (ALL, ALL, ALL):
        places = _choices.places(filters.region, filters.state)
        if filters.city != ALL:
            places = places[places["label"] == filters.city]
        conditions.append(sql.SQL("city_key = any(%(cities)s)"))
        asked_of.add("city")
        parameters["cities"] = [int(key) for key in places["city_key"]]
    if filters.channel != ALL:
        conditions.append(sql.SQL("channel_key = %(channel)s"))
        asked_of.add("channel")
        parameters["channel"] = _choices.channels[filters.channel]
    if filters.segment != ALL:
        conditions.append(sql.SQL("customer_segment = %(segment)s"))
        asked_of.add("segment")
        parameters["segment"] = filters.segment
    pieces: dict[str, sql.Composable] = {
        "sums": data.literal(select_list(asked())),
        "condition": sql.SQL(" and ").join(conditions),
    }
    queries = [data.literal(_DAILY).format(**pieces | _relation(asked_of, "channel"))]
    if filters.by != "channel":
        key, member, join = _MEMBERS[filters.by]
        pieces |= {
            "key": data.literal(key),
            "member": data.literal(member),
            "join": data.literal(join),
            "volume": data.literal(metric("payments").parts[0].sql),
            "limit": sql.Literal(COMPARED),
        }
        pieces |= _relation(asked_of, "segment" if filters.by == "segment" else "city")
        queries.append(data.literal(_BY_MEMBER).format(**pieces))
    # both at once: on a busy machine each way to the server and back is a wait
    found = data.rows(sql.SQL("({})").format(sql.SQL(") union all (").join(queries)), parameters)
    types = dict.fromkeys(part_names(asked()), "float64")
    found = found.astype(types | {"day": "datetime64[s]", "is_channel": bool})
    by_channel = found[found["is_channel"]]
    by_member = by_channel if filters.by == "channel" else found[~found["is_channel"]]
    return Payments.of(filters, by_channel, by_member, _choices.first_day)


def _relation(asked_of: set[str], by: str) -> dict[str, sql.Composable]:
    needed = asked_of | {by}
    name = next(name for known, name in _RELATIONS.items() if needed <= known)
    return {"relation": data.literal(name)}

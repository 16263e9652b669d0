"""Filters: from the link and back, and what cannot be had."""

from __future__ import annotations

import datetime as dt

import pandas as pd
import pytest

from analytics_viz.data import Period
from dashboard.filters import ALL, Choices, Filters, preset_period, read

FIRST, TODAY = dt.date(2026, 1, 1), dt.date(2026, 11, 20)
CHOICES = Choices(
    cities=pd.DataFrame(
        [
            (1, "Northeast", "NY", "New York, NY"),
            (2, "Northeast", "NY", "Buffalo, NY"),
            (3, "Northeast", "MA", "Boston, MA"),
            (4, "West", "CA", "Fresno, CA"),
        ],
        columns=["city_key", "region", "state", "label"],
    ),
    channels={"Credit Card": 11, "UPI": 12},
    segments=["Affluent", "Student"],
    first_day=FIRST,
    as_of=TODAY,
)


def test_places_cascade() -> None:
    assert CHOICES.regions() == ["Northeast", "West"]
    assert CHOICES.states(ALL) == ["CA", "MA", "NY"]
    assert CHOICES.states("Northeast") == ["MA", "NY"]
    assert CHOICES.labels("Northeast", ALL) == ["Boston, MA", "Buffalo, NY", "New York, NY"]
    assert CHOICES.labels("Northeast", "NY") == ["Buffalo, NY", "New York, NY"]


@pytest.mark.parametrize(
    "said",
    [
        {},
        {"days": "30"},
        {"days": "all", "channel": "UPI", "segment": "Student", "by": "state"},
        {"region": "Northeast", "state": "NY", "city": "New York, NY"},
        {"from": "2026-02-01", "to": "2026-02-28", "by": "city"},
    ],
)
def test_a_link_comes_back_as_it_was(said: dict[str, str]) -> None:
    chosen, wrong = read(said, CHOICES)
    assert not wrong
    assert chosen.parameters() == said


def test_defaults() -> None:
    chosen, _ = read({}, CHOICES)
    assert chosen.period == Period(dt.date(2026, 8, 23), TODAY)
    assert chosen.period.days == 90


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        ({"region": "Atlantis"}, "no region “Atlantis”"),
        ({"region": "West", "state": "NY"}, "no state “NY” in West"),
        ({"state": "CA", "city": "Boston, MA"}, "no city “Boston, MA” in CA"),
        ({"channel": "Cheque"}, "no channel “Cheque”"),
        ({"segment": "'; drop table x"}, "no segment"),
        ({"by": "weather"}, "compared by “weather”"),
        ({"days": "31"}, "“31” is none of"),
        ({"from": "yesterday"}, "written like 2026-11-20"),
        ({"from": "2026-03-01", "to": "2026-02-01"}, "nothing from 2026-03-01 to 2026-02-01"),
        ({"from": "2027-03-01"}, "nothing from 2027-03-01"),
        ({"colour": "red"}, "“colour” means nothing"),
    ],
)
def test_what_a_link_cannot_have_is_said_and_left_out(said: dict[str, str], sentence: str) -> None:
    chosen, wrong = read(said, CHOICES)
    assert len(wrong) == 1
    assert sentence in wrong[0]
    assert set(chosen.parameters()) <= {"region", "state"}


def test_dates_end_where_the_data_end() -> None:
    chosen, wrong = read({"from": "2020-01-01", "to": "2030-01-01"}, CHOICES)
    assert not wrong
    assert chosen.period == Period(FIRST, TODAY)
    assert preset_period("365", CHOICES) == Period(FIRST, TODAY)
    assert preset_period("all", CHOICES) == Period(FIRST, TODAY)


@pytest.mark.parametrize(
    ("chosen", "split"),
    [
        ({}, {"channel", "region", "state", "city", "segment"}),
        ({"region": "West"}, {"channel", "state", "city", "segment"}),
        ({"state": "CA"}, {"channel", "city", "segment"}),
        ({"city": "Fresno, CA"}, {"channel", "segment"}),
        ({"channel": "UPI"}, {"region", "state", "city", "segment"}),
        ({"segment": "Student"}, {"channel", "region", "state", "city"}),
    ],
)
def test_what_can_still_be_split(chosen: dict[str, str], split: set[str]) -> None:
    filters = Filters(Period(FIRST, TODAY), **chosen)
    everything = ("channel", "region", "state", "city", "segment")
    assert {name for name in everything if filters.is_split(name)} == split

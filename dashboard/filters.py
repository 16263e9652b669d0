"""What a visitor chose, in the address of the page: a link restores it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Protocol

import pandas as pd

from analytics_viz.data import Period

ALL = "All"
PRESETS = {"30": "Last 30 days", "90": "Last 90 days", "365": "Last 365 days", "all": "Everything"}
OWN = "own"  # dates of one's own
DEFAULT_PRESET = "90"
DIMENSIONS = {
    "channel": "Channel", "region": "Region", "state": "State", "city": "City",
    "segment": "Segment",
}  # fmt: skip


class Reach(Protocol):
    """How far the data reach."""

    @property
    def first_day(self) -> dt.date: ...
    @property
    def as_of(self) -> dt.date: ...


@dataclass(frozen=True)
class Choices:
    """What can be chosen: the places, channels and segments that payments have.

    Attributes:
        cities: one row per city with city_key, region, state and label.
        channels: key by name.
        segments: names.
        first_day: of the data.
        as_of: the business day that "today" means.
    """

    cities: pd.DataFrame
    channels: dict[str, int]
    segments: list[str]
    first_day: dt.date
    as_of: dt.date

    def places(self, region: str = ALL, state: str = ALL) -> pd.DataFrame:
        """The cities of a region and state."""
        found = self.cities
        if region != ALL:
            found = found[found["region"] == region]
        if state != ALL:
            found = found[found["state"] == state]
        return found

    def regions(self) -> list[str]:
        """All regions."""
        return sorted(self.cities["region"].unique())

    def states(self, region: str) -> list[str]:
        """The states of a region."""
        return sorted(self.places(region)["state"].unique())

    def labels(self, region: str, state: str) -> list[str]:
        """The cities of a state or region, as people read them."""
        return sorted(self.places(region, state)["label"])


@dataclass(frozen=True)
class Filters:
    """A choice that is possible: the city lies in the state, the state in the region."""

    period: Period
    preset: str = DEFAULT_PRESET
    region: str = ALL
    state: str = ALL
    city: str = ALL
    channel: str = ALL
    segment: str = ALL
    by: str = "channel"

    def chosen(self, dimension: str) -> str:
        """The member that a dimension is narrowed to, or `ALL`."""
        return str(getattr(self, dimension))

    def is_split(self, dimension: str) -> bool:
        """True if more than one member of the dimension can appear."""
        within = {"region": ("region", "state", "city"), "state": ("state", "city")}
        return all(self.chosen(name) == ALL for name in within.get(dimension, (dimension,)))

    def parameters(self) -> dict[str, str]:
        """What the link says: only what is not the default."""
        said = said_period(self.preset, self.period)
        for name in ("region", "state", "city", "channel", "segment"):
            if self.chosen(name) != ALL:
                said[name] = self.chosen(name)
        if self.by != "channel":
            said["by"] = self.by
        return said


def preset_period(preset: str, reach: Reach) -> Period:
    """The period of a preset, within the data."""
    if preset == "all":
        return Period(reach.first_day, reach.as_of)
    found = Period.last(int(preset), reach.as_of)
    return replace(found, start=max(found.start, reach.first_day))


def read(parameters: Mapping[str, str], choices: Choices) -> tuple[Filters, list[str]]:
    """The filters of a link, and a sentence for each part that cannot be had (it is left out)."""
    said = {name: value for name, value in parameters.items() if value}
    wrong: list[str] = []
    preset, period = read_period(said, choices, wrong)

    one_of = partial(read_member, said, wrong)
    region = one_of("region", choices.regions())
    state = one_of("state", choices.states(region), "" if region == ALL else f" in {region}")
    where = state if state != ALL else region
    city = one_of("city", choices.labels(region, state), "" if where == ALL else f" in {where}")
    channel = one_of("channel", list(choices.channels))
    segment = one_of("segment", choices.segments)
    by = said.pop("by", "channel")
    if by not in DIMENSIONS:
        wrong.append(f"Payments cannot be compared by “{by}”.")
        by = "channel"
    wrong += [f"“{name}” means nothing here." for name in said]
    return Filters(period, preset, region, state, city, channel, segment, by), wrong


def read_member(
    said: dict[str, str], wrong: list[str], name: str, possible: list[str], where: str = ""
) -> str:
    """A member of a link, or `ALL`; takes it out of `said`, adds to `wrong`."""
    value = said.pop(name, ALL)
    if value in (ALL, *possible):
        return value
    wrong.append(f"There is no {name} “{value}”{where}.")
    return ALL


def said_period(preset: str, period: Period) -> dict[str, str]:
    """What a link says of a period: nothing if it is the default."""
    if preset == OWN:
        return {"from": period.start.isoformat(), "to": period.end.isoformat()}
    return {} if preset == DEFAULT_PRESET else {"days": preset}


def read_period(said: dict[str, str], reach: Reach, wrong: list[str]) -> tuple[str, Period]:
    """Preset and period of a link; takes its parameters out of `said`, adds to `wrong`."""
    first, last, days = (said.pop(name, None) for name in ("from", "to", "days"))
    if first or last:
        try:
            start = dt.date.fromisoformat(first) if first else reach.first_day
            end = dt.date.fromisoformat(last) if last else reach.as_of
        except ValueError:
            wrong.append("A date is written like 2026-11-20.")
        else:
            period = Period(max(start, reach.first_day), min(end, reach.as_of))
            if period.start <= period.end:
                return OWN, period
            wrong.append(f"There is nothing from {start} to {end}.")
    elif days and days not in PRESETS:
        wrong.append(f"The period “{days}” is none of {', '.join(PRESETS)}.")
    preset = days if days in PRESETS else DEFAULT_PRESET
    return preset, preset_period(preset, reach)

"""The weather in the largest cities: rain in spells and over whole regions, and warmth."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache
from statistics import NormalDist

import numpy as np

from generator import reference as ref
from generator import text
from generator.columns import Array
from generator.marketplace import RAINY_MM
from generator.randomness import random_for
from generator.sheet import Sheet
from generator.timeline import DAY, Period

STATIONS = 20
CONDITIONS = ("Clear", "Cloudy", "Rain", "Snow")
# chance of a rainy day from January to December
RAIN_CHANCE = {
    "Northeast": (0.33, 0.32, 0.35, 0.36, 0.37, 0.35, 0.33, 0.32, 0.30, 0.30, 0.31, 0.34),
    "Midwest": (0.30, 0.29, 0.34, 0.38, 0.39, 0.36, 0.32, 0.30, 0.29, 0.29, 0.30, 0.31),
    "South": (0.28, 0.28, 0.28, 0.26, 0.30, 0.35, 0.36, 0.35, 0.30, 0.22, 0.24, 0.27),
    "West": (0.28, 0.27, 0.22, 0.16, 0.11, 0.06, 0.05, 0.05, 0.07, 0.13, 0.22, 0.28),
}
SPELL, SHARED = 0.4, 0.5  # correlation with the day before, and between cities of a region


@dataclass(frozen=True)
class Month:
    """The weather of a calendar month; all arrays have the shape (days, stations)."""

    first: int  # day number
    condition: Array
    temperature: Array  # tenths of a degree Celsius
    rain: Array  # tenths of a millimetre
    humidity: Array
    wind: Array

    def rainy(self, days: Array, city: Array) -> Array:
        """Whether it rained on the given days in the given cities; never where no station is."""
        station = station_of_city()[city]
        wet: Array = self.rain[days - self.first, station] >= RAINY_MM * 10
        return wet & (station >= 0)


@cache
def stations() -> Array:
    """Positions in `reference.cities()` of the cities with a station, the largest first."""
    weights = np.array([c.weight for c in ref.cities()[: ref.home_city_count()]])
    largest: Array = np.argsort(-weights, kind="stable")[:STATIONS]
    return largest


@cache
def station_of_city() -> Array:
    """The station of each city, -1 where there is none."""
    found = np.full(len(ref.cities()), -1)
    found[stations()] = np.arange(STATIONS)
    return found


@cache
def _regions() -> list[str]:
    with (ref.SEEDS / "us_cities.csv").open(encoding="utf-8", newline="") as file:
        region = [row["region"] for row in csv.DictReader(file)]
    return [region[city] for city in stations()]


@cache
def month(seed: int, first: int) -> Month:
    """The weather of the month that begins on a day; the same however much of it is asked for."""
    start = np.datetime64(first, "D").astype("datetime64[M]")
    days = int(((start + 1).astype("datetime64[D]") - start.astype("datetime64[D]")).astype(int))
    number = int(start.astype(int)) % 12
    rng = random_for(seed, "weather", first)
    regions = list(RAIN_CHANCE)
    region = np.array([regions.index(name) for name in _regions()])
    common = rng.standard_normal((days, len(regions)))[:, region]
    shock = np.sqrt(SHARED) * common + np.sqrt(1 - SHARED) * rng.standard_normal((days, STATIONS))
    state = np.empty((days, STATIONS))
    state[0] = shock[0]
    for day in range(1, days):
        state[day] = SPELL * state[day - 1] + np.sqrt(1 - SPELL**2) * shock[day]
    chance = np.array([RAIN_CHANCE[name][number] for name in regions])[region]
    limit = np.array([_quantile(c) for c in chance])
    rainy = state > limit
    drops = rng.exponential(60, (days, STATIONS)).astype(np.int64)
    drizzle = np.where(rng.random((days, STATIONS)) < 0.2, drops % 9 + 1, 0)
    rain = np.where(rainy, int(RAINY_MM * 10) + drops, drizzle)

    latitude = np.array([ref.cities()[city].latitude for city in stations()])
    inland = np.array([abs(ref.cities()[city].longitude + 95) < 12 for city in stations()])
    mean = 27.5 - 0.75 * (latitude - 25)
    swing = 0.45 * (latitude - 18) + np.where(inland, 3.0, 0.0)
    season = np.cos((number + np.arange(days) / days - 6.7) / 6 * np.pi)[:, None]
    warmth = mean + swing * season - 2.5 * rainy + 3.0 * rng.standard_normal((days, STATIONS))
    temperature = np.rint(warmth * 10).astype(np.int64)
    cloudy = rng.random((days, STATIONS)) < 0.4
    condition = np.where(
        rainy, np.where(temperature < 5, 3, 2), np.where(cloudy | (rain > 0), 1, 0)
    )
    humidity = np.rint(50 + 22 * rainy + 9 * rng.standard_normal((days, STATIONS)))
    wind = np.rint(12 + 6 * rainy + 5 * np.abs(rng.standard_normal((days, STATIONS))))
    return Month(
        first, condition, temperature, rain,
        humidity.clip(15, 100).astype(np.int64), wind.astype(np.int64),
    )  # fmt: skip


@cache
def _quantile(chance: float) -> float:
    """The standard normal value that is exceeded with a chance, to three decimals."""
    return round(NormalDist().inv_cdf(1 - chance), 3)


def observations(seed: int, period: Period) -> Sheet:
    """The observations of the days of a period."""
    weather = month(seed, period.month_start)
    days = np.repeat(np.arange(period.first, period.last + 1), STATIONS)
    at = days - weather.first, np.tile(np.arange(STATIONS), period.days)
    cities = ref.cities()
    observed = text.stamps(days * DAY + DAY - 600)
    return Sheet.of(
        {
            "weather_date": text.dates(days),
            "city": text.pick([c.name for c in cities], stations()[at[1]]),
            "state": text.pick([c.state for c in cities], stations()[at[1]]),
            "weather_condition": text.pick(CONDITIONS, weather.condition[at]),
            "temperature_c": text.decimals(weather.temperature[at], 1),
            "precipitation_mm": text.decimals(weather.rain[at], 1),
            "humidity_percent": text.whole(weather.humidity[at]),
            "wind_speed_kmh": text.whole(weather.wind[at]),
            "created_at": observed,
            "updated_at": observed,
        }
    )

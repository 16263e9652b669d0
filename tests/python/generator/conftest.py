"""One small world, written once: eight months of history and three days after it."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from generator import reference
from generator.bank import write_day, write_history
from generator.options import HistoryOptions

PROJECT = Path(__file__).resolve().parents[3]
OPTIONS = HistoryOptions(
    customers=400,
    transactions=16_000,
    start=dt.date(2024, 1, 10),
    end=dt.date(2024, 8, 17),
    seed=7,
    dirt=0.04,
)
DAYS = (dt.date(2024, 8, 18), dt.date(2024, 8, 19), dt.date(2024, 8, 20))


@pytest.fixture(scope="session")
def project() -> Path:
    """The root of the project."""
    return PROJECT


@pytest.fixture(scope="session")
def history(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A raw folder with the history only."""
    out = tmp_path_factory.mktemp("history") / "raw"
    write_history(OPTIONS, out)
    return out


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A raw folder with the history and three busy days after it."""
    out = tmp_path_factory.mktemp("world") / "raw"
    write_history(OPTIONS, out)
    for day in DAYS:
        write_day(day, out, transactions=600)
    return out


@pytest.fixture(scope="session")
def troubled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same world in hard times: many loans fall behind, few recover."""
    out = tmp_path_factory.mktemp("troubled") / "raw"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reference, "LATE_INTERCEPT", -1.5)
        patch.setattr(reference, "LATE_SERIOUS_SHARE", 0.7)
        write_history(OPTIONS, out)
        for day in DAYS:
            write_day(day, out, transactions=600)
    return out

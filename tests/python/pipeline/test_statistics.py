"""The statistical functions of gold against SciPy, asked by a reader."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from itertools import product
from typing import Any

import psycopg
import pytest
from scipy import special, stats

from tests.kit import Warehouse

PRECISION = 1e-8  # relative, for probabilities from 1e-12 on
DEGREES = (1, 2, 2.5, 3, 7, 10, 29.3, 100, 998.7, 20_000)
PROBABILITIES = (1e-10, 1e-6, 0.001, 0.025, 0.2, 0.4999, 0.5, 0.6, 0.9, 0.975, 0.999, 1 - 1e-6)
Grid = list[tuple[float, ...]]

GRIDS: dict[str, tuple[Callable[..., Any], Grid]] = {
    "log_gamma": (special.gammaln, [(x,) for x in (1e-6, 0.3, 0.5, 1, 1.5, 2, 5, 9.99, 171, 1e5)]),
    "regularized_beta": (
        lambda x, a, b: special.betainc(a, b, x),
        list(product((0, 1e-9, 0.01, 0.3, 0.5, 0.77, 0.999, 1), (0.5, 1, 3, 80), (0.5, 2, 400))),
    ),
    "regularized_gamma": (
        special.gammaincc,
        list(product((0.5, 1, 4, 33.3, 1000), (0, 1e-6, 0.3, 1.49, 1.51, 5, 34, 900, 1100))),
    ),
    "normal_cdf": (stats.norm.cdf, [(z / 4,) for z in range(-28, 37)]),
    "normal_quantile": (stats.norm.ppf, [(p,) for p in PROBABILITIES]),
    "student_t_p_value": (
        lambda t, df: 2 * stats.t.sf(abs(t), df),
        list(product((-3, 0, 1e-4, 0.1, 1, 1.96, 2.5, 4, 7, 60), DEGREES)),
    ),
    "student_t_quantile": (stats.t.ppf, list(product(PROBABILITIES, DEGREES))),
    "chi_squared_p_value": (
        stats.chi2.sf,
        list(product((0, 0.01, 1, 2.9, 3.1, 8, 25, 60, 1000), (1, 2, 3, 4, 11, 50, 990))),
    ),
    "f_p_value": (
        stats.f.sf,
        list(product((0, 0.01, 0.7, 1, 1.3, 2.4, 6, 14, 40), (1, 2, 4, 12), (3, 8.4, 60, 15_000))),
    ),
}  # fmt: skip


@pytest.fixture(scope="module")
def reader(demo_warehouse: Warehouse) -> Iterator[psycopg.Connection[Any]]:
    with demo_warehouse.connect(as_reader=True) as connection:
        yield connection


def asked(
    reader: psycopg.Connection[Any], name: str, arguments: tuple[float | None, ...]
) -> float | None:
    marks = ", ".join(["cast(%s as double precision)"] * len(arguments))
    (value,) = reader.execute(f"select gold.{name}({marks})", arguments).fetchone()  # type: ignore[call-overload, misc]
    return value  # type: ignore[no-any-return]


@pytest.mark.parametrize("name", GRIDS)
def test_agrees_with_scipy(reader: psycopg.Connection[Any], name: str) -> None:
    reference, grid = GRIDS[name]
    wrong = []
    for arguments in grid:
        expected = float(reference(*arguments))
        found = asked(reader, name, arguments)
        # nothing is relative to 0
        if found is None or not math.isclose(
            found, expected, rel_tol=PRECISION, abs_tol=1e-12 * (expected == 0)
        ):
            wrong.append((arguments, expected, found))
    assert not wrong, wrong[:10]


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("regularized_beta", (1.1, 1, 1)),
        ("regularized_beta", (-0.1, 1, 1)),
        ("regularized_beta", (0.5, 0, 1)),
        ("regularized_gamma", (1, -1)),
        ("regularized_gamma", (0, 1)),
        ("normal_quantile", (0,)),
        ("normal_quantile", (1,)),
        ("student_t_quantile", (1, 5)),
        ("student_t_quantile", (0.975, 0)),
        ("student_t_p_value", (2, 0)),
        ("chi_squared_p_value", (-1, 3)),
        ("chi_squared_p_value", (1, 0)),
        ("f_p_value", (1, 0, 5)),
        ("f_p_value", (-1, 2, 5)),
        *[(name, (None,) * len(grid[0])) for name, (_, grid) in GRIDS.items()],
    ],
)
def test_outside_its_range_there_is_no_value(
    reader: psycopg.Connection[Any], name: str, arguments: tuple[float | None, ...]
) -> None:
    assert asked(reader, name, arguments) is None

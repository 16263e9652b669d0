"""Rows of inferential_analytics and causal_analytics made anew with SciPy, from the facts."""

from __future__ import annotations

import datetime as dt
import math
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy as np
import psycopg
import pytest
from numpy.typing import NDArray
from scipy import optimize, stats

from tests.kit import Warehouse

Floats = NDArray[np.float64]
Rows = list[tuple[Any, ...]]
DRAWS = 2000  # of the bootstrap: its standard errors are good to about 2 %


@pytest.fixture(scope="module")
def ask(demo_warehouse: Warehouse) -> Iterator[Callable[[str], Rows]]:
    """The rows of a query, as those who read gold alone get them."""
    with demo_warehouse.connect() as connection:

        def query(statement: str) -> Rows:
            cursor: psycopg.Cursor[tuple[Any, ...]] = connection.execute(statement)  # type: ignore[call-overload]
            return cursor.fetchall()

        yield query


@pytest.fixture(scope="module")
def tests(ask: Callable[[str], Rows]) -> dict[str, dict[str, Any]]:
    """Question and comparison: the numbers of a test."""
    names = (
        "test_key", "statistic", "df", "df_denominator", "p_value", "p_value_adjusted",
        "effect_size", "estimate", "ci_low", "ci_high", "n_group", "n_reference",
        "customers_group", "customers_reference",
    )  # fmt: skip
    rows = ask(f"select {', '.join(names)} from gold.inferential_analytics")
    return {
        row[0]: {
            n: None if v is None else float(v) for n, v in zip(names[1:], row[1:], strict=True)
        }
        for row in rows
    }


@pytest.fixture(scope="module")
def causal(ask: Callable[[str], Rows]) -> dict[str, dict[str, tuple[float, float, float]]]:
    """Effect and subject, naive or adjusted: estimate and interval."""
    found: dict[str, dict[str, tuple[float, float, float]]] = defaultdict(dict)
    for side in ("naive", "adjusted"):
        for key, *numbers in ask(
            f"select effect_key, {side}_estimate, {side}_ci_low, {side}_ci_high"
            " from gold.causal_analytics"
        ):
            if numbers[0] is not None:
                estimate, low, high = map(float, numbers)
                found[key][side] = (estimate, low, high)
    return found


def hedges_g(one: Floats, other: Floats) -> float:
    """Difference in standard deviations within groups, corrected for few observations."""
    n = len(one) + len(other)
    squares = one.var(ddof=1) * (len(one) - 1) + other.var(ddof=1) * (len(other) - 1)
    return float((one.mean() - other.mean()) / math.sqrt(squares / (n - 2)) * (1 - 3 / (4 * n - 9)))


# ---------------------------------------------------------------- inferential


def test_one_observation_per_customer_is_welchs_t_test(
    ask: Callable[[str], Rows], tests: dict[str, dict[str, Any]]
) -> None:
    """A ratio of means is Welch's test of y / mean: same mean of logarithm, same relative error."""
    bought: dict[tuple[int, bool], list[int]] = defaultdict(list)
    for campaign, group, number in ask(
        "with contacts as (select campaign_id, customer_id, max(campaign_group) as campaign_group,"
        "   min(interaction_at) as at from gold.fact_customer_interactions"
        "   where campaign_id is not null group by 1, 2)"
        " select campaign_id, campaign_group, (select count(*) from gold.fact_transactions as t"
        "   where t.customer_id = c.customer_id and not t.is_recurring and not t.is_fraud"
        "   and (t.transaction_type = 'purchase'"
        "     or t.transaction_type = 'withdrawal' and t.channel = 'ATM')"
        "   and t.transaction_timestamp >= c.at"
        "   and t.transaction_timestamp < c.at + interval '30 days')"
        " from contacts as c"
    ):
        bought[campaign, group == "treated"].append(number)
    compared = 0
    for campaign in {campaign for campaign, _ in bought}:
        key = f"purchases_after_campaign_{campaign}|treated against control"
        found = tests.get(key)
        if found is None or found["p_value"] is None:
            continue  # its thirty days are not over, or too few were contacted
        treated, control = (np.array(bought[campaign, side], float) for side in (True, False))
        assert (found["n_group"], found["n_reference"]) == (len(treated), len(control))
        log_treated, log_control = (
            y / y.mean() - 1 + math.log(y.mean()) for y in (treated, control)
        )
        expected = stats.ttest_ind(log_treated, log_control, equal_var=False)
        interval = expected.confidence_interval(0.95)
        assert found["statistic"] == pytest.approx(expected.statistic, abs=2e-6)
        assert found["df"] == pytest.approx(expected.df, abs=0.006)
        assert found["p_value"] == pytest.approx(expected.pvalue, rel=1e-5)
        assert found["estimate"] == pytest.approx(treated.mean() / control.mean(), abs=2e-6)
        assert (found["ci_low"], found["ci_high"]) == pytest.approx(
            (math.exp(interval.low), math.exp(interval.high)), rel=1e-5, abs=2e-6
        )
        assert found["effect_size"] == pytest.approx(hedges_g(treated, control), abs=2e-6)
        compared += 1
    assert compared >= 5


def clustered(y: Floats, in_group: NDArray[np.bool_], customers: NDArray[Any]) -> float:
    """Standard error of a difference of two means: CR2 of Bell and McCaffrey, by matrices."""
    x = np.column_stack([in_group, ~in_group]).astype(float)
    bread = np.linalg.inv(x.T @ x)
    residual = y - x @ (bread @ x.T @ y)
    meat = np.zeros((2, 2))
    for customer in np.unique(customers):
        mine = customers == customer
        values, vectors = np.linalg.eigh(np.eye(mine.sum()) - x[mine] @ bread @ x[mine].T)
        score = x[mine].T @ (vectors @ ((vectors.T @ residual[mine]) / np.sqrt(values)))
        meat += np.outer(score, score)
    contrast = np.array([1, -1])
    return float(math.sqrt(contrast @ bread @ meat @ bread @ contrast))


@pytest.mark.parametrize(
    ("key", "value", "group"),
    [
        ("satisfaction_by_resolution|Not resolved against Resolved",
         "satisfaction_rating", "not is_resolved"),
        ("sentiment_of_rated_contacts|Not rated against Rated",
         "sentiment_score", "satisfaction_rating is null"),
    ],
)  # fmt: skip
def test_errors_are_clustered_by_customer(
    ask: Callable[[str], Rows], tests: dict[str, dict[str, Any]], key: str, value: str, group: str
) -> None:
    rows = ask(
        f"select {value}, {group}, customer_id from gold.fact_customer_interactions"
        f" where campaign_id is null and {value} is not null"
    )
    y = np.array([float(row[0]) for row in rows])
    in_group, customers = np.array([row[1] for row in rows]), np.array([row[2] for row in rows])
    difference, error = y[in_group].mean() - y[~in_group].mean(), clustered(y, in_group, customers)
    found = tests[key]
    assert found["estimate"] == pytest.approx(difference, abs=2e-6)
    assert found["statistic"] == pytest.approx(difference / error, rel=1e-5)
    assert found["p_value"] == pytest.approx(
        2 * stats.t.sf(abs(difference / error), found["df"]), rel=0.02
    )
    half = stats.t.ppf(0.975, found["df"]) * error
    assert found["ci_high"] - found["ci_low"] == pytest.approx(2 * half, abs=1e-5)
    # never more than customers, and the clusters cost something
    assert found["df"] < found["customers_group"] + found["customers_reference"] - 2
    assert found["effect_size"] == pytest.approx(hedges_g(y[in_group], y[~in_group]), abs=2e-6)


def test_chi_squared_of_declines(
    ask: Callable[[str], Rows], tests: dict[str, dict[str, Any]]
) -> None:
    """Declines are drawn purchase by purchase: the correction for customers changes little."""
    table = np.array([
        [float(stopped), float(number - stopped)]
        for number, stopped in ask(
            "select count(*), count(*) filter (where is_declined"
            "   and decline_reason not in ('insufficient_funds', 'limit_exceeded'))"
            " from gold.fact_transactions where not is_recurring and not is_fraud and"
            " (transaction_type = 'purchase' or transaction_type = 'withdrawal'"
            " and channel = 'ATM') group by channel order by channel"
        )
    ])  # fmt: skip
    found = tests["decline_share_by_channel|All 4 groups"]
    chi_squared = stats.chi2_contingency(table, correction=False)
    assert found["n_group"] == table.sum()
    assert found["effect_size"] == pytest.approx(
        stats.contingency.association(table.astype(int), method="cramer"), abs=2e-6
    )
    # chi-squared over its degrees of freedom, as F
    assert found["statistic"] == pytest.approx(chi_squared.statistic / 3, rel=0.35)
    assert 2 < found["df"] <= 3
    assert found["p_value"] == pytest.approx(
        stats.f.sf(found["statistic"], found["df"], found["df_denominator"]), rel=0.02
    )
    shares = table[:, 0] / table.sum(axis=1)  # ATM, Mobile, Online, POS
    for place, channel in enumerate(("ATM", "Mobile", "Online")):
        one = tests[f"decline_share_by_channel|{channel} against POS"]
        assert one["estimate"] == pytest.approx(shares[place] / shares[3], abs=2e-6)
        h = 2 * math.asin(math.sqrt(shares[place])) - 2 * math.asin(math.sqrt(shares[3]))
        assert one["effect_size"] == pytest.approx(h, abs=2e-6)
        # without clusters the log ratio has the error of the textbook
        plain = math.sqrt(sum((1 - shares[i]) / table[i, 0] for i in (place, 3)))
        error = math.log(one["estimate"]) / one["statistic"]
        assert error == pytest.approx(plain, rel=0.35)


def holm(p_values: list[float]) -> list[float]:
    """Adjusted p-values, for p-values in ascending order."""
    adjusted, highest = [], 0.0
    for place, p in enumerate(p_values):
        highest = max(highest, min(1.0, (len(p_values) - place) * p))
        adjusted.append(highest)
    return adjusted


def test_holms_correction(ask: Callable[[str], Rows], tests: dict[str, dict[str, Any]]) -> None:
    pairs = sorted(
        (t["p_value"], t["p_value_adjusted"]) for t in tests.values() if t["p_value"] is not None
    )
    assert [found for _, found in pairs] == pytest.approx(holm([p for p, _ in pairs]))
    families: dict[tuple[str, bool], list[tuple[float, float]]] = defaultdict(list)
    for topic, subject, p, adjusted in ask(
        "select topic, subject, adjusted_p_value, adjusted_p_value_holm from gold.causal_analytics"
        " where adjusted_p_value is not null and effect not in ('incremental revenue')"
    ):
        families[topic, subject == "All campaigns"].append((p, adjusted))
    assert len(families) == 5
    for family in families.values():
        family.sort()
        assert [found for _, found in family] == pytest.approx(holm([p for p, _ in family]))


def test_cohorts_from_the_versions_of_customers(ask: Callable[[str], Rows]) -> None:
    """Still here at the end of the k-th month after the one of sign-up; Wilson's interval."""
    (first, as_of) = ask(
        "select (select min(month_start_date) from gold.fact_customer_monthly), as_of_date"
        " from gold.data_as_of"
    )[0]
    lives = ask(
        "select min(signup_date), min(valid_from) filter (where not is_active)"
        " from gold.dim_customer group by customer_id"
    )
    cells: Counter[tuple[dt.date, int]] = Counter()
    sizes: Counter[dt.date] = Counter()
    for joined, left in lives:
        if joined < first:
            continue
        cohort = dt.date(joined.year, (joined.month - 1) // 3 * 3 + 1, 1)
        sizes[cohort] += 1
        for age in range(60):
            month = joined.year * 12 + joined.month + age  # the month after
            over = dt.date(month // 12, month % 12 + 1, 1)
            cells[cohort, age] += left is None or left.date() >= over
    compared = 0
    for cohort, age, size, is_observed, kept, low, high in ask(
        "select cohort_start_date, months_since_signup, cohort_size, is_observed, retained_count,"
        " retained_ci_low, retained_ci_high from gold.cohort_retention"
    ):
        assert size == sizes[cohort]
        last = cohort.year * 12 + cohort.month + 2 + age  # the month after that of the youngest
        assert is_observed == (
            dt.date(last // 12, last % 12 + 1, 1) <= as_of + dt.timedelta(days=1)
        )
        if not is_observed:
            assert kept is None and low is None
            continue
        assert kept == cells[cohort, age], (cohort, age)
        wilson = stats.binomtest(kept, size).proportion_ci(method="wilson")
        assert (float(low), float(high)) == pytest.approx(
            (100 * wilson.low, 100 * wilson.high), abs=1e-3
        )
        compared += 1
    assert compared > 100


# ---------------------------------------------------------------- causal


def lost_likelihood(
    x: Floats, left: Floats, months: Floats, stratum: NDArray[np.int64], beta: float
) -> float:
    """Of a Poisson regression, conditional on the leavers of each stratum."""
    risk = np.bincount(stratum, months * np.exp(beta * x))
    return float(np.bincount(stratum, left) @ np.log(risk) - beta * (left @ x))


def test_churn_is_the_poisson_regression_within_strata(
    ask: Callable[[str], Rows], causal: dict[str, dict[str, tuple[float, float, float]]]
) -> None:
    """Maximum of the likelihood by SciPy, from person-months (tenure unrounded: a small shift)."""
    rows = ask(
        "select customer_segment, has_bad_service, is_low_balance, least(tenure_years, 5),"
        " exposure_months, has_left from gold.churn_exposure"
    )
    segment = np.array([r[0] for r in rows])
    bad, low, left = (np.array([r[i] for r in rows], float) for i in (1, 2, 5))
    tenure, months = (np.array([float(r[i]) for r in rows]) for i in (3, 4))
    year = np.floor(np.round(tenure, 1))
    for name in ("Bad service", "Low balance", "Year of tenure", "Student", "Mass Affluent"):
        x = {"Bad service": bad, "Low balance": low, "Year of tenure": tenure}.get(name)
        of_segment = x is None
        covariate = (segment == name).astype(float) if x is None else x
        used = np.isin(segment, ["Mass Market", name]) if of_segment else np.full(len(left), True)
        known = {
            "Bad service": bad, "Low balance": low, "Year of tenure": year, "Segment": segment,
        }  # fmt: skip
        known.pop("Segment" if of_segment else name)
        for side in ("naive", "adjusted"):
            strata = np.array(["|".join(map(str, k)) for k in zip(*known.values(), strict=True)])
            strata = strata[used] if side == "adjusted" else np.full(used.sum(), "")
            _, stratum = np.unique(strata, return_inverse=True)
            loss = partial(lost_likelihood, covariate[used], left[used], months[used], stratum)
            best = optimize.minimize_scalar(loss, bounds=(-4, 4), method="bounded").x
            curve = (loss(best + 0.01) - 2 * loss(best) + loss(best - 0.01)) / 0.01**2
            estimate, low_end, high_end = causal[f"churn|{name}"][side]
            error = 1 / math.sqrt(curve)
            assert math.log(estimate) == pytest.approx(best, abs=0.05 * error), (name, side)
            assert math.log(high_end / low_end) == pytest.approx(2 * 1.96 * error, rel=0.02)


def test_confidence_is_weighted_least_squares_with_months_and_trend(
    ask: Callable[[str], Rows], causal: dict[str, dict[str, tuple[float, float, float]]]
) -> None:
    rows = ask(
        "select date_trunc('month', transaction_date)::date, count(*), count(*) filter (where"
        "   category_name in ('Shopping', 'Entertainment', 'Dining', 'Travel'))"
        " from gold.fact_transactions where transaction_type = 'purchase' and not is_recurring"
        " and not is_fraud and category_name <> 'Uncategorized' group by 1 order by 1"
    )
    index = dict(
        ask("select indicator_date, consumer_confidence_index from silver.stg_economic_indicators")
    )
    rows = [row for row in rows if row[0] in index]
    month = np.array([row[0].month for row in rows])
    n, chosen = (np.array([float(row[i]) for row in rows]) for i in (1, 2))
    share = chosen.sum() / n.sum()
    root = np.sqrt(n * share * (1 - share))
    y = np.log((chosen + 0.5) / (n - chosen + 0.5))
    mood = np.array([float(index[row[0]]) / 10 for row in rows])
    trend = np.arange(len(rows), dtype=float)
    seasons = (month[:, None] == np.unique(month)).astype(float)
    designs = {
        "naive": np.column_stack([mood, np.ones(len(rows))]),
        "adjusted": np.column_stack([mood, trend, seasons]),
    }
    for side, x in designs.items():
        slopes, _, _, _ = np.linalg.lstsq(x * root[:, None], y * root)
        df = len(y) - x.shape[1]
        scale = (((y - x @ slopes) * root) ** 2).sum() / df
        error = math.sqrt(scale * np.linalg.inv((x * root[:, None]).T @ (x * root[:, None]))[0, 0])
        half = stats.t.ppf(0.975, df) * error
        assert causal["confidence|Discretionary purchases"][side] == pytest.approx(
            tuple(math.exp(slopes[0] + sign * half) for sign in (0, -1, 1)), rel=1e-4
        )


def test_uplift_and_its_error_by_mantel_haenszel_and_bootstrap(
    ask: Callable[[str], Rows], causal: dict[str, dict[str, tuple[float, float, float]]]
) -> None:
    """The ratio by the textbook's formula; its error from drawing customers again and again."""
    rows = ask(
        "select campaign_id, customer_id, campaign_group = 'treated', quarter_before_count,"
        " before_count, after_count from gold.campaign_outcomes"
        " where campaign_group in ('treated', 'control')"
    )
    campaign, customer, treated, quarter, before, after = (
        np.array(column) for column in zip(*rows, strict=True)
    )
    band = np.searchsorted([0, 2, 5, 10, 20], quarter)
    _, stratum = np.unique(campaign * 10 + band, return_inverse=True)
    _, who = np.unique(customer, return_inverse=True)
    times = np.random.default_rng(1).multinomial(
        who.max() + 1, np.full(who.max() + 1, 1 / (who.max() + 1)), DRAWS
    )
    times = np.vstack([np.ones(who.max() + 1), times])[:, who]  # the first row is the data

    def uplift(weight: Floats) -> float:
        n1, n0, y1, y0 = (
            np.bincount(stratum, weight * side * value, minlength=stratum.max() + 1)
            for value in (np.ones(len(after)), after)
            for side in (treated, ~treated)
        )
        n = np.maximum(n1 + n0, 1)
        return math.log((y1 * n0 / n).sum() / (y0 * n1 / n).sum())

    def change(weight: Floats) -> float:
        sums = [(weight * s * v).sum() for s in (treated, ~treated) for v in (after, before)]
        return math.log(sums[0] / sums[1] / (sums[2] / sums[3]))

    for key, statistic in (
        ("purchases|all", uplift), ("purchases, before and after|all", change),
    ):  # fmt: skip
        values = np.array([statistic(weight) for weight in times])
        estimate, low, high = causal[key]["adjusted"]
        assert math.log(estimate) == pytest.approx(values[0], abs=2e-6)
        half = math.log(high / low) / 2
        assert half == pytest.approx(1.97 * values[1:].std(ddof=1), rel=0.15), key

"""The figures of report 10: what they say of given rows."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from decimal import Decimal

import pandas as pd
import plotly.graph_objects as go
import pytest

from analytics_viz.charts import commerce
from analytics_viz.formats import MINUS, SPACE

AS_OF = dt.date(2026, 11, 20)


def title(figure: go.Figure) -> str:
    return plain(figure.layout.title.text)


def plain(text: object) -> str:
    return str(text).replace(SPACE, " ").replace(MINUS, "-")


def money(*values: float) -> list[Decimal]:
    return [Decimal(str(value)) for value in values]


def column(*values: float) -> pd.Series:
    return pd.Series(money(*values), dtype=object)


def months(number: int = 14) -> pd.DataFrame:
    """Sales of 1,000, 1,010, … to the running month of November 2026; half of them are profit."""
    starts = pd.date_range(end="2026-11-01", periods=number, freq="MS").date
    return pd.DataFrame({
        "month_start_date": starts,
        "is_complete": [start < dt.date(2026, 11, 1) for start in starts],
        "order_count": [10] * number,
        "revenue_amount": money(*(1000 + 10 * i for i in range(number))),
        "profit_amount": money(*(500 + 5 * i for i in range(number))),
        "mom_percent_change": [None, *money(*[2.5] * (number - 1))],
        "qoq_percent_change": [None, *money(*[-3.0] * (number - 1))],
        "revenue_volatility_percent": [None] * min(11, number)
        + money(*[12.4] * max(number - 11, 0)),
    })  # fmt: skip


def last_days() -> pd.DataFrame:
    return pd.DataFrame({
        "revenue_date": [dt.date(2026, 11, day) for day in (18, 19, 20)],
        "is_weekend": [False] * 3,
        "is_holiday": [False, True, False],
        "order_count": [2, 0, 1],
        "revenue_amount": money(80, 0, 40),
        "revenue_7_day_average": money(50, 50, 55),
        "revenue_30_day_average": [None, None, Decimal(50)],
    })  # fmt: skip


def departments() -> pd.DataFrame:
    return pd.DataFrame({
        "category_name": ["Garden", "Books & Media"],
        "revenue_amount": money(250, 750),
        "profit_amount": money(25, 300),
        "returned_amount": money(0, 75),
        "unit_count": [10, 30],
        "previous_revenue_amount": [None, Decimal(500)],
        "month_count": [12, 12],
        "last_month": [dt.date(2026, 10, 1)] * 2,
    })  # fmt: skip


def visits() -> pd.DataFrame:
    return pd.DataFrame({
        "device_type": ["mobile", "desktop"],
        "visits": [1000, 500],
        "views": [1000, 500],
        "searches": [400, 200],
        "carts": [400, 300],
        "checkouts": [300, 250],
        "purchases": [200, 200],
        "abandoned_amount": money(900, 600),
    })  # fmt: skip


def visits_of_months() -> pd.DataFrame:
    return pd.DataFrame({
        "month_start_date": pd.date_range("2025-10-01", "2026-10-01", freq="MS").date,
        "visits": [100] * 12 + [125],
        "purchases": [20] * 12 + [25],
        "abandoned_amount": money(*[10] * 13),
    })  # fmt: skip


def shoppers() -> pd.DataFrame:
    return pd.DataFrame({
        "value_segment": ["High Value", "Low Value", "Medium Value"],
        "customer_count": [5, 85, 10],
        "revenue_amount": money(6000, 8000, 6000),
        "profit_amount": money(3000, 4000, 3000),
        "order_count": [50, 170, 40],
    })  # fmt: skip


def orders() -> pd.DataFrame:
    return pd.DataFrame({
        "discount_to": [0, 30, 35],
        "order_count": [70, 20, 10],
        "high_discount_count": [0, 0, 10],
        "high_shipping_count": [4, 0, 2],
        "both_count": [0, 0, 2],
        "revenue_amount": money(7000, 1000, 500),
        "profit_amount": money(2800, 100, -50),
    })  # fmt: skip


def products() -> pd.DataFrame:
    rows = [
        ("Garden", "In Stock", 10), ("Garden", "Discontinued", 3), ("Garden", "Out of Stock", 2),
        ("Toys", "In Stock", 7), ("Toys", "Low Stock", 1),
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=["category_name", "inventory_status", "product_count"])


def members() -> pd.DataFrame:
    number = 13
    return pd.DataFrame({
        "month_start_date": pd.date_range("2025-10-01", "2026-10-01", freq="MS").date,
        "new_amount": money(*[20] * number),
        "expansion_amount": money(*[1] * number),
        "contraction_amount": money(*[0.5] * number),
        "churned_amount": money(*[10.5] * number),
        "closing_amount": money(*(100 + 10 * i for i in range(number))),
        "closing_members": [10 + i for i in range(number)],
        "opening_members": [9 + i for i in range(number)],
        "new_members": [2] * number,
        "churned_members": [1] * number,
    })  # fmt: skip


def quarters() -> pd.DataFrame:
    first, second = dt.date(2025, 4, 1), dt.date(2025, 7, 1)
    rows = [(first, 0, 60, 60), (first, 12, 60, 40), (second, 0, 40, 40), (second, 12, 40, 20)]
    return pd.DataFrame(
        rows, columns=["cohort_start_date", "months_since", "member_count", "retained_count"]
    )


def rain() -> pd.DataFrame:
    rows = [
        ("Books & Media", 300, 120, "1.4", "1.2", "1.6", "0.001"),
        ("Clothing", 200, 60, "1.1", "0.9", "1.3", "0.4"),
        ("Garden", 100, 10, "0.5", "0.3", "0.8", "0.02"),
    ]
    frame = pd.DataFrame(
        [
            (name, 1000, 300, n, rainy, *map(Decimal, (estimate, low, high, p)))
            for name, n, rainy, estimate, low, high, p in rows
        ],
        columns=[
            "category_name", "city_days", "rainy_days", "order_count", "rainy_order_count",
            "rate_ratio", "rate_ratio_ci_low", "rate_ratio_ci_high", "adjusted_p_value",
        ],
    )  # fmt: skip
    return frame.assign(
        revenue_correlation=-0.02, revenue_correlation_ci_low=-0.04,
        revenue_correlation_ci_high=0.01, revenue_correlation_adjusted_p_value=0.3,
        as_of_date=dt.date(2026, 11, 15),
    )  # fmt: skip


CHARTS: dict[str, tuple[Callable[[pd.DataFrame, dt.date], go.Figure], pd.DataFrame]] = {
    "revenue": (commerce.revenue, months()),
    "days": (commerce.days, last_days()),
    "categories": (commerce.categories, departments()),
    "seasons": (commerce.seasons, months()),
    "funnel": (commerce.funnel, visits()),
    "sessions": (commerce.sessions, visits_of_months()),
    "segments": (commerce.segments, shoppers()),
    "discounts": (commerce.discounts, orders()),
    "stock": (commerce.stock, products()),
    "memberships": (commerce.memberships, members()),
    "cohorts": (commerce.cohorts, quarters()),
    "weather": (commerce.weather, rain()),
}
# 1,120 in October against 1,000 a year before; Wilson's interval of 25 of 125 is 13.9 to 27.9,
# of 60 of 100 it is 50.2 to 69.1
FINDINGS = {
    "revenue": "The marketplace sold for $1.12 k in October 2026, 12 % more than a year earlier;"
    " 50 % of it is profit",
    "days": "The last 7 days brought $55 a day, 10 % more than the average of 30 days",
    "categories": "Books & Media bring 75 % of sales; margins run from 10 % (Garden) to 40 %"
    " (Books & Media)",
    "seasons": "October 2026 was the best month ($1.12 k), October 2025 the worst ($1.00 k)",
    "funnel": "27 % of visits buy; most of the others (73 %) end before a cart; desktop buys more"
    " often (40 %) than mobile (20 %)",
    "sessions": "125 visits in October 2026, 25 % more than a year earlier; 20.0 % of them bought"
    " (95 % interval 13.9 to 27.9)",
    "segments": "5 customers (5.0 %) are of high value and bring 30 % of all sales",
    "discounts": "14 % of orders break a rule: 10 by their discount, 6 by their shipping, 2 of them"
    " by both; above 30 % discount the margin is -10 % instead of 40 % without any",
    "stock": "2 products of 20 on offer (10 %) are out of stock and 1 low; Garden misses most (2)",
    "memberships": "22 members bring in $220 a month, 120 % more than a year earlier: in 12 months"
    " new ones added $240, cancellations took $126",
    "cohorts": "60 % of the members were still members after 12 months (95 % interval 50 to 69,"
    " 100 members)",
    "weather": "When it rains people order more of Books & Media (1.40 times) and less of Garden"
    " (0.50 times); no difference is shown for 1 other department",
}
ONE_ROW = {
    "revenue": "The marketplace sold for $1.00 k in October 2025; 50 % of it is profit",
    "days": "The last 7 days brought $50 a day",
    "categories": "All sales are Garden, with a margin of 10 %",
    "seasons": "$1.00 k were sold in October 2025",
    "funnel": "20 % of visits buy; most of the others (75 %) end before a cart",
    "sessions": "100 visits in October 2025; 20.0 % of them bought",
    "segments": "5 customers (100 %) are of high value and bring 100 % of all sales",
    "discounts": "5.7 % of orders break a rule: 0 by their discount, 4 by their shipping, 0 of them"
    " by both",
    "stock": "None of 10 products on offer is out of stock, 0 are low",
    "memberships": "10 members bring in $100 a month: in 1 month new ones added $20,",
    "cohorts": "100 % of the members were still members after 0 months",
    "weather": "When it rains people order more of Books & Media (1.40 times)",
}


@pytest.mark.parametrize("name", CHARTS)
def test_title_is_the_finding(name: str) -> None:
    draw, frame = CHARTS[name]
    before = frame.copy()
    figure = draw(frame, AS_OF)
    assert title(figure) == FINDINGS[name]
    assert figure.layout.meta["sample"].startswith("n = ")
    pd.testing.assert_frame_equal(frame, before)


@pytest.mark.parametrize("name", CHARTS)
def test_no_rows_give_a_figure_that_says_so(name: str) -> None:
    draw, frame = CHARTS[name]
    assert title(draw(frame.iloc[:0], AS_OF)).startswith("No data")


@pytest.mark.parametrize("name", CHARTS)
def test_one_row_is_enough(name: str) -> None:
    draw, frame = CHARTS[name]
    assert title(draw(frame.iloc[:1], AS_OF)).startswith(ONE_ROW[name])


def test_a_month_that_is_not_over_is_left_out() -> None:
    figure = commerce.revenue(months(), AS_OF)
    assert len(figure.data[0].y) == 13 and max(figure.data[0].y) == 1120
    assert "November 2026, not over yet, is left out" in figure.layout.meta["subtitle"]
    cells = pd.DataFrame(commerce.seasons(months(), AS_OF).data[0].z)
    assert cells.shape == (2, 12) and cells.notna().sum().sum() == 13


def test_months_that_have_not_been_are_no_numbers_that_break_the_page() -> None:
    """A field of mixed kinds is written as JSON, which knows no NaN."""
    told = commerce.seasons(months(), AS_OF).data[0].customdata
    assert all(
        not pd.isna(count) and isinstance(words, str) for row in told for count, words in row
    )


def test_a_season_is_what_stands_out_of_the_year_around_it_twice() -> None:
    """A December twice as large as any other month, against the mean of the twelve months around
    it, which holds one December: 24/13. Growth alone makes no season, nor does a single year."""
    starts = pd.date_range("2023-01-01", "2026-10-01", freq="MS")
    frame = months(len(starts)).assign(
        month_start_date=starts.date,
        is_complete=True,
        revenue_amount=column(*(2000 if start.month == 12 else 1000 for start in starts)),
    )
    assert title(commerce.seasons(frame, AS_OF)) == (
        "December stands out: on average 85 % above the twelve months around it (3 years)"
    )
    # growth by as much every month, Decembers a fifth above it: 1.2 / (1 + 0.2 / 12)
    steady = frame.assign(
        revenue_amount=column(*(100 * (i + 1) * (1.2 if start.month == 12 else 1)
                                for i, start in enumerate(starts)))
    )  # fmt: skip
    assert title(commerce.seasons(steady, AS_OF)).startswith(
        "December stands out: on average 18 % above"
    )
    assert title(commerce.seasons(frame.iloc[-24:], AS_OF)).startswith("December 2024 was the best")
    grown = frame.assign(revenue_amount=column(*(1000 * 1.05**i for i in range(len(starts)))))
    assert title(commerce.seasons(grown, AS_OF)).startswith("October 2026 was the best month")
    once = frame.assign(
        revenue_amount=column(*(2000 if start.year == 2024 and start.month == 12 else 1000
                               for start in starts))
    )  # fmt: skip
    assert title(commerce.seasons(once, AS_OF)).startswith("December 2024 was the best month")


def test_devices_whose_intervals_overlap_do_not_differ() -> None:
    frame = visits().assign(purchases=[200, 110])
    assert title(commerce.funnel(frame, AS_OF)).endswith("; no difference between devices is shown")


def test_every_visit_buys() -> None:
    frame = visits().assign(carts=[1000, 500], checkouts=[1000, 500], purchases=[1000, 500])
    assert title(commerce.funnel(frame, AS_OF)) == "Every one of 1,500 visits bought"


@pytest.mark.parametrize(
    ("lost", "where"), [("carts", "before a cart"), ("checkouts", "between cart and checkout"),
                        ("purchases", "at the checkout")],
)  # fmt: skip
def test_where_most_visits_end(lost: str, where: str) -> None:
    steps = ["carts", "checkouts", "purchases"]
    left = {step: [100 if steps.index(step) >= steps.index(lost) else 1000] for step in steps}
    frame = visits().iloc[:1].assign(**left)
    assert f"(100 %) end {where}" in title(commerce.funnel(frame, AS_OF))


def test_a_fall_and_no_change() -> None:
    frame = visits_of_months()
    assert ", 25 % less than a year" in title(
        commerce.sessions(frame.assign(visits=[100] * 12 + [75]), AS_OF)
    )
    assert ", as much as a year earlier" in title(
        commerce.sessions(frame.assign(visits=100), AS_OF)
    )


def test_days_without_an_average_yet() -> None:
    frame = last_days().assign(revenue_7_day_average=None, revenue_30_day_average=None)
    figure = commerce.days(frame, AS_OF)
    assert title(figure) == "$120 in 3 days"
    assert "1 day without an order" in figure.layout.meta["subtitle"]
    same = last_days().assign(revenue_7_day_average=column(50, 50, 50))
    assert title(commerce.days(same, AS_OF)).endswith(", as much as the average of 30 days")


def test_an_order_at_the_limit_breaks_no_rule() -> None:
    figure = commerce.discounts(orders(), AS_OF)
    assert list(figure.data[0].x) == ["0", "30", "35"]
    assert figure.data[0].marker.color[1] == figure.data[0].marker.color[0]
    assert figure.data[0].marker.color[2] != figure.data[0].marker.color[0]
    fair = orders().iloc[:2].assign(high_shipping_count=0)
    assert title(commerce.discounts(fair, AS_OF)) == "None of 90 orders breaks a rule"


def test_discontinued_products_are_not_on_offer() -> None:
    one = products().assign(product_count=[10, 3, 1, 7, 1])
    assert title(commerce.stock(one, AS_OF)).startswith("1 product of 19 on offer (5.3 %) is out")


def test_two_departments_that_miss_as_much_are_not_told_apart() -> None:
    frame = products().replace({"inventory_status": {"Low Stock": "Out of Stock"}})
    equal = frame.assign(product_count=[10, 3, 1, 7, 1])
    assert title(commerce.stock(equal, AS_OF)).endswith("are out of stock and 0 low")


def test_rain_is_of_the_day_of_the_analysis_and_claims_no_cause() -> None:
    meta = commerce.weather(rain(), AS_OF).layout.meta
    assert meta["as_of"] == "2026-11-15"
    assert "need not be caused" in meta["how_to_read"]
    assert meta["sample"] == "n = 600 orders on 1,000 days of cities, 300 of them rainy"


def test_rain_without_a_difference_and_without_an_interval() -> None:
    none = rain().assign(adjusted_p_value=column(0.05, 0.05, 0.05))
    assert title(commerce.weather(none, AS_OF)) == (
        "No difference between rainy and dry days is shown in 3 departments"
    )
    unknown = rain().assign(rate_ratio=None, rate_ratio_ci_low=None, rate_ratio_ci_high=None)
    assert title(commerce.weather(unknown, AS_OF)).startswith("No data")
    part = rain()
    part.loc[0, ["rate_ratio", "rate_ratio_ci_low", "rate_ratio_ci_high"]] = None
    figure = commerce.weather(part, AS_OF)
    assert title(figure).startswith("When it rains people order less of Garden")
    assert list(figure.layout.yaxis.ticktext) == ["Clothing (200)", "Garden (100)"]

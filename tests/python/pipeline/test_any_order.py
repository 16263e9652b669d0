"""The same batches in any order, in any number of builds and times: the same warehouse."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.kit import Warehouse

# Four months by the month and two more days, small enough to build a dozen times.
HISTORY = (
    "--customers", "60", "--transactions", "2000", "--seed", "7", "--dirt", "0.05",
    "--start", "2025-01-01", "--end", "2025-04-30",
)  # fmt: skip
DAYS = ("2025-05-01", "2025-05-02")


@pytest.fixture(scope="module")
def in_one_go(tmp_path_factory: pytest.TempPathFactory, parsed: Path) -> Iterator[Warehouse]:
    """All batches loaded in their order, then one build."""
    folder = tmp_path_factory.mktemp("order")
    warehouse = Warehouse(home=folder / "one", raw=folder / "raw", parsed=parsed)
    warehouse.start()
    try:
        warehouse.generate(*HISTORY)
        for day in DAYS:
            warehouse.generate("--date", day)
        warehouse.load()
        warehouse.build_models()
        yield warehouse
    finally:
        warehouse.destroy()


@pytest.fixture(scope="module")
def second_server(in_one_go: Warehouse) -> Iterator[Warehouse]:
    """A server for the same batches; each test that uses it begins with an empty one."""
    warehouse = replace(in_one_go, home=in_one_go.home.parent / "other")
    warehouse.start()
    try:
        yield warehouse
    finally:
        warehouse.destroy()


@pytest.fixture()
def other(second_server: Warehouse) -> Warehouse:
    second_server.empty()
    return second_server


def test_a_second_build_changes_nothing(in_one_go: Warehouse) -> None:
    before = in_one_go.checksums()
    assert len(before) > 20
    in_one_go.build_models()
    assert in_one_go.checksums() == before


@pytest.mark.parametrize("pace", ["every batch", "all at once"])
def test_reverse_order(in_one_go: Warehouse, other: Warehouse, pace: str) -> None:
    """Newest first with builds in between: late facts, versions and parents find their place."""
    newest, *others = reversed(other.batches())
    other.load(newest)
    for batch in others:
        other.load(batch)
        if pace == "every batch":
            other.build_models()
    if pace == "all at once":
        other.build_models()
    assert_same(other, in_one_go)


def test_a_day_and_later_its_analyses(in_one_go: Warehouse, other: Warehouse) -> None:
    """Two batches are published one after the other; the analyses skip the first of them."""
    *history, first, second = other.batches()
    for batch in history:
        other.load(batch)
    other.build_models()
    for batch in (first, second):
        other.load(batch)
        other.build_models("--selector", "daily")
    days = "select (select as_of_date from gold.data_as_of), as_of_date from gold.analyses_as_of"
    published, analysed = other.query(days)[0]
    assert (str(published), str(analysed)) == (DAYS[1], HISTORY[-1])
    other.build_models("--selector", "analyses")
    assert other.query(days)[0] == (published, published)
    assert_same(other, in_one_go)


def assert_same(one: Warehouse, other: Warehouse) -> None:
    """Both hold the same; else says which relations differ."""
    found, expected = one.checksums(), other.checksums()
    assert found == expected, {name for name in expected if found.get(name) != expected[name]}


def test_incremental_equals_full_refresh(in_one_go: Warehouse) -> None:
    before = in_one_go.checksums()
    in_one_go.build_models("--full-refresh")
    assert in_one_go.checksums() == before


def test_another_as_of_date_and_back(in_one_go: Warehouse) -> None:
    """A day back, in the same month: what was booked since is not spent yet; then it is again."""
    insights = ("--select", "as_of_date", "financial_health_private+")
    earlier = ("--vars", f"as_of_date: {DAYS[0]}")
    before = in_one_go.checksums(["gold"])
    another = replace(in_one_go, parsed=None)  # with other variables dbt reads all anew
    another.build_models(*insights, *earlier)
    back = in_one_go.checksums(["gold"])
    another.build_models(*insights, *earlier, "--full-refresh")
    assert in_one_go.checksums(["gold"]) == back
    assert back["gold.person_spending"] != before["gold.person_spending"]
    in_one_go.build_models(*insights)
    assert in_one_go.checksums(["gold"]) == before


def test_a_member_that_changes_its_category(in_one_go: Warehouse) -> None:
    """Places are among those of one category today, though no booking of the months has changed."""
    for dimension, category in (("merchant", "category"), ("product", "product_category")):
        with in_one_go.connect() as connection:
            changed = connection.execute(
                f"""
                update gold.dim_{dimension} as moved
                set
                    {category} = other.{category},
                    _build_id = 1 + (select max(_build_id) from gold.monthly_measures)
                from gold.dim_{dimension} as other
                where
                    moved.is_current
                    and moved.{dimension}_id = (
                        select min(cast(member_code as integer))
                        from gold.monthly_measures
                        where dimension = '{dimension}' and month_start_date = '2025-01-01'
                    )
                    and other.{dimension}_key = (
                        select max({dimension}_key) from gold.dim_{dimension}
                        where is_current and {category} <> moved.{category}
                    )
                """
            ).rowcount
        assert changed == 1
    out_of_place = """
        select distinct measures.dimension
        from gold.monthly_measures as measures
        left join gold.dim_merchant as shops
            on measures.member_code = cast(shops.merchant_id as text) and shops.is_current
        left join gold.dim_product as products
            on measures.member_code = cast(products.product_id as text) and products.is_current
        where
            measures.parent_member <> case measures.dimension
                when 'merchant' then shops.category
                when 'product' then products.product_category
            end
        order by 1
    """
    assert in_one_go.query(out_of_place) == [("merchant",), ("product",)]
    in_one_go.build_models("--select", "monthly_measures")
    assert in_one_go.query(out_of_place) == []
    by_month = in_one_go.checksums(["gold"])["gold.monthly_measures"]
    in_one_go.build_models("--select", "monthly_measures", "--full-refresh")
    assert in_one_go.checksums(["gold"])["gold.monthly_measures"] == by_month


def test_a_series_that_begins_earlier_than_was_known(
    tmp_path_factory: pytest.TempPathFactory, parsed: Path
) -> None:
    """Months that compare themselves with silence change when an older month arrives last.

    The parents come first here, so that late months are not rescued orphans (that would touch every
    month): only their own rows say what must be computed again.
    """
    folder = tmp_path_factory.mktemp("begun")
    late = Warehouse(home=folder / "late", raw=folder / "raw", parsed=parsed)
    late.start()
    try:
        late.generate("--customers", "40", "--transactions", "900", "--seed", "3",
                      "--start", "2024-01-01",
                      "--end", "2025-02-28")  # fmt: skip
        batches = late.batches()
        late.load(batches[0])
        for batch in (batches[-1], *batches[1:-1]):
            late.load(batch)
            if batch in (batches[-1], batches[1]):
                late.build_models()
        late.build_models()
        by_build = late.checksums()
        late.build_models("--full-refresh")
        assert by_build == late.checksums()
    finally:
        late.destroy()

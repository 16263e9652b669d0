"""Rows and figures: right, whole, filtered, in pages, and never more than asked for."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable
from decimal import Decimal
from typing import Any
from urllib.parse import quote

import pytest
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from api.catalog import Catalog
from api.positions import Positions
from api.problems import Problem
from api.queries import Selection, chosen
from tests.kit import Warehouse
from tests.python.api.conftest import Asker

FACT = "fact_transactions"


@pytest.fixture(scope="module")
def me(ask: Callable[..., Asker], users: tuple[int, int]) -> Asker:
    """A user with many rows."""
    return ask(users[0])


def test_list_and_schema(me: Asker, catalog: Catalog, demo_warehouse: Warehouse) -> None:
    """All columns of the relation, in its order, but load metadata; each described."""
    stored: dict[tuple[str, str], list[str]] = defaultdict(list)
    for schema, relation, column in demo_warehouse.query(
        "select table_schema, table_name, column_name::text from information_schema.columns"
        " order by ordinal_position"
    ):
        if not column.startswith("_"):
            stored[schema, relation].append(column)
    listed = me.get("/datasets").json()["datasets"]
    assert [one["id"] for one in listed] == sorted(catalog.datasets)
    for one in listed:
        found = me.get(f"/datasets/{one['id']}/schema").json()
        dataset = catalog.datasets[one["id"]]
        names = [column["name"] for column in found["columns"]]
        assert names == stored[dataset.schema, dataset.relation]
        assert all(column["description"] for column in found["columns"])


def test_every_data_set_answers(me: Asker, catalog: Catalog) -> None:
    """In the types that its schema states, and in pages that add up to what there is."""
    kinds: dict[str, tuple[type, ...]] = {
        "integer": (int,),
        "number": (int, float),
        "string": (str,),
        "boolean": (bool,),
        "date": (str,),
        "date-time": (str,),
    }
    for dataset in catalog.datasets.values():
        page = me.get(f"/datasets/{dataset.id}/query", limit=50).json()
        assert page["count"] == len(page["data"]), dataset.id
        types = {column.name: kinds[column.json_type] for column in dataset.shown}
        for row in page["data"]:
            assert list(row) == list(types)
            for name, value in row.items():
                assert value is None or isinstance(value, types[name]), (dataset.id, name, value)


def test_amounts_are_exact(me: Asker, demo_warehouse: Warehouse, users: tuple[int, int]) -> None:
    rows = me.rows(FACT, limit=100)
    served = sum(Decimal(row["spending_amount"]) for row in rows)
    stored = demo_warehouse.query(
        "select sum(spending_amount), count(*) from gold.fact_transactions where customer_id = %s",
        [users[0]],
    )[0]
    assert (served, len(rows)) == stored


def test_hashes_are_texts(me: Asker) -> None:
    """64 bits do not fit into the numbers of a browser."""
    row = me.get(f"/datasets/{FACT}/query", limit=1).json()["data"][0]
    assert isinstance(row["customer_key"], str)
    assert isinstance(row["date_key"], int)


@pytest.mark.parametrize("sort", ["asc", "desc"])
@pytest.mark.parametrize("limit", [1, 7])
def test_pages_are_the_whole(me: Asker, catalog: Catalog, sort: str, limit: int) -> None:
    """Each row once, in a total order, also where many rows are of one day."""
    for dataset in ("fact_loan_payments", "dim_account", "fact_customer_interactions"):
        whole = me.rows(dataset, limit=10_000, sort=sort)
        assert me.rows(dataset, limit=limit, sort=sort) == whole
        assert (
            whole == me.rows(dataset, limit=10_000, sort="desc" if sort == "asc" else "asc")[::-1]
        )
        keys = [tuple(row[name] for name in catalog.datasets[dataset].key) for row in whole]
        assert len(set(keys)) == len(keys) > 3


def test_limits(me: Asker, client: TestClient) -> None:
    public = "/datasets/dim_date/query"
    assert me.get(public).json()["count"] == 1_000
    assert me.get(public, limit=4_018).json()["next_cursor"] is None
    assert me.get(public, limit=4_017).json()["next_cursor"] is not None
    for limit in (0, -1, 10_001, "many", "1e3", 2**70):
        assert me.get(public, limit=limit).status_code == 422


def test_dates(me: Asker) -> None:
    """Both ends belong to the period, of a day and of a time."""
    rows = me.rows(FACT)
    days = sorted({row["transaction_date"] for row in rows})
    start, end = days[3], days[10]
    inside = [row for row in rows if start <= row["transaction_date"] <= end]
    assert me.rows(FACT, start_date=start, end_date=end) == inside
    contacts = me.rows("fact_customer_interactions")
    day = contacts[0]["interaction_at"][:10]
    same = [row for row in contacts if row["interaction_at"][:10] == day]
    assert me.rows("fact_customer_interactions", start_date=day, end_date=day) == same
    assert me.get(f"/datasets/{FACT}/query", start_date=end, end_date=start).status_code == 409
    assert me.get("/datasets/dim_product/query", start_date=start).status_code == 404
    for day in ("yesterday", "1735689600", "2025-01-01T00:00:00", "2025-02-30", "25-01-01"):
        assert me.get(f"/datasets/{FACT}/query", start_date=day).status_code == 422
    assert me.rows(FACT, start_date="0001-01-01", end_date="9999-12-31") == rows


def test_accounts(me: Asker, ask: Callable[..., Asker], users: tuple[int, int]) -> None:
    """One, some, all of one's own; another's is 404, alone or among one's own."""
    rows = me.rows(FACT)
    accounts = sorted({row["account_id"] for row in rows})
    assert len(accounts) > 1
    first = [row for row in rows if row["account_id"] == accounts[0]]
    assert me.rows(FACT, account_ids=accounts[0]) == first
    assert me.rows(FACT, account_ids=",".join(map(str, accounts))) == rows
    assert me.rows(FACT, account_ids=accounts) == rows
    others = ask(users[1]).rows("dim_account")[0]["account_id"]
    for ids in (others, [accounts[0], others], f"{accounts[0]},{others}", 10**18, "x", 10**30):
        answer = me.get(f"/datasets/{FACT}/query", account_ids=ids)
        assert answer.status_code == 404, ids
        assert "data" not in answer.json()
    assert me.get("/datasets/dim_product/query", account_ids=accounts[0]).status_code == 404
    assert me.get(f"/datasets/{FACT}/query", tag_ids="1").status_code == 404
    assert me.get(f"/datasets/{FACT}/query", account_ids="").status_code == 422


def test_an_account_without_rows_is_still_ones_own(
    demo_warehouse: Warehouse, ask: Callable[..., Asker]
) -> None:
    account, customer = demo_warehouse.query(
        "select account_id, customer_id from gold.dim_account where account_id not in"
        " (select account_id from gold.fact_loan_payments) limit 1"
    )[0]
    answer = ask(customer).get("/datasets/fact_loan_payments/query", account_ids=account)
    assert (answer.status_code, answer.json()["count"]) == (200, 0)


def test_conditions(me: Asker) -> None:
    rows = me.rows(FACT)
    declined = [row for row in rows if row["status"] == "declined"]
    assert me.rows(FACT, where="status:eq:declined") == declined
    large = [row for row in rows if 20 <= Decimal(row["spending_amount"]) <= Decimal("80.5")]
    assert large
    between = ["spending_amount:gte:20", "spending_amount:lte:80.5"]
    assert me.rows(FACT, where=between) == large
    late = [row for row in me.rows("fact_loan_payments") if row["is_late"]]
    assert me.rows("fact_loan_payments", where="is_late:eq:true") == late
    for where in (
        "status:eq:nothing", "status:gte:1", "channel:eq:POS", "spending_amount:eq:1",
        "customer_id:eq:6", "_build_id:gte:1", "nothing:eq:1",
    ):  # fmt: skip
        wanted = 422 if where[0] == "_" else 404
        assert me.get(f"/datasets/{FACT}/query", where=where).status_code == wanted, where
    for where in (
        "spending_amount:gte:much", "spending_amount:gte:1e5", "spending_amount:gte:nan",
        "spending_amount:gte:" + "9" * 40, "spending_amount:gte:\u0665", "status", "status:eq:",
        "Status:eq:approved", "status:ne:approved",
    ):  # fmt: skip
        assert me.get(f"/datasets/{FACT}/query", where=where).status_code == 422, where


def test_unknown_parameters_and_names(me: Asker) -> None:
    """A misspelt filter must not become no filter."""
    assert me.get(f"/datasets/{FACT}/query", start="2025-01-01").status_code == 422
    assert me.get(f"/datasets/{FACT}/query", user_id=6).status_code == 422
    assert me.get("/datasets/fact_nothing/query").status_code == 404
    assert me.get("/datasets/dim_customer_private/query").status_code == 404
    assert me.get("/datasets/fact_nothing/schema").status_code == 404
    assert me.get("/nothing").status_code == 404


ATTACKS = st.sampled_from(
    ["' or '1'='1", "1; drop table gold.dim_date; --", "1) or true --", '" or ""="', "$$", "%s",
     "{}", "\\", "1 union select * from gold.dim_customer_private", "pg_sleep(5)", "\x00", "%00"]
) | st.text(max_size=20)  # fmt: skip


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    attack=ATTACKS,
    name=st.sampled_from(
        ["start_date", "account_ids", "where", "limit", "cursor", "sort", "measures", "period"]
    ),
)
def test_sql_in_parameters_has_no_effect(me: Asker, attack: str, name: str) -> None:
    path = "semantic" if name in ("measures", "period") else "query"
    value = f"status:eq:{attack}" if name == "where" else attack
    answer = me.get(f"/datasets/{FACT}/{path}", **{name: value})
    if answer.status_code == 200:  # what is written after all is a number, say
        assert name in ("limit", "start_date")
    else:
        assert answer.status_code in (404, 422), answer.text
        assert "syntax" not in answer.text
    assert me.get(f"/datasets/{quote(attack, safe='')}x/schema").status_code in (404, 422)


def test_cursors_belong_to_their_question(
    me: Asker, ask: Callable[..., Asker], users: tuple[int, int]
) -> None:
    """Changed, of another query, another user, another way: refused."""
    path = f"/datasets/{FACT}/query"
    cursor = me.get(path, limit=2).json()["next_cursor"]
    assert me.get(path, limit=5, cursor=cursor).status_code == 200
    assert me.get(path, cursor=cursor, sort="desc").status_code == 404
    assert me.get(path, cursor=cursor, start_date="2024-01-01").status_code == 404
    assert me.get("/datasets/dim_account/query", cursor=cursor).status_code == 404
    assert ask(users[1]).get(path, cursor=cursor).status_code == 404
    for changed in (cursor[:-2], "A" + cursor[1:], cursor + "AA", "x", "-" * 50):
        assert me.get(path, cursor=changed).status_code == 404


@given(st.text(), st.lists(st.none() | st.integers() | st.text() | st.booleans()))
def test_positions(question: str, values: list[Any]) -> None:
    positions = Positions("a secret")
    text = positions.write(question, values)
    assert positions.read(question, text) == values
    for other, reader in ((question + "x", positions), (question, Positions("another"))):
        with pytest.raises(Problem):
            reader.read(other, text)


def test_etags(me: Asker, ask: Callable[..., Asker], users: tuple[int, int]) -> None:
    path = f"/datasets/{FACT}/query"
    first = me.get(path, limit=3)
    tag = first.headers["etag"]
    again = me.get(path, {"If-None-Match": tag}, limit=3)
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
    assert me.get(path, {"If-None-Match": f'"x", W/{tag}'}, limit=3).status_code == 304
    assert me.get(path, {"If-None-Match": '"x"'}, limit=3).status_code == 200
    for other in (
        me.get(path, {"If-None-Match": tag}, limit=4),
        ask(users[1]).get(path, {"If-None-Match": tag}, limit=3),
    ):
        assert other.status_code == 200
        assert other.headers["etag"] != tag


def test_etags_end_with_a_build(me: Asker, demo_warehouse: Warehouse) -> None:
    """While a build is at work there is none; after it there is another one."""
    path = f"/datasets/{FACT}/query"
    tag = me.get(path).headers["etag"]
    with demo_warehouse.connect() as owner:
        owner.execute(
            "insert into silver.builds select max(build_id) + 1, 'a test', now(),"
            " max(last_batch_id) from silver.builds"
        )
        during = me.get(path, {"If-None-Match": tag})
        assert during.status_code == 200
        assert "etag" not in during.headers
        assert during.headers["cache-control"] == "private, no-store"
        assert me.get("/status").json()["is_building"] is True
        owner.execute(
            "insert into silver.finished_builds select max(build_id), now() from silver.builds"
        )
        after = me.get(path, {"If-None-Match": tag})
        assert after.status_code == 200
        assert after.headers["etag"] != tag
        assert me.get("/status").json()["is_building"] is False


def test_a_build_is_recorded_to_its_end(demo_warehouse: Warehouse) -> None:
    assert demo_warehouse.value(
        "select count(*) from silver.builds join silver.finished_builds using (build_id)"
        " where finished_at >= started_at"
    )


# ---------------------------------------------------------------------------- measures by name


def figures(me: Asker, dataset: str, **parameters: Any) -> list[dict[str, Any]]:
    """The rows of a semantic query, numbers as they are written."""
    answer = me.get(f"/datasets/{dataset}/semantic", **parameters)
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = json.loads(answer.content, parse_float=Decimal)["data"]
    return found


def test_measures_agree_with_the_rows(me: Asker) -> None:
    rows = [
        {"month": row["transaction_date"][:7] + "-01", "category": row["category_name"]} | row
        for row in me.rows(FACT)
    ]
    groups: dict[Any, list[dict[str, Any]]] = defaultdict(list)
    for row in rows:
        groups[row["month"], row["category"]].append(row)
    names = ["total_spending", "average_amount", "largest_amount", "smallest_amount",
             "transactions", "merchants"]  # fmt: skip
    found = figures(me, FACT, measures=names, dimensions=["date", "category"])
    assert len(found) == len(groups)
    assert len({(row["date"], row["category"]) for row in found}) == len(found)
    for row in found:
        group = groups[row["date"], row["category"]]
        amounts = [Decimal(one["transaction_amount_abs"]) for one in group]
        assert row["total_spending"] == sum(Decimal(one["spending_amount"]) for one in group)
        assert abs(row["average_amount"] - sum(amounts) / len(amounts)) < Decimal("0.000001")
        assert row["largest_amount"] == max(amounts)
        assert row["smallest_amount"] == min(amounts)
        assert row["transactions"] == len(group)
        known = {one["merchant_id"] for one in group} - {None}
        assert row["merchants"] == len(known)


def test_an_average_over_all_is_not_one_of_averages(me: Asker) -> None:
    """Of rows, not of the months' averages."""
    amounts = [Decimal(row["transaction_amount_abs"]) for row in me.rows(FACT)]
    whole = figures(me, FACT, measures=["average_amount"])
    assert len(whole) == 1
    assert abs(whole[0]["average_amount"] - sum(amounts) / len(amounts)) < Decimal("0.000001")
    monthly = figures(me, FACT, measures=["average_amount"], dimensions=["date"])
    mean_of_means = sum(row["average_amount"] for row in monthly) / len(monthly)
    assert abs(mean_of_means - whole[0]["average_amount"]) > Decimal("0.01")


def test_periods_and_filters(me: Asker) -> None:
    for period, length in (("year", 4), ("quarter", 10), ("month", 10), ("week", 10), ("day", 10)):
        found = figures(me, FACT, measures=["transactions"], dimensions=["date"], period=period)
        assert sum(row["transactions"] for row in found) == len(me.rows(FACT))
        assert [row["date"] for row in found] == sorted({row["date"] for row in found})
        assert all(len(row["date"]) >= length for row in found)
    year = {"start_date": "2024-01-01", "end_date": "2024-12-31"}
    some = figures(me, FACT, measures=["transactions"], where="status:eq:approved", **year)
    assert some[0]["transactions"] == len(me.rows(FACT, where="status:eq:approved", **year))


def test_figures_are_ones_own(
    me: Asker, ask: Callable[..., Asker], users: tuple[int, int], demo_warehouse: Warehouse
) -> None:
    mine = figures(me, FACT, measures=["total_spending"])[0]["total_spending"]
    assert mine == demo_warehouse.value(
        "select sum(spending_amount) from gold.fact_transactions where customer_id = %s",
        [users[0]],
    )
    account = ask(users[1]).rows("dim_account")[0]["account_id"]
    answer = me.get(f"/datasets/{FACT}/semantic", measures="transactions", account_ids=account)
    assert answer.status_code == 404


def test_figures_that_are_not_offered(me: Asker) -> None:
    path = f"/datasets/{FACT}/semantic"
    for parameters in (
        {"measures": "nothing"}, {"measures": "spending_amount"},
        {"measures": "transactions", "dimensions": "customer_id"},
    ):  # fmt: skip
        assert me.get(path, **parameters).status_code == 404, parameters
    for parameters in (
        {}, {"measures": "sum(1)"}, {"measures": ["transactions", "transactions"]},
        {"measures": "transactions", "dimensions": ["date", "date"]},
        {"measures": "transactions", "period": "decade"},
    ):  # fmt: skip
        assert me.get(path, **parameters).status_code == 422, parameters
    assert me.get("/datasets/dim_date/semantic", measures="days").status_code == 404


def test_more_groups_than_the_limit(me: Asker) -> None:
    path = f"/datasets/{FACT}/semantic"
    part = me.get(path, measures="transactions", dimensions="date", period="day", limit=2).json()
    assert (part["count"], part["is_complete"]) == (2, False)
    whole = me.get(path, measures="transactions", dimensions="date", period="year").json()
    assert whole["is_complete"] is True


def test_every_measure_and_dimension_answers(
    me: Asker, ask: Callable[..., Asker], connected: tuple[int, int], catalog: Catalog
) -> None:
    other = ask(connected[0])
    for dataset in catalog.datasets.values():
        known = dataset.meta.semantic
        if known is not None:
            names = [one.name for one in known.measures]
            for dimension in [None, *known.dimensions]:
                parameters = {"dimensions": dimension.name} if dimension else {}
                found = [
                    figures(one, dataset.id, measures=names, **parameters) for one in (me, other)
                ]
                assert any(found) or not dataset.meta.public, dataset.id


def test_filter_of_a_user_without_a_user_column(catalog: Catalog) -> None:
    """Figures about all are not filtered by user: there is nothing to filter by."""
    where = chosen(catalog.datasets["dst_category_trends"], 5, Selection())
    assert (where.parts, where.values) == ([], [])


# ------------------------------------------------------------------------------ open banking


QUESTIONS = {
    "spending-by-tag": "daily_spending_by_tag",
    "monthly-trends": "monthly_trends",
    "balance-history": "daily_balance_history",
}


@pytest.mark.parametrize(("path", "relation"), QUESTIONS.items())
def test_open_banking(
    ask: Callable[..., Asker],
    connected: tuple[int, int],
    demo_warehouse: Warehouse,
    path: str,
    relation: str,
) -> None:
    """The rows of the mart, one's own, in pages and periods."""
    me = ask(connected[0])
    found: list[dict[str, Any]] = []
    cursor: dict[str, Any] = {}
    while cursor.get("cursor", True) is not None:
        page = me.get(f"/{path}", limit=300, **cursor).json()
        found += page["data"]
        cursor = {"cursor": page["next_cursor"]}
    count, dated = demo_warehouse.query(
        f"select count(*), count(*) filter (where {DATES[relation]} >= '2025-01-01')"
        f" from gold.{relation} where user_id = %s",
        [connected[0]],
    )[0]
    assert len(found) == count > 0
    assert {row["user_id"] for row in found} == {connected[0]}
    assert len(me.rows(relation, start_date="2025-01-01")) == dated
    recent = me.get(f"/{path}", start_date="2025-01-01", limit=10_000).json()
    assert recent["count"] == min(dated, 10_000)
    assert me.get(f"/{path}", colour="red").status_code == 422


DATES = {
    "daily_spending_by_tag": "spending_date",
    "monthly_trends": "month_start",
    "daily_balance_history": "balance_date",
}


def test_tags_and_accounts_of_others(
    ask: Callable[..., Asker], connected: tuple[int, int], users: tuple[int, int]
) -> None:
    """Refused alone and among one's own; a bank account is no connected account."""
    me, other = ask(connected[0]), ask(connected[1])
    for path, relation, name, column in (
        ("/spending-by-tag", "open_banking_tags", "tag_ids", "tag_id"),
        ("/balance-history", "open_banking_accounts", "account_ids", "account_id"),
    ):
        mine = [row[column] for row in me.rows(relation)]
        theirs = [row[column] for row in other.rows(relation)]
        assert not set(mine) & set(theirs)
        whole = me.get(path, limit=10_000).json()["count"]
        parts = [me.get(path, limit=10_000, **{name: one}) for one in mine]
        assert [one.status_code for one in parts] == [200] * len(mine)
        assert 0 < sum(one.json()["count"] for one in parts) <= whole
        for ids in (theirs[0], [mine[0], theirs[0]]):
            assert me.get(path, **{name: ids}).status_code == 404


def test_amounts_of_two_currencies_stay_apart(
    ask: Callable[..., Asker], connected: tuple[int, int]
) -> None:
    me = ask(connected[0])
    path = "/datasets/monthly_trends/semantic"
    answer = me.get(path, measures=["income", "transactions"])
    assert answer.json()["dimensions"] == ["currency"]
    currencies = {row["currency"] for row in me.rows("monthly_trends")}
    assert {row["currency"] for row in answer.json()["data"]} == currencies
    once = me.get(path, measures="income", dimensions=["currency", "month_start"]).json()
    assert once["dimensions"] == ["currency", "month_start"]
    assert me.get(path, measures="transactions").json()["dimensions"] == []

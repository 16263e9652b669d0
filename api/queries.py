"""SQL for a data set: names from the manifest as identifiers, everything else as bound values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import lru_cache
from http import HTTPStatus
from typing import Any, Literal

from psycopg import sql

from api.catalog import NUMBERS, TIMES, Aggregation, Catalog, Column, Dataset, Dimension, Measure
from api.problems import Problem

Period = Literal["day", "week", "month", "quarter", "year"]
Operator = Literal["eq", "gte", "lte"]
LARGEST = 2**63 - 1

AGGREGATIONS: dict[Aggregation, sql.SQL] = {
    "sum": sql.SQL("sum({})"),
    "avg": sql.SQL("avg({})"),
    "count": sql.SQL("count({})"),
    "count_distinct": sql.SQL("count(distinct {})"),
    "min": sql.SQL("min({})"),
    "max": sql.SQL("max({})"),
}
OPERATORS = {"gte": sql.SQL(">="), "lte": sql.SQL("<=")}


@dataclass(frozen=True)
class Condition:
    """``column:operator:value`` of the query string."""

    column: str
    operator: str
    value: str

    @classmethod
    def parse(cls, text: str) -> Condition:
        """The parts of ``text``, which has two colons at least."""
        column, operator, value = text.split(":", 2)
        return cls(column, operator, value)


@dataclass(frozen=True)
class Selection:
    """Which rows of a data set are asked for."""

    start_date: date | None = None
    end_date: date | None = None
    account_ids: tuple[str, ...] = ()
    tag_ids: tuple[str, ...] = ()
    conditions: tuple[Condition, ...] = ()


@dataclass
class Where:
    """Conditions, and the values bound in them."""

    parts: list[sql.Composable] = field(default_factory=list)
    values: list[Any] = field(default_factory=list)

    def add(self, part: sql.Composable, *values: Any) -> None:
        """One more condition."""
        self.parts.append(part)
        self.values.extend(values)

    def clause(self) -> sql.Composable:
        """All conditions as the end of a query, or nothing."""
        if not self.parts:
            return sql.SQL("")
        return sql.SQL(" where ") + sql.SQL(" and ").join(self.parts)


def name_of(dataset: Dataset) -> sql.Identifier:
    """The relation."""
    return sql.Identifier(dataset.schema, dataset.relation)


def missing(detail: str) -> Problem:
    """404 for what a data set does not have: a filter, a measure, a page."""
    return Problem(HTTPStatus.NOT_FOUND, detail)


def of_user(dataset: Dataset, user: int | None) -> Where:
    """The caller's own rows; all rows if the data set is about nobody, or for ``None``."""
    where = Where()
    if dataset.meta.user_column and user is not None:
        where.add(sql.SQL("{} = %s").format(sql.Identifier(dataset.meta.user_column)), user)
    return where


def chosen(dataset: Dataset, user: int | None, selection: Selection) -> Where:
    """The caller's own rows that the selection asks for.

    Raises:
        Problem: 404 if the data set cannot be filtered so, 409 if the period ends before it begins.
    """
    where = of_user(dataset, user)
    filters = dataset.meta.filters
    start, end = selection.start_date, selection.end_date
    if start or end:
        if not filters.date_column:
            raise missing(f"The data set {dataset.id} has no date to filter by.")
        if start and end and start > end:
            raise Problem(HTTPStatus.CONFLICT, "start_date is after end_date.")
        column = sql.Identifier(filters.date_column)
        if start:
            where.add(sql.SQL("{} >= %s").format(column), start)
        if end:  # the whole last day, of a time too
            where.add(sql.SQL("{} < cast(%s as date) + 1").format(column), end)
    for ids, name, what in (
        (selection.account_ids, filters.account_id_column, "account"),
        (selection.tag_ids, filters.tag_id_column, "tag"),
    ):
        if ids:
            column_of = _id_column(dataset, name, what)
            where.add(
                sql.SQL("{} = any(%s)").format(sql.Identifier(column_of.name)),
                usable_ids(column_of, ids),
            )
    for condition in selection.conditions:
        _add_condition(where, dataset, condition)
    return where


def _id_column(dataset: Dataset, name: str | None, what: str) -> Column:
    if name is None:
        raise missing(f"The data set {dataset.id} has no {what} to filter by.")
    return dataset.columns[name]


def usable_ids(column: Column, ids: Sequence[str]) -> list[Any]:
    """The ids as the column has them.

    Raises:
        Problem: 404 if one can be nobody's.
    """
    if column.data_type == "text":
        return sorted(set(ids))
    if not all(one.isascii() and one.isdecimal() and int(one) <= LARGEST for one in ids):
        raise foreign()
    return sorted({int(one) for one in ids})


def foreign() -> Problem:
    """404 for ids of others and ids of nobody alike."""
    return Problem(HTTPStatus.NOT_FOUND, "One of the ids is not yours, or does not exist.")


def ownership(
    catalog: Catalog, dataset: Dataset, user: int, selection: Selection
) -> list[tuple[sql.Composed, list[Any], int]]:
    """Queries that count how many of the ids are the caller's, with the count there has to be."""
    found = []
    filters = dataset.meta.filters
    for ids, name, what in (
        (selection.account_ids, filters.account_id_column, "account"),
        (selection.tag_ids, filters.tag_id_column, "tag"),
    ):
        if ids:
            wanted = usable_ids(_id_column(dataset, name, what), ids)
            assert name is not None
            home = catalog.owner_of(dataset, name)
            where = of_user(home, user)
            where.add(sql.SQL("{} = any(%s)").format(sql.Identifier(name)), wanted)
            query = sql.SQL("select count(distinct {}) from {}{}").format(
                sql.Identifier(name), name_of(home), where.clause()
            )
            found.append((query, where.values, len(wanted)))
    return found


def _add_condition(where: Where, dataset: Dataset, condition: Condition) -> None:
    filters = dataset.meta.filters
    for enum in filters.enum_filters:
        if enum.name == condition.column and condition.operator == "eq":
            if condition.value not in enum.options:
                raise missing(f"{enum.name} is one of {', '.join(enum.options)}.")
            is_flag = dataset.columns[enum.name].data_type == "boolean"
            value = condition.value == "true" if is_flag else condition.value
            where.add(sql.SQL("{} = %s").format(sql.Identifier(enum.name)), value)
            return
    for numeric in filters.numeric_filters:
        if numeric.name == condition.column and condition.operator in OPERATORS:
            where.add(
                sql.SQL("{} {} %s").format(
                    sql.Identifier(numeric.name), OPERATORS[condition.operator]
                ),
                Decimal(condition.value),
            )
            return
    raise missing(
        f"The data set {dataset.id} cannot be filtered by {condition.column}:{condition.operator};"
        " its schema lists the filters."
    )


# ------------------------------------------------------------------------------ rows, page by page


@dataclass(frozen=True)
class Order:
    """A total order: the date if there is one, then the key, all the same way."""

    columns: tuple[Column, ...]
    descending: bool

    @classmethod
    def of(cls, dataset: Dataset, descending: bool) -> Order:
        """The order of a data set's rows."""
        first = dataset.meta.filters.date_column
        names = [*([first] if first else []), *(name for name in dataset.key if name != first)]
        return cls(tuple(dataset.columns[name] for name in names), descending)

    def expressions(self) -> list[sql.Composable]:
        """What to order by. A date that is missing comes first, so that it can be compared."""
        # of the relation: a bare name in `order by` means the answer's column, which may be a text
        names = [sql.Identifier("source", column.name) for column in self.columns]
        return [
            sql.SQL("coalesce({}, '-infinity')").format(name) if column.data_type in TIMES else name
            for column, name in zip(self.columns, names, strict=True)
        ]

    def clause(self) -> sql.Composable:
        """``order by …``"""
        way = sql.SQL(" desc") if self.descending else sql.SQL("")
        return sql.SQL(" order by ") + sql.SQL(", ").join(
            expression + way for expression in self.expressions()
        )

    def after(self, position: Sequence[Any]) -> tuple[sql.Composable, list[Any]]:
        """The rows behind a position, which are values of `columns`."""
        values = [
            sql.SQL("cast(%s as {})").format(TYPES[column.data_type]) for column in self.columns
        ]
        condition = sql.SQL("({}) {} ({})").format(
            sql.SQL(", ").join(self.expressions()),
            sql.SQL("<" if self.descending else ">"),
            sql.SQL(", ").join(values),
        )
        bound = ["-infinity" if value is None else str(value) for value in position]
        return condition, bound


TYPES = {
    name: sql.SQL(name)
    for name in (
        "bigint", "integer", "smallint", "numeric", "double precision", "text", "boolean", "date",
        "timestamptz",
    )
}  # fmt: skip


@lru_cache(maxsize=1_000)
def _selected(columns: tuple[Column, ...]) -> sql.SQL:
    """The columns of the answer; put together once, for it costs more than all the rest."""
    listed = sql.SQL(", ").join(
        sql.SQL("cast({0} as text) as {0}").format(sql.Identifier(column.name))
        if column.as_text
        else sql.Identifier(column.name)
        for column in columns
    )
    return sql.SQL(listed.as_string())


def page(
    dataset: Dataset,
    where: Where,
    order: Order,
    limit: int,
    position: Sequence[Any] | None = None,
) -> tuple[sql.Composed, list[Any]]:
    """One row more than ``limit``, each as its JSON text, made by PostgreSQL: exact and fast."""
    where = Where([*where.parts], [*where.values])
    if position is not None:
        condition, values = order.after(position)
        where.add(condition, *values)
    inner = sql.SQL("select {} from {} as source{}{} limit %s").format(
        _selected(dataset.shown),
        name_of(dataset),
        where.clause(),
        order.clause(),
    )
    query = sql.SQL("select cast(row_to_json(page) as text) from ({}) as page").format(inner)
    return query, [*where.values, limit + 1]


# ----------------------------------------------------------------------------- measures by name


def semantic(
    dataset: Dataset,
    where: Where,
    *,
    measures: Sequence[Measure],
    dimensions: Sequence[Dimension],
    period: Period,
    limit: int,
) -> tuple[sql.Composed, list[Any]]:
    """Measures by dimensions, computed from the rows: an average is that of all rows of a group."""
    groups = [_dimension(dataset, one, period) for one in dimensions]
    outputs: list[sql.Composable] = [
        sql.SQL("{} as {}").format(expression, sql.Identifier(one.name))
        for one, expression in zip(dimensions, groups, strict=True)
    ]
    outputs += [
        sql.SQL("{} as {}").format(_measure(dataset, one), sql.Identifier(one.name))
        for one in measures
    ]
    ordinals = sql.SQL(", ").join(sql.SQL(str(place + 1)) for place in range(len(groups)))
    grouping = sql.SQL(" group by {0} order by {0}").format(ordinals) if groups else sql.SQL("")
    inner = sql.SQL("select {} from {}{}{} limit %s").format(
        sql.SQL(", ").join(outputs), name_of(dataset), where.clause(), grouping
    )
    query = sql.SQL("select cast(row_to_json(page) as text) from ({}) as page").format(inner)
    return query, [*where.values, limit + 1]


def _measure(dataset: Dataset, measure: Measure) -> sql.Composable:
    found = AGGREGATIONS[measure.agg].format(sql.Identifier(measure.expr))
    if measure.agg == "avg" and dataset.columns[measure.expr].data_type in NUMBERS:
        return sql.SQL("round(cast({} as numeric), 6)").format(found)
    return found


def _dimension(dataset: Dataset, dimension: Dimension, period: Period) -> sql.Composable:
    column = sql.Identifier(dimension.expr)
    if dimension.type == "time":
        return sql.SQL("cast(date_trunc({}, {}) as date)").format(sql.Literal(period), column)
    if dataset.columns[dimension.expr].as_text:
        return sql.SQL("cast({} as text)").format(column)
    return column

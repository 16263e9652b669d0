"""Which data sets there are: what dbt's manifest says under ``config.meta``, and nothing else."""

from __future__ import annotations

import hashlib
import json
import logging
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

log = logging.getLogger(__name__)

Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,62}$")]
Text = Annotated[str, Field(min_length=1, max_length=200)]
Group = Literal["facts", "dimensions", "aggregations", "insights"]
Grain = Literal["transaction", "day", "week", "month", "quarter", "year"]
Aggregation = Literal["sum", "avg", "count", "count_distinct", "min", "max"]

# What a column may be, by the type its contract names, and what it is in JSON.
JSON_TYPES = {
    "bigint": "integer",
    "integer": "integer",
    "smallint": "integer",
    "numeric": "number",
    "double precision": "number",
    "text": "string",
    "boolean": "boolean",
    "date": "date",
    "timestamptz": "date-time",
}
NUMBERS = {"bigint", "integer", "smallint", "numeric", "double precision"}
TIMES = {"date", "timestamptz"}
# A sum of what is an average, a share or a state of a moment says nothing.
NOT_ADDITIVE = re.compile(
    r"(^|_)(avg|average|mean|median|percent|pct|ratio|rate|score|rank|probability|balance|age)(_|$)"
)
# An average of averages forgets how many rows each of them stands for.
ALREADY_AVERAGED = re.compile(r"(^|_)(avg|average|mean|median)(_|$)")


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class EnumFilter(_Strict):
    """A column that takes a few values."""

    name: Name
    label: Text
    options: Annotated[list[str], Field(min_length=1)]


class NumericFilter(_Strict):
    """A column that can be bounded."""

    name: Name
    label: Text


class Filters(_Strict):
    """By which columns a data set can be filtered."""

    date_column: Name | None = None
    account_id_column: Name | None = None
    tag_id_column: Name | None = None
    enum_filters: list[EnumFilter] = []
    numeric_filters: list[NumericFilter] = []


class Measure(_Strict):
    """A figure: an aggregation of a column."""

    name: Name
    expr: Name
    agg: Aggregation


class Dimension(_Strict):
    """What figures can be grouped by."""

    name: Name
    expr: Name
    type: Literal["time", "categorical", "boolean"]

    @property
    def is_currency(self) -> bool:
        """True if it says in which currency amounts are."""
        return self.expr == "currency" or self.expr.endswith("_currency")


class Semantic(_Strict):
    """Measures and dimensions, by name."""

    measures: Annotated[list[Measure], Field(min_length=1)]
    dimensions: list[Dimension] = []
    sample_questions: list[Text] = []


class Meta(_Strict):
    """``config.meta`` of a data set."""

    dataset: Literal[True]
    friendly_name: Text
    group: Group
    time_grain: Grain | None = None
    user_column: Name | None = None
    public: bool = False
    key: Annotated[list[Name], Field(min_length=1)] | None = None
    filters: Filters = Filters()
    semantic: Semantic | None = None


@dataclass(frozen=True)
class Column:
    """A column as its contract describes it."""

    name: str
    data_type: str
    description: str

    @property
    def as_text(self) -> bool:
        """True for 64-bit hashes, which JSON's readers would round."""
        return self.data_type == "bigint" and self.name.endswith("_key")

    @property
    def json_type(self) -> str:
        """The type of its values in JSON."""
        return "string" if self.as_text else JSON_TYPES[self.data_type]


@dataclass(frozen=True)
class Dataset:
    """A relation that is served."""

    id: str
    schema: str
    relation: str
    description: str
    meta: Meta
    columns: dict[str, Column]
    key: tuple[str, ...]

    def is_money(self, measure: Measure) -> bool:
        """True if the measure may be an amount of one currency or another."""
        is_count = measure.agg in ("count", "count_distinct")
        return not is_count and self.columns[measure.expr].data_type == "numeric"

    @cached_property
    def shown(self) -> tuple[Column, ...]:
        """The columns that are served: all but load metadata."""
        return tuple(one for one in self.columns.values() if not one.name.startswith("_"))


@dataclass(frozen=True)
class Catalog:
    """The data sets of one manifest."""

    datasets: dict[str, Dataset] = field(default_factory=dict)
    version: str = ""

    def owner_of(self, dataset: Dataset, column: str) -> Dataset:
        """The data set that says whose ``column``'s ids are: the dimension of that column."""
        for other in self.datasets.values():
            filters = other.meta.filters
            if (
                other.meta.group == "dimensions"
                and other.meta.user_column == dataset.meta.user_column
                and column in (filters.account_id_column, filters.tag_id_column)
            ):
                return other
        return dataset


class UnusableManifest(Exception):
    """The manifest cannot be read, or what it says of a data set is wrong; one sentence each."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__("\n".join(faults))
        self.faults = faults


def read(path: Path) -> Catalog:
    """The data sets of a manifest, all of them correct.

    Raises:
        UnusableManifest: there is no manifest, it is not whole, or a data set is described wrongly.
    """
    try:
        content = path.read_bytes()
        manifest = json.loads(content)
        nodes = manifest["nodes"]
        if manifest["metadata"].get("adapter_type") != "postgres":
            raise UnusableManifest([f"{path} was made for another engine than PostgreSQL."])
    except FileNotFoundError:
        raise UnusableManifest([f"There is no manifest at {path}: run `dbt build`."]) from None
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        raise UnusableManifest([f"{path} is not a whole manifest of dbt."]) from None
    faults: list[str] = []
    datasets: dict[str, Dataset] = {}
    tested = _unique_columns(nodes)
    for identifier, node in nodes.items():
        meta = node.get("config", {}).get("meta") or {}
        if node["resource_type"] != "model" or "dataset" not in meta:
            continue
        found = _dataset(node, meta, tested.get(identifier, []), faults)
        if found is not None:
            datasets[found.id] = found
    if faults:
        raise UnusableManifest(faults)
    digest = hashlib.sha256(
        json.dumps([repr(one) for one in datasets.values()]).encode()
    ).hexdigest()
    return Catalog(dict(sorted(datasets.items())), digest[:16])


def _unique_columns(nodes: Mapping[str, Any]) -> dict[str, list[tuple[str, ...]]]:
    """By model the columns, or sets of columns, that a data test finds unique."""
    found: dict[str, list[tuple[str, ...]]] = {}
    for node in nodes.values():
        test = node.get("test_metadata") or {}
        arguments = test.get("kwargs", {})
        columns: tuple[str, ...] = ()
        if test.get("name") in ("unique", "primary_key") and node.get("column_name"):
            columns = (node["column_name"],)
        elif test.get("name") == "unique_combination_of_columns":
            columns = tuple(arguments.get("combination_of_columns", ()))
        if columns:
            found.setdefault(node.get("attached_node") or "", []).append(columns)
    return found


def _dataset(
    node: Mapping[str, Any],
    described: Mapping[str, Any],
    unique: list[tuple[str, ...]],
    faults: list[str],
) -> Dataset | None:
    name = node["name"]
    try:
        meta = Meta.model_validate(described)
    except ValidationError as error:
        for one in error.errors():
            where = ".".join(str(part) for part in one["loc"])
            faults.append(f"{name}: meta.{where}: {_reason(one)}.")
        return None
    columns = {
        column: Column(column, _plain(details.get("data_type")), details.get("description", ""))
        for column, details in node["columns"].items()
    }
    key = _key(node, meta, unique)
    new = [f"{name}: {fault}" for fault in _faults(meta, columns, key)]
    faults.extend(new)
    if new:
        return None
    return Dataset(
        id=name,
        schema=node["schema"],
        relation=node["alias"],
        description=" ".join(node["description"].split()),
        meta=meta,
        columns=columns,
        key=key,
    )


def _reason(error: Any) -> str:
    if error["type"] == "extra_forbidden":
        return "there is no such key"
    if error["type"] == "missing":
        return "is missing"
    return f"{error['input']!r} cannot be used ({error['msg'][:1].lower() + error['msg'][1:]})"


def _plain(data_type: str | None) -> str:
    """``numeric(12, 2)`` is ``numeric``; two names of one type are one."""
    plain = re.sub(r"\(.*\)", "", data_type or "").strip().lower()
    synonyms = {
        "timestamp with time zone": "timestamptz",
        "int": "integer",
        "varchar": "text",
        "character varying": "text",
    }
    return synonyms.get(plain, plain)


def _key(node: Mapping[str, Any], meta: Meta, unique: list[tuple[str, ...]]) -> tuple[str, ...]:
    if meta.key:
        return tuple(meta.key)
    for constraint in node.get("constraints") or []:
        if constraint["type"] == "primary_key":
            return tuple(constraint["columns"])
    for column, details in node["columns"].items():
        if any(one["type"] == "primary_key" for one in details.get("constraints") or []):
            return (column,)
    return unique[0] if unique else ()


def _faults(meta: Meta, columns: Mapping[str, Column], key: tuple[str, ...]) -> Iterator[str]:
    """What pydantic cannot see: columns that are missing or of the wrong type."""
    if not columns:
        yield "its columns are not described."
        return
    for column in columns.values():
        if column.data_type not in JSON_TYPES:
            yield f"column {column.name} has the type {column.data_type!r}, which is not served."
    wanted = [
        *(("meta.key", one, None) for one in key),
        ("meta.user_column", meta.user_column, {"bigint"}),
        ("meta.filters.date_column", meta.filters.date_column, TIMES),
        ("meta.filters.account_id_column", meta.filters.account_id_column, {"bigint", "text"}),
        ("meta.filters.tag_id_column", meta.filters.tag_id_column, {"bigint", "text"}),
        *(("meta.filters.enum_filters", one.name, {"text", "boolean"})
          for one in meta.filters.enum_filters),
        *(("meta.filters.numeric_filters", one.name, NUMBERS)
          for one in meta.filters.numeric_filters),
    ]  # fmt: skip
    if meta.semantic:
        for measure in meta.semantic.measures:
            types = NUMBERS if measure.agg in ("sum", "avg") else None
            wanted.append((f"measure {measure.name}", measure.expr, types))
        wanted += [
            (f"dimension {one.name}", one.expr, TIMES if one.type == "time" else None)
            for one in meta.semantic.dimensions
        ]
    for where, name, types in wanted:
        if name is None:
            continue
        if name not in columns:
            yield f"{where} names the column {name}, which the relation does not have."
        elif types is not None and columns[name].data_type not in types:
            yield (
                f"{where} names the column {name} of type {columns[name].data_type}:"
                f" it has to be {' or '.join(sorted(types))}."
            )
    if not key:
        yield (
            "it has no key: declare a primary key, or test a column for uniqueness, or name the"
            " columns in meta.key."
        )
    if bool(meta.user_column) == meta.public:
        yield (
            "it needs either user_column (whose rows they are) or public: true (figures about all),"
            " and not both."
        )
    yield from _semantic_faults(meta.semantic)


def _semantic_faults(semantic: Semantic | None) -> Iterator[str]:
    if semantic is None:
        return
    names = [one.name for one in semantic.measures] + [one.name for one in semantic.dimensions]
    for name in sorted({name for name in names if names.count(name) > 1}):
        yield f"the name {name} is given to two measures or dimensions."
    for measure in semantic.measures:
        if measure.agg == "sum" and NOT_ADDITIVE.search(measure.expr):
            yield f"measure {measure.name} adds up {measure.expr}, which is not additive."
        if measure.agg == "avg" and ALREADY_AVERAGED.search(measure.expr):
            yield f"measure {measure.name} averages {measure.expr}, which is an average already."


class LiveCatalog:
    """The catalog of a manifest that dbt writes anew now and then; in doubt the last good one."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._seen: tuple[int, int] | None = None
        self._good: Catalog | None = None
        self.faults: list[str] = []

    def current(self) -> Catalog | None:
        """The newest correct catalog; None if there has never been one."""
        try:
            found = self._path.stat()
            seen = (found.st_mtime_ns, found.st_size)
        except OSError:
            seen = None
        is_known = self._good is not None if seen is None else seen == self._seen
        if is_known:
            return self._good
        try:
            self._good = read(self._path)
            self.faults = []
        except UnusableManifest as error:
            if error.faults != self.faults:
                log.warning("The manifest cannot be used:\n%s", error)
            self.faults = error.faults
        self._seen = seen
        return self._good

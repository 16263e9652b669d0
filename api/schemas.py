"""What goes in and out, as the OpenAPI description has it."""

from __future__ import annotations

import re
from datetime import date, datetime
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from api.catalog import Aggregation, Dataset, Grain, Group
from api.queries import Condition, Period, Selection
from api.refresh import Refresh

DEFAULT_LIMIT = 1_000
LARGEST_LIMIT = 10_000
MOST_IDS = 200
DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def _single_ids(given: list[str]) -> list[str]:
    ids = [one for part in given for one in part.split(",")]
    if len(ids) > MOST_IDS:
        raise ValueError(f"at most {MOST_IDS} ids")
    return ids


Ids = Annotated[
    list[Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,64}(,[A-Za-z0-9_-]{1,64})*$")]],
    Field(max_length=MOST_IDS),
    AfterValidator(_single_ids),
]


def _written_out(given: object) -> object:
    """A day is YYYY-MM-DD: pydantic alone would take 1735689600, too."""
    if given is not None and not (isinstance(given, str) and DAY.fullmatch(given)):
        raise ValueError("a day is written YYYY-MM-DD")
    return given


def _unique(given: list[str]) -> list[str]:
    if len(set(given)) < len(given):
        raise ValueError("one is named twice")
    return given


Day = Annotated[date | None, BeforeValidator(_written_out)]
StartDate = Annotated[Day, Field(description="From this day on.", examples=["2025-01-01"])]
EndDate = Annotated[Day, Field(description="Up to this day, all of it.", examples=["2025-12-31"])]
Names = Annotated[
    list[Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,62}$")]],
    AfterValidator(_unique),
    Field(json_schema_extra={"uniqueItems": True}),
]
Conditions = Annotated[
    list[
        Annotated[
            str,
            Field(
                pattern=r"^[a-z][a-z0-9_]{0,62}:"
                r"(eq:[ -~]{1,100}|(gte|lte):-?[0-9]{1,20}(\.[0-9]{1,10})?)$"
            ),
        ]
    ],
    Field(
        max_length=20,
        description="`column:eq:value` for the enum filters, `column:gte:number` and"
        " `column:lte:number` for the numeric filters of the data set's schema.",
        examples=[["status:eq:approved", "spending_amount:gte:10"]],
    ),
]
Limit = Annotated[int, Field(ge=1, le=LARGEST_LIMIT, description="Rows of the page.")]
Cursor = Annotated[
    str | None,
    Field(
        description="`next_cursor` of the page before; all else has to stay the same.",
        min_length=1,
        max_length=2_000,
        pattern=r"^[A-Za-z0-9_-]+$",
    ),
]
NameOf = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,62}$")]


class _Parameters(BaseModel):
    """Unknown parameters are refused: a misspelt filter must not become no filter."""

    model_config = ConfigDict(extra="forbid")


class Window(_Parameters):
    """A period."""

    start_date: StartDate = None
    end_date: EndDate = None

    def selection(self) -> Selection:
        """The rows that are asked for."""
        return Selection(self.start_date, self.end_date)


class _Paged(Window):
    limit: Limit = DEFAULT_LIMIT
    cursor: Cursor = None
    sort: Annotated[
        Literal["asc", "desc"], Field(description="By date and key, oldest or newest first.")
    ] = "asc"


class OfMonths(_Paged):
    """Parameters of /monthly-trends."""


class OfAccounts(_Paged):
    """Parameters of /balance-history."""

    account_ids: Annotated[
        Ids, Field(description="Only these accounts of yours; any other is 404.")
    ] = []

    def selection(self) -> Selection:
        """The rows that are asked for."""
        return Selection(self.start_date, self.end_date, tuple(self.account_ids))


class OfTags(_Paged):
    """Parameters of /spending-by-tag."""

    tag_ids: Annotated[Ids, Field(description="Only these tags of yours; any other is 404.")] = []

    def selection(self) -> Selection:
        """The rows that are asked for."""
        return Selection(self.start_date, self.end_date, (), tuple(self.tag_ids))


class Choice(Window):
    """Which rows of a data set."""

    account_ids: Annotated[
        Ids, Field(description="Only these accounts of yours; any other is 404.")
    ] = []
    tag_ids: Annotated[Ids, Field(description="Only these tags of yours; any other is 404.")] = []
    where: Conditions = []

    def selection(self) -> Selection:
        """The rows that are asked for."""
        return Selection(
            self.start_date,
            self.end_date,
            tuple(self.account_ids),
            tuple(self.tag_ids),
            tuple(Condition.parse(one) for one in self.where),
        )


class Rows(Choice, _Paged):
    """Parameters of …/query."""


class Figures(Choice):
    """Parameters of …/semantic."""

    measures: Annotated[Names, Field(min_length=1, max_length=20, examples=[["total_spending"]])]
    dimensions: Annotated[Names, Field(max_length=10, examples=[["date", "category"]])] = []
    period: Annotated[Period, Field(description="To what dimensions of time are cut.")] = "month"
    limit: Limit = DEFAULT_LIMIT


class ExportRequest(_Parameters):
    """An export: the parameters of …/query without pages, and a format."""

    dataset: Annotated[NameOf, Field(examples=["fact_transactions"])]
    format: Literal["csv", "parquet"] = "csv"
    start_date: StartDate = None
    end_date: EndDate = None
    account_ids: Ids = []
    tag_ids: Ids = []
    where: list[Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,62}:(eq|gte|lte):.{1,200}$")]] = (
        Field([], max_length=20)
    )

    def selection(self) -> Selection:
        """The rows that are asked for."""
        return Selection(
            self.start_date,
            self.end_date,
            tuple(self.account_ids),
            tuple(self.tag_ids),
            tuple(Condition.parse(one) for one in self.where),
        )


# ----------------------------------------------------------------------------------------- answers


class Page(BaseModel):
    """Rows, in a total order."""

    dataset: str = Field(examples=["fact_transactions"])
    count: int = Field(examples=[1])
    next_cursor: str | None = Field(description="For the next page; null on the last.")
    data: list[dict[str, Any]] = Field(
        examples=[[{"transaction_id": 202301310000364, "spending_amount": 49.92}]]
    )


class FigureOut(BaseModel):
    """A measure that was asked for."""

    name: str = Field(examples=["total_spending"])
    agg: Aggregation


class FiguresPage(BaseModel):
    """Measures by dimensions, in the order of the dimensions."""

    dataset: str = Field(examples=["fact_transactions"])
    measures: list[FigureOut]
    dimensions: list[str] = Field(examples=[["date"]])
    period: Period
    count: int = Field(examples=[1])
    is_complete: bool = Field(description="False if there are more groups than the limit.")
    data: list[dict[str, Any]] = Field(examples=[[{"date": "2025-01-01", "total_spending": 812.4}]])


class DatasetOut(BaseModel):
    """A data set in the list."""

    id: str = Field(examples=["fact_transactions"])
    friendly_name: str = Field(examples=["Transactions"])
    group: Group
    time_grain: Grain | None
    description: str
    is_public: bool = Field(description="True for figures about all, false for your own rows.")

    @classmethod
    def of(cls, dataset: Dataset) -> DatasetOut:
        """The data set as the list shows it."""
        meta = dataset.meta
        return cls(
            id=dataset.id,
            friendly_name=meta.friendly_name,
            group=meta.group,
            time_grain=meta.time_grain,
            description=dataset.description,
            is_public=meta.public,
        )


class DatasetList(BaseModel):
    """All data sets."""

    datasets: list[DatasetOut]


class ColumnOut(BaseModel):
    """A column."""

    name: str = Field(examples=["spending_amount"])
    type: str = Field(examples=["number"])
    description: str


class FilterOut(BaseModel):
    """A filter for `where`."""

    name: str
    label: str
    options: list[str] | None = None


class MeasureOut(BaseModel):
    """A measure."""

    name: str
    column: str
    agg: Aggregation


class DimensionOut(BaseModel):
    """A dimension."""

    name: str
    column: str
    type: str


class DatasetSchema(DatasetOut):
    """A data set with all that can be asked of it."""

    key: list[str]
    columns: list[ColumnOut]
    date_column: str | None
    account_id_column: str | None
    tag_id_column: str | None
    enum_filters: list[FilterOut]
    numeric_filters: list[FilterOut]
    measures: list[MeasureOut]
    dimensions: list[DimensionOut]
    sample_questions: list[str]

    @classmethod
    def of(cls, dataset: Dataset) -> DatasetSchema:
        """The data set with its columns, filters, measures and dimensions."""
        meta = dataset.meta
        semantic = meta.semantic
        return cls(
            **DatasetOut.of(dataset).model_dump(),
            key=list(dataset.key),
            columns=[
                ColumnOut(name=one.name, type=one.json_type, description=one.description)
                for one in dataset.shown
            ],
            date_column=meta.filters.date_column,
            account_id_column=meta.filters.account_id_column,
            tag_id_column=meta.filters.tag_id_column,
            enum_filters=[FilterOut(**one.model_dump()) for one in meta.filters.enum_filters],
            numeric_filters=[FilterOut(**one.model_dump()) for one in meta.filters.numeric_filters],
            measures=[
                MeasureOut(name=one.name, column=one.expr, agg=one.agg)
                for one in (semantic.measures if semantic else [])
            ],
            dimensions=[
                DimensionOut(name=one.name, column=one.expr, type=one.type)
                for one in (semantic.dimensions if semantic else [])
            ],
            sample_questions=list(semantic.sample_questions) if semantic else [],
        )


class Status(BaseModel):
    """Whether analytics are available."""

    status: Literal["available", "unavailable"]
    build_id: int | None = Field(examples=[12])
    is_building: bool = Field(description="True while a build is at work.")
    data_as_of: date | None = Field(description="The business day the data are of.")
    datasets: int = Field(examples=[15])
    refresh: Refresh


class Health(BaseModel):
    """The process lives."""

    status: Literal["ok"] = "ok"


class ExportList(BaseModel):
    """Your exports, the newest first."""

    exports: list[ExportOut]


class ExportOut(BaseModel):
    """An export job."""

    id: str = Field(examples=["Zx9bT0qVbq1mJxg2bAoYc1dE"])
    dataset: str = Field(examples=["fact_transactions"])
    format: Literal["csv", "parquet"]
    state: Literal["queued", "running", "done", "failed", "expired"]
    created_at: datetime
    expires_at: datetime = Field(description="When the file is deleted.")
    row_count: int | None = Field(default=None, examples=[512])
    byte_count: int | None = Field(default=None, examples=[48211])
    reason: str | None = Field(default=None, description="Why it failed.")
    status_url: str = Field(examples=["/api/analytics/exports/Zx9bT0qVbq1mJxg2bAoYc1dE"])
    download_url: str | None = Field(
        default=None, examples=["/api/analytics/exports/Zx9bT0qVbq1mJxg2bAoYc1dE/download"]
    )

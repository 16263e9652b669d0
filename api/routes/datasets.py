"""Data sets: which there are, what is in them, their rows and their figures."""

from __future__ import annotations

import json
from collections.abc import Sequence
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response

from api.answers import answer, page_of, selected, with_data
from api.catalog import Dataset, Dimension, Measure
from api.deps import Parts, Requested, User
from api.problems import documented
from api.queries import missing, semantic
from api.schemas import DatasetList, DatasetOut, DatasetSchema, Figures, FiguresPage, Page, Rows

router = APIRouter(tags=["data sets"])

ASKED = (
    HTTPStatus.UNAUTHORIZED,
    HTTPStatus.NOT_FOUND,
    HTTPStatus.CONFLICT,
    HTTPStatus.UNPROCESSABLE_ENTITY,
    HTTPStatus.TOO_MANY_REQUESTS,
    HTTPStatus.SERVICE_UNAVAILABLE,
    HTTPStatus.GATEWAY_TIMEOUT,
)
LISTED = (
    HTTPStatus.UNAUTHORIZED,
    HTTPStatus.TOO_MANY_REQUESTS,
    HTTPStatus.SERVICE_UNAVAILABLE,
)
UNCHANGED: dict[int | str, dict[str, Any]] = {304: {"description": "You have it already."}}


@router.get("/datasets", summary="Which data sets are there?", responses=documented(*LISTED))
async def datasets(parts: Parts, user: User) -> DatasetList:
    """All data sets of the warehouse, as its models describe them."""
    found = parts.catalog().datasets.values()
    return DatasetList(datasets=[DatasetOut.of(one) for one in found])


@router.get(
    "/datasets/{dataset_id}/schema",
    summary="What is in a data set, and how can it be asked?",
    responses=documented(*LISTED, HTTPStatus.NOT_FOUND, HTTPStatus.UNPROCESSABLE_ENTITY),
)
async def schema(dataset: Requested) -> DatasetSchema:
    """Columns, filters, measures and dimensions."""
    return DatasetSchema.of(dataset)


@router.get(
    "/datasets/{dataset_id}/query",
    summary="Rows of a data set",
    response_model=Page,
    responses=documented(*ASKED) | UNCHANGED,
)
async def query(
    request: Request,
    parts: Parts,
    user: User,
    dataset: Requested,
    asked: Annotated[Rows, Query()],
) -> Response:
    """Your own rows (all rows of a public data set), page by page."""
    return await page_of(
        request, parts, user, dataset, asked.selection(),
        limit=asked.limit, cursor=asked.cursor, descending=asked.sort == "desc",
    )  # fmt: skip


@router.get(
    "/datasets/{dataset_id}/semantic",
    summary="Measures by dimensions",
    response_model=FiguresPage,
    responses=documented(*ASKED) | UNCHANGED,
)
async def figures(
    request: Request,
    parts: Parts,
    user: User,
    dataset: Requested,
    asked: Annotated[Figures, Query()],
) -> Response:
    """Figures by the names the schema lists, each computed from the rows: never add up averages."""
    measures, dimensions = _named(dataset, asked)
    selection = asked.selection()
    where = await selected(parts, parts.catalog(), user, dataset, selection)

    def body(documents: Sequence[str]) -> bytes:
        shown = documents[: asked.limit]
        head = {
            "dataset": dataset.id,
            "measures": [{"name": one.name, "agg": one.agg} for one in measures],
            "dimensions": [one.name for one in dimensions],
            "period": asked.period,
            "count": len(shown),
            "is_complete": len(documents) <= asked.limit,
        }
        return with_data(head, shown)

    question = json.dumps(asked.model_dump(mode="json"), sort_keys=True)
    question = f"{parts.catalog().version}:{dataset.id}:{user.user}:{question}"
    built = semantic(
        dataset, where,
        measures=measures, dimensions=dimensions, period=asked.period, limit=asked.limit,
    )  # fmt: skip
    return await answer(request, parts, user, question=question, query=built, body=body)


def _named(dataset: Dataset, asked: Figures) -> tuple[list[Measure], list[Dimension]]:
    known = dataset.meta.semantic
    measures = {one.name: one for one in known.measures} if known else {}
    dimensions = {one.name: one for one in known.dimensions} if known else {}
    for wanted, names, what in (
        (asked.measures, measures, "measure"),
        (asked.dimensions, dimensions, "dimension"),
    ):
        for name in wanted:
            if name not in names:
                raise missing(f"The data set {dataset.id} has no {what} {name}.")
    figures = [measures[name] for name in asked.measures]
    groups = [dimensions[name] for name in asked.dimensions]
    if any(dataset.is_money(one) for one in figures):
        # amounts of two currencies do not add up
        groups += [one for one in dimensions.values() if one.is_currency and one not in groups]
    return figures, groups

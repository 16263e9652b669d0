"""Rows as responses: pages, their validators, and what need not be sent again."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from typing import Any

from fastapi import Request, Response

from api.auth import Caller
from api.catalog import Catalog, Dataset
from api.database import Query, State
from api.queries import Order, Selection, Where, chosen, foreign, ownership, page
from api.services import Services


async def selected(
    parts: Services, catalog: Catalog, caller: Caller, dataset: Dataset, selection: Selection
) -> Where:
    """The conditions of a selection, once all its ids are known to be the caller's.

    Raises:
        Problem: 404 if an id is not, or if the data set cannot be filtered so.
    """
    where = chosen(dataset, caller.user, selection)
    for query, values, wanted in ownership(catalog, dataset, caller.user, selection):
        _, rows = await parts.database.rows(caller.user, query, values)
        if rows[0][0] != wanted:
            raise foreign()
    return where


async def page_of(
    request: Request,
    parts: Services,
    caller: Caller,
    dataset: Dataset,
    selection: Selection,
    *,
    limit: int,
    cursor: str | None,
    descending: bool,
) -> Response:
    """A page of a data set, or 304 if the client has it already."""
    catalog = parts.catalog()
    order = Order.of(dataset, descending)
    question = repr((catalog.version, dataset.id, caller.user, selection, descending))
    position = parts.positions.read(question, cursor) if cursor else None
    where = await selected(parts, catalog, caller, dataset, selection)

    def body(documents: Sequence[str]) -> bytes:
        following = None
        if len(documents) > limit:
            last = json.loads(documents[limit - 1], parse_float=str)
            values = [last[column.name] for column in order.columns]
            following = parts.positions.write(question, values)
        shown = documents[:limit]
        head = {"dataset": dataset.id, "count": len(shown), "next_cursor": following}
        return with_data(head, shown)

    query = page(dataset, where, order, limit, position)
    question_of_page = f"{question}:{limit}:{cursor}"
    return await answer(request, parts, caller, question=question_of_page, query=query, body=body)


async def answer(
    request: Request,
    parts: Services,
    caller: Caller,
    *,
    question: str,
    query: tuple[Query, list[Any]],
    body: Callable[[Sequence[str]], bytes],
) -> Response:
    """The rows of a query as JSON. While a build is at work there is no validator."""
    known = request.headers.get("if-none-match")
    if known is not None:
        state = await parts.database.state()
        tag = _tag(state, question)
        if tag is not None and (known.strip() == "*" or tag in map(_strong, known.split(","))):
            return Response(status_code=304, headers=_headers(tag))
    state, rows = await parts.database.rows(caller.user, *query)
    tag = _tag(state, question)
    content = body([row[0] for row in rows])
    return Response(content, media_type="application/json", headers=_headers(tag))


def with_data(head: dict[str, Any], documents: Sequence[str]) -> bytes:
    # the rows are JSON already
    return (
        f'{json.dumps(head, separators=(",", ":"))[:-1]},"data":[{",".join(documents)}]}}'.encode()
    )


def _strong(tag: str) -> str:
    return tag.strip().removeprefix("W/")


def _tag(state: State, question: str) -> str | None:
    if not state.is_settled:
        return None
    digest = hashlib.sha256(f"{state.build_id}:{question}".encode()).hexdigest()
    return f'"{digest[:32]}"'


def _headers(tag: str | None) -> dict[str, str]:
    if tag is None:
        return {"Cache-Control": "private, no-store"}
    return {"Cache-Control": "private, no-cache", "ETag": tag, "Vary": "Authorization"}

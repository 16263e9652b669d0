"""Is it there? Health, readiness, status."""

from __future__ import annotations

from http import HTTPStatus

from fastapi import APIRouter
from psycopg import sql

from api.deps import Parts
from api.problems import Problem, documented
from api.schemas import Health, Status

probes = APIRouter(tags=["system"])
router = APIRouter(tags=["system"])

AS_OF = sql.SQL("select max(as_of_date) from gold.data_as_of")


@probes.get("/health", summary="The process lives")
async def health() -> Health:
    """Answers as long as the process does; asks nothing else."""
    return Health()


@probes.get(
    "/ready",
    summary="Queries can be answered",
    responses=documented(HTTPStatus.SERVICE_UNAVAILABLE),
)
async def ready(parts: Parts) -> Health:
    """The warehouse can be reached and its data sets are known."""
    parts.catalog()
    await parts.database.state()
    return Health()


@router.get("/status", summary="Are analytics available, and of when are the data?")
async def status(parts: Parts) -> Status:
    """Needs no token and tells nothing of anybody."""
    catalog = parts.live.current()
    try:
        state, rows = await parts.database.rows(0, AS_OF)
    except Problem:
        state, rows = None, [(None,)]
    return Status(
        status="available" if catalog and state else "unavailable",
        build_id=state.build_id if state else None,
        is_building=bool(state and not state.is_settled),
        data_as_of=rows[0][0],
        datasets=len(catalog.datasets) if catalog else 0,
        refresh=parts.refresher.current(),
    )

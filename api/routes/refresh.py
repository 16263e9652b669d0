"""Bringing the warehouse up to date."""

from __future__ import annotations

from http import HTTPStatus

from fastapi import APIRouter, Depends
from starlette.concurrency import run_in_threadpool

from api.deps import Parts, User, refresher
from api.problems import Problem, documented
from api.refresh import AlreadyRunning, Refresh
from api.routes.datasets import LISTED

router = APIRouter(tags=["refresh"])


@router.post(
    "/refresh",
    status_code=202,
    summary="Bring the data up to date",
    dependencies=[Depends(refresher)],
    responses=documented(*LISTED, HTTPStatus.FORBIDDEN, HTTPStatus.CONFLICT),
)
async def start(parts: Parts) -> Refresh:
    """Starts a build in the background; one at a time. Needs a token with the scope `refresh`."""
    try:
        return await run_in_threadpool(parts.refresher.start)
    except AlreadyRunning:
        raise Problem(HTTPStatus.CONFLICT, "A refresh is running already.") from None


@router.get("/refresh", summary="How did the newest refresh go?", responses=documented(*LISTED))
async def newest(parts: Parts, user: User) -> Refresh:
    """Its state and its times."""
    return await run_in_threadpool(parts.refresher.current)

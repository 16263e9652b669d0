"""Whole data sets as files."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Path, Request, Response
from fastapi.responses import FileResponse
from starlette.concurrency import run_in_threadpool

from api.answers import selected
from api.deps import Parts, User
from api.exports import Job, TooMany
from api.problems import Problem, documented
from api.routes.datasets import ASKED, LISTED
from api.schemas import ExportList, ExportOut, ExportRequest

router = APIRouter(tags=["exports"])

JobId = Annotated[
    str, Path(pattern=r"^[A-Za-z0-9_-]{1,64}$", examples=["Zx9bT0qVbq1mJxg2bAoYc1dE"])
]
MEDIA_TYPES = {"csv": "text/csv; charset=utf-8", "parquet": "application/vnd.apache.parquet"}
ONE = (*LISTED, HTTPStatus.NOT_FOUND, HTTPStatus.UNPROCESSABLE_ENTITY)


@router.post(
    "/exports",
    status_code=202,
    summary="Export your rows of a data set",
    responses=documented(*ASKED),
)
async def create(
    request: Request, response: Response, parts: Parts, user: User, asked: ExportRequest
) -> ExportOut:
    """Queues a job; `status_url` tells how far it is. The file is kept for a day."""
    dataset = parts.dataset(asked.dataset)
    where = await selected(parts, parts.catalog(), user, dataset, asked.selection())
    try:
        job = await run_in_threadpool(
            parts.exporter.create, user.user, dataset, where, asked.format
        )
    except TooMany:
        raise Problem(
            HTTPStatus.TOO_MANY_REQUESTS,
            "You have as many exports as are kept for a user: delete one, or wait.",
            {"Retry-After": "60"},
        ) from None
    shown = _shown(request, job)
    response.headers["Location"] = shown.status_url
    return shown


@router.get("/exports", summary="Your exports", responses=documented(*LISTED))
async def mine(request: Request, parts: Parts, user: User) -> ExportList:
    """The newest first."""
    return ExportList(exports=[_shown(request, job) for job in parts.exporter.mine(user.user)])


@router.get("/exports/{job_id}", summary="How far is an export?", responses=documented(*ONE))
async def one(request: Request, parts: Parts, user: User, job_id: JobId) -> ExportOut:
    """Its state; once it is done, where its file is."""
    return _shown(request, _job(parts, user, job_id))


@router.get(
    "/exports/{job_id}/download",
    summary="The file of an export",
    response_class=FileResponse,
    responses=documented(*ONE, HTTPStatus.CONFLICT, HTTPStatus.GONE)
    | {
        200: {
            "description": "The rows.",
            "content": {
                kind.partition(";")[0]: {"schema": {"type": "string", "format": "binary"}}
                for kind in MEDIA_TYPES.values()
            },
        }
    },
)
async def download(parts: Parts, user: User, job_id: JobId) -> FileResponse:
    """CSV or Parquet."""
    job = _job(parts, user, job_id)
    if job.state == "expired":
        raise Problem(HTTPStatus.GONE, "The file was deleted when its time was over.")
    if job.state != "done":
        raise Problem(HTTPStatus.CONFLICT, f"The export is {job.state}.")
    return FileResponse(
        parts.exporter.file(job),
        media_type=MEDIA_TYPES[job.format],
        filename=f"{job.dataset}.{job.format}",
        headers={"Cache-Control": "private, no-store"},
    )


@router.delete(
    "/exports/{job_id}",
    status_code=204,
    summary="Delete an export",
    responses=documented(*ONE, HTTPStatus.CONFLICT),
)
async def delete(parts: Parts, user: User, job_id: JobId) -> None:
    """Deletes the job and its file."""
    _job(parts, user, job_id)
    if not parts.exporter.drop(user.user, job_id):
        raise Problem(HTTPStatus.CONFLICT, "The export is at work: wait until it is done.")


def _job(parts: Parts, user: User, job_id: str) -> Job:
    found = parts.exporter.find(user.user, job_id)
    if found is None:
        raise Problem(HTTPStatus.NOT_FOUND, "There is no export of yours with this id.")
    return found


def _shown(request: Request, job: Job) -> ExportOut:
    status = str(request.app.url_path_for("one", job_id=job.id))
    return ExportOut(
        **job.model_dump(),
        status_url=status,
        download_url=f"{status}/download" if job.state == "done" else None,
    )

"""Every error is a problem document (RFC 9457)."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field
from starlette.exceptions import HTTPException
from starlette.routing import Match

log = logging.getLogger(__name__)

MEDIA_TYPE = "application/problem+json"


class Problem(Exception):
    """What went wrong, as the caller is told.

    Args:
        status: the HTTP status.
        detail: one sentence about this very case; no secret, no name of a table.
        headers: further headers of the response.
    """

    def __init__(
        self, status: HTTPStatus, detail: str, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.headers = dict(headers or {})


class InvalidParameter(BaseModel):
    """One parameter that cannot be used."""

    name: str = Field(examples=["query.limit"])
    reason: str = Field(examples=["Input should be less than or equal to 10000"])


class ProblemDocument(BaseModel):
    """An error, as RFC 9457 describes it."""

    model_config = ConfigDict(title="Problem")

    type: str = Field(default="about:blank", examples=["about:blank"])
    title: str = Field(examples=["Not Found"])
    status: int = Field(examples=[404])
    detail: str = Field(examples=["There is no data set of this name."])
    instance: str = Field(examples=["/api/analytics/datasets/none/schema"])
    errors: list[InvalidParameter] | None = None


def documented(*statuses: HTTPStatus) -> dict[int | str, dict[str, Any]]:
    """What a route may answer besides success, for its OpenAPI description."""
    return {
        status.value: {
            "description": status.phrase,
            "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
        }
        for status in statuses
    }


def answer(
    request: Request,
    status: HTTPStatus,
    detail: str,
    headers: Mapping[str, str] | None = None,
    errors: list[InvalidParameter] | None = None,
) -> JSONResponse:
    """The problem document as a response."""
    document = ProblemDocument(
        title=status.phrase,
        status=status.value,
        detail=detail,
        instance=request.url.path,
        errors=errors,
    )
    return JSONResponse(
        document.model_dump(exclude_none=True), status.value, dict(headers or {}), MEDIA_TYPE
    )


def install(app: FastAPI) -> None:
    """Turn all exceptions of the app into problem documents."""

    @app.exception_handler(Problem)
    async def _problem(request: Request, problem: Problem) -> JSONResponse:
        return answer(request, problem.status, problem.detail, problem.headers)

    @app.exception_handler(HTTPException)
    async def _http(request: Request, error: HTTPException) -> JSONResponse:
        status, detail, headers = HTTPStatus(error.status_code), str(error.detail), error.headers
        if status == HTTPStatus.NOT_FOUND:
            detail = "There is nothing at this address."
        elif status == HTTPStatus.METHOD_NOT_ALLOWED:
            detail = f"{request.method} is not possible here."
            headers = {"Allow": ", ".join(_methods(request))}
        elif status == HTTPStatus.BAD_REQUEST:  # FastAPI's word for a body that is no JSON
            status = HTTPStatus.UNPROCESSABLE_ENTITY
        return answer(request, status, detail, headers)

    @app.exception_handler(RequestValidationError)
    async def _invalid(request: Request, error: RequestValidationError) -> JSONResponse:
        errors = [
            InvalidParameter(name=".".join(map(str, one["loc"])), reason=one["msg"])
            for one in error.errors()
        ]
        return answer(
            request,
            HTTPStatus.UNPROCESSABLE_ENTITY,
            "The request cannot be used: see errors.",
            errors=errors,
        )

    @app.exception_handler(Exception)
    async def _unexpected(request: Request, error: Exception) -> JSONResponse:
        log.error("%s %s failed", request.method, request.url.path, exc_info=error)
        return answer(
            request, HTTPStatus.INTERNAL_SERVER_ERROR, "The server failed; its log says why."
        )


def _methods(request: Request) -> list[str]:
    """What can be done at the request's address: each route of the framework knows its own only."""
    possible = ("GET", "POST", "PUT", "PATCH", "DELETE")
    scopes = {method: {**request.scope, "method": method} for method in possible}
    return [
        method
        for method, scope in scopes.items()
        if any(route.matches(scope)[0] == Match.FULL for route in request.app.routes)
    ]

"""The app: services, routes, and what surrounds every request."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from http import HTTPStatus
from pathlib import Path
from typing import Any

import fastapi_offline
from fastapi import APIRouter, FastAPI, Request
from fastapi.openapi.docs import get_swagger_ui_html
from fastapi.responses import HTMLResponse, RedirectResponse
from fastapi.staticfiles import StaticFiles
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api import problems
from api.refresh import Refresher
from api.routes import convenience, datasets, exports, refresh, system
from api.services import Services
from api.settings import ApiSettings

PREFIX = "/api/analytics"
LARGEST_BODY = 64 * 1024
DESCRIPTION = """
Data sets of the warehouse, discovered from the metadata of its models. **Each user sees their own
rows** (`sub` of the token) and figures about all; ids of others are 404.

Money is in USD unless a column `currency` says otherwise, exact in the JSON text; times are UTC.
Pages follow each other by `next_cursor`; an `ETag` holds until the next build. Errors are problem
documents (RFC 9457).
"""


class BodyLimit:
    """Refuses what is too long to be a request of this API, before a route sees it."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        if scope["type"] != "http" or scope["method"] in ("GET", "HEAD"):
            await self._app(scope, receive, send)
            return
        body = b""
        while True:
            message = await receive()
            body += message.get("body", b"")
            if len(body) > LARGEST_BODY:
                refusal = problems.answer(
                    Request(scope),
                    HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
                    "The request is longer than 64 KB.",
                    {"Connection": "close"},
                )
                await refusal(scope, receive, send)
                return
            if not message.get("more_body"):
                break
        whole: Message | None = {"type": "http.request", "body": body, "more_body": False}

        async def replayed() -> Message:
            nonlocal whole
            message, whole = whole, None
            return message or await receive()

        await self._app(scope, replayed, send)


def create_app(settings: ApiSettings, refresher: Refresher | None = None) -> FastAPI:
    """The app; ``refresher`` takes the place of `dbt build` in the background."""
    services = Services.of(settings, refresher)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        services.exporter.open()
        await services.database.open()
        yield
        await services.database.close()
        services.exporter.close()

    app = FastAPI(
        title="Analytics API",
        version="1.0.0",
        description=DESCRIPTION,
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        responses=problems.documented(HTTPStatus.INTERNAL_SERVER_ERROR),
    )
    app.state.services = services
    problems.install(app)
    app.add_middleware(BodyLimit)
    analytics = APIRouter(prefix=PREFIX)
    for routes in (system, datasets, convenience, refresh, exports):
        analytics.include_router(routes.router)
    app.include_router(system.probes)
    app.include_router(analytics)
    _add_pages(app)
    _describe(app)
    return app


def _add_pages(app: FastAPI) -> None:
    """Swagger UI from an installed package: the page needs no network."""
    static = Path(fastapi_offline.__file__).parent / "static"
    app.mount("/static", StaticFiles(directory=static), name="static")

    @app.get("/docs", include_in_schema=False)
    async def docs() -> HTMLResponse:
        return get_swagger_ui_html(
            openapi_url="/openapi.json",
            title="Analytics API",
            swagger_js_url="/static/swagger-ui-bundle.js",
            swagger_css_url="/static/swagger-ui.css",
            swagger_favicon_url="/static/favicon.png",
            swagger_ui_parameters={"persistAuthorization": True},
        )

    @app.get("/", include_in_schema=False)
    async def home() -> RedirectResponse:
        return RedirectResponse("/docs")


def _describe(app: FastAPI) -> None:
    """Put the problem document into the description, in place of FastAPI's own errors."""
    original = app.openapi

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            document = original()
            schemas = document["components"]["schemas"]
            problem = problems.ProblemDocument.model_json_schema(
                ref_template="#/components/schemas/{model}"
            )
            schemas.update(problem.pop("$defs", {}))
            schemas["Problem"] = problem
            for name in ("HTTPValidationError", "ValidationError"):
                schemas.pop(name, None)
            for path in document["paths"].values():
                for operation in path.values():
                    if "422" in operation["responses"]:
                        operation["responses"]["422"] = problems.documented(
                            HTTPStatus.UNPROCESSABLE_ENTITY
                        )[422]
            app.openapi_schema = document
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]

"""The web application: routes, errors and the guard, put together over what the wiring hands in."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from http import HTTPStatus

import anyio
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from dashboard.api import Api, ErrorAnswer, answer
from dashboard.assets import Assets
from dashboard.guard import HEADERS, Guard
from dashboard.live import Live
from dashboard.login import Credentials, Login
from dashboard.pages import Pages
from dashboard.query import ParameterError
from dashboard.render import Renderer
from dashboard.sources import Health, Sources
from schemas.errors import StoreError

__all__ = ["Health", "Sources", "create_app"]


def create_app(sources: Sources, hosts: Iterable[str] = (), login: Credentials | None = None) -> Starlette:
    """The application. `hosts` are names it answers to beside the loopback ones; without `login` it asks nobody.

    `app.state.live` is the fan-out: whoever stops the server closes it first (`dashboard.server` does), or open event
    streams hold the server until its own time limit.
    """
    assets = Assets()
    renderer = Renderer(assets)
    pages = Pages(sources, renderer)
    live = Live(sources.hits, renderer.fragment, pages.summary)
    api = Api(sources, live)
    errors = _Errors(pages)

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(live.run)
            yield
            live.close()
            tasks.cancel_scope.cancel()

    app = Starlette(
        routes=[
            Route("/", pages.live),
            Route("/feeds", pages.feeds),
            Route("/discover", pages.discover),
            Route("/articles/{id}", pages.article),
            Route("/events", api.events),
            Route("/api/hits", api.hits),
            Route("/api/feeds", api.feeds),
            Route("/api/articles/{id}", api.article),
            Route("/livez", api.alive),
            Route("/readyz", api.health),
            Route("/healthz", api.health),
            Route("/metrics", api.metrics),
            Route("/static/{name}", assets.serve),
        ],
        middleware=[
            Middleware(Guard, hosts=tuple(hosts)),
            *([Middleware(Login, credentials=login)] if login else []),
        ],
        exception_handlers={
            ParameterError: errors.parameter,
            HTTPException: errors.http,
            StoreError: errors.store,
            Exception: errors.crash,
        },
        lifespan=lifespan,
    )
    app.state.live = live
    return app


class _Errors:
    """What a reader sees when a request cannot be answered: JSON where a script asked, else a page."""

    def __init__(self, pages: Pages) -> None:
        self._pages = pages

    async def parameter(self, request: Request, error: Exception) -> Response:
        name = error.parameter if isinstance(error, ParameterError) else ""
        return await self._answer(request, HTTPStatus.BAD_REQUEST, str(error), name)

    async def http(self, request: Request, error: Exception) -> Response:
        status = HTTPStatus(error.status_code) if isinstance(error, HTTPException) else HTTPStatus.BAD_REQUEST
        message = "There is no page at this address." if status == HTTPStatus.NOT_FOUND else status.description
        response = await self._answer(request, status, message)
        if isinstance(error, HTTPException) and error.headers:
            response.headers.update(error.headers)
        return response

    async def store(self, request: Request, error: Exception) -> Response:
        # Without its subject, a path or address on this machine, which is nothing to a reader.
        reason = error.message if isinstance(error, StoreError) else ""
        message = f"The store does not answer at the moment: {reason}"
        return await self._answer(request, HTTPStatus.SERVICE_UNAVAILABLE, message, with_feeds=False)

    async def crash(self, request: Request, error: Exception) -> Response:
        # Starlette raises the error again behind this answer; the server logs it with its traceback.
        del error
        status = HTTPStatus.INTERNAL_SERVER_ERROR
        return await self._answer(request, status, "Something broke here; the log says what.", with_feeds=False)

    async def _answer(
        self, request: Request, status: HTTPStatus, message: str, parameter: str = "", *, with_feeds: bool = True
    ) -> Response:
        if request.url.path.startswith(("/api/", "/events", "/livez", "/readyz", "/healthz", "/metrics")):
            response = answer(ErrorAnswer(message, parameter), status)
            response.headers.update(HEADERS)
            return response
        return await run_in_threadpool(self._pages.error, status, message, with_feeds=with_feeds)

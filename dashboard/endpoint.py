"""What a service without a page answers to supervisors and scrapers: is it well, and its figures. Nothing of the desk's."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from dashboard.api import answer

METRICS_TYPE = "text/plain; version=0.0.4"


def create_endpoint(metrics: Callable[[], str], failing: Callable[[], dict[str, str]]) -> Starlette:
    """The application. `failing` names the parts that do not run; it may be called from any thread."""

    def live(_: Request) -> Response:
        return answer({"ok": True, "details": {}})

    def ready(_: Request) -> Response:
        found = failing()
        return answer({"ok": not found, "details": found}, HTTPStatus.SERVICE_UNAVAILABLE if found else HTTPStatus.OK)

    def figures(_: Request) -> Response:
        return PlainTextResponse(metrics(), media_type=METRICS_TYPE)

    return Starlette(
        routes=[
            Route("/livez", live),
            Route("/readyz", ready),
            Route("/healthz", ready),
            Route("/metrics", figures),
        ]
    )

"""The JSON API, the event stream, health and metrics. Objects are those of `schemas/json/`."""

from __future__ import annotations

from http import HTTPStatus

import msgspec
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from dashboard.feeds import FeedRow, feed_board
from dashboard.live import Live
from dashboard.query import cursor, wanted
from dashboard.sources import Sources
from dashboard.stream import EventStream
from schemas.article import Article
from schemas.feed import FeedSource, FeedState
from schemas.hit import Hit

API_HITS = 50


class HitsAnswer(msgspec.Struct, frozen=True):
    """`/api/hits`. `cursor` goes on from here in `/events?after=`."""

    hits: list[Hit]
    cursor: int


class FeedAnswer(msgspec.Struct, frozen=True):
    """One feed of `/api/feeds`: as configured, how it stands, and what the poller remembers (null before a poll)."""

    source: FeedSource
    standing: str
    state: FeedState | None


class FeedsAnswer(msgspec.Struct, frozen=True):
    """`/api/feeds`, problems first."""

    total: int
    problems: int
    feeds: list[FeedAnswer]


class ErrorAnswer(msgspec.Struct, frozen=True, omit_defaults=True):
    """Any refusal; `parameter` names the query parameter at fault."""

    error: str
    parameter: str = ""


class Api:
    """The API over `sources`. As with pages, plain functions run in worker threads."""

    def __init__(self, sources: Sources, live: Live) -> None:
        self._sources = sources
        self._live = live

    def hits(self, request: Request) -> Response:
        """`/api/hits?watchlist=&language=&since=&limit=`: newest first."""
        asked = wanted(request.query_params.multi_items(), self._sources.now(), limit=API_HITS)
        place = self._sources.hits.last_cursor()
        return answer(HitsAnswer(list(self._sources.hits.newest(asked.filter, asked.limit)), place))

    def feeds(self, request: Request) -> Response:
        """`/api/feeds`: every configured feed and its state."""
        del request
        board = feed_board(self._sources.feeds(), self._sources.feed_states.states())
        return answer(FeedsAnswer(len(board.rows), board.standing("problem"), list(map(_feed, board.rows))))

    def article(self, request: Request) -> Response:
        """`/api/articles/{id}`: the `Article`, as `wirewatch articles show --json` prints it."""
        article: Article | None = self._sources.articles.article(request.path_params["id"])
        if article is None:
            return answer(ErrorAnswer("there is no article with this id"), HTTPStatus.NOT_FOUND)
        return answer(article)

    async def events(self, request: Request) -> Response:
        """`/events?watchlist=&language=&after=`: see `EventStream`.

        `Last-Event-ID` wins over `after`: a browser that comes back sends both.
        """
        asked = wanted(request.query_params.multi_items(), self._sources.now(), limit=API_HITS)
        seen = cursor(request.headers.get("last-event-id", ""))
        if request.method == "HEAD":
            return Response(media_type=EventStream.media_type)
        return EventStream(self._live, asked, asked.after if seen is None else seen)

    def alive(self, request: Request) -> Response:
        """`/livez`: 200 as long as anything answers here at all."""
        del request
        return answer({"ok": True, "details": {}})

    def health(self, request: Request) -> Response:
        """`/readyz` and `/healthz`: 200 or 503, and why."""
        del request
        health = self._sources.health()
        status = HTTPStatus.OK if health.ok else HTTPStatus.SERVICE_UNAVAILABLE
        return answer({"ok": health.ok, "details": health.details}, status)

    def metrics(self, request: Request) -> Response:
        """`/metrics`: Prometheus text of the process and of the page."""
        del request
        text = self._sources.metrics().rstrip("\n")
        lines = f"{text}\n" if text else ""
        return PlainTextResponse(lines + self._live.metrics(), media_type="text/plain; version=0.0.4")


def answer(value: object, status: HTTPStatus = HTTPStatus.OK) -> Response:
    """`value` as JSON."""
    return Response(msgspec.json.encode(value), status, media_type="application/json")


def _feed(row: FeedRow) -> FeedAnswer:
    return FeedAnswer(row.source, row.standing, row.state.to_show() if row.state is not None else None)

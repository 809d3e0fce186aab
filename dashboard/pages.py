"""The HTML pages. Endpoints are plain functions: Starlette runs them in worker threads, where stores may block."""

from __future__ import annotations

from http import HTTPStatus

import msgspec
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from connectors.interfaces import HitFilter
from dashboard.counts import COUNTED_MOST, COUNTED_SPAN, counted
from dashboard.feeds import FeedBoard, feed_board
from dashboard.groups import Line, grouped, line
from dashboard.guard import HEADERS
from dashboard.kql import kql
from dashboard.live import Summary
from dashboard.marks import Piece, pieces, ranges_in
from dashboard.query import Wanted, wanted
from dashboard.render import Renderer
from dashboard.sources import Sources
from schemas.article import Article, Version
from schemas.errors import QueryError
from schemas.hit import Hit
from schemas.item import FIELDS

PAGE_HITS = 100
MORE_HITS = 500
VERSIONS_SHOWN = 20


class Text(msgspec.Struct, frozen=True):
    """One version of an article as the page shows it."""

    rank: int
    version: Version
    fields: dict[str, tuple[Piece, ...]]
    lines: tuple[Line, ...]


class Pages:
    """The pages over `sources`."""

    def __init__(self, sources: Sources, renderer: Renderer) -> None:
        self._sources = sources
        self._renderer = renderer

    def board(self) -> FeedBoard:
        """The feeds as they stand now."""
        return feed_board(self._sources.feeds(), self._sources.feed_states.states())

    def summary(self) -> Summary:
        """The feeds in one sentence, for open pages."""
        board = self.board()
        return Summary(board.summary, board.worst)

    def live(self, request: Request) -> Response:
        """`/`: the newest hits, and new ones as they come."""
        now = self._sources.now()
        asked = wanted(request.query_params.multi_items(), now, limit=PAGE_HITS, strict=False)
        # Taken before the hits are read: what is stored between the two comes over the stream, nothing is missed.
        cursor = self._sources.hits.last_cursor()
        hits = list(self._sources.hits.newest(asked.filter, asked.limit))
        recent = self._sources.hits.newest(HitFilter(since=now - COUNTED_SPAN), COUNTED_MOST)
        return self._page(
            "live.html",
            asked=asked,
            filtered=asked.filter != HitFilter(),
            groups=grouped(hits),
            hit_count=len(hits),
            more=MORE_HITS if asked.limit < MORE_HITS and len(hits) == asked.limit else 0,
            counts=counted(recent, asked.filter),
            watchlists=self._watchlist_names(asked, hits),
            cursor=cursor,
            discover=self._discover(asked.filter, asked.since),
        )

    def feeds(self, request: Request) -> Response:
        """`/feeds`: what each feed last said, problems first."""
        del request
        return self._page("feeds.html", polls_only=self._sources.polls_only)

    def article(self, request: Request) -> Response:
        """`/articles/{id}`: every version with its marks, and where it was seen."""
        article = self._sources.articles.article(request.path_params["id"])
        if article is None:
            return self.error(HTTPStatus.NOT_FOUND, "There is no article with this id.")
        hits = list(self._sources.hits.newest(HitFilter(article_id=article.article_id), 0))
        return self._page(
            "article.html",
            article=article,
            texts=self._texts(article, hits),
            versions=len(article.versions),
            hit_count=len(hits),
            discover=self._discover(HitFilter(article_id=article.article_id)) if hits else "",
            names={feed.feed_url: feed.name for feed in self._sources.feeds() if feed.name},
        )

    def discover(self, request: Request) -> Response:
        """`/discover?query=`: a search, as the address of the same search in Kibana."""
        discover = self._sources.discover
        if discover is None:
            return self.error(HTTPStatus.NOT_FOUND, "No Kibana is set; the setting is kibana.url.")
        query = request.query_params.get("query", "").strip()
        try:
            asked = kql(query)
        except QueryError as error:
            return self._page("discover.html", HTTPStatus.BAD_REQUEST, query=query, problem=str(error))
        return self._page("discover.html", query=query, problem="", asked=asked, address=discover.articles(asked.query))

    def error(self, status: HTTPStatus, message: str, *, with_feeds: bool = True) -> Response:
        """A page that says what is wrong."""
        board = self.board() if with_feeds else None
        text = self._renderer.page("error.html", board=board, status=status, message=message)
        # The answer to a crash is sent from outside the guard: it brings the guard's headers itself.
        return HTMLResponse(text, status, HEADERS | {"Cache-Control": "no-store"})

    def _page(self, template: str, status: HTTPStatus = HTTPStatus.OK, **context: object) -> Response:
        return HTMLResponse(self._renderer.page(template, board=self.board(), **context), status)

    def _discover(self, wanted: HitFilter, since: str = "") -> str:
        discover = self._sources.discover
        return "" if discover is None else discover.hits(wanted, since)

    def _watchlist_names(self, asked: Wanted, hits: list[Hit]) -> dict[str, str]:
        names = {watchlist.id: watchlist.name or watchlist.id for watchlist in self._sources.watchlists()}
        # Lists that are gone have left hits behind, and may be what the address asks for.
        for hit in hits:
            names.setdefault(hit.watchlist, hit.watchlist_name or hit.watchlist)
        if asked.filter.watchlist:
            names.setdefault(asked.filter.watchlist, asked.filter.watchlist)
        return names

    def _texts(self, article: Article, hits: list[Hit]) -> list[Text]:
        texts: list[Text] = []
        ranked = list(enumerate(article.versions, start=1))
        for rank, version_id in reversed(ranked[-VERSIONS_SHOWN:]):
            version = self._sources.articles.version(version_id)
            if version is not None:
                found = [hit for hit in hits if hit.version_id == version_id]
                texts.append(Text(rank, version, _marked(version, found), tuple(map(line, found))))
        return texts


def _marked(version: Version, hits: list[Hit]) -> dict[str, tuple[Piece, ...]]:
    spans = [span for hit in hits for span in hit.spans]
    return {field: pieces(getattr(version, field), ranges_in(field, spans)) for field in FIELDS}

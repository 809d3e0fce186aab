"""Web pages as outlets serve them, for tests of full text."""

from __future__ import annotations

from tests.connectors.feeds.server import Outlet

HTML = "text/html; charset=utf-8"
MENU = '<nav><a href="/">Home</a> <a href="/sport">Sport</a> <a href="/more">More stories</a></nav>'
WORDS = "The council met in the old town hall and spoke for hours about the bridge, the road and the money for both. "


def page(title: str, *paragraphs: str, head: str = "") -> bytes:
    """An article among what surrounds articles; without `paragraphs`, one that is long enough."""
    text = "".join(f"<p>{paragraph}</p>" for paragraph in paragraphs or (WORDS * 3, WORDS * 4))
    return (
        f"<!doctype html><html><head><title>{title} | The Outlet</title>{head}</head><body>{MENU}"
        f"<article><h1>{title}</h1>{text}</article>"
        "<div class='comments'><p>First comment, says nothing at all.</p></div>"
        "<footer>Copyright The Outlet, all rights reserved</footer></body></html>"
    ).encode()


def serve(here: Outlet, path: str, document: bytes, kind: str = HTML) -> str:
    """Serves `document` at `path`; its address."""
    here.documents[path] = document
    here.headers[path] = {"Content-Type": kind}
    return here.url(path)


def asked(here: Outlet, path: str) -> int:
    """How often `path` was asked for."""
    return sum(request.path == path for request in here.requests)

"""A wire for tests: documents served on loopback by a real HTTP server in a thread."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email.message import Message
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from xml.sax.saxutils import escape

from schemas.item import FeedItem

Answer = tuple[int, dict[str, str], bytes]


class Wire:
    """`wire["/a.rss"] = b"…"` serves a document; a function is called for each request and gives the whole answer."""

    def __init__(self, server: ThreadingHTTPServer) -> None:
        self.address = f"http://127.0.0.1:{server.server_port}"
        self.documents: dict[str, bytes | Callable[[], Answer]] = {}
        self.requests: list[str] = []
        self.headers: Message = Message()
        """Of the last request."""

    def __setitem__(self, path: str, document: bytes | Callable[[], Answer]) -> None:
        self.documents[path] = document

    def url(self, path: str) -> str:
        return self.address + path

    def answer(self, path: str) -> Answer:
        self.requests.append(path)
        document = self.documents.get(path)
        if document is None:
            return 404, {}, b"not here"
        return document() if callable(document) else (200, {"Content-Type": "application/rss+xml"}, document)


@contextmanager
def serving() -> Iterator[Wire]:
    """A wire on a free port, stopped at the end."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            wire.headers = self.headers
            status, headers, body = wire.answer(self.path)
            self.send_response(status)
            for name, value in {"Content-Length": str(len(body)), **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    wire = Wire(server)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield wire
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def rss(*items: FeedItem, title: str = "Test wire") -> bytes:
    """An RSS document with the words, ids and dates of `items`."""
    entries = "".join(
        f"<item><guid isPermaLink='false'>{escape(one.native_id)}</guid><link>{escape(one.url)}</link>"
        f"<title>{escape(one.title)}</title><description>{escape(escape(one.body))}</description>"
        + (f"<pubDate>{format_datetime(one.published_at)}</pubDate>" if one.published_at else "")
        + "</item>"
        for one in items
    )
    return (
        f"<?xml version='1.0' encoding='utf-8'?><rss version='2.0'><channel><title>{escape(title)}</title>"
        f"<link>http://outlet.example/</link><description>d</description>{entries}</channel></rss>"
    ).encode()

"""A Kibana of four endpoints, as strict as the real one about what reaches it.

Written after the routes of Kibana 9: status, spaces, `_export` and `_import` of saved objects. It keeps objects in a form
of its own, as a newer Kibana does, and an id belongs to the space that had it first.
"""

from __future__ import annotations

import json
import ssl
import threading
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from email.parser import BytesParser
from email.policy import HTTP
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

Saved = dict[str, Any]
Answer = tuple[int, Any]


class FakeKibana:
    """What it holds, and how it is to behave."""

    def __init__(self) -> None:
        self.url = ""
        self.version = "9.1.0"
        self.spaces = {"default", "press"}
        self.authorization = ""
        """The header a request must bring; empty: no logins."""
        self.forbidden = False
        self.starting = False
        self.moved_to = ""
        """Where every request is sent instead."""
        self.refusals: dict[str, Saved] = {}
        """Object id -> why it is not taken."""
        self.stored: dict[tuple[str, str, str], Saved] = {}
        """Space, type and id -> the object as kept."""
        self.imports = 0

    def answer(self, method: str, target: str, headers: Any, body: bytes) -> Answer:
        split = urlsplit(target)
        space, path = "default", split.path
        if path.startswith("/s/"):
            _, _, space, rest = path.split("/", 3)
            path = f"/{rest}"
        if self.starting:
            return 503, "Kibana server is not ready yet"
        if self.authorization and headers.get("authorization") != self.authorization:
            return _boom(401, "Unauthorized", "missing authentication credentials")
        if method == "POST" and "kbn-xsrf" not in headers:
            return _boom(400, "Bad Request", "Request must contain a kbn-xsrf header.")
        routes: dict[tuple[str, str], Callable[[], Answer]] = {
            ("GET", "/api/status"): self._status,
            ("POST", "/api/saved_objects/_export"): lambda: self._export(space, body),
            ("POST", "/api/saved_objects/_import"): lambda: self._import(space, split.query, headers, body),
        }
        if (method, path) in routes:
            return routes[method, path]()
        if method == "GET" and path.startswith("/api/spaces/space/"):
            name = path.rpartition("/")[2]
            return (200, {"id": name}) if name in self.spaces else _boom(404, "Not Found", "Not Found")
        return _boom(404, "Not Found", "Not Found")

    def _status(self) -> Answer:
        return 200, {"name": "one", "version": {"number": self.version}, "status": {"overall": {"level": "available"}}}

    def _export(self, space: str, body: bytes) -> Answer:
        if self.forbidden:
            return _boom(403, "Forbidden", "Unable to bulk_get dashboard,index-pattern,search")
        asked = json.loads(body)
        keys = [(space, one["type"], one["id"]) for one in asked["objects"]]
        missing = [{"type": kind, "id": name, "error": {"statusCode": 404}} for _, kind, name in keys
                   if (space, kind, name) not in self.stored]  # fmt: skip
        if missing:
            attributes = {"objects": missing, "type": "object-fetch-error"}
            return 400, {"statusCode": 400, "message": "Error fetching objects to export", "attributes": attributes}
        return 200, "\n".join(json.dumps(self.stored[key]) for key in keys)

    def _import(self, space: str, query: str, headers: Any, body: bytes) -> Answer:
        if self.forbidden:
            return _boom(403, "Forbidden", "Unable to bulk_create dashboard,index-pattern,search")
        kind = headers.get("content-type", "")
        if not kind.startswith("multipart/form-data"):
            return _boom(415, "Unsupported Media Type", "Unsupported Media Type")
        form = BytesParser(policy=HTTP).parsebytes(b"content-type: " + kind.encode() + b"\r\n\r\n" + body)
        parts = {part.get_param("name", header="content-disposition"): part for part in form.iter_parts()}
        if set(parts) != {"file"}:
            return _boom(400, "Bad Request", "[request body.file]: expected value of type [Stream]")
        if not (parts["file"].get_filename() or "").endswith(".ndjson"):
            return _boom(400, "Bad Request", "Invalid file extension")
        content = parts["file"].get_payload(decode=True)
        assert isinstance(content, bytes)
        objects = [json.loads(line) for line in content.splitlines()]
        self.imports += 1
        return 200, self._taken(space, objects, overwrite=parse_qs(query).get("overwrite") == ["true"])

    def _taken(self, space: str, objects: list[Saved], *, overwrite: bool) -> Saved:
        there = {(saved["type"], saved["id"]) for saved in objects}
        errors, results, new = [], [], {}
        for saved in objects:
            key = (saved["type"], saved["id"])
            missing = [one for one in saved["references"] if (one["type"], one["id"]) not in there]
            known = (space, *key) in self.stored
            if saved["id"] in self.refusals:
                errors.append({"type": key[0], "id": key[1], "error": self.refusals[saved["id"]]})
            elif missing:
                errors.append(
                    {"type": key[0], "id": key[1], "error": {"type": "missing_references", "references": missing}}
                )
            elif known and not overwrite:
                errors.append({"type": key[0], "id": key[1], "error": {"type": "conflict"}})
            else:
                result, kept = self._kept(space, key, known=known)
                new[kept] = {**saved, "id": kept[2], "attributes": {**saved["attributes"], "lifted": self.version}}
                results.append(result)
        if not errors:
            self.stored |= new
        answer = {"success": not errors, "successCount": 0 if errors else len(results), "warnings": []}
        return {**answer, "successResults": results, **({"errors": errors} if errors else {})}

    def _kept(self, space: str, key: tuple[str, str], *, known: bool) -> tuple[Saved, tuple[str, str, str]]:
        elsewhere = any(kept[0] != space and kept[1:] == key for kept in self.stored)
        result: Saved = {"type": key[0], "id": key[1], "managed": True, "meta": {}}
        if known or not elsewhere:
            return {**result, **({"overwrite": True} if known else {})}, (space, *key)
        moved = str(uuid.uuid5(uuid.NAMESPACE_OID, f"{space} {key}"))
        again = {"overwrite": True} if (space, key[0], moved) in self.stored else {}
        return {**result, "destinationId": moved, **again}, (space, key[0], moved)


def _boom(status: int, error: str, message: str) -> Answer:
    return status, {"statusCode": status, "error": error, "message": message}


@contextmanager
def serving(kibana: FakeKibana, tls: ssl.SSLContext | None = None) -> Iterator[FakeKibana]:
    """`kibana` on a free port of loopback, its address in `url`."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length") or 0))
            status, told = kibana.answer(self.command, self.path, self.headers, body)
            sent = (told if isinstance(told, str) else json.dumps(told)).encode()
            self.send_response(301 if kibana.moved_to else status)
            if kibana.moved_to:
                self.send_header("location", kibana.moved_to)
            self.send_header("content-length", str(len(sent)))
            self.end_headers()
            self.wfile.write(sent)

        do_GET = do_POST = _answer  # noqa: N815 the base class looks them up so

        def log_message(self, *_: object) -> None:
            pass

        def handle(self) -> None:
            # A client that does not trust the certificate hangs up in the middle of the handshake.
            with suppress(OSError):
                super().handle()

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    if tls:
        server.socket = tls.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    kibana.url = f"{'https' if tls else 'http'}://127.0.0.1:{server.server_port}"
    try:
        yield kibana
    finally:
        server.shutdown()
        thread.join()
        server.server_close()

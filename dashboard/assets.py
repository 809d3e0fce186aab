"""The style sheet, script and icon: read once, served under names that hold their hash, so caches may keep them."""

from __future__ import annotations

import hashlib
from importlib.resources import files

from starlette.requests import Request
from starlette.responses import Response

_TYPES = {"css": "text/css", "js": "text/javascript", "svg": "image/svg+xml"}


class Assets:
    """The files in `static/`."""

    def __init__(self) -> None:
        self._served: dict[str, tuple[bytes, str]] = {}
        self._paths: dict[str, str] = {}
        for file in files("dashboard").joinpath("static").iterdir():
            stem, _, kind = file.name.rpartition(".")
            if kind not in _TYPES:
                continue
            content = file.read_bytes()
            served = f"{stem}.{hashlib.blake2b(content, digest_size=8).hexdigest()}.{kind}"
            self._served[served] = (content, _TYPES[kind])
            self._paths[file.name] = f"/static/{served}"

    def path(self, name: str) -> str:
        """The address of the file `name`; it changes with the content."""
        return self._paths[name]

    async def serve(self, request: Request) -> Response:
        """Answer `/static/{name}`; an old or unknown name is 404."""
        content, kind = self._served.get(request.path_params["name"], (b"", ""))
        if not kind:
            return Response("no such file\n", status_code=404, media_type="text/plain")
        return Response(content, media_type=kind, headers={"Cache-Control": "public, max-age=31536000, immutable"})

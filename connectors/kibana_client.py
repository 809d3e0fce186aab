"""A thin client of Kibana: asks and brings saved objects, and turns every answer that is no success into `StoreError`.

It talks over the transport that the client of Elasticsearch brings, so that logins and certificates mean the same.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

import elastic_transport
import msgspec
from elastic_transport.client_utils import url_to_node_config
from urllib3.filepost import encode_multipart_formdata

from connectors.savedobjects import Key, SavedObject, key_of, ndjson
from schemas.errors import StoreError

OLDEST = (8, 9)
"""The first Kibana that wrote saved objects in the form of ours; a test holds the file to it."""
_OK, _BAD_REQUEST, _UNAUTHORIZED, _FORBIDDEN, _NOT_FOUND = 200, 400, 401, 403, 404
_TRANSIENT = frozenset({429, 502, 503, 504})
_ELSEWHERE = frozenset({301, 302, 303, 307, 308})
_SAID = 300


class Kibana(msgspec.Struct, frozen=True, kw_only=True):
    """Where Kibana is, and how it lets us in. Plain values, each as in the settings."""

    url: str
    """With the path it is served under, if any."""
    space: str = ""
    """Empty: the default space."""
    api_key: str = ""
    user: str = ""
    """Used when there is no API key."""
    password: str = ""
    ca_file: str = ""
    ca_fingerprint: str = ""
    """SHA-256 of the certificate authority's certificate, instead of `ca_file`."""
    timeout: float = 30.0
    """Seconds to wait for an answer."""

    def __repr__(self) -> str:
        return f"Kibana({self.url!r}, space={self.space!r})"


class Client:
    """One Kibana, asked request by request."""

    def __init__(self, kibana: Kibana) -> None:
        self._kibana = kibana
        self._space = "" if kibana.space in {"", "default"} else kibana.space
        self._headers = elastic_transport.HttpHeaders({"kbn-xsrf": "wirewatch", "accept": "application/json"})
        if kibana.api_key:
            self._headers["authorization"] = f"ApiKey {kibana.api_key}"
        elif kibana.user:
            login = base64.b64encode(f"{kibana.user}:{kibana.password}".encode()).decode()
            self._headers["authorization"] = f"Basic {login}"
        try:
            self._node = elastic_transport.Urllib3HttpNode(_node_config(kibana))
        except (ValueError, OSError) as error:
            raise self._error(f"not an address and certificate that can be used: {error}") from error

    def close(self) -> None:
        self._node.close()

    def check(self) -> None:
        """Raise unless a Kibana that is new enough answers, knows our login and has the space."""
        status, answer = self._ask("GET", "/api/status")
        if status in {_BAD_REQUEST, _NOT_FOUND} or (status == _OK and "status" not in answer):
            raise self._error("what answers there is not Kibana: see kibana.url (with the path it is served under)")
        self._expect(status, answer, "its state")
        number = str(_dict(answer.get("version")).get("number", ""))
        if number and _version(number) < OLDEST:
            oldest = ".".join(map(str, OLDEST))
            raise self._error(f"Kibana {number} is too old: the saved objects are in the form of {oldest} and newer")
        # Kibana imports into a space that does not exist without a word.
        if self._space:
            status, answer = self._ask("GET", f"/api/spaces/space/{quote(self._space, safe='')}")
            if status == _NOT_FOUND:
                raise self._error(f"there is no space {self._space!r}: create it, or see kibana.space")
            self._expect(status, answer, f"the space {self._space!r}")

    def stored(self, keys: Sequence[Key]) -> dict[Key, object]:
        """What Kibana has under `keys`, in the form it keeps them in; those it lacks are missing."""
        wanted = list(keys)
        while wanted:
            body = {"objects": [{"type": kind, "id": name} for kind, name in wanted], "excludeExportDetails": True}
            status, answer = self._ask("POST", f"{self._root}/api/saved_objects/_export", json.dumps(body).encode())
            missing = _missing(answer) if status == _BAD_REQUEST else set()
            if not missing.intersection(wanted):
                self._expect(status, answer, "what it has")
                return {key_of(saved): (saved.get("attributes"), saved.get("references")) for saved in answer["lines"]}
            wanted = [key for key in wanted if key not in missing]
        return {}

    def bring(self, objects: Sequence[SavedObject]) -> dict[Key, Mapping[str, Any]]:
        """Import `objects` over what is there; what Kibana says of each."""
        body, kind = encode_multipart_formdata({"file": ("wirewatch.ndjson", ndjson(objects), "application/ndjson")})
        status, answer = self._ask("POST", f"{self._root}/api/saved_objects/_import?overwrite=true", body, kind)
        self._expect(status, answer, "the saved objects")
        errors = answer.get("errors") or []
        if errors or not answer.get("success"):
            named = "; ".join(map(_refusal, errors)) or _said(answer)
            raise self._error(f"Kibana refused {len(errors) or 'all'} of {len(objects)} saved objects: {named}")
        return {key_of(result): result for result in answer.get("successResults") or []}

    @property
    def _root(self) -> str:
        return f"/s/{quote(self._space, safe='')}" if self._space else ""

    def _ask(
        self, method: str, target: str, body: bytes | None = None, kind: str = "application/json"
    ) -> tuple[int, dict[str, Any]]:
        headers = self._headers.copy()
        if body is not None:
            headers["content-type"] = kind
        try:
            answer = self._node.perform_request(method, target, body, headers)
        except elastic_transport.TlsError as error:
            message = "the certificate is not trusted: see elasticsearch.ca_file and elasticsearch.ca_fingerprint"
            raise self._error(f"{message} ({error.message})") from error
        except elastic_transport.ConnectionTimeout as error:
            raise self._error(f"no answer within {self._kibana.timeout:g} s", retryable=True) from error
        except elastic_transport.ConnectionError as error:
            raise self._error(f"Kibana is away: {error.message}", retryable=True) from error
        if answer.meta.status in _ELSEWHERE:
            raise self._error(f"leads elsewhere, to {answer.meta.headers.get('location', 'nowhere')}: see kibana.url")
        return answer.meta.status, _decoded(answer.body)

    def _expect(self, status: int, answer: Mapping[str, Any], what: str) -> None:
        if status == _OK:
            return
        if status == _UNAUTHORIZED:
            message = "the login was refused: see kibana.api_key, or elasticsearch.user and elasticsearch.password"
            raise self._error(message)
        if status == _FORBIDDEN:
            needed = "it needs all privileges on Discover, Dashboard and Data View Management"
            message = f"the login may not manage {what}: {needed} in the space {self._space or 'default'!r}"
            raise self._error(f"{message} ({_said(answer)})")
        if status in _TRANSIENT:
            raise self._error(f"Kibana is not ready: {_said(answer)}", retryable=True)
        raise self._error(f"answered {status} for {what}: {_said(answer)}")

    def _error(self, message: str, *, retryable: bool = False) -> StoreError:
        return StoreError(message, subject=f"Kibana {self._kibana.url}", retryable=retryable)


def _node_config(kibana: Kibana) -> elastic_transport.NodeConfig:
    config = url_to_node_config(kibana.url, use_default_ports_for_scheme=True)
    trust: dict[str, Any] = {}
    if config.scheme == "https" and kibana.ca_fingerprint:
        trust["ssl_assert_fingerprint"] = kibana.ca_fingerprint
    elif config.scheme == "https" and kibana.ca_file:
        trust["ca_certs"] = kibana.ca_file
    return config.replace(request_timeout=kibana.timeout, connections_per_node=1, **trust)


def _decoded(body: bytes) -> dict[str, Any]:
    """One JSON object as it is, several lines of them under `lines`, anything else under `message`."""
    try:
        lines = [json.loads(line) for line in body.splitlines() if line.strip()]
    except ValueError:
        try:
            lines = [json.loads(body)]
        except ValueError:
            return {"message": body[:_SAID].decode(errors="replace"), "lines": []}
    lines = [line for line in lines if isinstance(line, dict)]
    return {**(lines[0] if len(lines) == 1 else {}), "lines": lines}


def _dict(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _version(number: str) -> tuple[int, ...]:
    parts = number.partition("-")[0].split(".")
    return tuple(int(part) if part.isdecimal() else 0 for part in parts[:2])


def _missing(answer: Mapping[str, Any]) -> set[Key]:
    objects = _dict(answer.get("attributes")).get("objects") or []
    return {(str(one.get("type")), str(one.get("id"))) for one in objects if isinstance(one, dict)}


def _refusal(error: Mapping[str, Any]) -> str:
    """Which object, and why not."""
    reason = _dict(error.get("error"))
    name = str(reason.get("type", "unknown"))
    if name == "missing_references":
        named = ", ".join(f"{one.get('type')} {one.get('id')}" for one in reason.get("references") or [])
        told = f"refers to what is not there: {named}"
    elif name in {"conflict", "ambiguous_conflict"}:
        told = "conflicts with an object that another space shares or owns"
    else:
        told = str(reason.get("message") or name.replace("_", " "))
    return f"{error.get('type')} {error.get('id')} {told}"


def _said(answer: Mapping[str, Any]) -> str:
    return str(answer.get("message") or answer.get("error") or "nothing more was said")[:_SAID]

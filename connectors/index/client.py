"""The official client as we use it: JSON by msgspec, no retries but on another node, and its errors as ours.

It asks for nothing on its own: that the server is Elasticsearch it knows from a header of the first answer, so servers
that refuse `GET /` will do.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import elastic_transport
import elasticsearch
import msgspec
from elasticsearch import Elasticsearch

from connectors.index.server import ElasticsearchServer
from schemas.errors import StoreError

SETUP = "run `wirewatch setup`"
AWAY = frozenset({408, 429, 500, 502, 503, 504})
"""What passes: too much to do, shards that are being moved, a node on its way out or in."""


class _Json(elastic_transport.JsonSerializer):
    """Several times as fast as the standard library's, on answers of many documents."""

    def json_dumps(self, data: Any) -> bytes:
        return msgspec.json.encode(data)

    def json_loads(self, data: bytes) -> Any:
        return msgspec.json.decode(data)


def connect(server: ElasticsearchServer) -> Elasticsearch:
    """A client for `server`. Nothing is asked yet. Raises `StoreError` for a setting that cannot work."""
    options: dict[str, Any] = {}
    if server.api_key:
        options["api_key"] = server.api_key
    elif server.user:
        options["basic_auth"] = (server.user, server.password)
    if server.ca_fingerprint:
        options |= {"ssl_assert_fingerprint": server.ca_fingerprint}
    elif server.ca_file:
        options |= {"ca_certs": server.ca_file}
    json = _Json()
    try:
        return Elasticsearch(
            list(server.urls),
            request_timeout=server.timeout,
            # Another node is asked at once; waiting and asking again is the caller's, who knows what it costs.
            max_retries=len(server.urls) - 1,
            retry_on_status=(502, 503, 504) if len(server.urls) > 1 else (),
            retry_on_timeout=False,
            serializers={"application/json": json, "application/vnd.elasticsearch+json": json},
            **options,
        )
    except (ValueError, OSError) as error:
        raise StoreError(str(error), subject=_subject(server)) from error


def _subject(server: ElasticsearchServer) -> str:
    return " ".join(server.urls)


@contextlib.contextmanager
def told(server: ElasticsearchServer) -> Iterator[None]:
    """Raises the client's errors as `StoreError`, saying what to do; retryable where waiting can mend it."""
    try:
        yield
    except elasticsearch.ApiError as error:
        raise refused(error.status_code, kind_of(error), reason_of(error), _subject(server)) from error
    except elastic_transport.TlsError as error:
        message = (
            f"its certificate is not trusted: {error.message}: see elasticsearch.ca_file, elasticsearch.ca_fingerprint"
        )
        raise StoreError(message, subject=_subject(server)) from error
    except elastic_transport.ConnectionTimeout as error:
        message = f"Elasticsearch does not answer within {server.timeout:g} s"
        raise StoreError(message, subject=_subject(server), retryable=True) from error
    except elastic_transport.ConnectionError as error:
        message = f"Elasticsearch is away: {error.message}"
        raise StoreError(message, subject=_subject(server), retryable=True) from error
    except elasticsearch.UnsupportedProductError as error:
        raise StoreError("what answers there is not Elasticsearch", subject=_subject(server)) from error
    except elastic_transport.SerializationError as error:
        message = f"an answer that is not of Elasticsearch: {str(error)[:200]}"
        raise StoreError(message, subject=_subject(server), retryable=True) from error


def refused(status: int, kind: str, reason: str, subject: str) -> StoreError:
    """What an answer means that is not a success; `kind` is the server's name for it."""
    said = f"{kind}: {reason}"[:500] if reason else kind
    if is_block(kind):
        return StoreError(
            f"the index is blocked, by a full disk or by somebody: {said}", subject=subject, retryable=True
        )
    if status == 401:  # noqa: PLR2004 HTTP
        message = "the login was refused: see elasticsearch.api_key, elasticsearch.user and elasticsearch.password"
        return StoreError(message, subject=subject)
    if status == 403:  # noqa: PLR2004 HTTP
        message = f"the login lacks a privilege (the roles that do are in deploy/elasticsearch): {said}"
        return StoreError(message, subject=subject)
    if status == 404 and is_missing(kind):  # noqa: PLR2004 HTTP
        return StoreError(f"the index is not there: {SETUP} ({said})", subject=subject)
    return StoreError(said or f"HTTP status {status}", subject=subject, retryable=status in AWAY)


def is_block(kind: str) -> bool:
    """Whether nobody may write for now: the disk is full, a new generation is made, the cluster has no master."""
    return kind == "cluster_block_exception"


def is_missing(kind: str) -> bool:
    """Whether it is the index that is missing, or the alias."""
    return kind in {"index_not_found_exception", "alias_not_found_exception", "aliases_not_found_exception"}


def kind_of(error: elasticsearch.ApiError) -> str:
    """The server's name for what was wrong."""
    body = error.body
    if isinstance(body, dict) and isinstance(body.get("error"), dict):
        return str(_first_cause(body["error"]).get("type", ""))
    return str(error.message)


def reason_of(error: elasticsearch.ApiError) -> str:
    """What the server says was wrong."""
    body = error.body
    if isinstance(body, dict) and isinstance(body.get("error"), dict):
        return str(_first_cause(body["error"]).get("reason", ""))
    return ""


def _first_cause(error: dict[str, Any]) -> dict[str, Any]:
    # "all shards failed" says nothing; the first of the root causes does.
    causes = error.get("root_cause") or []
    return causes[0] if error.get("type") == "search_phase_execution_exception" and causes else error

"""Bulk requests: cut to size, each item of the answer put into its class, what can pass tried again.

| class | when | what becomes of it |
|---|---|---|
| done | 200, 201 | |
| stale | 409, or its generation was replaced | somebody was faster: given back, to be read and merged again |
| retry | 429, 5xx, a block | tried again a few times with growing, jittered pauses, then `StoreError`, retryable |
| stop | 401, 403, the index or one of its fields is missing | `StoreError` that says what to do |
| dead | any other refusal | `RecordError` that names the document, once all others are written |
"""

from __future__ import annotations

import random
import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal

import elasticsearch
import msgspec
from elasticsearch import Elasticsearch

from connectors.index.client import AWAY, SETUP, is_block, is_missing, kind_of, reason_of, refused, told
from connectors.index.server import ElasticsearchServer
from schemas.errors import RecordError, StoreError

Outcome = Literal["done", "stale", "retry", "stop", "dead"]

MOST_DOCUMENTS = 500
MOST_BYTES = 5_000_000
"""Of one request; a document that is longer goes alone."""
_ATTEMPTS = 4
_FIRST_PAUSE = 0.2
_LACKS_A_FIELD = "strict_dynamic_mapping_exception"
"""Our documents have the keys of our types: it is the index that is older than this release."""
_OF_THE_REQUEST = frozenset({400, 413})
_BUSY = 429


class Write(msgspec.Struct, frozen=True, kw_only=True):
    """One document to write. `alias` is an alias, or the server refuses: no index is ever made by writing."""

    alias: str
    id: str
    document: bytes
    create: bool = False
    """Only if there is none of that id."""
    seen: tuple[int, int] | None = None
    """Only over the state of the document with this sequence number and primary term."""

    @property
    def subject(self) -> str:
        """How errors name it."""
        return f"{self.alias}/{self.id}"

    def lines(self) -> bytes:
        """The two lines of a bulk request."""
        action: dict[str, Any] = {"_index": self.alias, "_id": self.id, "require_alias": True}
        if self.seen is not None:
            action |= {"if_seq_no": self.seen[0], "if_primary_term": self.seen[1]}
        return b"%b\n%b\n" % (msgspec.json.encode({"create" if self.create else "index": action}), self.document)


class _Refusal(msgspec.Struct, frozen=True):
    """Why one item was not written."""

    write: Write
    outcome: Outcome
    status: int
    kind: str
    reason: str


class Bulk:
    """Writes documents. `written_total` and `retried_total` only grow."""

    def __init__(self, client: Elasticsearch, server: ElasticsearchServer) -> None:
        self._client = client
        self._server = server
        self.written_total = 0
        self.retried_total = 0

    def write(self, writes: Sequence[Write], *, in_order: bool = False) -> Sequence[Write]:
        """Write all; returns those that were stale. See the module for what is raised.

        `in_order`: none is written before those in front of it; the first that has to be tried again ends the call.
        """
        refusals: list[_Refusal] = []
        pending: Sequence[Write] = writes
        for attempt in range(1 if in_order else _ATTEMPTS):
            if attempt:
                self.retried_total += len(pending)
                time.sleep(_FIRST_PAUSE * 2 ** (attempt - 1) * random.uniform(0.5, 1.0))  # noqa: S311 jitter
            refusals = [one for one in refusals if one.outcome != "retry"]
            for request in _cut(pending):
                refusals += self._send(request)
                if in_order and any(one.outcome == "retry" for one in refusals):
                    break
            pending = [one.write for one in refusals if one.outcome == "retry"]
            if not pending:
                break
        for outcome in ("retry", "dead"):
            for one in refusals:
                if one.outcome == outcome:
                    raise self._error(one)
        return [one.write for one in refusals]

    def _send(self, request: Sequence[Write]) -> list[_Refusal]:
        """Send one request; what was not written. Raises `StoreError` for what concerns all of it."""
        try:
            with told(self._server):
                answer = self._client.bulk(operations=[write.lines() for write in request])  # type: ignore[misc] # lines are taken too
        except StoreError as error:
            cause = error.__cause__
            if isinstance(cause, elasticsearch.ApiError) and cause.status_code in _OF_THE_REQUEST:
                return self._parted(request, cause)
            if isinstance(cause, elasticsearch.ApiError) and cause.status_code == _BUSY:
                return [_Refusal(write, "retry", _BUSY, kind_of(cause), reason_of(cause)) for write in request]
            raise
        refusals = []
        for write, item in zip(request, answer["items"], strict=True):
            ((_, result),) = item.items()
            refusal = _refusal(write, result)
            if refusal is None:
                self.written_total += 1
            elif refusal.outcome == "stop":
                raise self._error(refusal)
            else:
                refusals.append(refusal)
        return refusals

    def _parted(self, request: Sequence[Write], error: elasticsearch.ApiError) -> list[_Refusal]:
        """A request that was refused as a whole, in halves, until what it is refused for is alone."""
        if len(request) == 1:
            return [_Refusal(request[0], "dead", error.status_code, kind_of(error), reason_of(error))]
        middle = len(request) // 2
        return [*self._send(request[:middle]), *self._send(request[middle:])]

    def _error(self, refusal: _Refusal) -> RecordError | StoreError:
        if refusal.outcome == "dead":
            message = f"Elasticsearch refuses the document: {refusal.kind}: {refusal.reason}"
            return RecordError(message[:1000], subject=refusal.write.subject, stage="index")
        if refusal.kind == _LACKS_A_FIELD:
            message = f"the index was made by an older release: {SETUP} ({refusal.reason})"
            return StoreError(message, subject=refusal.write.subject)
        return refused(refusal.status, refusal.kind, refusal.reason, refusal.write.subject)


def _refusal(write: Write, result: Mapping[str, Any]) -> _Refusal | None:
    status = result["status"]
    if status in {200, 201}:
        return None
    error = result.get("error") or {}
    kind, reason = str(error.get("type", "")), _whole_reason(error)
    outcome: Outcome = "dead"
    if status == 409 or (write.seen is not None and is_missing(kind)):  # noqa: PLR2004 HTTP
        # A generation is only ever gone when another has taken its place.
        outcome = "stale"
    elif is_block(kind) or status in AWAY:
        outcome = "retry"
    elif status in {401, 403} or is_missing(kind) or kind == _LACKS_A_FIELD:
        outcome = "stop"
    return _Refusal(write, outcome, status, kind, reason)


def _whole_reason(error: Mapping[str, Any]) -> str:
    """The server's sentence with that of what caused it, which often says more."""
    reason = str(error.get("reason", ""))
    cause = error.get("caused_by")
    return f"{reason}: {cause.get('reason', '')}" if isinstance(cause, Mapping) else reason


def _cut(writes: Sequence[Write]) -> Iterator[Sequence[Write]]:
    """`writes` in requests of at most `MOST_DOCUMENTS` and about `MOST_BYTES`."""
    request: list[Write] = []
    size = 0
    for write in writes:
        if request and (len(request) == MOST_DOCUMENTS or size + len(write.document) > MOST_BYTES):
            yield request
            request, size = [], 0
        request.append(write)
        size += len(write.document)
    if request:
        yield request

"""A member of a consumer group: the group shares the partitions of a topic among the processes, and keeps their places.

    read ──> batch runs (paused, polled by the keeper) ──> commit ──> read

Kafka takes a partition from a member that does not ask for records for a while. A batch may take minutes, and waits as
long as a back end is away; so between two reads a thread, the keeper, goes on asking with all partitions paused. It
also follows when the group shares out anew, so that no other member waits for our batch.

At least once: a place is committed only after the records before it are processed, and what was read of a partition
that another process has by now is not committed but counted, and processed again there. What was fetched ahead of a
partition that is gone is never handed out.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec
from kafka import KafkaConsumer, TopicPartition, errors
from kafka.coordinator.assignors.sticky.sticky_assignor import StickyPartitionAssignor
from kafka.structs import MemberState, OffsetAndMetadata

from connectors.interfaces import Positions, Record, Topic
from connectors.log.counters import IN_THIS_PROCESS, KafkaCounters
from connectors.log.enquiry import Enquiry
from connectors.log.kafka_client import Connections, open_consumer, store_error
from connectors.log.kafka_records import record_of
from connectors.log.kafka_server import KafkaServer
from connectors.log.keeper import Keeper
from connectors.log.tenure import Tenure
from schemas.errors import StoreError

_SLICE_SECONDS = 0.1
"""Longest wait within one call of the client: `stopped()` is asked in between."""
_COMMIT_MS = 2_000
_SILENT_SECONDS = 3.0
"""Without any connection for so long, the brokers are said to be away."""
_LEAVE_MS = 2_000
_LONG_POLL_MS = 250
"""How long the brokers hold back an answer while there is nothing new. Questions on the same connection wait behind it."""
_REFUSED = (errors.CommitFailedError, errors.UnknownMemberIdError, errors.IllegalGenerationError)
_log = logging.getLogger(__name__)


class Pace(msgspec.Struct, frozen=True, kw_only=True):
    """How soon the group notices that a member is gone. All in seconds."""

    heartbeat: float = 3.0
    session: float = 10.0
    """A process that died is missed after so long, and its partitions go to the others."""
    poll: float = 30.0
    """A process that lives but does not ask, not even by its keeper, is missed after so long."""


class GroupConsumer:
    """`Consumer` of one topic in the group `<prefix>.<name>`. Connects with the first read.

    A partition without a committed place begins at its oldest record. A place whose records the log has dropped, or
    that lies behind its end, is counted, logged as an error, and reading goes on at the oldest record kept: what is
    gone cannot be waited for, and nothing that is still there is passed over.
    """

    def __init__(
        self,
        name: str,
        server: KafkaServer,
        topic: Topic,
        *,
        stopped: Callable[[], bool] = lambda: False,
        counters: KafkaCounters | None = None,
        pace: Pace | None = None,
    ) -> None:
        self.name = name
        self.counters = IN_THIS_PROCESS if counters is None else counters
        self._server = server
        self._topic = topic
        self._topic_name = server.topic_name(topic)
        self._stopped = stopped
        self._pace = pace or Pace()
        self._enquiry = Enquiry(server, stopped=stopped)
        self._lock = threading.Lock()
        self._opened: tuple[KafkaConsumer, Connections] | None = None
        self._tenure = Tenure()
        self._seen_at = time.monotonic()
        self._away = False
        self._keeper: Keeper | None = None
        self._trouble: StoreError | None = None

    def read(self, limit: int, wait: float) -> Sequence[Record]:
        """See `Consumer.read`; returns early, with nothing, once `stopped()`.

        While the brokers are away there is nothing to read: that is said once, and once when they are back. With a
        `wait` of 0, nothing means that the partitions of this member are at their ends; finding that out, and joining
        the group, may take up to the server's timeout. Raises `StoreError` for what waiting cannot mend.
        """
        if self._keeper is not None:
            self._keeper.rest()
        try:
            return self._read(limit, wait)
        finally:
            if self._keeper is not None:
                self._keeper.work()

    def commit(self, positions: Positions) -> None:
        """See `Consumer.commit`. Places in partitions that are no longer ours are not saved but counted."""
        wanted = self._tenure.unsaved(positions)
        until = time.monotonic() + self._server.timeout
        while wanted:
            with self._lock:
                if self._try_commit(wanted):
                    return
            if self._stopped() or time.monotonic() > until:
                message = f"place not saved: the group or the brokers did not settle within {self._server.timeout:g} s"
                raise StoreError(message, subject=self._server.group_name(self.name), retryable=True)
            time.sleep(_SLICE_SECONDS)

    def lag(self) -> int:
        """See `Consumer.lag`: of the whole group. Asks over a connection of its own, so any thread may."""
        return self._enquiry.lag(self.name, self._topic)

    def close(self) -> None:
        """Leave the group, so that the others get our partitions at once, and release threads and sockets."""
        if self._keeper is not None:
            self._keeper.end()
            self._keeper = None
        with self._lock:
            opened, self._opened = self._opened, None
            if opened is not None:
                opened[0].close(autocommit=False, timeout_ms=_LEAVE_MS)
        self._enquiry.close()

    def _read(self, limit: int, wait: float) -> Sequence[Record]:
        until = time.monotonic() + (wait or self._server.timeout)
        while not self._stopped():
            left = max(0.0, until - time.monotonic())
            if records := self._look(limit, min(_SLICE_SECONDS, left)):
                return records
            if not left or (not wait and self._at_ends()):
                break
        return ()

    def _look(self, limit: int, wait: float) -> Sequence[Record]:
        with self._lock:
            if self._trouble is not None:
                raise self._trouble
            if self._opened is None and not self._open(wait):
                return ()
            client = self._client
            client.resume(*client.paused())
            records = [record_of(self._topic, one) for found in self._poll(limit, wait).values() for one in found]
            self._tenure.hand({record.partition for record in records})
            return records

    @property
    def _client(self) -> KafkaConsumer:
        assert self._opened is not None, "asked before it was opened"
        return self._opened[0]

    def _open(self, wait: float) -> bool:
        try:
            self._enquiry.partitions(self._topic)
            self._opened = self._join()
        except StoreError as error:
            if not error.retryable:
                raise
            self._say_away(error.message)
            time.sleep(wait)
            return False
        self._seen_at = time.monotonic()
        self._keeper = Keeper(f"kafka-keeper-{self.name}", self._tick)
        self._keeper.start()
        return True

    def _join(self) -> tuple[KafkaConsumer, Connections]:
        client, connections = open_consumer(
            self._server,
            stopped=self._stopped,
            group_id=self._server.group_name(self.name),
            partition_assignment_strategy=[StickyPartitionAssignor],
            heartbeat_interval_ms=int(self._pace.heartbeat * 1000),
            session_timeout_ms=int(self._pace.session * 1000),
            max_poll_interval_ms=int(self._pace.poll * 1000),
            fetch_max_wait_ms=_LONG_POLL_MS,
        )
        try:
            connections.keep_answer(client._coordinator._do_join_and_sync_async)  # noqa: SLF001
            client.subscribe([self._topic_name])
            # A member that shares out partitions must know them by then, or it gives nobody any and begins again.
            connections.look_at_topics(self._server.timeout_ms)
        except errors.KafkaError as error:
            client.close(autocommit=False, timeout_ms=0)
            raise store_error(error, self._server, trouble=connections.trouble) from error
        return client, connections

    def _poll(self, limit: int, wait: float) -> Mapping[Any, Sequence[Any]]:
        polled: Mapping[Any, Sequence[Any]] = {}
        connections = self._opened[1] if self._opened else None
        assert connections is not None
        try:
            try:
                polled = self._client.poll(timeout_ms=int(wait * 1000), max_records=limit)
            except errors.NoOffsetForPartitionError as error:
                for place, oldest in self._client.beginning_offsets(error.args[0], self._server.timeout_ms).items():
                    self._client.seek(place, oldest)
            except errors.OffsetOutOfRangeError as error:
                self._go_on(dict.fromkeys(error.args[0]))
            except errors.LogTruncationError as error:
                self._go_on(error.divergent_offsets)
        except errors.KafkaError as error:
            failure = store_error(error, self._server, self._topic_name, trouble=connections.trouble)
            if not failure.retryable:
                raise failure from error
            _log.debug("poll failed", extra={"subject": failure.subject, "reason": failure.message})
        group = self._client.group_metadata()
        ours = {place.partition for place in self._client.assignment()}
        if self._tenure.follow(group.member_id, group.generation_id, ours):
            self.counters.rebalances_total += 1
        self._watch(connections)
        return polled

    def _go_on(self, lost: Mapping[Any, Any]) -> None:
        """Go on after the loss of places: where the log was cut back to, if that is known, else at the oldest record."""
        oldest = self._client.beginning_offsets(list(lost), self._server.timeout_ms)
        ends = self._client.end_offsets(list(lost), self._server.timeout_ms)
        for place, cut_back in lost.items():
            asked = self._client.position(place, timeout_ms=0)
            if cut_back is None and oldest[place] <= asked <= ends[place]:
                continue  # A broker that just took over did not know all of its records yet.
            to = oldest[place] if cut_back is None else cut_back.offset
            self._client.seek(place, to)
            self.counters.positions_lost_total += 1
            self.counters.records_lost_total += max(0, to - asked)
            _log.error(
                "position lost, going on at what is kept",
                extra={
                    "subject": f"{self._topic_name}/{place.partition}",
                    "group": self._server.group_name(self.name),
                    "position": asked,
                    "goes_on_at": to,
                    "records_lost": max(0, to - asked),
                },
            )

    def _watch(self, connections: Connections) -> None:
        if connections.any_made():
            self._seen_at = time.monotonic()
            if self._away:
                self._away = False
                _log.info("brokers are back", extra={"subject": self._server.subject})
        elif time.monotonic() - self._seen_at > _SILENT_SECONDS:
            self._say_away(str(connections.trouble or "no connection"))

    def _say_away(self, reason: str) -> None:
        if not self._away and not self._stopped():
            self._away = True
            self.counters.away_total += 1
            _log.warning("brokers away, waiting", extra={"subject": self._server.subject, "reason": reason})

    def _tick(self) -> None:
        """What the keeper does: ask for nothing, and so stay in the group."""
        with self._lock:
            if self._opened is None:
                return
            try:
                self._ask_for_nothing()
            except StoreError as error:
                self._trouble = error

    def _ask_for_nothing(self) -> None:
        self._client.pause(*self._client.assignment())
        # A partition that just became ours is not paused yet: what it brings is given back.
        for place, found in self._poll(1, 0 if self._settled() else _SLICE_SECONDS).items():
            self._client.seek(place, found[0].offset)

    def _try_commit(self, wanted: dict[int, int]) -> bool:
        """Save what is ours of `wanted`; False when the group is just being shared out, or nobody answers."""
        if self._opened is not None and not self._settled():
            self._ask_for_nothing()
            if self._client.group_metadata().state is MemberState.REBALANCING:
                return False
        ours = self._tenure.ours(wanted)
        try:
            if ours:
                places = {
                    TopicPartition(self._topic_name, one): OffsetAndMetadata(place, "", -1)
                    for one, place in ours.items()
                }
                self._client.commit(places, timeout_ms=_COMMIT_MS)
        except _REFUSED as error:
            if isinstance(error.args[0] if error.args else None, errors.RebalanceInProgressError):
                return False
            ours = {}
        except errors.RebalanceInProgressError:
            return False
        except errors.KafkaError as error:
            failure = store_error(error, self._server, self._server.group_name(self.name))
            if not failure.retryable:
                raise failure from error
            return False
        self._tenure.save(ours)
        if refused := wanted.keys() - ours.keys():
            self.counters.commits_refused_total += 1
            _log.warning(
                "place not saved, the partitions went to another member",
                extra={"subject": self._server.group_name(self.name), "partitions": sorted(refused)},
            )
        return True

    def _settled(self) -> bool:
        coordinator = self._client._coordinator  # noqa: SLF001 asks without waiting
        return bool(coordinator.stable() and not coordinator.need_rejoin())

    def _at_ends(self) -> bool:
        with self._lock:
            if self._opened is None or not self._settled():
                return False
            try:
                ends = self._client.end_offsets(list(self._client.assignment()), self._server.timeout_ms)
                return all(self._client.position(place, timeout_ms=0) >= end for place, end in ends.items())
            except (errors.KafkaError, TypeError):
                return False

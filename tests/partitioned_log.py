"""A log of several partitions without a server: the embedded one, dealt out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec

from connectors.interfaces import Positions, Record, Topic
from connectors.log.embedded import EmbeddedLog
from schemas.errors import PositionLostError

_ALL = 100_000


class PartitionedLog(EmbeddedLog):
    """A log whose topics are dealt out to three partitions, and that forgets what lies before `oldest`."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.oldest: dict[int, int] = {}

    def read(self, topic: Topic, start: Positions, limit: int) -> Sequence[Record]:
        for partition, oldest in self.oldest.items():
            if partition in start and start[partition] < oldest:
                raise PositionLostError(topic, partition, asked=start[partition], oldest=oldest)
        wanted = [one for one in self._dealt(topic) if one.offset >= start.get(one.partition, 0)]
        # Partition by partition, as a broker gives them: the first has its fill before the next has its turn.
        return sorted(wanted, key=lambda one: (one.partition, one.offset))[:limit]

    def ends(self, topic: Topic) -> Positions:
        found = dict.fromkeys(range(3), 0)
        for one in self._dealt(topic):
            found[one.partition] = one.offset + 1
        return found

    def _dealt(self, topic: Topic) -> Iterator[Record]:
        for one in super().read(topic, {}, _ALL):
            record = msgspec.structs.replace(one, partition=one.offset % 3, offset=one.offset // 3)
            if record.offset >= self.oldest.get(record.partition, 0):
                yield record

"""Hits that are longer than the brokers take: set aside, and everything else goes on."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from kafka.admin import ConfigResource, ConfigResourceType

from connectors.inflight import InFlightFile
from connectors.interfaces import NewRecord
from connectors.log.enquiry import Enquiry
from connectors.log.group import GroupConsumer
from connectors.log.kafka import KafkaLog
from pipelines.resources import release
from schemas import codec
from schemas.deadletter import DeadLetter
from schemas.hit import ItemHits
from tests.pipelines.bench import LISTS
from tests.samples import item
from tests.servers.kafka import Broker
from tests.servers.kafka_topics import fresh_topics
from wirewatch import wiring
from wirewatch.sections import KafkaSettings, WatchlistsSettings
from wirewatch.settings import Settings

pytestmark = pytest.mark.servers


def test_hits_too_long_are_a_dead_letter_and_the_rest_goes_on(kafka: Broker, tmp_path: Path) -> None:
    lists = tmp_path / "lists.yaml"
    lists.write_text(LISTS, "utf-8")
    with fresh_topics(kafka) as server:
        enquiry = Enquiry(server)
        # More than one or two places of a hit take, compressed, and less than hundreds of them.
        limit = ConfigResource(ConfigResourceType.TOPIC, server.topic_name("hits"), {"max.message.bytes": "1000"})
        enquiry.ask(lambda client: client.alter_configs([limit]))
        names = [" ".join(f"Banjska {number * 7919 % 100_003}" for number in range(count)) for count in (1, 900, 2)]
        given = [item(native_id=str(number), title="T", body=body) for number, body in enumerate(names)]
        log = KafkaLog(server)
        log.append([NewRecord.of("items", one.article_id, one) for one in given])
        settings = Settings(
            data=str(tmp_path),
            kafka=KafkaSettings(servers=server.servers, prefix=server.prefix),
            watchlists=WatchlistsSettings(paths=(str(lists),)),
        )
        reader = GroupConsumer("hits", server, "items")
        batches = wiring.pipeline(settings, reader, InFlightFile(tmp_path / "hits.inflight"), ("hits",))
        assert batches.drain() == 3
        assert batches.counters.dead_letters_total == 1
        assert reader.lag() == 0
        hits = [codec.decode(one.value, ItemHits, one.headers) for one in log.read("hits", {}, 100)]
        assert {one.item_id for one in hits} == {given[0].item_id, given[2].item_id}
        (letter,) = (codec.decode(one.value, DeadLetter, one.headers) for one in log.read("deadletters", {}, 100))
        assert letter.stage == "hits"
        assert "bytes are more than the" in letter.reason
        assert msgspec.json.decode(letter.raw)["native_id"] == "1"
        reader.close()
        release()
        log.close()
        enquiry.close()

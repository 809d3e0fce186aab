"""What needs a broker of its own: TLS, and a broker that is frozen, killed and started again."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import pytest

from connectors.log.counters import KafkaCounters
from connectors.log.group import GroupConsumer, Pace
from connectors.log.kafka import KafkaLog, KafkaServer
from connectors.log.topics import TopicTerms, set_up
from schemas.errors import StoreError
from tests.contracts.log import read_all, record
from tests.servers.certificates import Authority
from tests.servers.kafka import PASSWORD, USER, Broker, start_kafka
from tests.servers.process import ServerProcess

pytestmark = [pytest.mark.servers, pytest.mark.timeout(300)]

QUICK = Pace(heartbeat=0.5, session=6)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("own-kafka")


@pytest.fixture(scope="module")
def authority(folder: Path) -> Authority:
    return Authority(folder, "authority")


@pytest.fixture(scope="module")
def broker(folder: Path, authority: Authority) -> Iterator[Broker]:
    started = start_kafka(folder, authority)
    yield started
    assert started.process is not None
    started.process.stop()


@pytest.fixture
def process(broker: Broker) -> ServerProcess:
    assert broker.process is not None
    return broker.process


@pytest.fixture
def server(broker: Broker, request: pytest.FixtureRequest) -> KafkaServer:
    made = KafkaServer(servers=(broker.servers,), prefix=request.node.name[:60], timeout=2.0)
    set_up(made, TopicTerms(partitions=2))
    return made


@pytest.fixture
def log(server: KafkaServer) -> Iterator[KafkaLog]:
    opened = KafkaLog(server, counters=KafkaCounters())
    yield opened
    opened.close()
    assert [one.name for one in threading.enumerate() if "kafka" in one.name.lower()] == []


def patient(call: Callable[[], None], seconds: float = 60) -> None:
    """`call`, again while it is worth waiting."""
    end = time.monotonic() + seconds
    while True:
        try:
            return call()
        except StoreError as error:
            if not error.retryable or time.monotonic() > end:
                raise


def over_tls(server: KafkaServer, broker: Broker, authority: Authority, folder: Path) -> KafkaServer:
    certificate, key = authority.signed("desk")
    return msgspec.structs.replace(
        server,
        servers=(broker.tls,),
        security="tls",
        ca_file=str(authority.file),
        cert_file=str(certificate),
        key_file=str(key),
        timeout=20.0,
    )


def test_tls_with_a_certificate_of_ours(
    server: KafkaServer, broker: Broker, authority: Authority, folder: Path
) -> None:
    log = KafkaLog(over_tls(server, broker, authority, folder))
    log.append([record("a", b"x" * 300_000)])
    assert [len(one.value) for one in read_all(log)] == [300_000]
    log.close()


def test_tls_with_a_login(server: KafkaServer, broker: Broker, authority: Authority, folder: Path) -> None:
    login = msgspec.structs.replace(
        over_tls(server, broker, authority, folder),
        servers=(broker.tls_login,),
        security="sasl_tls",
        cert_file="",
        key_file="",
        user=USER,
        password=PASSWORD,
    )
    log = KafkaLog(login)
    log.append([record("a")])
    consumer = GroupConsumer("pipeline", login, "items", pace=QUICK)
    assert [one.key for one in consumer.read(10, 0)] == ["a"]
    consumer.close()
    log.close()
    with pytest.raises(StoreError, match="login refused"):
        set_up(msgspec.structs.replace(login, password="not it"), TopicTerms(), only_look=True)


def refused(server: KafkaServer) -> StoreError:
    log = KafkaLog(server)
    began = time.monotonic()
    with pytest.raises(StoreError) as error:
        log.append([record("a")])
    assert time.monotonic() - began < 10
    log.close()
    return error.value


def test_a_certificate_of_another_authority_is_refused_at_once(
    server: KafkaServer, broker: Broker, authority: Authority, folder: Path
) -> None:
    other = Authority(folder, "other")
    error = refused(msgspec.structs.replace(over_tls(server, broker, authority, folder), ca_file=str(other.file)))
    assert "certificate refused: unable to get local issuer certificate" in error.message
    assert not error.retryable


def test_a_certificate_for_another_host_is_refused_at_once(
    server: KafkaServer, broker: Broker, authority: Authority, folder: Path
) -> None:
    named = broker.tls.replace("127.0.0.1", "localhost")
    error = refused(msgspec.structs.replace(over_tls(server, broker, authority, folder), servers=(named,)))
    assert "certificate refused: Hostname mismatch" in error.message
    assert not error.retryable


def test_files_that_cannot_be_used_are_named(server: KafkaServer, folder: Path) -> None:
    missing = msgspec.structs.replace(server, security="tls", ca_file=str(folder / "missing.pem"))
    with pytest.raises(StoreError, match=r"missing\.pem: kafka\.ca_file cannot be used: No such file"):
        set_up(missing, TopicTerms())


def test_plain_words_to_a_tls_port_get_no_answer(server: KafkaServer, broker: Broker) -> None:
    error = refused(msgspec.structs.replace(server, servers=(broker.tls,)))
    assert "no answer within 2 s" in error.message
    assert error.retryable


def test_a_frozen_broker_is_waited_for_and_nothing_is_lost(
    server: KafkaServer, log: KafkaLog, process: ServerProcess, caplog: pytest.LogCaptureFixture
) -> None:
    counters = KafkaCounters()
    consumer = GroupConsumer("pipeline", server, "items", counters=counters, pace=QUICK)
    log.append([record("a", b"1")])
    (first,) = consumer.read(10, 0)
    process.freeze()
    try:
        with caplog.at_level(logging.INFO, "connectors.log.group"):
            for call in (lambda: log.append([record("a", b"2")]), lambda: read_all(log), lambda: log.ends("items")):
                with pytest.raises(StoreError, match=r"no answer within 2 s|RequestTimedOut") as away:
                    call()
                assert away.value.retryable
            with pytest.raises(StoreError) as away:
                consumer.commit({first.partition: first.offset + 1})
            assert away.value.retryable
            end = time.monotonic() + 30
            while not counters.away_total:
                assert consumer.read(10, 0.2) == ()
                assert time.monotonic() < end
    finally:
        process.thaw()
    with caplog.at_level(logging.INFO, "connectors.log.group"):
        patient(lambda: log.append([record("a", b"3")]))
        patient(lambda: consumer.commit({first.partition: first.offset + 1}))
        found = {first.value}
        end = time.monotonic() + 60
        while b"3" not in found:
            found |= {one.value for one in consumer.read(10, 1)}
            assert time.monotonic() < end
    said = [one.message for one in caplog.records if one.name == "connectors.log.group" and "brokers" in one.message]
    assert said == ["brokers away, waiting", "brokers are back"]
    # What was given up on may have arrived all the same.
    assert {one.value for one in read_all(log)} >= {b"1", b"3"}
    consumer.close()


def test_a_broker_killed_and_started_again_is_found_again(
    server: KafkaServer, log: KafkaLog, process: ServerProcess
) -> None:
    counters = KafkaCounters()
    consumer = GroupConsumer("pipeline", server, "items", counters=counters, pace=QUICK)
    log.append([record(f"key {number}", b"%d" % number) for number in range(20)])
    first = consumer.read(20, 0)
    process.kill()
    late = GroupConsumer("late", server, "items", counters=KafkaCounters(), pace=QUICK)
    assert late.read(10, 0.1) == ()
    assert late.counters.away_total == 1
    with pytest.raises(StoreError) as away:
        log.append([record("a")])
    assert away.value.retryable
    process.start()
    # The brokers may not have heard of the members before they were killed: then the place is refused, and it comes again.
    patient(lambda: consumer.commit({one.partition: one.offset + 1 for one in first}))
    patient(lambda: log.append([record("key 20", b"20")]))
    for one in (consumer, late):
        found = {int(record.value) for record in first} if one is consumer else set()
        end = time.monotonic() + 60
        while found != set(range(21)):
            found |= {int(record.value) for record in one.read(100, 1)}
            assert time.monotonic() < end, found
        one.close()

from __future__ import annotations

import itertools
import socket
import threading
import time
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from connectors.index.embedded import EmbeddedIndex
from dashboard.live import BUFFER, event
from schemas.hit import Hit
from tests.dashboard.newsroom import Event, Newsroom, Page, Reader, news, serving, wait_until


def ids(events: list[Event]) -> list[int]:
    return [int(one.id) for one in events]


def metric(page: Page, name: str) -> int:
    return int(page.get("/metrics").text.split(f"\n{name} ")[1].split()[0])


def connected(page: Page, count: int) -> None:
    wait_until(lambda: metric(page, "wirewatch_page_clients") == count)


def test_new_hits_arrive_in_order_exactly_as_the_page_shows_them(newsroom: Newsroom, page: Page) -> None:
    newsroom.publish(news(1, "before"))
    with closing(Reader(page.port)) as reader:
        assert reader.answer.headers["Content-Type"].startswith("text/event-stream")
        assert reader.answer.headers["Cache-Control"] == "no-cache"
        connected(page, 1)
        newsroom.publish(news(2, "Косово <b>", words=["Косово"], language="sr-Cyrl"), news(3, "after"))
        first, second = reader.hits(2)
    assert ids([first, second]) == [2, 3]
    assert "<mark>Косово</mark> &lt;b&gt;" in first.data
    assert first.data.strip() in page.get("/").text
    assert reader.retry == "2000"
    connected(page, 0)


def test_nothing_is_missed_and_nothing_doubled_over_many_reconnects_under_load(newsroom: Newsroom, page: Page) -> None:
    total = 1200

    def publish() -> None:
        for start in range(1, total + 1, 40):
            newsroom.publish(*(news(number, f"Kosovo {number}") for number in range(start, start + 40)))
            time.sleep(0.01)

    newsroom.publish(news(0, "known already"))
    seen: list[int] = []
    last = "1"
    writer = threading.Thread(target=publish)
    writer.start()
    # Cut in the middle of catching up, at its end, and in the live part; then on and on, as a browser does whom the
    # server dropped for being slow.
    for size in itertools.chain((1, 7, 150, 200, 201, 333), itertools.repeat(10_000, 20)):
        with closing(Reader(page.port, last_event_id=last)) as reader:
            events = reader.hits(min(size, total - len(seen)))
            seen += ids(events)
            last = events[-1].id if events else last
        if len(seen) == total:
            break
    writer.join()
    assert seen == list(range(2, total + 2))


def test_many_clients_that_join_while_hits_pour_in_all_get_all(newsroom: Newsroom, page: Page) -> None:
    total, start = 300, 1
    newsroom.publish(news(0, "first"))
    found: dict[int, list[int]] = {}

    def read(number: int) -> None:
        path = "/events?after=1" if number % 2 else "/events?after=1&watchlist=kosovo"
        with closing(Reader(page.port, path)) as reader:
            found[number] = ids(reader.hits(total))

    readers = [threading.Thread(target=read, args=(number,)) for number in range(8)]
    for reader in readers:
        newsroom.publish(*(news(number, f"Kosovo {number}") for number in range(start, start + 30)))
        start += 30
        reader.start()
        time.sleep(0.02)
    newsroom.publish(*(news(number, f"Kosovo {number}") for number in range(start, total + 1)))
    for reader in readers:
        reader.join(20)
    assert found == {number: list(range(2, total + 2)) for number in range(8)}


def test_a_stream_begins_where_the_page_was_made(newsroom: Newsroom, page: Page) -> None:
    newsroom.publish(*(news(number, f"Kosovo {number}") for number in range(1, 4)))
    with closing(Reader(page.port, "/events?after=1")) as reader:
        assert ids(reader.hits(2)) == [2, 3]
    with closing(Reader(page.port, "/events?after=1", last_event_id="2")) as reader:
        assert ids(reader.hits(1)) == [3]


def test_filters_hold_for_what_was_missed_and_for_what_comes(newsroom: Newsroom, page: Page) -> None:
    newsroom.publish(news(1, "a", watchlist="banjska"), news(2, "b", language="sr-Latn"), news(3, "c", language="en"))
    with closing(Reader(page.port, "/events?watchlist=kosovo&language=sr&after=0")) as reader:
        assert ids(reader.hits(1)) == [2]
        newsroom.publish(news(4, "d", language="en"), news(5, "e", language="sr-Cyrl"))
        assert ids(reader.hits(1)) == [5]


def test_a_cursor_from_another_store_is_answered_with_a_reset(newsroom: Newsroom, page: Page) -> None:
    newsroom.publish(news(1, "a"))
    with closing(Reader(page.port, last_event_id="99")) as reader:
        assert next(reader.events("hit", "reset")).name == "reset"
        newsroom.publish(news(2, "b"))
        assert ids(reader.hits(1)) == [2]


def test_open_pages_learn_how_the_feeds_are(newsroom: Newsroom, page: Page) -> None:
    with closing(Reader(page.port)) as reader:
        told = next(reader.events("feeds"))
    assert told.data == '{"text": "the feed is fine", "standing": "fine"}\n'
    assert told.id == ""


def test_the_server_stops_within_two_seconds_and_says_so_on_open_streams(newsroom: Newsroom) -> None:
    with serving(newsroom) as page:
        readers = [Reader(page.port) for _ in range(5)]
        # One that never reads, with more in flight than sockets hold.
        stuck = socket.create_connection(("127.0.0.1", page.port))
        stuck.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1024)
        stuck.sendall(b"GET /events?after=0 HTTP/1.1\r\nHost: localhost\r\n\r\n")
        connected(page, 6)
        for start in range(0, 2000, 500):
            newsroom.publish(*(news(number, "Kosovo " * 200) for number in range(start, start + 500)))
        begun = time.monotonic()
        page.server.should_exit = True
        for reader in readers:
            assert [one.name for one in reader.events("closing")] == ["closing"]
            reader.close()
        wait_until(lambda: not any(thread.name == "page" for thread in threading.enumerate()))
        assert time.monotonic() - begun < 2.0
        stuck.close()


def test_a_client_that_does_not_read_is_dropped_and_others_go_on(newsroom: Newsroom, page: Page) -> None:
    newsroom.publish(news(0, "first"))
    with closing(socket.create_connection(("127.0.0.1", page.port))) as stuck:
        stuck.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1024)
        stuck.sendall(b"GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n")
        with closing(Reader(page.port)) as reader:
            connected(page, 2)
            # In step with this reader, so that it is never the slow one.
            for start in range(1, BUFFER * 8, 128):
                newsroom.publish(*(news(number, "Kosovo " * 300) for number in range(start, start + 128)))
                assert ids(reader.hits(128)) == list(range(start + 1, start + 129))
            wait_until(lambda: metric(page, "wirewatch_page_clients_dropped_total") == 1)
            connected(page, 1)


def test_the_store_is_left_alone_while_nobody_is_connected(newsroom: Newsroom, tmp_path: Path) -> None:
    class Counting(EmbeddedIndex):
        polls = 0

        def after(self, cursor: int, limit: int) -> Sequence[tuple[int, Hit]]:
            self.polls += 1
            return super().after(cursor, limit)

    counting = Counting(tmp_path / "other.sqlite")
    room = Newsroom(counting, newsroom.states)
    with serving(room) as page:
        time.sleep(0.6)
        assert counting.polls == 0
        with closing(Reader(page.port)):
            wait_until(lambda: counting.polls >= 3)
        connected(page, 0)
        before = counting.polls
        time.sleep(0.6)
        assert counting.polls <= before + 1
    counting.close()


def test_an_event_holds_its_data_whatever_ends_its_lines() -> None:
    assert event("hit", "a\r\nb\rc\nd", 7) == b"id: 7\nevent: hit\ndata: a\ndata: b\ndata: c\ndata: d\n\n"
    assert event("closing", "") == b"event: closing\ndata: \n\n"


def test_head_of_a_stream_ends(page: Page) -> None:
    with closing(socket.create_connection(("127.0.0.1", page.port), timeout=5)) as connection:
        connection.sendall(b"HEAD /events HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        answer = b""
        while part := connection.recv(4096):
            answer += part
    assert answer.startswith(b"HTTP/1.1 200")

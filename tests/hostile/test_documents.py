"""Every hostile document is read or refused by name, in time, with nobody asked and no memory lost."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from tests.hostile.documents import documents

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

MOST_SECONDS = 10.0
MOST_GROWN_KIB = 32 * 1024

REFUSED = {
    "attributes of 39000 bytes": "start tag is longer than 16 KiB",
    "attributes of 79000 bytes": "start tag is longer than 16 KiB",
    "attributes of 539000 bytes": "start tag is longer than 16 KiB",
    "deep sitemap": "nested more than 64 deep",
    "page": 'web page titled "News"',
    "page with the word rss": "a web page, not with a feed",
    "zeros": "nothing but white space",
    "any byte": "neither XML nor JSON",
    "deep JSON": "nested too deeply",
    "deep JSON, closed": "nested too deeply",
}
MAY_BE_GIVEN_UP = frozenset({"namespaces", "author in references"})
"""What feedparser takes quadratic time over and nobody publishes: read where the machine is fast, else refused."""
SITEMAPS = frozenset({"sitemap", "sitemap with entity"})


@contextmanager
def canary() -> Iterator[tuple[str, list[Any]]]:
    """A server that nobody may ask, as `host:port`, and who did."""
    askers: list[Any] = []
    with socket.create_server(("127.0.0.1", 0)) as server:

        def listen() -> None:
            while True:
                try:
                    connection, who = server.accept()
                except OSError:
                    return
                askers.append(who)
                connection.close()

        listening = threading.Thread(target=listen, daemon=True)
        listening.start()
        yield f"127.0.0.1:{server.getsockname()[1]}", askers
        # Ends the thread too; closing alone would not wake it up.
        server.shutdown(socket.SHUT_RDWR)
    listening.join(5)


@pytest.fixture(scope="module")
def parsed() -> dict[str, Any]:
    with canary() as (address, askers):
        done = subprocess.run(
            [sys.executable, "-m", "tests.hostile.parsing", address],
            capture_output=True,
            text=True,
            check=False,
            timeout=500,
        )
        assert done.returncode == 0, done.stderr[-3000:]
        assert askers == []
        with socket.create_connection(tuple(address.split(":")), timeout=60) as asking:  # type: ignore[arg-type] # the system reads the port
            assert asking.recv(1) == b"", "hung up on, once noted down"
    assert askers, "the canary does not hear"
    return {one["name"]: one for one in map(json.loads, done.stdout.splitlines())}


@pytest.mark.parametrize("name", documents(""))
def test_a_hostile_document_is_read_or_refused_by_name(name: str, parsed: dict[str, Any]) -> None:
    one = parsed[name]
    assert one["seconds"] <= MOST_SECONDS
    assert one["grown_kib"] <= MOST_GROWN_KIB
    if name in REFUSED:
        assert REFUSED[name] in one["reason"]
    elif name in MAY_BE_GIVEN_UP and one["reason"]:
        assert "given up" in one["reason"]
    else:
        assert one["reason"] == ""
        assert "good" in one["natives"] or (name in SITEMAPS and one["entries"])
        assert not any("root:" in title for title in one["titles"])


def test_equal_and_missing_ids_lose_no_entry(parsed: dict[str, Any]) -> None:
    assert parsed["equal ids"]["entries"] == parsed["no ids"]["entries"] == 3_001
    assert parsed["cut"]["entries"] > 1_900

from __future__ import annotations

import asyncio

import pytest

from connectors.feeds.fetching.fetch import Fetcher
from connectors.feeds.fetching.guard import Guard, RefusedAddressError, networks
from schemas.errors import FeedError, SettingsError
from tests.connectors.feeds.server import LOOPBACK, outlet, rss


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "127.255.255.254", "0.0.0.0", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1",
     "192.0.0.8", "198.18.0.1", "224.0.0.1", "239.255.255.250", "255.255.255.255", "240.0.0.1", "::1", "::",
     "::ffff:127.0.0.1", "::ffff:10.0.0.1", "fe80::1", "fe80::1%eth0", "fc00::1", "ff02::1", "64:ff9b::7f00:1",
     "64:ff9b:1::1", "2002:7f00:1::", "2001:db8::1", "2001::1", "::7f00:1", "nonsense"],
)  # fmt: skip
def test_what_is_not_public_is_refused(host: str) -> None:
    with pytest.raises(RefusedAddressError):
        Guard().check(host, 80)


@pytest.mark.parametrize("host", ["93.184.216.34", "2606:2800:220:1:248:1893:25c8:1946", "::ffff:93.184.216.34"])
def test_public_addresses_pass_at_the_ports_of_the_web(host: str) -> None:
    Guard().check(host, 80)
    Guard().check(host, 443)
    with pytest.raises(RefusedAddressError, match=r"port 22 .* --allow-network"):
        Guard().check(host, 22)


def test_an_allowed_network_has_neither_rule() -> None:
    guard = Guard(networks(["10.1.0.0/16", "fd00::/8"]))
    guard.check("10.1.2.3", 8080)
    guard.check("::ffff:10.1.2.3", 8080)
    guard.check("fd12::1", 8080)
    with pytest.raises(RefusedAddressError, match=r"--allow-network 10\.0\.0\.0/8"):
        guard.check("10.2.0.1", 80)
    assert guard.allows("10.1.0.1")
    assert not guard.allows("10.2.0.1")
    assert not guard.allows("localhost")


def test_a_network_that_is_none_is_named() -> None:
    with pytest.raises(SettingsError, match=r"feeds\.allow_networks: '10\.1\.2'"):
        networks(["10.1.2"])


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "localhost", "127.1", "2130706433", "0x7f000001", "0177.0.0.1", "[::ffff:127.0.0.1]", "0.0.0.0"],
)
def test_no_spelling_of_loopback_reaches_a_server(host: str) -> None:
    async def attempt() -> int:
        async with outlet() as here:
            here.documents["/feed"] = rss()
            fetcher = Fetcher(user_agent="test", guard=Guard())
            await fetcher.open()
            try:
                url = here.url("/feed").replace("127.0.0.1", host)
                with pytest.raises(FeedError) as caught:
                    await fetcher.fetch(url)
                assert caught.value.status in {"blocked-address", "unreachable", "refused"}
                assert caught.value.subject == url
                if host in {"127.0.0.1", "localhost"}:
                    assert "--allow-network 127.0.0.0/8" in str(caught.value) or "::1" in str(caught.value)
            finally:
                await fetcher.close()
            return len(here.requests)

    assert asyncio.run(attempt()) == 0


def test_a_redirect_is_gated_like_the_first_address() -> None:
    async def attempt() -> tuple[FeedError, int]:
        async with outlet() as here:
            fetcher = Fetcher(user_agent="test", guard=Guard(networks(LOOPBACK)))
            await fetcher.open()
            try:
                with pytest.raises(FeedError) as caught:
                    await fetcher.fetch(here.url("/redirect?to=http://169.254.169.254/latest/meta-data"))
            finally:
                await fetcher.close()
            return caught.value, len(here.requests)

    error, _ = asyncio.run(attempt())
    assert error.status == "blocked-address"
    assert "redirected to http://169.254.169.254/latest/meta-data" in str(error)

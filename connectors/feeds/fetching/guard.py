"""The gate in front of every connection: feeds lie on public addresses, at ports 80 and 443.

It sits in the connector's socket factory, where the address checked is the address connected to: names, literals and
redirects all pass it, and a name that changes its answer between check and use gains nothing.
"""

from __future__ import annotations

import socket
from collections.abc import Iterable
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Any

from schemas.errors import SettingsError

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

_PORTS = frozenset({80, 443})
_REMEMBERED = 4_096
# What `is_global` lets through on some Python versions and no feed needs: ways into IPv4 (NAT64, 6to4, Teredo, `::/96`) and
# addresses of protocols rather than hosts.
_REFUSED = tuple(
    map(
        ip_network,
        (
            "0.0.0.0/8", "100.64.0.0/10", "192.0.0.0/24", "192.88.99.0/24", "198.18.0.0/15", "224.0.0.0/4",
            "240.0.0.0/4", "::/96", "64:ff9b::/96", "64:ff9b:1::/48", "100::/64", "2001::/23",
            "2001:db8::/32", "2002::/16", "5f00::/16", "fc00::/7", "fe80::/10", "fec0::/10", "ff00::/8",
        ),
    )
)  # fmt: skip
_KINDS: tuple[tuple[str, str], ...] = (
    ("127.0.0.0/8", "this machine"), ("::1/128", "this machine"), ("10.0.0.0/8", "a private network"),
    ("172.16.0.0/12", "a private network"), ("192.168.0.0/16", "a private network"), ("fc00::/7", "a private network"),
    ("169.254.0.0/16", "the local link"), ("fe80::/10", "the local link"), ("100.64.0.0/10", "a provider's network"),
)  # fmt: skip


class RefusedAddressError(OSError):
    """A connection the guard did not allow. An `OSError`, because that is what a socket factory may raise."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def networks(names: Iterable[str]) -> tuple[Network, ...]:
    """The networks named in CIDR notation. Raises `SettingsError` naming the one that is none."""
    found = []
    for name in names:
        try:
            found.append(ip_network(name, strict=False))
        except ValueError as error:
            message = f"{name!r} is no network in CIDR notation, such as 10.1.0.0/16"
            raise SettingsError(message, subject="feeds.allow_networks") from error
    return tuple(found)


class Guard:
    """Decides which addresses may be connected to. `allowed` networks have neither address nor port rule."""

    def __init__(self, allowed: Iterable[Network] = ()) -> None:
        self._allowed = tuple(allowed)
        self._reason = lru_cache(_REMEMBERED)(self._judge)

    def allows(self, host: str) -> bool:
        """Whether the literal address `host` lies in an allowed network."""
        address = _address(host)
        return address is not None and _within(address, self._allowed)

    def check(self, host: str, port: int) -> None:
        """Raises `RefusedAddressError` when a connection to the address `host` is not allowed."""
        reason = self._reason(host, port)
        if reason:
            raise RefusedAddressError(reason)

    def _judge(self, host: str, port: int) -> str:
        """Why a connection is not allowed; empty when it is. The same for good for one address and port."""
        address = _address(host)
        if address is None:
            return f"{host!r} is no address"
        if _within(address, self._allowed):
            return ""
        if not address.is_global or address.is_multicast or _within(address, _REFUSED):
            kind, network = _kind(address)
            return f"{address} belongs to {kind}; --allow-network {network} permits it"
        if port not in _PORTS:
            return (
                f"port {port} of {address} is refused, feeds are read from ports 80 and 443;"
                f" --allow-network {ip_network(address)} permits it"
            )
        return ""

    def socket(self, info: tuple[Any, ...]) -> socket.socket:
        """A socket for one `getaddrinfo` result: the connector's `socket_factory`."""
        family, kind, protocol, _, place = info
        self.check(str(place[0]), int(place[1]))
        return socket.socket(family, kind, protocol)


def _address(host: str) -> Address | None:
    try:
        # The usual case, in a third of the time of the general one.
        return IPv4Address(socket.inet_pton(socket.AF_INET, host))
    except (OSError, ValueError):
        pass
    try:
        address = ip_address(host.partition("%")[0])
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address


def _within(address: Address, networks_: Iterable[Network]) -> bool:
    return any(address.version == network.version and address in network for network in networks_)


def _kind(address: Address) -> tuple[str, str]:
    for network, kind in _KINDS:
        if _within(address, (ip_network(network),)):
            return kind, network
    return "no public network", str(ip_network(address))

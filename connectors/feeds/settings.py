"""How feeds are polled, as the poller is told."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from connectors.feeds.fetching.access import DIRECT, Access, Proxy
from connectors.feeds.fetching.manners import Mode
from connectors.feeds.polling.fulltext import SECONDS
from connectors.feeds.websub.rules import Terms


class PollerSettings(msgspec.Struct, frozen=True, kw_only=True):
    """How feeds are polled."""

    contact: str = ""
    """An address or page for the User-Agent, so that an outlet can reach the team."""
    allow_networks: tuple[str, ...] = ()
    host_delay: float = 1.0
    timeout: float = 30.0
    concurrency: int = 32
    min_interval: float = 300.0
    max_interval: float = 21_600.0
    robots: Mode = "delay"
    page_seconds: float = SECONDS
    """For the pages of one poll together, see `connectors.feeds.polling.fulltext`."""
    parsers: int = 0
    """Parse workers at most; 0: one for each processor, up to four."""
    access: Mapping[str, Access] = msgspec.field(default_factory=dict)
    """Ways to get in, by the name sources give."""
    proxy: Proxy = DIRECT
    """What feeds are asked through, unless their access names another one."""
    look_seconds: float = 5.0
    """How often the sources are asked whether they changed."""
    websub: Terms = Terms(base="")
    """On what terms hubs are asked to deliver; with an empty base they are not."""

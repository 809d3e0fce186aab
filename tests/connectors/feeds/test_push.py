from __future__ import annotations

from pathlib import Path

from tests.connectors.feeds.hub import Told, with_hub
from tests.connectors.feeds.server import item, rss


def test_what_a_hub_delivers_is_on_the_log_when_it_is_answered(tmp_path: Path) -> None:
    async def work(by: Told) -> None:
        by.publishes(rss(item("1", "one")))
        await by.subscribed()
        asked = by.hub.asked[0]
        assert asked["hub.mode"] == "subscribe"
        assert asked["hub.topic"] == by.feed.feed_url
        assert asked["hub.callback"].startswith(f"{by.address}/websub/")
        assert (asked["hub.lease_seconds"], len(asked["hub.secret"])) == ("864000", 64)
        assert by.hub.verified == [(200, "c0")]
        assert by.push.delivered_at is None
        assert await by.hub.deliver(rss(item("2", "two"))) == 200
        assert [one.native_id for one in by.at.items()] == ["1", "2"]
        fetch = by.at.fetches()[-1]
        assert (fetch.pushed, fetch.new, fetch.status, fetch.missed) == (True, 1, "working", 0)
        assert by.push.delivered_at is not None

    with_hub(tmp_path, work)

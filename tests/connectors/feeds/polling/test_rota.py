from __future__ import annotations

from connectors.feeds.polling.rota import Rota
from schemas.feed import FeedSource


class Hosts:
    """Seconds that each host must still be left alone."""

    def __init__(self, **waits: float) -> None:
        self.waits = waits

    def wait(self, host: str) -> float:
        return self.waits.get(host.partition(".")[0], 0.0)


def source(name: str, weight: float = 1.0) -> FeedSource:
    return FeedSource(feed_url=f"https://{name}", weight=weight)


def taken(rota: Rota, now: float, tick: float = 0.0) -> list[tuple[str, float]]:
    found = []
    while (one := rota.take(now, tick)) is not None:
        found.append((one.source.feed_url.removeprefix("https://"), one.at))
    return found


def test_sources_come_when_they_are_due_and_not_again_before_they_are_planned() -> None:
    rota = Rota(Hosts().wait)
    rota.replace([source("a.example/1"), source("b.example/1")], {"https://b.example/1": (50.0, "b.example")}, 10.0)
    assert taken(rota, 10.0) == [("a.example/1", 10.0)]
    assert rota.idle(10.0, 0.0) == 40.0
    assert taken(rota, 49.9) == []
    assert taken(rota, 55.0) == [("b.example/1", 50.0)]
    assert rota.idle(55.0, 0.0) == float("inf")
    rota.plan("https://a.example/1", 60.0)
    assert taken(rota, 60.0) == [("a.example/1", 60.0)]


def test_the_heaviest_of_those_due_goes_first() -> None:
    rota = Rota(Hosts().wait)
    listed = [source("a.example/1"), source("a.example/2", 5.0), source("b.example/1", 2.0), source("c.example/1", 9.0)]
    rota.replace(listed, {"https://c.example/1": (99.0, "")}, 0.0)
    assert [name for name, _ in taken(rota, 0.0)] == ["a.example/2", "b.example/1", "a.example/1"]


def test_a_heavy_source_overtakes_those_that_wait_for_the_same_host() -> None:
    hosts = Hosts(a=3.0)
    rota = Rota(hosts.wait)
    rota.replace([source("a.example/1"), source("a.example/2", 5.0)], {"https://a.example/2": (2.0, "")}, 0.0)
    assert taken(rota, 0.0, 0.0) == []
    hosts.waits.clear()
    assert [name for name, _ in taken(rota, 3.0, 3.0)] == ["a.example/2", "a.example/1"]


def test_a_host_that_must_wait_holds_nobody_up() -> None:
    hosts = Hosts(a=7.0)
    rota = Rota(hosts.wait)
    rota.replace([source("a.example/1", 100.0), source("b.example/1")], {}, 0.0)
    assert taken(rota, 0.0, 1000.0) == [("b.example/1", 0.0)]
    assert rota.idle(0.0, 1000.0) == 7.0
    hosts.waits.clear()
    assert taken(rota, 6.9, 1006.9) == []
    assert taken(rota, 7.0, 1007.0) == [("a.example/1", 0.0)]


def test_a_host_that_is_free_again_wakes_its_sources() -> None:
    hosts = Hosts(a=3600.0)
    rota = Rota(hosts.wait)
    rota.replace([source("a.example/1")], {}, 0.0)
    assert taken(rota, 0.0) == []
    hosts.waits.clear()
    assert rota.wake("a.example")
    assert not rota.wake("b.example")
    assert taken(rota, 0.0) == [("a.example/1", 0.0)]


def test_a_feed_that_has_moved_waits_for_the_host_it_is_polled_at() -> None:
    rota = Rota(Hosts(b=5.0).wait)
    rota.replace([source("a.example/1")], {"https://a.example/1": (0.0, "b.example")}, 0.0)
    assert taken(rota, 0.0) == []
    rota.plan("https://a.example/1", 1.0)
    assert taken(rota, 1.0) == [("a.example/1", 1.0)]


def test_removed_sources_come_no_more_and_added_ones_at_once() -> None:
    rota = Rota(Hosts().wait)
    rota.replace([source("a.example/1"), source("b.example/1")], {}, 5.0)
    rota.replace([source("b.example/1", 3.0), source("c.example/1"), source("c.example/1")], {}, 6.0)
    assert len(rota) == 2
    found = dict(taken(rota, 7.0))
    assert found == {"b.example/1": 5.0, "c.example/1": 6.0}
    rota.plan("https://a.example/1", 8.0)
    assert taken(rota, 9.0) == []


def test_one_that_was_removed_and_is_back_is_polled_once() -> None:
    rota = Rota(Hosts().wait)
    rota.replace([source("a.example/1")], {}, 5.0)
    rota.replace([], {}, 5.0)
    rota.replace([source("a.example/1")], {}, 6.0)
    assert taken(rota, 7.0) == [("a.example/1", 6.0)]


def test_nothing_piles_up_over_many_rounds() -> None:
    rota = Rota(Hosts().wait)
    rota.replace([source(f"h{number}.example/1") for number in range(50)], {}, 0.0)
    sizes = []
    for moment in range(1, 200):
        for name, _ in taken(rota, float(moment)):
            rota.plan(f"https://{name}", moment + 1.0)
        sizes.append(len(rota._future) + len(rota._ready) + len(rota._lanes) + len(rota._asleep) + len(rota._sleeping))
    assert set(sizes) == {50}


def test_a_clock_that_is_set_back_takes_the_plans_with_it() -> None:
    hosts = Hosts(c=5.0)
    rota = Rota(hosts.wait)
    listed = [source("a.example/1"), source("b.example/1"), source("c.example/1")]
    rota.replace(listed, {"https://a.example/1": (1020.0, ""), "https://b.example/1": (1010.0, "")}, 1000.0)
    assert taken(rota, 1000.0) == []
    rota.shift(-900.0)
    hosts.waits.clear()
    assert taken(rota, 110.0, 5.0) == [("c.example/1", 100.0), ("b.example/1", 110.0)]
    assert taken(rota, 120.0, 5.0) == [("a.example/1", 120.0)]
    assert rota.idle(120.0, 5.0) == float("inf")


def test_a_busy_hub_fills_no_memory() -> None:
    rota = Rota(Hosts().wait)
    rota.replace([source("a.example/1")], {}, 10.0)
    for _ in range(1_000):
        rota.move("https://a.example/1", 50.0)
    assert len(rota._future) == 2
    assert taken(rota, 60.0) == [("a.example/1", 50.0)]

"""How soon items are found and at what cost: our schedule against miniflux's and a fixed interval, on real dates.

    python -m benchmarks.feeds_schedule [FOLDER] [--starts N]

Each feed is tried over the twelve weeks before it was saved (shorter where its document reaches back less far), the
first quarter not counted, from N different times of the day. Shortest and longest interval are the same for all.
Constants were tuned on every other feed; the figures are of the others. FOLDER: documents to measure instead of the
frozen dates; all of them count then. A feed is polled with no hint of its server and never fails.
"""

from __future__ import annotations

import statistics
from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec

from benchmarks.feeds_arrivals import Arrivals, frozen, halves, of_folder
from benchmarks.feeds_policies import Fixed, Miniflux, Ours, Policy, tried
from benchmarks.feeds_silence import false_alarms
from benchmarks.results import Result, options, record
from connectors.feeds.polling.schedule import Limits

_MINIFLUX = Limits(300, 86_400)
"""miniflux's own defaults."""
_SHIPPED = Limits()
_P90 = 0.9


class Score(msgspec.Struct, frozen=True):
    """A policy over some feeds. Delays in minutes."""

    median: float
    p90: float
    of_feeds: float
    """The median of the feeds' medians: busy feeds do not count for more."""
    polls: float
    missed: float
    items: int


def score(feeds: Sequence[Arrivals], make: Callable[[int], Policy], starts: int) -> Score:
    """The policies that `make` gives, one for each feed and start, over `feeds`."""
    delays: list[float] = []
    medians: list[float] = []
    polls = missed = 0
    for start in range(starts):
        for number, feed in enumerate(feeds):
            trial = tried(make(start * len(feeds) + number), feed, start / starts)
            delays += trial.delays
            polls += trial.polls
            missed += trial.missed
            medians += [statistics.median(trial.delays)] if trial.delays else []
    delays.sort()
    return Score(
        statistics.median(delays) / 60, delays[int(len(delays) * _P90)] / 60, statistics.median(medians) / 60,
        polls / starts, missed / starts, len(delays) // starts,
    )  # fmt: skip


def main() -> None:
    """Measure and write the results."""
    parser = options(__doc__)
    parser.add_argument("folder", nargs="?", type=Path, metavar="FOLDER")
    parser.add_argument("--starts", type=int, default=5)
    chosen = parser.parse_args()
    if chosen.folder:
        _compared(f"feeds in {chosen.folder.name}", of_folder(chosen.folder), _MINIFLUX, chosen.starts)
        return
    saved, news = frozen("saved"), frozen("news")
    _compared("saved feeds, tuning half", halves(saved)[0], _MINIFLUX, chosen.starts)
    _recorded("saved real feeds", *_compared("saved feeds", halves(saved)[1], _MINIFLUX, chosen.starts))
    _compared("saved feeds, longest interval 6 h", halves(saved)[1], _SHIPPED, chosen.starts)
    _recorded("newsrooms", *_compared("newsrooms", halves(news)[1], _MINIFLUX, 1))
    alarms = false_alarms((*saved, *news))
    record(
        Result(
            "false alarms of silence",
            f"{alarms.alarms} in {alarms.weeks:.0f} weeks of a source",
            f"{len(saved) + len(news)} feeds polled once an hour, weeks in which a feed is known well enough to judge;"
            " thresholds chosen on these feeds",
        ),
        Result(
            "a killed source is named silent",
            f"after {alarms.named_after:.2f} x its longest silence (median of {alarms.killed}; {alarms.named_at_most:.2f} at most)",
            "each of these feeds ends halfway and goes on answering; thresholds chosen on these feeds",
        ),
    )


def _compared(what: str, feeds: Sequence[Arrivals], limits: Limits, starts: int) -> tuple[Score, Score]:
    """Print how all policies do; ours and miniflux's are returned."""
    theirs = score(feeds, lambda _: Miniflux(limits), starts)
    ours = score(feeds, lambda seed: Ours(limits, seed), starts)
    print(
        f"\n{what}: {len(feeds)} feeds, {ours.items:,} items; {limits.shortest / 60:g} min to {limits.longest / 3600:g} h"
    )
    # A fixed interval with as many polls as ours, and the common hour.
    as_many = max(60.0, theirs.polls and 3600.0 * score(feeds, lambda _: Fixed(3600.0), 1).polls / max(ours.polls, 1))
    rows = {
        "ours": ours, "miniflux": theirs, "round robin, 1 h": score(feeds, lambda _: Fixed(3600.0), starts),
        f"round robin, {as_many / 3600:.1f} h": score(feeds, lambda _: Fixed(as_many), starts),
    }  # fmt: skip
    for name, one in rows.items():
        print(
            f"  {name:<20} median {one.median:6.1f} min  p90 {one.p90:6.0f}  median of feeds {one.of_feeds:6.0f}"
            f"  requests {one.polls:8,.0f}  missed {one.missed:4.0f}"
        )
    return ours, theirs


def _recorded(what: str, ours: Score, theirs: Score) -> None:
    record(
        Result(
            f"time until an item is found, {what}",
            f"{ours.median / theirs.median:.2f} x miniflux's entry_frequency at {ours.polls / theirs.polls:.2f} x its requests",
            f"median {ours.median:.0f} against {theirs.median:.0f} min, p90 {ours.p90:.0f} against {theirs.p90:.0f},"
            f" median of the feeds' medians {ours.of_feeds:.0f} against {theirs.of_feeds:.0f}; {ours.items:,} items,"
            " 5 min to 24 h for both",
        )
    )


if __name__ == "__main__":
    main()

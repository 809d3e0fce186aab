"""Learning in which South Slavic variant each feed is written, from what it brought: see `pipelines/language/profile.py`.

The profile is kept beside the feed's state, stamped into its next items by the poller and used as a hint by the graph.
An item keeps the stamp it got: processed again, it comes out the same.
"""

from __future__ import annotations

from collections import defaultdict
from itertools import islice
from typing import TYPE_CHECKING

from connectors.interfaces import Candidates
from pipelines.language.profile import KEPT, profile_of
from pipelines.language.tags import SOUTH_SLAVIC

if TYPE_CHECKING:
    from connectors.interfaces import FeedStates, Search

LEARN_SECONDS = 1800.0
"""Between two rounds of a running process."""
_ARTICLES = 20_000
"""Newest articles read in a round. A feed whose last items are older keeps its profile."""


def learn(index: Search, states: FeedStates) -> dict[str, str]:
    """Learn the profile of every feed among the newest articles, save them in `states`, and return them."""
    texts: defaultdict[str, list[str]] = defaultdict(list)
    for article in islice(index.candidates(Candidates()), _ARTICLES):
        if article.macro != SOUTH_SLAVIC or article.script != "Latn":
            continue
        text = f"{article.title}\n{article.summary}"
        for feed_url in {sighting.feed_url for sighting in article.sightings}:
            if len(texts[feed_url]) < KEPT:
                texts[feed_url].append(text)
    profiles = {feed_url: profile_of(newest) for feed_url, newest in sorted(texts.items())}
    if profiles:
        states.save_learned(profiles)
    return profiles

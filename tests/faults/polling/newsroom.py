"""One invented feed: what it shows at any moment, decided by a seed and the seconds gone by, nothing else."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta

import msgspec

KINDS = {
    "guid": 44,
    "permalink": 14,
    "link": 10,
    "guid only": 6,
    "words": 5,
    "twins": 5,
    "rare twins": 5,
    "home": 4,
    "flips": 7,
}
"""How the entries of a feed are told apart, with the share of feeds that do it so.

`guid`: an id and an address; `permalink`: the address is the id; `link`: no id; `guid only`: no address; `words`:
neither; `twins`, `rare twins`: many or few ids shared by two entries; `home`: one address for all; `flips`: host or
scheme of ids and addresses change once.
"""
FORMATS = ("rss", "rss", "rss", "atom", "rdf", "json")

_SITEMAPS = 0.4
_WORDS = (
    "council", "border", "talks", "minister", "Banjska", "патрола", "Косово", "одлука", "влада", "премијер", "Prishtina",
    "qeveria", "këshilli", "dogana", "vijeće", "mañana", "déjà", "Straße", "договор", "встреча", "北京", "会议", "news",
    "&", "more", "<", "less", "agreement", "after", "“the", "vote”", "road", "police", "15.000", "euro",
)  # fmt: skip


class Story(msgspec.Struct):
    """An entry: its number in the feed, how often title and text were changed, and what the feed calls it."""

    number: int
    guid: str
    link: str
    published: datetime
    titled: int = 0
    edition: int = 0


def token(feed: int, number: int) -> str:
    """A word that stands in the title of this entry and of no other."""
    return f"w{feed}n{number}e"


def title(feed: int, story: Story) -> str:
    """The title of an entry after `titled` changes."""
    return f"{token(feed, story.number)} {_sentence(f'{feed}/{story.number}/{story.titled}', 6)}"


def text(feed: int, form: str, story: Story) -> str:
    """The text of an entry after `edition` changes, as far as the form of its document has room for it."""
    if form == "sitemap":
        return ""
    words = _sentence(f"{feed}/{story.number}/text", 25)
    return f"{words} (version {story.edition})" if story.edition else words


def _sentence(seed: str, words: int) -> str:
    return " ".join(random.Random(seed).choices(_WORDS, k=words))


class Newsroom:
    """A feed that changes as time goes by; `pace` under 1 makes it hurry."""

    def __init__(self, seed: int, feed: int, pace: float, began: datetime) -> None:
        self._chance = random.Random(f"{seed}/{feed}")
        self._began = began
        self.feed = feed
        self.kind = self._chance.choices(list(KINDS), list(KINDS.values()))[0]
        self.form = self._chance.choice(FORMATS)
        if self.kind == "link" and self._chance.random() < _SITEMAPS:
            # A sitemap has addresses and titles; it can say nothing more of an entry.
            self.form = "sitemap"
        self.window = self._chance.randint(20, 50)
        self.host = f"outlet-{feed}.example"
        self.scheme = "http"
        self._flip_at = self._chance.uniform(200, 2000) * pace
        self._shuffles = self._chance.random() < 0.1
        # From three entries a minute to two an hour.
        self._gap = 20 * 90 ** self._chance.random() * pace
        self._made = 0
        self.shown: list[Story] = []
        self.withdrawn: list[Story] = []
        self.changes = 0
        self._next = 0.0
        for _ in range(self.window):
            self._publish(-self._chance.uniform(0, 90_000))

    def advance(self, seconds: float) -> None:
        """Let everything happen that happens until `seconds` after the beginning."""
        while self._next <= seconds:
            self._happen(self._next)
            self._next += self._chance.expovariate(1 / self._gap) / 2
            self.changes += 1
        if self.kind == "flips" and self._flip_at <= seconds:
            self._flip_at = float("inf")
            self._flip()

    def _happen(self, moment: float) -> None:
        chance = self._chance.random()
        if chance < 0.55 or not self.shown:
            self._publish(moment)
        elif chance < 0.85:
            story = self._chance.choice(self.shown)
            story.edition += 1
            if self.kind != "words" and self._chance.random() < 0.3:
                story.titled += 1
        elif chance < 0.93:
            self.withdrawn.append(self.shown.pop(self._chance.randrange(len(self.shown))))
        elif self.withdrawn:
            self.shown.insert(0, self.withdrawn.pop(self._chance.randrange(len(self.withdrawn))))
        if self._shuffles:
            self._chance.shuffle(self.shown)

    def _publish(self, moment: float) -> None:
        number, self._made = self._made, self._made + 1
        address = f"{self.scheme}://{self.host}/news/{number}"
        guid = f"{self.feed}-{number}"
        if self.kind == "permalink" or (self.kind == "flips" and self.feed % 2):
            guid = address
        elif self.kind == "twins":
            guid = f"{self.feed}-{number // 2}"
        elif self.kind == "rare twins" and number % 12 == 11:
            guid = f"{self.feed}-{number - 3}"
        if self.kind in {"link", "words"}:
            guid = ""
        link = "" if self.kind in {"guid only", "words"} else address
        if self.kind == "home":
            link = f"http://{self.host}/"
        published = (self._began + timedelta(seconds=moment)).astimezone(UTC).replace(microsecond=0)
        self.shown.insert(0, Story(number=number, guid=guid, link=link, published=published))
        if len(self.shown) > self.window:
            self.shown.pop()

    def _flip(self) -> None:
        old = f"{self.scheme}://{self.host}/"
        if self.feed % 3:
            self.scheme = "https"
        else:
            self.host = f"www.new-{self.feed}.example"
        for story in (*self.shown, *self.withdrawn):
            story.guid = story.guid.replace(old, f"{self.scheme}://{self.host}/")
            story.link = story.link.replace(old, f"{self.scheme}://{self.host}/")

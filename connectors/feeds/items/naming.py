"""What each entry of a document is called: the name it has had before, else the plainest that nothing else bears.

An entry once named keeps its name, whatever else its document holds today. A name that depends on the neighbours of an
entry would change with them: an id that two entries share today and one tomorrow. So names are given once and then
remembered; the document decides only about entries that nobody has seen, and about all when the memory is lost.

Four questions are asked of all entries in turn, first of words that did not change, and each name is given once:

unchanged   is something of this name and these very words known?
edited      is something of this name known, and is this the same entry? (same address, or a title alike)
renamed     is this known under an id or address that differs in scheme or host alone? (same words, or a title alike)
new         which is the plainest name that is neither known nor shared?
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import get_args

import msgspec

from connectors.feeds.items.headline import alike
from connectors.feeds.items.ladder import Policy, Rung, Said
from connectors.interfaces import Known

Recall = Callable[[Sequence[str]], Mapping[str, Known]]
"""What the poller remembers of one feed under each of these keys."""

RENAMED_WITHIN = timedelta(days=30)
"""For how long after it was last in its feed an entry is recognised under another id."""
_FROM_THE_DEEPEST: tuple[Policy, ...] = tuple(reversed(get_args(Policy)))


class Habits(msgspec.Struct, frozen=True):
    """What a feed was found to do, for good."""

    keyed_by: str = "address"
    named_by: str = "guid"
    """`guid+link` once so many entries shared ids that an id alone does not name an entry."""


class Named(msgspec.Struct, frozen=True):
    """An entry, the name it goes by, and what is remembered under it."""

    said: Said
    policy: Policy
    item_id: str
    native_id: str
    known: Known | None


def name(said: Sequence[Said], recall: Recall, habits: Habits, moment: datetime) -> tuple[Named, ...]:
    """A name for each of `said`, in their order; the same whatever their order is."""
    naming = _Naming(said, recall, habits, moment)
    return naming.all()


class _Naming:
    def __init__(self, said: Sequence[Said], recall: Recall, habits: Habits, moment: datetime) -> None:
        self._said = said
        self._recall = recall
        self._habits = habits
        self._moment = moment
        self._known: dict[str, Known] = {}
        self._given: dict[int, Rung] = {}
        self._used: set[str] = set()
        self._shared: Counter[str] = Counter()

    def all(self) -> tuple[Named, ...]:
        plainest = [one.rungs[0].item_id for one in self._said]
        self._learn(plainest)
        self._shared = Counter(plainest)
        # Nearly all entries of a feed end here, with one look-up each.
        self._unchanged(lambda rung: self._shared[rung.item_id] == 1)
        rest = [one for _, one in self._open()]
        self._learn(rung.item_id for one in rest for rung in one.rungs)
        self._learn(alias for one in rest for alias in (one.link_alias, one.guid_alias) if alias)
        self._learn([known.content_hash for known in self._known.values()])
        self._unchanged(lambda _: True)
        self._renamed(edited=False)
        self._edited()
        self._renamed(edited=True)
        self._new()
        return tuple(self._named(number, one) for number, one in enumerate(self._said))

    def _unchanged(self, allowed: Callable[[Rung], bool]) -> None:
        for policy in _FROM_THE_DEEPEST:
            for number, one in self._open():
                for rung in one.rungs:
                    known = self._known.get(rung.item_id)
                    fits = rung.policy == policy and known is not None and known.content_hash == one.content_hash
                    if fits and rung.item_id not in self._used and allowed(rung):
                        self._give(number, rung)

    def _edited(self) -> None:
        for policy in _FROM_THE_DEEPEST:
            claims: dict[Rung, list[int]] = {}
            for number, one in self._open():
                for rung in one.rungs:
                    if rung.policy == policy and rung.item_id not in self._used and self._belongs(one, rung):
                        claims.setdefault(rung, []).append(number)
            for rung, numbers in claims.items():
                owner = self._owner(numbers, rung)
                if owner is not None:
                    self._give(owner, rung)

    def _renamed(self, *, edited: bool) -> None:
        claims: dict[Rung, list[int]] = {}
        for number, one in self._open():
            if self._shared[one.rungs[0].item_id] > 1:
                continue
            aliases = (one.guid_alias, one.link_alias if self._habits.keyed_by == "address" else "")
            for target in dict.fromkeys(self._known[alias].content_hash for alias in aliases if alias in self._known):
                rung = Rung(one.rungs[0].policy, one.rungs[0].value, target)
                known = self._known.get(target)
                if known is None or target in self._used or not self._is_recent(known):
                    continue
                if known.content_hash == one.content_hash or (edited and alike(known.title, one.title)):
                    claims.setdefault(rung, []).append(number)
        wanted = Counter(rung.item_id for rung in claims)
        for rung, numbers in claims.items():
            if len(numbers) == 1 == wanted[rung.item_id] and numbers[0] not in self._given:
                self._give(numbers[0], rung)

    def _new(self) -> None:
        left = list(self._open())
        shared = Counter(rung.item_id for _, one in left for rung in one.rungs)
        for number, one in left:
            free = (
                rung
                for rung in one.rungs
                if shared[rung.item_id] == 1
                and not (rung.item_id in self._known or rung.item_id in self._used)
                and self._may_name(one, rung)
            )
            self._give(number, next(free, one.rungs[-1]))

    def _may_name(self, one: Said, rung: Rung) -> bool:
        if rung.policy == "guid":
            return self._habits.named_by == "guid" or not (one.url or one.entry.title)
        return rung.policy != "link" or self._habits.keyed_by == "address"

    def _belongs(self, one: Said, rung: Rung) -> bool:
        """Whether what is known under `rung` is this entry, and not another that bears the same name."""
        known = self._known.get(rung.item_id)
        if known is None:
            return False
        if rung.policy == "guid" and self._habits.named_by == "guid":
            # Without an address of its own the id is all there is; an earlier release remembered no title to go by.
            id_alone = not one.link_alias or self._habits.keyed_by == "item" or not known.article_id
            return id_alone or self._is_at(one, rung) or self._is_like(one, rung)
        if rung.policy == "guid":
            return self._is_at(one, rung) or self._is_like(one, rung)
        if rung.policy == "link" and self._habits.keyed_by == "item":
            return self._is_like(one, rung)
        return True

    def _is_at(self, one: Said, rung: Rung) -> bool:
        known = self._known.get(one.link_alias)
        return known is not None and known.content_hash == rung.item_id

    def _is_like(self, one: Said, rung: Rung) -> bool:
        return alike(self._known[rung.item_id].title, one.title)

    def _is_recent(self, known: Known) -> bool:
        return known.last_seen is None or known.last_seen >= self._moment - RENAMED_WITHIN

    def _owner(self, numbers: Sequence[int], rung: Rung) -> int | None:
        """Which of the entries that could go on bearing `rung` does; None when several could as well."""
        several = [number for number in numbers if number not in self._given]
        for is_surer in (self._is_at, self._is_like):
            if len(several) > 1:
                several = [number for number in several if is_surer(self._said[number], rung)] or several
        return several[0] if len(several) == 1 else None

    def _open(self) -> list[tuple[int, Said]]:
        return [(number, one) for number, one in enumerate(self._said) if number not in self._given]

    def _learn(self, keys: Iterable[str]) -> None:
        missing = [key for key in dict.fromkeys(keys) if key not in self._known]
        if missing:
            self._known |= self._recall(missing)

    def _give(self, number: int, rung: Rung) -> None:
        self._given[number] = rung
        self._used.add(rung.item_id)

    def _named(self, number: int, one: Said) -> Named:
        rung = self._given[number]
        # Shown as the feed gave it, although the rung itself rests on the canonical form.
        given = (one.url or one.entry.link) if rung.policy == "link" else rung.value
        return Named(one, rung.policy, rung.item_id, one.native or given, self._known.get(rung.item_id))

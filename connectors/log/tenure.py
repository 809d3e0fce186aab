"""Which partitions of a topic a member of a group has, since when without a break, and what it may commit of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping


class Tenure:
    """What the group has decided about one member, and what that member was handed and has saved."""

    def __init__(self) -> None:
        self._member = ""
        self._generation = -1
        self._turn = 0
        self._since: dict[int, int] = {}
        """By partition that is ours: the turn in which we got it."""
        self._handed: dict[int, int] = {}
        """By partition: the turn of what was handed out last."""
        self._saved: dict[int, int] = {}

    def follow(self, member: str, generation: int, partitions: Iterable[int]) -> bool:
        """Take up what the group says now; whether it has shared out anew. Generations count its sharings out.

        A member that takes part in each of them keeps what it keeps. With a generation left out, or as another
        member, somebody else may have had its partitions in between.
        """
        ours = set(partitions)
        if (member, generation) == (self._member, self._generation) and ours == self._since.keys():
            return False
        unbroken = member == self._member and generation - self._generation in {0, 1}
        anew = generation not in {self._generation, -1}
        self._turn += 1
        self._since = {one: self._since.get(one, self._turn) if unbroken else self._turn for one in ours}
        # Of what came anew, somebody else may have saved another place.
        self._saved = {
            one: place for one, place in self._saved.items() if self._since.get(one) not in {None, self._turn}
        }
        self._member, self._generation = member, generation
        return anew

    def hand(self, partitions: Iterable[int]) -> None:
        """Records of `partitions` were given to be processed."""
        self._handed |= {one: self._since.get(one, -1) for one in partitions}

    def unsaved(self, places: Mapping[int, int]) -> dict[int, int]:
        """Those of `places` that are not known to be saved."""
        return {one: place for one, place in places.items() if self._saved.get(one) != place}

    def ours(self, places: Mapping[int, int]) -> dict[int, int]:
        """Those of `places` whose partitions are ours still, without a break since their records were handed out."""
        return {
            one: place
            for one, place in places.items()
            if one in self._since and self._since[one] == self._handed.get(one)
        }

    def save(self, places: Mapping[int, int]) -> None:
        """`places` are saved."""
        self._saved |= places

"""What the forms of lists find in the articles at hand: how wide a wildcard really is, and which form was never seen."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

import msgspec
import yaml

from connectors.interfaces import Candidates, Search
from pipelines.matching.compile import compile_watchlists
from pipelines.matching.concepts import entries
from pipelines.matching.document import document_of_article
from pipelines.matching.load import ReadList
from pipelines.matching.stems import Key, Relatives
from pipelines.matching.yaml_tree import child, children
from schemas.errors import Problem
from schemas.query.fold import clean
from schemas.watchlist import Concept, Watchlist

MOST_ARTICLES = 5_000
"""Articles that are read, the newest: some seconds' work."""
MOST_FORMS = 20_000
"""Forms of all lists together beyond which nothing is counted: it would take minutes."""
_SURFACES = 8
_FORMS = 12
_SOME, _OFTEN = 3, 0.2
"""Articles, and their share, from which on small letters are worth a word."""


class Count(msgspec.Struct):
    """One form: the articles that have it, the words it stood for in them, and how often it began with a small letter."""

    articles: int = 0
    surfaces: Counter[str] = msgspec.field(default_factory=Counter)
    small: int = 0


class Counts(msgspec.Struct):
    """The counts by form, and how many articles were read of how many."""

    forms: dict[str, Count]
    read: int
    stored: int
    related: dict[Key, Counter[str]] = msgspec.field(default_factory=dict)
    """Words of the stem of a form that no form finds (see `stems`)."""

    @property
    def among(self) -> str:
        """The articles that a count is out of, in words."""
        newest = f"the {self.read:,} newest of " if self.read < self.stored else ""
        return f"{newest}{self.stored:,} stored articles"


def count(lists: Sequence[ReadList], index: Search) -> Counts:
    """Count every form of every concept, each by itself: neither guards nor `case` are applied."""
    forms = list(dict.fromkeys(form for read in lists for concept in read.watchlist.concepts for form in concept.any))
    counts = Counts({form: Count() for form in forms}, 0, index.count())
    if not forms or len(forms) > MOST_FORMS:
        counts.stored = 0
        return counts
    # A list of its own in which every form is a query: what one form finds hides no other.
    names = {f"f{number}": form for number, form in enumerate(forms)}
    concepts = tuple(Concept(name=name, any=(form,)) for name, form in names.items())
    matcher = compile_watchlists(
        [Watchlist(id="counts", name="counts", concepts=concepts, queries={name: name for name in names})]
    )
    relatives = Relatives(lists)
    for article in islice(index.candidates(Candidates()), MOST_ARTICLES):
        counts.read += 1
        relatives.read(article)
        for match in matcher.match(document_of_article(article)):
            found = counts.forms[names[match.query]]
            found.articles += 1
            found.surfaces.update({clean(span.text).lower() for span in match.spans})
            found.small += all(span.text[:1].islower() for span in match.spans)
    counts.related = relatives.found
    return counts


def remarks(lists: Iterable[ReadList], counts: Counts) -> Iterator[Problem]:
    """What the counts say about the forms of each list, in the order of places."""
    if not counts.stored:
        return
    for read in lists:
        nodes = children(child(read.node, "concepts"))
        found = [
            one for concept in read.watchlist.concepts for one in _remarks(read, concept, nodes[concept.name], counts)
        ]
        yield from sorted(found, key=lambda problem: (problem.line, problem.column))


def _remarks(read: ReadList, concept: Concept, node: yaml.Node, counts: Counts) -> Iterator[Problem]:
    places = dict(entries(child(node, "any")))
    remark = read.reader.remark
    never: list[str] = []
    for form, place in places.items():
        counted = counts.forms.get(form)
        if counted is None:
            continue
        if not counted.articles:
            never.append(form)
        elif "*" in form:
            message = f"{form!r} is in {counted.articles:,} of {counts.among}: {_most(counted.surfaces)}"
            yield remark(place, message, level="info")
        elif not concept.case and form[:1].isupper() and counted.small >= max(_SOME, _OFTEN * counted.articles):
            message = (
                f"{form!r} is in small letters in {counted.small:,} of the {counted.articles:,} articles that have it"
            )
            yield remark(place, message, "`case: initial-capital` would leave those out", level="info")
    if related := counts.related.get((read.watchlist.id, concept.name)):
        message = f"words of a stem of {concept.name} that no form finds, in {counts.among}: {_most(related)}"
        yield remark(node, message, "add those that are meant", level="info")
    if never:
        such = ", ".join(map(repr, never[:_FORMS])) + (" and others" if len(never) > _FORMS else "")
        message = f"in none of {counts.among}: {len(never)} of {len(places)} forms of {concept.name}: {such}"
        yield remark(node, message, level="info")


def _most(words: Counter[str]) -> str:
    """The words that most articles have, with their numbers."""
    most = sorted(words.items(), key=lambda one: (-one[1], one[0]))
    more = f" and {len(most) - _SURFACES} more" if len(most) > _SURFACES else ""
    return ", ".join(f"{said} {times}" for said, times in most[:_SURFACES]) + more

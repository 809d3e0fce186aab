"""What the forms of lists find in the articles at hand: how wide a wildcard really is, and which form was never seen."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import islice

import msgspec

from connectors.interfaces import Search
from pipelines.matching.compile import compile_watchlists
from pipelines.matching.concepts import entries
from pipelines.matching.document import document_of_article
from pipelines.matching.load import ReadList
from pipelines.matching.yaml_tree import child
from pipelines.search import candidates
from schemas.article import Article
from schemas.errors import Problem
from schemas.query.fold import clean
from schemas.query.parse import parse
from schemas.watchlist import Concept, Watchlist

MOST_ARTICLES = 10_000
"""Articles that are read: the newest that may have one of the forms."""
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
    """The counts by form, and how many articles were looked at of how many."""

    forms: dict[str, Count]
    read: int
    stored: int

    @property
    def among(self) -> str:
        """The articles that a count is out of, in words."""
        newest = f"the {self.read:,} newest candidates of " if self.read < self.stored else ""
        return f"{newest}{self.stored:,} stored articles"


def count(lists: Iterable[ReadList], index: Search) -> Counts:
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
    counts.read = counts.stored
    for number, article in enumerate(islice(_articles(forms, index), MOST_ARTICLES), 1):
        if number == MOST_ARTICLES:
            counts.read = min(number, counts.stored)
        for match in matcher.match(document_of_article(article)):
            found = counts.forms[names[match.query]]
            found.articles += 1
            found.surfaces.update({clean(span.text).lower() for span in match.spans})
            found.small += all(span.text[:1].islower() for span in match.spans)
    return counts


def _articles(forms: list[str], index: Search) -> Iterator[Article]:
    # Forms that are more than words need no look: they narrow nothing that their words do not.
    plain = [f'"{form}"' for form in forms if "NEAR" not in form and "{" not in form]
    narrow = len(plain) == len(forms)
    return index.candidates(candidates(parse(" OR ".join(plain) if narrow else "*")))


def remarks(lists: Iterable[ReadList], counts: Counts) -> Iterator[Problem]:
    """What the counts say about the forms of each list, in the order of places."""
    if not counts.stored:
        return
    for read in lists:
        found = [one for concept in read.watchlist.concepts for one in _remarks(read, concept, counts)]
        yield from sorted(found, key=lambda problem: (problem.line, problem.column))


def _remarks(read: ReadList, concept: Concept, counts: Counts) -> Iterator[Problem]:
    node = child(read.node, "concepts", concept.name)
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
            most = sorted(counted.surfaces.items(), key=lambda one: (-one[1], one[0]))[:_SURFACES]
            words = ", ".join(f"{said} {times}" for said, times in most)
            rest = len(counted.surfaces) - _SURFACES
            more = f" and {rest} more" if rest > 0 else ""
            message = f"{form!r} is in {counted.articles:,} of {counts.among}: {words}{more}"
            yield remark(place, message, level="info")
        elif not concept.case and form[:1].isupper() and counted.small >= max(_SOME, _OFTEN * counted.articles):
            message = (
                f"{form!r} is in small letters in {counted.small:,} of the {counted.articles:,} articles that have it"
            )
            yield remark(place, message, "`case: initial-capital` would leave those out", level="info")
    if never:
        such = ", ".join(map(repr, never[:_FORMS])) + (" and others" if len(never) > _FORMS else "")
        message = f"in none of {counts.among}: {len(never)} of {len(places)} forms of {concept.name}: {such}"
        yield remark(node, message, level="info")

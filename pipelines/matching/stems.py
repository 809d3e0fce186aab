"""Words of stored articles that have the stem of a form and that no form of the list finds: cases nobody thought of.

Stems are for suggestions alone: they are too lossy to match on (evidence/matching.md 6).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from functools import lru_cache
from typing import Any

import snowballstemmer

from pipelines.matching.load import ReadList
from schemas.article import Article
from schemas.query.fold import folded_text
from schemas.query.languages import macro_of

STEMMERS = {
    "hbs": "serbian",
    "ru": "russian",
    "en": "english",
    "de": "german",
    "fr": "french",
    "es": "spanish",
    "it": "italian",
    "pt": "portuguese",
    "nl": "dutch",
    "sv": "swedish",
    "no": "norwegian",
    "da": "danish",
    "fi": "finnish",
    "et": "estonian",
    "lt": "lithuanian",
    "pl": "polish",
    "cs": "czech",
    "hu": "hungarian",
    "ro": "romanian",
    "el": "greek",
    "tr": "turkish",
    "hy": "armenian",
}
"""Snowball's name of the stemmer of a macro-language. There is none for Albanian, Ukrainian or Bulgarian."""
_WORD = re.compile(r"[^\W\d_]{4,}")
_BEGINNING = 3
"""Letters that a word and a form of its stem share: few words of a text need to be stemmed."""
_MOST_WORDS = 200_000
"""Distinct words remembered."""

Key = tuple[str, str]
"""A list and one of its concepts."""


class Relatives:
    """Reads articles one by one; `found` counts, by list and concept, the articles that have each related word."""

    def __init__(self, lists: Iterable[ReadList]) -> None:
        self.found: dict[Key, Counter[str]] = {}
        self._forms: dict[Key, list[str]] = {}
        self._known: dict[str, tuple[frozenset[str], tuple[str, ...]]] = {}
        for read in lists:
            words: set[str] = set()
            for concept in read.watchlist.concepts:
                single = [form for form in concept.any if " " not in form and not form.startswith("{")]
                self._forms[read.watchlist.id, concept.name] = [form for form in single if _WORD.fullmatch(form)]
                words.update(single)
            prefixes = tuple(folded_text(word) for word in words if word.endswith("*"))
            self._known[read.watchlist.id] = (frozenset(map(folded_text, words)), prefixes)
        forms = [form for each in self._forms.values() for form in each]
        self._beginnings = frozenset(folded_text(form)[:_BEGINNING] for form in forms)
        self._stems: dict[str, dict[str, list[Key]]] = {}
        self._related = lru_cache(_MOST_WORDS)(self._keys)

    def read(self, article: Article) -> None:
        """Count the related words of one article, if there is a stemmer for its language."""
        language = STEMMERS.get(macro_of(article.language))
        if language is None:
            return
        text = f"{article.title}\n{article.summary}\n{article.body}".lower()
        for word in set(_WORD.findall(text)):
            for key in self._related(language, word):
                self.found.setdefault(key, Counter())[word] += 1

    def _keys(self, language: str, word: str) -> tuple[Key, ...]:
        folded = folded_text(word)
        if folded[:_BEGINNING] not in self._beginnings:
            return ()
        if language not in self._stems:
            stems = self._stems[language] = {}
            for key, forms in self._forms.items():
                for stem in {_stemmer(language).stemWord(form.lower()) for form in forms}:
                    stems.setdefault(stem, []).append(key)
        keys = self._stems[language].get(_stemmer(language).stemWord(word), ())
        return tuple(key for key in keys if not self._finds(key[0], folded))

    def _finds(self, identity: str, folded: str) -> bool:
        words, prefixes = self._known[identity]
        return folded in words or folded.startswith(prefixes)


@lru_cache
def _stemmer(language: str) -> Any:
    return snowballstemmer.stemmer(language)

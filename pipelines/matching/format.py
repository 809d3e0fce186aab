"""The watchlist format: its keys, what each is for, and what it may say. Loader, JSON Schema and lint read it here."""

from __future__ import annotations

import re
from typing import get_args

from schemas.hit import Severity

VERSION = "1"
FILE_KEYS = {
    "version": "Version of this format.",
    "lists": "The watchlists of this file. A file with one list may have its keys at the top instead.",
}
LIST_KEYS = {
    "id": "Stable name, unique among all lists: small letters, digits, single hyphens. Hits and alerts carry it.",
    "name": "What people see; the id when left out.",
    "severity": "How urgent its alerts are.",
    "recipients": "Who gets its mails: bare addresses. The recipients of the settings when left out.",
    "languages": "Languages it is limited to; all when left out. A text of unknown language always passes.",
    "sources": "Outlets (name or host) or feed addresses it is limited to; all when left out.",
    "concepts": "Things in all their written forms, by name; queries use the names as words.",
    "query": "What an article must say. One query; its name is `main`.",
    "queries": "Several queries by name, in place of `query`; each gives hits of its own.",
    "examples": "Texts that must and must not match. A list whose examples fail does not load.",
}
CONCEPT_KEYS = {
    "any": "Its written forms: words, phrases, `*` at the end of a word, a NEAR/4 b, a ONEAR/4 b, {Exact}, or a stem.",
    "unless_in": "Guards: a form inside one of these longer phrases does not count.",
    "case": "`initial-capital`: a capital where the form has one. `exact`: letters as written.",
}
INFLECT_KEYS = {
    "stem": "What stays the same: Kosov of Kosovo, Kosova, Kosovu. Of a phrase, the last word is inflected.",
    "inflect": "Language whose endings it takes (for Arabic and Hebrew: particles in front).",
    "class": "How it is declined, where the stem alone does not decide it.",
    "fleeting": "The stem with the vowel that comes and goes: Kosovac, where `stem` is Kosovc.",
}
EXAMPLE_KEYS = {
    "match": "Texts that at least one query must find.",
    "no_match": "Texts that no query may find.",
}
SEVERITIES: tuple[str, ...] = get_args(Severity)
CASES = ("initial-capital", "exact")

ID = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*\Z")
CONCEPT_NAME = re.compile(r"\w[\w-]*\Z")
RESERVED = frozenset(("and", "or", "not", "near", "onear"))
"""What no concept can be called, in any case, and neither can it be called as a field is."""
ADDRESS = re.compile(r"[^@\s<>,;]+@[^@\s<>,;]+\Z")

"""Stemming, by groups of languages: for Kibana and for ranking. Finding is the fold's work, in every language.

Each article has its words in the one field of its own language, or in none: Serbian normalisation would make words of
mixed script out of Russian ones.
"""

from __future__ import annotations

from typing import Any

from schemas.query.languages import macro_of

ALBANIAN = "wirewatch_albanian"

_GROUPS = {
    "hbs": "serbian",
    "sq": "albanian",
    "ru": "russian",
    "bg": "bulgarian",
    "en": "english",
    "de": "german",
    "fr": "french",
    "it": "italian",
    "es": "spanish",
    "pt": "portuguese",
    "ca": "catalan",
    "ro": "romanian",
    "nl": "dutch",
    "sv": "swedish",
    "da": "danish",
    "no": "norwegian",
    "fi": "finnish",
    "hu": "hungarian",
    "cs": "czech",
    "lt": "lithuanian",
    "lv": "latvian",
    "et": "estonian",
    "el": "greek",
    "tr": "turkish",
    "hy": "armenian",
    "ar": "arabic",
    "fa": "persian",
    "hi": "hindi",
    "id": "indonesian",
    "zh": "cjk",
    "ja": "cjk",
    "ko": "cjk",
}
"""Name of the field, by macro-language. But for Albanian, which has no analyzer, it is that of Elasticsearch's own too."""

# Case endings with and without the article, folded; the longest first, four letters must be left.
_ENDINGS = "eve ave ives uesh esh ash ish ush ese es as is us et at it ut en an in un a e i o u s t n"


def group_of(language: str) -> str | None:
    """The field with the stems of texts in `language` (BCP 47); None where there is none."""
    return _GROUPS.get(macro_of(language.partition("-")[0].lower()))


def stemming_analysis() -> dict[str, Any]:
    """The section `analysis` that the fields of `analyzers` need."""
    endings = "|".join(_ENDINGS.split())
    return {
        "filter": {
            "wirewatch_albanian_stop": {
                "type": "stop",
                "stopwords": ["dhe", "ne", "te", "e", "i", "se", "me", "per", "nga", "qe", "nje", "ka", "eshte", "do"],
            },
            "wirewatch_albanian_stem": {
                "type": "pattern_replace",
                "pattern": f"^(\\p{{L}}{{4,}}?)(?:{endings})$",
                "replacement": "$1",
                "all": False,
            },
        },
        "analyzer": {
            ALBANIAN: {
                "type": "custom",
                "tokenizer": "standard",
                "filter": ["lowercase", "asciifolding", "wirewatch_albanian_stop", "wirewatch_albanian_stem"],
            }
        },
    }


def analyzers() -> dict[str, str]:
    """The analyzer of each field."""
    return {group: ALBANIAN if group == "albanian" else group for group in _GROUPS.values()}

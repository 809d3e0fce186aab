"""When a language asked for (`lang:sr`, a list's `languages`) is the language of a document."""

from __future__ import annotations

import re

_TAG = re.compile(r"=?[a-z]{2,3}(?:-[a-z]{4})?(?:-(?:[a-z]{2}|[0-9]{3}))?\Z", re.IGNORECASE)
_SCRIPT_LENGTH = 4

MACRO = {
    **dict.fromkeys(("sr", "hr", "bs", "cnr", "sh", "srp", "hrv", "bos"), "hbs"),
    **dict.fromkeys(("nb", "nn", "nob", "nno", "nor"), "no"),
    **dict.fromkeys(("cmn", "yue", "zho"), "zh"),
    **dict.fromkeys(("als", "aln", "sqi"), "sq"),
}
"""Macro-language of languages whose speakers read each other, so that no list misses one for the other."""
_UNSURE = {"hbs": "sh"}
"""How a text is tagged of which only the macro-language is sure."""
_MACROS = frozenset((*MACRO.values(), "sh"))


def is_language(wanted: str) -> bool:
    """Whether `wanted` can be asked for: a BCP 47 tag such as `sr` or `sr-Latn`, `=` before it for exactly this one."""
    return bool(_TAG.match(wanted))


def language_matches(wanted: str, language: str, macro: str, script: str) -> bool:
    """Whether a document of `language` (BCP 47), `macro`-language and `script` is in `wanted`.

    `sr` means the macro-language: sr, hr, bs, cnr and sh all match. With a script (`sr-Latn`) it is that one in this
    script, or one whose variant is not sure (`sh-Latn`); with `=` in front (`=sr`) that very one. An unknown language
    (`und`) is in none.
    """
    if language == "und" and macro == "und":
        return False
    primary, _, rest = wanted.removeprefix("=").lower().partition("-")
    found, _, found_rest = language.lower().partition("-")
    wanted_script = rest.partition("-")[0] if len(rest.partition("-")[0]) == _SCRIPT_LENGTH else ""
    wanted_macro = MACRO.get(primary, primary)
    if wanted.startswith("="):
        same = found == primary
    elif wanted_script and primary not in _MACROS:
        # A text whose variant is not sure may be in this one.
        same = found in {primary, _UNSURE.get(wanted_macro)}
    else:
        same = wanted_macro in {MACRO.get(found, found), MACRO.get(macro.lower(), macro.lower())}
    if not wanted_script:
        return same
    declared = found_rest.partition("-")[0]
    return same and wanted_script == (declared if len(declared) == _SCRIPT_LENGTH else script.lower())


def language_within(asked: str, wanted: str) -> bool:
    """Whether every document in the language `asked` for is also in `wanted`, which has no `=`."""
    plain = asked.removeprefix("=")
    primary, wanted_primary = (tag.lower().partition("-")[0] for tag in (plain, wanted))
    if primary in _MACROS and script_of(wanted):
        # Asked for, `sh-Latn` means every variant; the tag of a document means that its variant is not sure.
        return (
            wanted_primary in _MACROS and macro_of(plain) == macro_of(wanted) and script_of(plain) == script_of(wanted)
        )
    return language_matches(wanted, plain, macro_of(plain), script_of(plain))


def macro_of(tag: str) -> str:
    """The macro-language of a BCP 47 tag; of most languages, the language itself."""
    primary = tag.lower().partition("-")[0]
    return MACRO.get(primary, primary)


def script_of(tag: str) -> str:
    """The script a BCP 47 tag names, as `Latn`; empty when it names none."""
    script = tag.partition("-")[2].partition("-")[0]
    return script.title() if len(script) == _SCRIPT_LENGTH else ""

# ruff: noqa: RUF001, RUF002 letters that look alike are the subject
"""The second fold: words in letters of two scripts that look alike, read by look instead of by sound.

`UNSСR` with a Cyrillic `С` sounds `unssr` and looks `UNSCR`. Such words come from keyboards left in the wrong layout and
from people who wish not to be found. Only words that mix scripts are read so: a word in one script is what it says.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from schemas.composed import composed

# From the confusables of Unicode Technical Standard 39, those of one letter each that news fonts draw the same.
_CYRILLIC = "AА BВ CС EЕ HН IІ JЈ KК MМ OО PР SЅ TТ XХ YУ aа cс eе iі jј kк oо pр sѕ xх yу hһ"
_GREEK = "AΑ BΒ EΕ ZΖ HΗ IΙ KΚ MΜ NΝ OΟ PΡ TΤ YΥ XΧ aα iι kκ oο pρ vν uυ xχ"

_LATIN_OF = {pair[1]: pair[0] for pair in f"{_CYRILLIC} {_GREEK}".split()}
_CYRILLIC_OF = {pair[0]: pair[1] for pair in _CYRILLIC.split()}
_GREEK_OF = {pair[0]: pair[1] for pair in _GREEK.split()}

_LATIN = "A-Za-z\u00c0-\u024f\u1e00-\u1eff"
_OTHER = "\u0370-\u03ff\u0400-\u052f\u1f00-\u1fff"
_UNSEEN = "\u0300-\u036f\u00ad\u200b-\u200d\u2060"
"""Marks and characters nobody sees may stand between two letters of a word."""
_LATIN_LETTER = re.compile(f"[{_LATIN}]")
_OTHER_LETTER = re.compile(f"[{_OTHER}]")
# One class first, so that the search runs over everything else at full speed.
_SIDE_BY_SIDE = re.compile(
    f"[{_LATIN}](?:(?=[{_UNSEEN}]*[{_OTHER}])|(?<=[{_OTHER}][{_LATIN}])|(?<=[{_OTHER}][{_UNSEEN}][{_LATIN}]))"
)
_WORD = re.compile(rf"[^\W\d_]+(?:[{_UNSEEN}]*[^\W\d_]+)*")


def by_look(text: str) -> str | None:
    """`text` in NFC with every word that mixes scripts in the one script it looks like; None when it has no such word.

    A word with letters peculiar to two scripts looks like neither and is left alone.
    """
    if text.isascii():
        return None
    plain = composed(text)
    if not (_OTHER_LETTER.search(plain) and _SIDE_BY_SIDE.search(plain)):
        return None
    changed = "".join(_pieces(plain))
    return None if changed == plain else composed(changed)


def _pieces(text: str) -> Iterator[str]:
    """`text` in pieces, changed between the spaces around each meeting of two scripts: few words have one."""
    done = 0
    for meeting in _SIDE_BY_SIDE.finditer(text):
        if meeting.start() < done:
            continue
        start = max(text.rfind(" ", 0, meeting.start()), done)
        end = text.find(" ", meeting.end())
        yield text[done:start]
        done = end if end >= 0 else len(text)
        yield _WORD.sub(lambda match: _as_it_looks(match[0]), text[start:done])
    yield text[done:]


def _as_it_looks(word: str) -> str:
    scripts = {script for letter in word if (script := _script(letter))}
    if len(scripts) < 2:  # noqa: PLR2004 two scripts make a mixture
        return word
    own = {_script(letter) for letter in word if not _has_twin(letter)} - {""}
    if len(own) > 1:
        return word
    counts = sorted(scripts, key=lambda script: (-sum(_script(letter) == script for letter in word), script != "Latn"))
    target = own.pop() if own else counts[0]
    return "".join(_drawn(letter, target) for letter in word)


def _script(letter: str) -> str:
    if _LATIN_LETTER.match(letter):
        return "Latn"
    if not _OTHER_LETTER.match(letter):
        return ""
    return "Cyrl" if "\u0400" <= letter <= "\u052f" else "Grek"


def _has_twin(letter: str) -> bool:
    return letter in _LATIN_OF or letter in _CYRILLIC_OF or letter in _GREEK_OF


def _drawn(letter: str, script: str) -> str:
    latin = _LATIN_OF.get(letter, letter)
    if script == "Latn":
        return latin
    return (_CYRILLIC_OF if script == "Cyrl" else _GREEK_OF).get(latin, letter)

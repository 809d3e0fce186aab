"""Writes `schemas/query/fold_table.json`: how every character folds, for every Python version alike.

    python tools/fold_table.py            write the table
    python tools/fold_table.py --check    exit 1 when the table in the tree is not what this file makes

The table is made from the Unicode data of the running Python. A table of another Unicode version cannot be checked
against it; `--check` then says so and exits 0, so run it on the Python that `unicode` in the table names (3.11).

The rules are context-free: what a character becomes depends on that character alone, so that offsets into the folded
text lead back to the original. In this order:

- characters nobody sees (format characters, soft hyphen, zero width, variation selectors, fillers) become nothing;
- `LETTERS`: Cyrillic by sound into Latin, Latin letters Unicode does not decompose, Arabic letters written in two ways;
- else NFKD, case fold, NFKD; marks of Latin, Greek, Cyrillic, Arabic and Hebrew are dropped, those of other scripts
  (Indic vowel signs) are letters; kana and Hangul keep their composed forms;
- decimal digits of all scripts become ASCII digits;
- Han, kana and the scripts written without spaces (Thai, Lao, Khmer, Myanmar): each character is a token of its own;
- symbols and numbers that unfold into letters or digits (№, ², ™) stand apart from the word before and after them;
- all else, `_` and apostrophes included, separates words.
"""

from __future__ import annotations

import json
import sys
import unicodedata
from collections.abc import Iterable
from pathlib import Path

TABLE = Path(__file__).resolve().parent.parent / "schemas" / "query" / "fold_table.json"

# Serbian letters by Serbian rules, Russian ones so that no letter needs its neighbour. The Latin side of Serbian folds to
# the same (љ and lj, џ and dž), which is what makes one alias serve both scripts.
LETTERS = {
    letter: folded
    for line in """
        а=a б=b в=v г=g д=d е=e з=z и=i к=k л=l м=m н=n о=o п=p р=r с=s т=t у=u ф=f х=h
        ж=z ц=c ч=c ш=s щ=sc ъ= ы=y ь= э=e ю=ju я=ja й=j ё=e є=je і=i ї=ji ґ=g ў=u ѣ=e
        ђ=dj ј=j љ=lj њ=nj ћ=c џ=dz ѓ=gj ќ=kj ѕ=dz
        đ=dj ð=d þ=th ħ=h ı=i ł=l ø=o œ=oe æ=ae ŧ=t
        ى=ي ی=ي ک=ك ة=ه ہ=ه ـ=
    """.splitlines()
    for letter, folded in (pair.split("=") for pair in line.split())
}
_IGNORED = {*range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0), 0x034F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x3164, 0xFFA0}
_IGNORED |= {0x180B, 0x180C, 0x180D, 0x180F}
_APOSTROPHES = {*range(0x02B9, 0x02C2), *range(0x02C6, 0x02D2), 0x02EC, 0x02EE, 0x07F4, 0x07F5}
_MARKS = (
    *((0x0300, 0x036F), (0x0483, 0x0489), (0x0591, 0x05C7), (0x0610, 0x061A), (0x064B, 0x065F), (0x0670, 0x0670)),
    *((0x06D6, 0x06ED), (0x0898, 0x089F), (0x08CA, 0x08FF), (0x1AB0, 0x1AFF), (0x1DC0, 0x1DFF), (0x20D0, 0x20FF)),
    *((0x2DE0, 0x2DFF), (0xA66F, 0xA69F), (0xFB1E, 0xFB1E), (0xFE20, 0xFE2F)),
)
VOICING = {0x3099: "\u3099", 0x309A: "\u309a", 0xFF9E: "\u3099", 0xFF9F: "\u309a"}
_KANA = ((0x3041, 0x3096), (0x309D, 0x309F), (0x30A1, 0x30FA), (0x30FC, 0x30FF), (0x31F0, 0x31FF), (0x1AFF0, 0x1B16F))
_ALONE = (
    *((0x0E01, 0x0E4E), (0x0E81, 0x0ECE), (0x0EDC, 0x0EDF), (0x1000, 0x103F), (0x1050, 0x109F), (0x1780, 0x17DD)),
    *((0xA9E0, 0xA9FE), (0xAA60, 0xAA7F), (0x3005, 0x3007), (0x3021, 0x3029), (0x3031, 0x3035), (0x3038, 0x303C)),
    *((0x3400, 0x4DBF), (0x4E00, 0x9FFF), (0xF900, 0xFAFF), (0x20000, 0x3FFFD)),
    *_KANA,
)


def fold(character: str) -> str:
    """What one character becomes; a space stands where a token ends."""
    code = ord(character)
    category = unicodedata.category(character)
    if category == "Cf" or code in _IGNORED:
        return ""
    if code in VOICING:
        return f" {VOICING[code]} "
    lower = character.casefold()
    if lower in LETTERS:
        return LETTERS[lower]
    composed = unicodedata.normalize("NFKC", character)
    if any(_within(ord(part), _KANA) or "\uac00" <= part <= "\ud7a3" for part in composed):
        folded = "".join(map(_part, composed))
    else:
        decomposed = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", character).casefold())
        folded = "".join(map(_part, decomposed))
    if category[0] in "LM" or category in {"Nd", "Nl"}:
        return folded
    return f" {folded.strip()} " if folded.strip() else " "


def _part(character: str) -> str:
    code = ord(character)
    category = unicodedata.category(character)
    if category[0] == "M" and _within(code, _MARKS):
        return ""
    if character in LETTERS:
        return LETTERS[character]
    if category == "Nd":
        return str(unicodedata.decimal(character))
    if _within(code, _ALONE) and category[0] in "LMN":
        return f" {character} "
    if code in _APOSTROPHES or (category[0] not in "LM" and category not in {"No", "Nl"}):
        return " "
    return character


def _within(code: int, ranges: Iterable[tuple[int, int]]) -> bool:
    return any(first <= code <= last for first, last in ranges)


def _ranges(codes: list[int]) -> list[list[int]]:
    ranges: list[list[int]] = []
    for code in codes:
        if ranges and code == ranges[-1][1] + 1:
            ranges[-1][1] = code
        else:
            ranges.append([code, code])
    return ranges


def table() -> str:
    """The table as JSON text."""
    words: list[int] = []
    alone: list[int] = []
    marks = sorted(VOICING)
    silent: list[int] = []
    folds: dict[int, str] = {}
    for code in range(0x110000):
        character = chr(code)
        if unicodedata.category(character) in {"Cn", "Co", "Cs"}:
            continue
        folded = fold(character)
        if folded == " ":
            continue
        if folded == character:
            words.append(code)
        elif folded == f" {character} ":
            alone.append(code)
        else:
            folds[code] = folded
        if not folded and _within(code, _MARKS):
            marks.append(code)
        elif not folded and character.casefold() in LETTERS:
            silent.append(code)
    lines = [
        f'"unicode": "{unicodedata.unidata_version}"',
        f'"words": {json.dumps(_ranges(words), separators=(",", ":"))}',
        f'"alone": {json.dumps(_ranges(alone), separators=(",", ":"))}',
        f'"marks": {json.dumps(_ranges(sorted(marks)), separators=(",", ":"))}',
        f'"silent": {json.dumps(_ranges(silent), separators=(",", ":"))}',
    ]
    blocks: dict[int, list[str]] = {}
    for code, folded in folds.items():
        blocks.setdefault(code >> 6, []).append(f'"{code:x}":{json.dumps(folded)}')
    lines.append('"folds": {\n' + ",\n".join(",".join(block) for block in blocks.values()) + "\n}")
    return "{\n" + ",\n".join(lines) + "\n}\n"


def main(arguments: list[str]) -> int:
    """Write the table, or with `--check` compare it with the one in the tree."""
    if arguments not in ([], ["--check"]):
        sys.stderr.write("usage: fold_table.py [--check]\n")
        return 2
    if not arguments:
        TABLE.write_text(table(), encoding="ascii")
        return 0
    present = TABLE.read_text(encoding="ascii")
    made_with = json.loads(present)["unicode"]
    if made_with != unicodedata.unidata_version:
        sys.stderr.write(f"not checked: the table is of Unicode {made_with}, here is {unicodedata.unidata_version}\n")
        return 0
    if present != table():
        sys.stderr.write(f"{TABLE} is out of date: run tools/fold_table.py\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

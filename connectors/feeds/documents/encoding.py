"""Bytes of a document to text, whatever its labels claim.

The ladder: byte order mark, strict UTF-8 (legacy text almost never passes as it), UTF-8 with a few bad bytes, what the
XML declaration or the HTTP header name if it decodes to text, a detector held to the languages the feed can be in,
UTF-8 with replacement characters. The XML declaration is taken off: what follows is text.
"""

from __future__ import annotations

import codecs
import re

import cchardet
import msgspec

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
# The first `<` or `{` of a document gives wide encodings without a mark away.
_WIDE_STARTS = ((b"<\0\0\0", "utf-32-le"), (b"\0\0\0<", "utf-32-be"), (b"<\0", "utf-16-le"), (b"\0<", "utf-16-be"))
# Anchored: looked for everywhere, a long run of spaces would take quadratic time.
_DECLARATION = re.compile(r"\A[\s\ufeff]*<\?xml\b[^<>]*?\?>", re.IGNORECASE)
_DECLARED = re.compile(rb"\s*<\?xml\b[^<>]*?encoding\s*=\s*[\"']([A-Za-z0-9._:-]{1,40})[\"']", re.IGNORECASE)
_CHARSET = re.compile(r"charset\s*=\s*[\"']?\s*([A-Za-z0-9._:-]{1,40})", re.IGNORECASE)
_LANGUAGE = re.compile(rb"(?:<(?:dc:)?language>\s*|xml:lang\s*=\s*[\"'])([A-Za-z]{2,3})", re.IGNORECASE)
_C1 = re.compile("[\x80-\x84\x86-\x9f]")

# What browsers read under these names, and newsrooms mean by them.
_MEANT = {
    "iso-8859-1": "cp1252", "latin-1": "cp1252", "latin1": "cp1252", "us-ascii": "cp1252", "ascii": "cp1252",
    "iso-8859-9": "cp1254", "gb2312": "gb18030", "gbk": "gb18030", "x-sjis": "cp932", "shift_jis": "cp932",
    "ks_c_5601-1987": "cp949", "euc-kr": "cp949", "tis-620": "cp874", "x-gbk": "gb18030", "big5": "big5hkscs",
}  # fmt: skip
# In this order: letters of cp1250 are control characters in iso-8859-2, so text of the one never passes as the other.
_LATIN_2 = ("iso-8859-2", "cp1250")
_CYRILLIC = ("cp1251", "koi8-r", "iso-8859-5", "cp866")
_BY_LANGUAGE: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(("sq", "de", "fr", "it", "es", "pt", "nl", "sv", "da", "no", "nb", "fi", "en", "is"),
                    ("cp1252", "iso-8859-15")),
    **dict.fromkeys(("sr", "sh"), (*_LATIN_2, "cp1251", "iso-8859-5")),
    **dict.fromkeys(("hr", "bs", "sl", "cs", "sk", "pl", "hu", "ro"), _LATIN_2),
    **dict.fromkeys(("ru", "uk", "be", "bg", "mk"), (*_CYRILLIC, "koi8-u")),
    "ar": ("cp1256", "iso-8859-6"), "fa": ("cp1256",), "he": ("cp1255", "iso-8859-8"), "el": ("cp1253", "iso-8859-7"),
    "tr": ("cp1254",), "zh": ("gb18030", "big5hkscs"), "ja": ("cp932", "euc_jp", "iso2022_jp"), "ko": ("cp949",),
    "th": ("cp874",), "vi": ("cp1258",), **dict.fromkeys(("lt", "lv", "et"), ("cp1257", "iso-8859-13")),
}  # fmt: skip
_CANDIDATES_OF_OTHERS = ("cp1252",)
# Nobody writes words of accented letters alone: four in a row, again and again, are Cyrillic, Greek, Arabic or Chinese.
_NOT_LATIN = re.compile(rb"[\xc0-\xff]{4}")
_AGAIN = 3
# Albanian has two letters beside ASCII, and detectors take its few bytes for Lithuanian or Turkish.
_ALBANIAN = re.compile(rb"[\xc7\xcb\xe7\xeb]")
_HIGH = re.compile(rb"[\xc0-\xff]")
_FEW = 8
_NEARLY_ALL = 0.95
_BAD_SHARE = 0.001
_GOOD_PER_BAD = 20
_SAMPLE = 512 * 1024


class Decoded(msgspec.Struct, frozen=True):
    """The text without mark and XML declaration, the encoding it was in, and the bytes that did not fit it."""

    text: str
    encoding: str
    bad: int = 0


def decode(body: bytes, content_type: str = "", language: str = "") -> Decoded:
    """`body` as text; always succeeds. `language` (BCP 47) narrows the guess when nothing else tells."""
    decoded = _by_mark(body) or _as_utf_8(body) or _as_labelled(body, content_type) or _as_detected(body, language)
    if decoded is None:
        text = body.decode("utf-8", "replace")
        decoded = Decoded(text, "utf-8", text.count("\ufffd"))
    text = decoded.text.lstrip("\ufeff")
    declaration = _DECLARATION.match(text)
    return msgspec.structs.replace(decoded, text=text[declaration.end() :] if declaration else text)


def _by_mark(body: bytes) -> Decoded | None:
    for mark, name in _BOMS:
        if body.startswith(mark):
            return _with_replacement(body[len(mark) :], name)
    for start, name in _WIDE_STARTS:
        if body.startswith(start):
            return _with_replacement(body, name)
    return None


def _with_replacement(body: bytes, name: str) -> Decoded:
    text = body.decode(name, "replace")
    return Decoded(text, name, text.count("\ufffd"))


def _as_utf_8(body: bytes) -> Decoded | None:
    try:
        return Decoded(body.decode(), "utf-8")
    except UnicodeDecodeError as error:
        if error.end >= len(body) and error.reason == "unexpected end of data":
            return Decoded(body[: error.start].decode(), "utf-8", len(body) - error.start)
    text = body.decode("utf-8", "replace")
    bad = text.count("\ufffd")
    good = sum(1 for _ in re.finditer(r"[\x80-\ufffc\U00010000-\U0010ffff]", text))
    if bad <= max(1, len(body) * _BAD_SHARE) and good >= bad * _GOOD_PER_BAD:
        return Decoded(text, "utf-8", bad)
    return None


def _as_labelled(body: bytes, content_type: str) -> Decoded | None:
    declared = _DECLARED.match(body[:1024])
    charset = _CHARSET.search(content_type)
    names = (declared[1].decode() if declared else "", charset[1] if charset else "")
    found = next((found for name in names if name and (found := _as_text(body, name))), None)
    if found and _codec(found.encoding) == "cp1252" and len(_NOT_LATIN.findall(body[:_SAMPLE])) >= _AGAIN:
        return None
    return found


def _as_text(body: bytes, name: str) -> Decoded | None:
    """`body` in `name`, unless that leaves control characters no text has: then the label lies."""
    name = _MEANT.get(name.lower(), name)
    try:
        # UTF-8 has had its chance. Codecs that give no text (rot13, zlib) raise LookupError here.
        if _codec(name) == "utf-8":
            return None
        text = body.decode(name)
    except (LookupError, UnicodeError, ValueError):
        return None
    return None if _C1.search(text) else Decoded(text, name)


def _as_detected(body: bytes, language: str) -> Decoded | None:
    primary = language.partition("-")[0].lower()
    if not primary and (named := _LANGUAGE.search(body[:8192])):
        primary = named[1].decode().lower()
    guess = "cp1252" if _is_albanian(body) else cchardet.detect(_telling(body))["encoding"] or ""
    guess = _MEANT.get(guess.lower(), guess)
    guesses = _LATIN_2 if _codec(guess) in map(_codec, _LATIN_2) else (guess,)
    candidates = _BY_LANGUAGE.get(primary)
    if candidates is None:
        names = (*guesses, *_CANDIDATES_OF_OTHERS)
    else:
        held = _codec(guess) in map(_codec, candidates)
        names = (*guesses, *candidates) if held else candidates
    return next((found for name in names if name and (found := _as_text(body, name))), None)


def _is_albanian(body: bytes) -> bool:
    high = len(_HIGH.findall(body[:_SAMPLE]))
    return high >= _FEW and len(_ALBANIAN.findall(body[:_SAMPLE])) >= _NEARLY_ALL * high


def _telling(body: bytes) -> bytes:
    """The lines of `body` that say something about its encoding, so that long stretches of ASCII do not outvote them."""
    lines = b"\n".join(line for line in body.split(b"\n") if not line.isascii())
    return (lines or body)[:_SAMPLE]


def _codec(name: str) -> str:
    try:
        return codecs.lookup(name).name
    except LookupError:
        return ""

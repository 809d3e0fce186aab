"""Marked-up text of a feed to plain text: what is matched, shown and hashed.

Kept as they are: no-break spaces, soft hyphens, zero-width characters; the fold of the matcher knows them, and offsets
into the text stay true. Block elements become line ends, other white space single spaces.
"""

from __future__ import annotations

import html
import re

from selectolax.lexbor import LexborHTMLParser

from schemas.composed import composed

# HTML white space that no markup produces on its own: inside a table it stays where it is put, other text would not.
_BREAK = "\f"
# Grouped by their first letters: the expression that looks for them decides in one step less.
_BLOCKS = (
    "p(?:re)?|br|div|li|[uod]l|h(?:[1-6r]|eader|group)|t(?:r|able|body|foot|head)|d(?:[dt]|etails|ialog|ir)"
    "|a(?:ddress|rticle|side)|blockquote|c(?:aption|enter)|f(?:ieldset|igcaption|igure|ooter|orm)|legend|main|menu|nav"
    "|option|s(?:ection|ummary)"
)
_INLINE = (
    "a|abbr|acronym|applet|area|audio|b|base|bdi|bdo|big|blink|body|button|canvas|cite|code|col|colgroup|data|datalist"
    "|del|dfn|em|embed|font|frame|frameset|head|html|i|iframe|img|input|ins|kbd|label|link|map|mark|marquee|math|meta"
    "|meter|nobr|noscript|object|output|param|picture|progress|q|rp|rt|ruby|s|samp|script|small|source|span|strike"
    "|strong|style|sub|sup|svg|td|template|textarea|th|time|track|tt|u|var|video|wbr"
)
# Only the bracket is matched: a replacement without references to groups is ten times as fast.
_BLOCK_TAG = re.compile(rf"<(?=/?(?:{_BLOCKS})[\s/>])", re.IGNORECASE)
_CELL_TAG = re.compile(r"<(?=t[dh][\s/>])", re.IGNORECASE)
_KNOWN_TAG = re.compile(rf"</?(?:{_BLOCKS}|{_INLINE})(?:\s[^<>]*)?/?>|<!--|<!\[CDATA\[", re.IGNORECASE)
_ANY_TAG = re.compile(r"<!--.*?(?:-->|\Z)|</?[A-Za-z][^<>]*>", re.DOTALL)
_OPENING = re.compile(r"<(/?)[A-Za-z]")
_ENTITY = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")
_UNSEEN = ("script", "style", "template", "iframe", "noembed", "noframes", "object", "svg", "math", "select")
_UNSEEN_TAG = re.compile(
    r"<(script|style|template|iframe|noembed|noframes|object|svg|math|select)\b.*?(?:</\1\s*>|\Z)",
    re.IGNORECASE | re.DOTALL,
)
_UNSEEN_START = re.compile(rf"<(?:{'|'.join(_UNSEEN)})\b", re.IGNORECASE)
# The tree builder takes quadratic time in the depth of the tree: 50,000 nested elements cost seconds.
_DEEPEST = 1_000

_WORDS = re.compile("[^<&\0-\x1f\x7f\x85\u2028\u2029\ud800-\udfff]*")
_PARAGRAPH = re.compile(r"[ \t]*\n[ \t]*(\n[ \t\n]*)?")
_LINE_SEPARATORS = frozenset("\r\v\x85\u2028\u2029")
_UNCLEAN = re.compile("[\0-\b\v\r\x0e-\x1f\x7f\x85\u2028\u2029\ud800-\udfff]")


def plain(markup: str) -> str:
    """`markup`, which may be HTML or already plain, as text; paragraphs end in one line end.

    Only what carries a known HTML element is read as HTML, so `Profit < 3 % & <more>` survives. Entities are decoded
    in either case: feeds escape twice more often than they write about escaping.
    """
    if "  " not in markup and _WORDS.fullmatch(markup):
        return composed(markup).strip(" ")
    markup = _clean(markup)
    if "<" in markup and _KNOWN_TAG.search(markup):
        return _normal(_rendered(markup))
    text = _ENTITY.sub(lambda entity: html.unescape(entity[0]), markup)
    if "\n" in text:
        # Squeezed first: the expression takes quadratic time in a run of spaces.
        text = _PARAGRAPH.sub(lambda gap: "\n" if gap[1] is not None else " ", _squeezed(text))
    return _normal(text)


def one_line(markup: str) -> str:
    """`plain` with every line end a space: titles, names, categories."""
    return " ".join(plain(markup).split("\n"))


def tidy(text: str) -> str:
    """Text that is plain already, with the same spaces, line ends and characters as what `plain` gives."""
    return _normal(_clean(text))


def limited(text: str, most: int) -> tuple[str, bool]:
    """`text` in at most `most` bytes of UTF-8, and whether something was cut off; never in the middle of a character."""
    if len(text) * 4 <= most:
        return text, False
    raw = text.encode()
    if len(raw) <= most:
        return text, False
    return raw[:most].decode(errors="ignore").rstrip(), True


def _clean(text: str) -> str:
    return _UNCLEAN.sub(_replacement, text.replace("\r\n", "\n"))


def _replacement(character: re.Match[str]) -> str:
    if character[0] in _LINE_SEPARATORS:
        return "\n"
    return "\ufffd" if "\ud800" <= character[0] <= "\udfff" else ""


def _rendered(markup: str) -> str:
    # White space of the source is no line end; only elements are.
    markup = markup.replace("\f", " ").replace("\n", " ")
    markup = _CELL_TAG.sub(" <", _BLOCK_TAG.sub(f"{_BREAK}<", markup))
    if markup.count("<") > _DEEPEST and _nesting(markup) > _DEEPEST:
        return html.unescape(_ANY_TAG.sub("", _UNSEEN_TAG.sub("", markup)))
    # The line break in front keeps a stray <frameset> from replacing the whole text.
    tree = LexborHTMLParser(f"<body><br>{markup}")
    if _UNSEEN_START.search(markup):
        tree.strip_tags(list(_UNSEEN))
    return tree.body.text(deep=True) if tree.body is not None else ""


def _nesting(markup: str) -> int:
    """An upper bound of the depth of the tree; elements that need no end tag count as nested."""
    depth = deepest = 0
    for tag in _OPENING.finditer(markup):
        if tag[1]:
            depth -= depth > 0
        else:
            depth += 1
            deepest = max(deepest, depth)
    return deepest


def _squeezed(text: str) -> str:
    """`text` with single spaces. Runs are halved again and again: faster than an expression that looks for them."""
    text = text.replace("\t", " ")
    while "  " in text:
        text = text.replace("  ", " ")
    return text


def _normal(text: str) -> str:
    # Decoding entities can bring control characters and surrogates back.
    text = _squeezed(composed(_clean(text)).replace("\f", "\n"))
    text = text.replace(" \n", "\n").replace("\n ", "\n")
    while "\n\n" in text:
        text = text.replace("\n\n", "\n")
    return text.strip(" \n")

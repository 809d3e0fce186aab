"""`Link` headers of an answer (RFC 8288): which addresses stand in which relation to the document."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

_LONGEST = 8_192


def linked(headers: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """Addresses as written, by relation in lower case, in the order of the headers. What is no link is passed over."""
    found: dict[str, list[str]] = {}
    for header in headers:
        for target, parameters in _links(header[:_LONGEST]):
            for relation in parameters.get("rel", "").lower().split():
                found.setdefault(relation, []).append(target)
    return {relation: tuple(targets) for relation, targets in found.items()}


def _links(header: str) -> Iterator[tuple[str, dict[str, str]]]:
    for part in _split(header, ","):
        target, *parameters = _split(part, ";")
        target = target.strip()
        if target.startswith("<") and target.endswith(">"):
            named: dict[str, str] = {}
            for parameter in parameters:
                name, _, value = parameter.partition("=")
                # The first of several counts, says the RFC.
                named.setdefault(name.strip().lower(), value.strip().strip('"'))
            # A link from somewhere else to here says nothing of this document.
            if "anchor" not in named:
                yield target[1:-1], named


def _split(text: str, separator: str) -> list[str]:
    """`text` cut at `separator`, except inside `<…>` and quotes."""
    parts, start, closing = [], 0, ""
    for place, character in enumerate(text):
        if closing:
            closing = "" if character == closing else closing
        elif character in '<"':
            closing = ">" if character == "<" else '"'
        elif character == separator:
            parts.append(text[start:place])
            start = place + 1
    return [*parts, text[start:]]

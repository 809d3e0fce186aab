"""Web addresses: what is one, and what a link means where it stands. Pure; which article one leads to is `identity`'s."""

from __future__ import annotations

from urllib.parse import SplitResult, urljoin, urlsplit

LONGEST = 2_048
"""Characters of an address that is asked or kept as one."""


def web_parts(url: str) -> SplitResult | None:
    """The parts of an http or https address with a host; None for anything else."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    return parts if parts.scheme in {"http", "https"} and parts.hostname else None


def absolute(link: str, base: str) -> str:
    """`link`, as it stands in what came from `base`, as an absolute web address; empty when it is none."""
    try:
        url = urljoin(base, link) if link else ""
    except ValueError:
        return ""
    return url if len(url) <= LONGEST and web_parts(url) is not None else ""

"""Pages that ask the reader to prove to be human, told by what their makers put into them. Pure.

Such a page is never a feed, whatever its status code says; the sentence names the wall and what a person can do.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

PAGE_LIMIT = 64 * 1024
"""Bytes of a page that are looked at."""
CODES = frozenset({200, 202, 403, 405, 429, 503})
"""Status codes such pages come with."""

_HEADERS = (
    ("cf-mitigated", "challenge", "Cloudflare"),
    ("x-amzn-waf-action", "challenge", "AWS WAF"),
    ("x-amzn-waf-action", "captcha", "AWS WAF"),
    ("x-vercel-mitigated", "challenge", "Vercel"),
    ("x-datadome", "", "DataDome"),
)
_PAGE = re.compile(
    rb"\s*(?:<!--(?:(?!-->).)*-->\s*)*<(?:!doctype\s+html|html|head|body|title|meta|script)\b",
    re.IGNORECASE | re.DOTALL,
)
_TITLE = re.compile(rb"<title[^>]*>([^<]{0,200})", re.IGNORECASE)
# Written by the walls themselves, not words a newsroom uses: addresses of their scripts, names of their variables.
_MARKS: tuple[tuple[str, bytes], ...] = (
    ("Cloudflare", b"/cdn-cgi/challenge-platform/"),
    ("Cloudflare", b"_cf_chl_opt"),
    ("Cloudflare", b"cf-browser-verification"),
    ("Cloudflare", b"cf-error-details"),
    ("DDoS-Guard", b"/.well-known/ddos-guard/"),
    ("DDoS-Guard", b"check.ddos-guard.net"),
    ("Akamai", b"errors.edgesuite.net"),
    ("Akamai", b"errors&#46;edgesuite&#46;net"),
    ("Akamai", b"reference&#32;&#35;"),
    ("Akamai", b"sec-if-cpt-container"),
    ("Akamai", b"bm-verify="),
    ("Imperva", b"_incapsula_resource"),
    ("Imperva", b"incapsula incident id"),
    ("Sucuri", b"sucuri_cloudproxy"),
    ("Sucuri", b"sucuri website firewall"),
    ("AWS WAF", b"awswafcookiedomainlist"),
    ("AWS WAF", b"window.gokuprops"),
    ("DataDome", b"captcha-delivery.com"),
    ("PerimeterX", b"px-captcha"),
    ("Kasada", b"/149e9513-01fa-4fb0-aad4-566afd725d1b/"),
    ("Anubis", b"/.within.website/x/cmd/anubis"),
    ("Qrator", b"__qrator"),
    ("StormWall", b"stormwall"),
    ("Vercel", b"vercel security checkpoint"),
)  # fmt: skip
_TITLES: tuple[tuple[str, bytes], ...] = (
    ("Cloudflare", b"just a moment..."),
    ("Cloudflare", b"attention required! | cloudflare"),
    ("DDoS-Guard", b"ddos-guard"),
    ("Anubis", b"making sure you&#39;re not a bot"),
    ("Anubis", b"making sure you're not a bot"),
    ("an unknown wall", b"checking your browser"),
    ("an unknown wall", b"verify you are human"),
    ("an unknown wall", b"are you a robot"),
    ("an unknown wall", b"human verification"),
    ("an unknown wall", b"security check"),
)  # fmt: skip


def is_page(body: bytes) -> bool:
    """Whether `body` begins like a web page."""
    return _PAGE.match(body[:2_048]) is not None


def wall(code: int, headers: Mapping[str, str], page: bytes) -> str | None:
    """Who asks the reader to prove to be human; None when nobody does. `headers` by any case of their names."""
    if code not in CODES:
        return None
    error = code // 100 != 2  # noqa: PLR2004 the class of codes that bring a document
    for name, value, who in _HEADERS:
        # DataDome marks every answer of a site it guards: only a page is its question.
        if value and headers.get(name, "").strip().lower() == value:
            return who
        if not value and name in headers and error and is_page(page):
            return who
    if not is_page(page):
        return None
    body = page[:PAGE_LIMIT].lower()
    for who, mark in _MARKS:
        if mark in body:
            return who
    title = _TITLE.search(body)
    words = b" ".join(title[1].split()) if title else b""
    return next((who for who, begins in _TITLES if words.startswith(begins)), None)

"""Where large sites keep the feeds of a page, and where any site may keep one: pure tables."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

WELL_KNOWN = (
    "/feed", "/rss", "/rss.xml", "/atom.xml", "/index.xml", "/feed.xml", "/feed.json", "/?feed=rss2", "/feeds", "/rss/",
)  # fmt: skip
"""Paths tried, in this order, on a site that names no feed of its own."""
NEWS_SITEMAPS = ("/sitemap-news.xml", "/news-sitemap.xml")

_RULES: tuple[tuple[str, str, str], ...] = (
    (r"youtube\.com", r"/channel/(UC[\w-]{22})", "https://www.youtube.com/feeds/videos.xml?channel_id={0}"),
    (r"youtube\.com", r"/user/([\w.-]+)", "https://www.youtube.com/feeds/videos.xml?user={0}"),
    (r"(?:old\.|new\.)?reddit\.com", r"/((?:r|user)/[\w-]+)", "https://www.reddit.com/{0}/.rss"),
    (r"news\.google\.com", r"/(search|topics/[\w-]+|publications/[\w-]+)", "https://news.google.com/rss/{0}{query}"),
    (r"news\.google\.com", r"/(?:home)?", "https://news.google.com/rss{query}"),
    (r"[\w-]+\.substack\.com", r".*", "https://{host}/feed"),
    (r"medium\.com", r"/((?:@)?[\w.-]+)", "https://medium.com/feed/{0}"),
    (r"[\w-]+\.(?:wordpress\.com|home\.blog)", r".*", "https://{host}/feed/"),
    (r"[\w-]+\.blogspot\.[a-z.]+", r".*", "https://{host}/feeds/posts/default"),
    (r"[\w-]+\.tumblr\.com", r".*", "https://{host}/rss"),
    (r"github\.com", r"/([\w.-]+/[\w.-]+)/releases", "https://github.com/{0}/releases.atom"),
    (r"github\.com", r"/([\w.-]+/[\w.-]+)", "https://github.com/{0}/releases.atom"),
    (r"bsky\.app", r"/profile/([\w.:-]+)", "https://bsky.app/profile/{0}/rss"),
    # Mastodon and its kin, whatever the host: a page of one person.
    (r"(?!youtube\.com|tiktok\.com).+", r"/(@[\w.-]+)", "{scheme}://{netloc}/{0}.rss"),
)
"""Host and path, and the address of the feed."""


def of_site(url: str) -> Iterator[str]:
    """The addresses at which the site of `url` keeps the feed of that page, as far as its rules are known."""
    parts = urlsplit(url)
    host, path = (parts.hostname or "").removeprefix("www."), parts.path.rstrip("/")
    if host == "youtube.com" and path == "/playlist" and (named := parse_qs(parts.query).get("list")):
        yield f"https://www.youtube.com/feeds/videos.xml?playlist_id={named[0]}"
    for hosts, paths, feed in _RULES:
        if re.fullmatch(hosts, host) and (found := re.fullmatch(paths, path)):
            query = f"?{parts.query}" if parts.query else ""
            yield feed.format(*found.groups(), host=host, scheme=parts.scheme, netloc=parts.netloc, query=query)
            return

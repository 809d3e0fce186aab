"""Where an Elasticsearch is and how it lets us in: plain values, so that workers get them and open their own client."""

from __future__ import annotations

import msgspec

from schemas.elasticsearch.fields import Kind
from schemas.elasticsearch.templates import alias_of


class ElasticsearchServer(msgspec.Struct, frozen=True, kw_only=True):
    """One Elasticsearch, and the prefix of our indices there."""

    urls: tuple[str, ...]
    prefix: str = "wirewatch"
    api_key: str = ""
    user: str = ""
    password: str = ""
    ca_file: str = ""
    ca_fingerprint: str = ""
    timeout: float = 30.0
    """Seconds to wait for an answer."""

    def __repr__(self) -> str:
        return f"ElasticsearchServer({', '.join(self.urls)}, {self.prefix!r})"

    def alias(self, kind: Kind) -> str:
        """The name of the index `kind`."""
        return alias_of(self.prefix, kind)

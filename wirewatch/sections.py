"""The sections of the settings, and secrets that are never shown.

`docs/configuration.md` is generated from the field docs here.
"""

from __future__ import annotations

from typing import Literal

import msgspec


class Secret(msgspec.Struct, frozen=True):
    """A value never shown: `str` and `repr` mask it."""

    value: str = ""

    def __repr__(self) -> str:
        return "***" if self.value else ""

    __str__ = __repr__


class Section(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A table of the settings file; an unknown key in it is an error."""


class AccessSettings(Section, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One way into feeds that not everybody may read. A source names it: `access = "NAME"`.

    What it holds is sent to the scheme, host and port of the listed feed address and nowhere else, redirects included,
    and is masked wherever settings are shown.
    """

    user: str = ""
    """Name for basic authentication; empty: none."""
    password: Secret = Secret()
    """Its password (secret)."""
    password_file: str = ""
    """File that holds the password."""
    headers: dict[str, Secret] = msgspec.field(default_factory=dict)
    """Headers by name, each value a secret: `headers = { X-Api-Key = "…" }`."""
    headers_file: str = ""
    """File with more of them, one `Name: value` a line."""
    cookies: dict[str, Secret] = msgspec.field(default_factory=dict)
    """Cookies by name, each value a secret."""
    cookies_file: str = ""
    """File with more of them, one `name=value` a line."""
    proxy: Secret = Secret()
    """Proxy for these feeds instead of `feeds.proxy` (secret, because it may hold a password)."""
    proxy_file: str = ""
    """File that holds the address of the proxy."""


class FeedsSettings(Section, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where items come from, and how politely they are fetched."""

    sources: tuple[str, ...] = ()
    """Feed addresses, OPML files or TOML lists. Empty: the list that comes with wirewatch. What `feeds add` and `feeds
    import` put into `DATA/feeds.toml` is polled beside them."""
    contact: str = ""
    """An address or page put into the User-Agent, so that an outlet can reach you."""
    host_delay: float = 1.0
    """Seconds between two requests to one host."""
    allow_networks: tuple[str, ...] = ()
    """Networks (CIDR) in which feeds may lie although they are private; no port rule and no delay there."""
    concurrency: int = 32
    """Polls in progress at once. A server that does not answer takes one of them for `timeout` seconds: many thousands of
    feeds need some 200."""
    timeout: float = 30.0
    """Seconds one poll may take in all."""
    min_interval: float = 300.0
    """Shortest time between two polls of one feed, in seconds."""
    max_interval: float = 21600.0
    """Longest time between two polls of a feed that answers, in seconds. One without anything new for two weeks waits up
    to twice, for a month up to four times as long, but never over a day for that; what a server asks for, and failures,
    may make it longer."""
    robots: Literal["delay", "obey", "ignore"] = "delay"
    """What `robots.txt` binds. `delay`: feeds you list are polled whatever it says, but no faster than its Crawl-delay (up
    to 30 s) asks. `obey`: a feed it disallows is refused. `ignore`: it is not read. Pages fetched for their text obey it
    unless it is ignored."""
    websub_url: str = ""
    """Public https address at which WebSub hubs reach this machine, without the path. Empty: hubs are not used."""
    websub_listen: str = "127.0.0.1:8411"
    """Address and port the listener for hubs is bound to, behind what serves `feeds.websub_url`; used only with it."""
    websub_poll: float = 21600.0
    """Seconds between polls of a feed whose hub has shown that it delivers."""
    proxy: Secret = Secret()
    """An http or https proxy that all feeds are asked through, `http://user:password@host:port` (secret). It connects us:
    it must itself refuse private addresses."""
    proxy_file: str = ""
    """File that holds the address of the proxy."""
    access: dict[str, AccessSettings] = msgspec.field(default_factory=dict)
    """Ways into feeds that not everybody may read, by the name sources give."""


class WatchlistsSettings(Section, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is watched."""

    paths: tuple[str, ...] = ()
    """Watchlist files or folders of them. Empty: the lists that come with wirewatch."""


class AlertsSettings(Section, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who is told."""

    recipients: tuple[str, ...] = ()
    """Mail addresses for lists that name none of their own. Empty: `monitor@localhost`, into the mail folder."""
    sender: str = "wirewatch <wirewatch@localhost>"
    """The From of every mail."""
    domain: str = "wirewatch.local"
    """The domain in message and list ids. Change it never, or threads break."""
    time_zone: str = "UTC"
    """The desk's time zone, an IANA name such as `Europe/Belgrade`."""
    base_url: str = ""
    """Address of the page as readers of a mail reach it; empty: mails carry no link to it."""


class SmtpSettings(Section, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The mail server. Without a host, mails go into the maildir `DATA/mail`."""

    host: str = ""
    """Name of the mail server."""
    port: int = 587
    """Its port."""
    tls: Literal["required", "opportunistic", "none", "implicit"] = "required"
    """STARTTLS required, tried, or not used; `implicit` for TLS from the first byte."""
    user: str = ""
    """Login name; empty: no login."""
    password: Secret = Secret()
    """Login password (secret)."""
    password_file: str = ""
    """File that holds the password."""
    timeout: float = 30.0
    """Seconds to wait for any answer of the server."""


class PageSettings(Section, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The live page."""

    host: str = "127.0.0.1"
    """Address it listens on. Others than those of loopback are accepted only with a password."""
    port: int = 8410
    """Port it listens on; 0 takes a free one."""
    user: str = "wirewatch"
    """Name the page asks for, once there is a password."""
    password: Secret = Secret()
    """Password the page asks for, the same for everybody (secret). Empty: it asks nobody. It crosses the network as it is:
    beyond machines you trust, put a proxy with TLS in front."""
    password_file: str = ""
    """File that holds the password."""


class ServiceSettings(Section, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What `poll`, `pipeline` and `desk` answer supervisors; `run` and `serve` do so on the port of the page."""

    host: str = "127.0.0.1"
    """Address it listens on. It tells figures and health, nothing of the desk's."""
    port: int = 0
    """Port of `/livez`, `/readyz` and `/metrics`; 0: none."""


class PipelineSettings(Section, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The micro-batches."""

    batch_records: int = 500
    """Most records in one batch."""
    batch_seconds: float = 0.25
    """Longest wait for the first record of a batch."""
    language_engine: Literal["hybrid", "langdetect", "py3langid"] = "hybrid"
    """Language detector: all together, or one alone."""


class KafkaSettings(Section, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The log at team and cluster size. Without servers, the log is a file of the data folder."""

    servers: tuple[str, ...] = ()
    """Brokers to begin with, `host:port`. Empty: no Kafka."""
    prefix: str = "wirewatch"
    """First part of the names of topics (`wirewatch.items`) and consumer groups."""
    security: Literal["plaintext", "tls", "sasl_plaintext", "sasl_tls"] = "plaintext"
    """Whether the connection is encrypted, and whether there is a login."""
    mechanism: Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"] = "SCRAM-SHA-512"
    """How the login is proved; used only with a `sasl_` security."""
    user: str = ""
    """Login name."""
    password: Secret = Secret()
    """Login password (secret)."""
    password_file: str = ""
    """File that holds the password."""
    ca_file: str = ""
    """Certificates (PEM) that the brokers' are checked against. Empty: those of the system."""
    cert_file: str = ""
    """Our own certificate (PEM), where the brokers ask for one."""
    key_file: str = ""
    """Its private key."""
    timeout: float = 10.0
    """Seconds to wait for a connection or an answer before it is said that the brokers are away."""
    partitions: int = 4
    """Partitions of the topics that `setup` creates: as many processes can share the work."""
    replication: int = 1
    """Copies of each partition that `setup` asks for."""
    retention_days: int = 30
    """Days after which Kafka drops records, in the topics that `setup` creates."""


class ElasticsearchSettings(Section, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The index at team and cluster size. Without addresses, the index is a file of the data folder."""

    urls: tuple[str, ...] = ()
    """Addresses of its nodes, `https://host:9200`. Empty: no Elasticsearch."""
    prefix: str = "wirewatch"
    """First part of the names of indices and templates (`wirewatch-articles`)."""
    api_key: Secret = Secret()
    """API key in its encoded form (secret)."""
    api_key_file: str = ""
    """File that holds the API key."""
    user: str = ""
    """Login name, where there is no API key."""
    password: Secret = Secret()
    """Its password (secret)."""
    password_file: str = ""
    """File that holds the password."""
    ca_file: str = ""
    """Certificates (PEM) that the nodes' are checked against. Empty: those of the system."""
    ca_fingerprint: str = ""
    """SHA-256 of the certificate authority's certificate, in hex, instead of `ca_file`."""
    timeout: float = 30.0
    """Seconds to wait for an answer."""
    shards: int = 1
    """Primary shards of the index of articles that `setup` creates."""
    replicas: int = 1
    """Copies of each shard that `setup` asks for; one node alone needs 0."""
    retention_days: int = 365
    """Days after which documents are deleted, counted from when they were seen, made or failed; 0 keeps them."""


class KibanaSettings(Section, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Kibana beside the index. It uses the login of `[elasticsearch]`, unless it has one here."""

    url: str = ""
    """Its address as people reach it, which the page links to. Empty: no links."""
    space: str = ""
    """The space our objects live in. Empty: the default space."""
    api_key: Secret = Secret()
    """API key for `wirewatch setup` (secret)."""
    api_key_file: str = ""
    """File that holds it."""


class LogsSettings(Section, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What wirewatch writes about itself, on standard error."""

    level: Literal["debug", "info", "warning", "error"] = "info"
    """Least severe level written."""
    format: Literal["auto", "text", "json"] = "auto"
    """`auto`: text on a terminal, JSON lines elsewhere."""

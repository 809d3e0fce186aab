"""Which Kafka is meant and how it is reached: plain values, which a Beam worker gets pickled."""

from __future__ import annotations

import ssl
from typing import Any, Literal

import msgspec

from connectors.interfaces import Topic
from schemas.errors import StoreError

_PROTOCOLS = {"plaintext": "PLAINTEXT", "tls": "SSL", "sasl_plaintext": "SASL_PLAINTEXT", "sasl_tls": "SASL_SSL"}
_LONGEST_PAUSE_MS = 1_000
"""Between two attempts to connect: with kafka-python's half minute, a broker that is back would go unseen for as long."""
_METADATA_MS = 60_000
"""How old what is known of topics may be: partitions that were added are found within this time."""


class KafkaServer(msgspec.Struct, frozen=True, kw_only=True):
    """The brokers, the names of ours on them, and the login. Fields as in the settings `[kafka]`."""

    servers: tuple[str, ...]
    prefix: str = "wirewatch"
    security: Literal["plaintext", "tls", "sasl_plaintext", "sasl_tls"] = "plaintext"
    mechanism: Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"] = "SCRAM-SHA-512"
    user: str = ""
    password: str = ""
    ca_file: str = ""
    cert_file: str = ""
    key_file: str = ""
    timeout: float = 10.0

    def __repr__(self) -> str:
        return f"KafkaServer({','.join(self.servers)}, prefix={self.prefix})"

    @property
    def subject(self) -> str:
        """How errors name it."""
        return f"kafka {','.join(self.servers)}"

    @property
    def timeout_ms(self) -> int:
        """`timeout` as kafka-python wants it."""
        return int(self.timeout * 1000)

    def topic_name(self, topic: Topic) -> str:
        """What the brokers call a topic of ours."""
        return f"{self.prefix}.{topic}"

    def group_name(self, consumer: str) -> str:
        """What the brokers call the group of a consumer of ours."""
        return f"{self.prefix}.{consumer}"

    def options(self) -> dict[str, Any]:
        """The keyword arguments that every client of kafka-python takes. Raises `StoreError` for a file it cannot use."""
        options: dict[str, Any] = {
            "bootstrap_servers": list(self.servers),
            "client_id": "wirewatch",
            "request_timeout_ms": self.timeout_ms,
            "bootstrap_timeout_ms": self.timeout_ms,
            "reconnect_backoff_max_ms": _LONGEST_PAUSE_MS,
            "metadata_max_age_ms": _METADATA_MS,
            "security_protocol": _PROTOCOLS[self.security],
        }
        if self.security.startswith("sasl"):
            options["sasl_mechanism"] = self.mechanism
            options["sasl_plain_username"] = self.user
            options["sasl_plain_password"] = self.password
        if self.security.endswith("tls"):
            options["ssl_context"] = self._tls()
        return options

    def _tls(self) -> ssl.SSLContext:
        try:
            context = ssl.create_default_context(cafile=self.ca_file or None)
        except OSError as error:
            raise _unusable("kafka.ca_file", self.ca_file, error) from error
        if self.cert_file:
            try:
                context.load_cert_chain(self.cert_file, self.key_file or None)
            except OSError as error:
                raise _unusable("kafka.cert_file, kafka.key_file", self.cert_file, error) from error
        return context


def _unusable(setting: str, path: str, error: OSError) -> StoreError:
    return StoreError(f"{setting} cannot be used: {error.strerror or error}", subject=path)

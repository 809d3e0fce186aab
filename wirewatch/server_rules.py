"""What the settings of Kafka, Elasticsearch and Kibana must be, said before anybody waits for a server."""

from __future__ import annotations

import os
import re
from typing import NoReturn
from urllib.parse import SplitResult

from schemas.address import web_parts
from schemas.errors import SettingsError
from wirewatch.hub_addresses import host_and_port
from wirewatch.sections import ElasticsearchSettings, KafkaSettings, KibanaSettings

_TOPIC_PREFIX = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
_INDEX_PREFIX = re.compile(r"[a-z0-9][a-z0-9._-]{0,99}")
_FINGERPRINT = re.compile(r"([0-9a-fA-F]{2}:?){31}[0-9a-fA-F]{2}")


def check_kafka(kafka: KafkaSettings) -> None:
    """Raises `SettingsError` naming the key of `[kafka]` that cannot be."""
    for server in kafka.servers:
        host_and_port(server, "kafka.servers")
    if not _TOPIC_PREFIX.fullmatch(kafka.prefix):
        _refuse("kafka.prefix", f"must be ASCII letters, digits, dots, hyphens and underscores, not {kafka.prefix!r}")
    if not kafka.servers:
        return
    login = kafka.security.startswith("sasl_")
    if login and not kafka.user:
        _refuse("kafka.user", f"is needed with kafka.security = {kafka.security}")
    if login and not kafka.password.value:
        _refuse("kafka.password", f"is needed with kafka.security = {kafka.security}")
    if kafka.user and not login:
        _refuse("kafka.security", f"is {kafka.security}, which has no login, but kafka.user is set")
    encrypted = kafka.security in {"tls", "sasl_tls"}
    for key in ("ca_file", "cert_file", "key_file"):
        if getattr(kafka, key):
            if not encrypted:
                _refuse(f"kafka.{key}", f"is used with TLS only, but kafka.security is {kafka.security}")
            _readable(f"kafka.{key}", getattr(kafka, key))
    if kafka.key_file and not kafka.cert_file:
        _refuse("kafka.cert_file", "is needed with kafka.key_file")


def check_elasticsearch(elasticsearch: ElasticsearchSettings) -> None:
    """Raises `SettingsError` naming the key of `[elasticsearch]` that cannot be."""
    for url in elasticsearch.urls:
        _web_address("elasticsearch.urls", url)
    if not _INDEX_PREFIX.fullmatch(elasticsearch.prefix):
        message = f"must be small ASCII letters, digits, dots, hyphens and underscores, not {elasticsearch.prefix!r}"
        _refuse("elasticsearch.prefix", message)
    if not elasticsearch.urls:
        return
    if elasticsearch.user and elasticsearch.api_key.value:
        _refuse("elasticsearch.user", "is set beside elasticsearch.api_key: one of them")
    if elasticsearch.user and not elasticsearch.password.value:
        _refuse("elasticsearch.password", "is needed with elasticsearch.user")
    if elasticsearch.ca_file and elasticsearch.ca_fingerprint:
        _refuse("elasticsearch.ca_fingerprint", "is set beside elasticsearch.ca_file: one of them")
    if elasticsearch.ca_file:
        _readable("elasticsearch.ca_file", elasticsearch.ca_file)
    if elasticsearch.ca_fingerprint and not _FINGERPRINT.fullmatch(elasticsearch.ca_fingerprint):
        _refuse("elasticsearch.ca_fingerprint", "must be a SHA-256 in hex: 64 digits, colons allowed")


def check_kibana(kibana: KibanaSettings) -> None:
    """Raises `SettingsError` naming the key of `[kibana]` that cannot be."""
    if kibana.url:
        _web_address("kibana.url", kibana.url)


def _web_address(path: str, text: str) -> None:
    parts = web_parts(text)
    # Without the text: what somebody wrote before an @ is a password.
    if parts is not None and parts.username is not None:
        _refuse(path, "must not hold a name or password: there are settings of their own for them")
    if parts is None or parts.query or parts.fragment or not _is_port(parts):
        _refuse(path, f"must be an address such as https://search.example.org:9200, not {text!r}")


def _is_port(parts: SplitResult) -> bool:
    try:
        return parts.port is None or parts.port > 0
    except ValueError:
        return False


def _readable(path: str, file: str) -> None:
    if not os.access(file, os.R_OK):
        _refuse(f"{path} {file}", "cannot be read")


def _refuse(path: str, message: str) -> NoReturn:
    raise SettingsError(message, subject=path)

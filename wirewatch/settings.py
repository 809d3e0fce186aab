"""Settings: one frozen tree, from defaults < TOML file < environment < flags.

An unknown key is an error naming its path. A secret comes from the environment or from the file its `…_file` key
names, and is masked wherever settings are shown. The sections stand in `wirewatch/sections.py`.
"""

from __future__ import annotations

import difflib
import os
import re
import tomllib
from collections.abc import Mapping, Sequence
from ipaddress import ip_network
from pathlib import Path
from typing import Any, get_args, get_origin, get_type_hints
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from schemas.errors import SettingsError, misfit
from wirewatch.access import access, proxied, secret
from wirewatch.door import check_door
from wirewatch.hub_addresses import LAST_PORT, check_public, host_and_port
from wirewatch.sections import (
    AlertsSettings,
    ElasticsearchSettings,
    FeedsSettings,
    KafkaSettings,
    KibanaSettings,
    LogsSettings,
    PageSettings,
    PipelineSettings,
    Secret,
    Section,
    ServiceSettings,
    SmtpSettings,
    WatchlistsSettings,
)
from wirewatch.server_rules import check_elasticsearch, check_kafka, check_kibana


class Settings(Section, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All settings of one run."""

    data: str = "wirewatch-data"
    """Folder for everything wirewatch keeps."""
    feeds: FeedsSettings = FeedsSettings()
    watchlists: WatchlistsSettings = WatchlistsSettings()
    alerts: AlertsSettings = AlertsSettings()
    smtp: SmtpSettings = SmtpSettings()
    page: PageSettings = PageSettings()
    service: ServiceSettings = ServiceSettings()
    pipeline: PipelineSettings = PipelineSettings()
    kafka: KafkaSettings = KafkaSettings()
    elasticsearch: ElasticsearchSettings = ElasticsearchSettings()
    kibana: KibanaSettings = KibanaSettings()
    logs: LogsSettings = LogsSettings()

    @property
    def folder(self) -> Path:
        """The data folder."""
        return Path(self.data)


DEFAULT_FILE = "wirewatch.toml"
_TYPES = re.compile(r"Expected `([a-z]+)`, got `([a-z]+)`")
_CALLED = {
    "str": "text",
    "int": "a whole number",
    "float": "a number",
    "bool": "true or false",
    "array": "a list in [ ]",
}
_PREFIX = "WIREWATCH_"
# Read elsewhere, not settings: the demo and tests may set them.
_NOT_SETTINGS = ("WIREWATCH_CONFIG", "WIREWATCH_TEST_")


def load(
    file: Path | None = None, environment: Mapping[str, str] | None = None, flags: Mapping[str, object] | None = None
) -> Settings:
    """The settings in force. `flags` maps dotted paths (`feeds.allow_networks`) to values that win over all.

    Without `file`, `WIREWATCH_CONFIG` or else `wirewatch.toml` in the working folder is read when it is there. Paths
    inside the file are relative to it. Raises `SettingsError`.
    """
    environment = os.environ if environment is None else environment
    tree: dict[str, Any] = {}
    if file is None:
        named = environment.get("WIREWATCH_CONFIG", "")
        file = Path(named) if named else Path(DEFAULT_FILE) if Path(DEFAULT_FILE).is_file() else None
    if file is not None:
        tree = _read_file(file)
    for name, text in environment.items():
        if name.startswith(_PREFIX) and not name.startswith(_NOT_SETTINGS):
            path = _environment_path(name)
            _put(tree, path, _from_text(path, text, name))
    for dotted, value in (flags or {}).items():
        _put(tree, dotted.split("."), value)
    return _checked(_build(tree, file))


def _read_file(file: Path) -> dict[str, Any]:
    try:
        tree = tomllib.loads(file.read_text("utf-8"))
    except OSError as error:
        message = f"cannot be read: {error.strerror or error}"
        raise SettingsError(message, subject=str(file)) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        message = f"is not valid TOML: {error}"
        raise SettingsError(message, subject=str(file)) from error
    _refuse_unknown(tree, Settings, "", str(file))
    for section, key in (("watchlists", "paths"), ("feeds", "sources")):
        values = tree.get(section, {}).get(key)
        if isinstance(values, list):
            tree[section][key] = [_beside(file, value) for value in values]
    if isinstance(tree.get("data"), str) and tree["data"]:
        tree["data"] = _beside(file, tree["data"])
    _files_beside(file, tree)
    return tree


def _files_beside(file: Path, tree: dict[str, Any]) -> None:
    for key, value in tree.items():
        if isinstance(value, dict):
            _files_beside(file, value)
        elif key.endswith("_file") and isinstance(value, str) and value:
            tree[key] = _beside(file, value)


def _beside(file: Path, value: object) -> object:
    if not isinstance(value, str) or "://" in value:
        return value
    return str(file.parent / value)


def _refuse_unknown(tree: Mapping[str, Any], kind: type, prefix: str, subject: str) -> None:
    hints = get_type_hints(kind)
    for key, value in tree.items():
        path = f"{prefix}{key}"
        if key not in hints:
            close = difflib.get_close_matches(key, hints, n=1)
            hint = f"; did you mean {prefix}{close[0]}?" if close else ""
            message = f"unknown setting {path}{hint}"
            raise SettingsError(message, subject=subject)
        section = _section(hints[key])
        named = {path: value}
        if section is not None and section is not hints[key] and isinstance(value, dict):
            named = {f"{path}.{name}": one for name, one in value.items()}
        for where, one in named.items() if section is not None else ():
            if not isinstance(one, dict):
                message = f"{where} is a section, not a value"
                raise SettingsError(message, subject=subject)
            assert section is not None  # else there is nothing in the loop
            _refuse_unknown(one, section, f"{where}.", subject)


def _section(kind: Any) -> type[Section] | None:
    """The section that a field of type `kind` holds, or holds several of by name."""
    if get_origin(kind) is dict:
        kind = get_args(kind)[1]
    return kind if isinstance(kind, type) and issubclass(kind, Section) else None


def _environment_path(name: str) -> list[str]:
    rest = name.removeprefix(_PREFIX).lower()
    path = _split(rest, Settings)
    tree: dict[str, Any] = {}
    _put(tree, path, "")
    _refuse_unknown(tree, Settings, "", name)
    return path


def _split(rest: str, kind: type) -> list[str]:
    """`feeds_access_portal_user` as its path; the names of sections come from the one who writes the variable."""
    for key, inner in get_type_hints(kind).items():
        section = _section(inner)
        if section is None or not rest.startswith(f"{key}_"):
            continue
        after = rest.removeprefix(f"{key}_")
        if section is inner:
            return [key, *_split(after, section)]
        last = max((one for one in get_type_hints(section) if after.endswith(f"_{one}")), key=len, default="")
        return [key, after.removesuffix(f"_{last}"), last] if last else [key, after]
    return [rest]


def _from_text(path: list[str], text: str, name: str) -> object:
    kind = _kind(path)
    if kind is Secret:
        return text
    if kind == tuple[str, ...]:
        return [part.strip() for part in text.split(",") if part.strip()]
    try:
        return msgspec.convert(text, kind, strict=False)
    except msgspec.ValidationError as error:
        message = f"{'.'.join(path)}: {_plainly(str(error), path)}"
        raise SettingsError(message, subject=name) from error


def _kind(path: Sequence[str]) -> Any:
    kind: Any = Settings
    for key in path:
        kind = get_args(kind)[1] if get_origin(kind) is dict else get_type_hints(kind)[key]
    return kind


def _plainly(text: str, path: Sequence[str]) -> str:
    """What msgspec says of the value at `path`, for somebody who writes TOML."""
    if text.startswith("Invalid enum value "):
        return f"must be one of {', '.join(get_args(_kind(path)))}, not {text.removeprefix('Invalid enum value ')}"
    types = _TYPES.fullmatch(text)
    return f"must be {_CALLED.get(types[1], types[1])}, not {_CALLED.get(types[2], types[2])}" if types else text


def _put(tree: dict[str, Any], path: list[str], value: object) -> None:
    for key in path[:-1]:
        tree = tree.setdefault(key, {})
    tree[path[-1]] = value


def _build(tree: dict[str, Any], file: Path | None) -> Settings:
    try:
        settings = msgspec.convert(_with_secrets(tree, Settings), Settings)
    except msgspec.ValidationError as error:
        where, text = misfit(error)
        message = f"{where}: {_plainly(text, where.split('.'))}" if where else text
        raise SettingsError(message, subject=str(file or "settings")) from error
    return settings


def _with_secrets(value: Any, kind: Any) -> Any:
    """`value` with each secret in the form its type has."""
    if kind is Secret:
        return {"value": value} if isinstance(value, str) else value
    if not isinstance(value, dict):
        return value
    if get_origin(kind) is dict:
        return {name: _with_secrets(one, get_args(kind)[1]) for name, one in value.items()}
    if not (isinstance(kind, type) and issubclass(kind, Section)):
        return value
    hints = get_type_hints(kind)
    return {key: _with_secrets(one, hints.get(key)) for key, one in value.items()}


def _checked(settings: Settings) -> Settings:
    for path, value, least in (
        ("feeds.host_delay", settings.feeds.host_delay, 0.0),
        ("feeds.timeout", settings.feeds.timeout, 0.1),
        ("feeds.min_interval", settings.feeds.min_interval, 0.1),
        ("feeds.max_interval", settings.feeds.max_interval, settings.feeds.min_interval),
        ("feeds.websub_poll", settings.feeds.websub_poll, settings.feeds.min_interval),
        ("feeds.concurrency", settings.feeds.concurrency, 1),
        ("pipeline.batch_records", settings.pipeline.batch_records, 1),
        ("pipeline.batch_seconds", settings.pipeline.batch_seconds, 0.0),
        ("smtp.timeout", settings.smtp.timeout, 0.1),
        ("kafka.timeout", settings.kafka.timeout, 0.1),
        ("kafka.partitions", settings.kafka.partitions, 1),
        ("kafka.replication", settings.kafka.replication, 1),
        ("kafka.retention_days", settings.kafka.retention_days, 1),
        ("elasticsearch.timeout", settings.elasticsearch.timeout, 0.1),
        ("elasticsearch.shards", settings.elasticsearch.shards, 1),
        ("elasticsearch.replicas", settings.elasticsearch.replicas, 0),
        ("elasticsearch.retention_days", settings.elasticsearch.retention_days, 0),
    ):
        if not value >= least:
            message = f"must be at least {least:g}, not {value:g}"
            raise SettingsError(message, subject=path)
    for path, port in (
        ("page.port", settings.page.port),
        ("smtp.port", settings.smtp.port),
        ("service.port", settings.service.port),
    ):
        if not 0 <= port <= LAST_PORT:
            message = f"must be from 0 to {LAST_PORT}, not {port}"
            raise SettingsError(message, subject=path)
    if not settings.feeds.contact.isprintable():
        message = f"must be one line without control characters, not {settings.feeds.contact!r}"
        raise SettingsError(message, subject="feeds.contact")
    try:
        ZoneInfo(settings.alerts.time_zone)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        message = f"no such time zone: {settings.alerts.time_zone!r}"
        raise SettingsError(message, subject="alerts.time_zone") from error
    for network in settings.feeds.allow_networks:
        try:
            ip_network(network, strict=False)
        except ValueError as error:
            message = f"{network!r} is no network in CIDR notation, such as 10.1.0.0/16"
            raise SettingsError(message, subject="feeds.allow_networks") from error
    check_public(settings.feeds.websub_url)
    host_and_port(settings.feeds.websub_listen)
    proxied(settings.feeds.proxy, settings.feeds.proxy_file, "feeds.proxy")
    for name, section in settings.feeds.access.items():
        access(section, f"feeds.access.{name}")
    settings = _with_secrets_read(settings)
    check_kafka(settings.kafka)
    check_elasticsearch(settings.elasticsearch)
    check_kibana(settings.kibana)
    check_door(settings.page)
    return settings


def _with_secrets_read(settings: Settings) -> Settings:
    """Every secret that has a `…_file` beside it and no value of its own, read from there."""
    changed: dict[str, Section] = {}
    for name in settings.__struct_fields__:
        section = getattr(settings, name)
        keys = [key for key in getattr(section, "__struct_fields__", ()) if isinstance(getattr(section, key), Secret)]
        read = {
            key: secret(getattr(section, key), getattr(section, f"{key}_file"), f"{name}.{key}")
            for key in keys
            if getattr(section, f"{key}_file", "")
        }
        if read:
            changed[name] = msgspec.structs.replace(section, **read)
    return msgspec.structs.replace(settings, **changed)


def shown(settings: Settings) -> dict[str, object]:
    """The settings as plain values with every secret masked, for `config show`."""

    def mask(value: object) -> object:
        if isinstance(value, Secret):
            return repr(value)
        if isinstance(value, Section):
            return {name: mask(getattr(value, name)) for name in value.__struct_fields__}
        if isinstance(value, dict):
            return {name: mask(one) for name, one in value.items()}
        return list(value) if isinstance(value, tuple) else value

    return {name: mask(getattr(settings, name)) for name in settings.__struct_fields__}

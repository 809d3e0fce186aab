"""From the settings to what feeds are asked with: secrets read from their files, everything checked at the start."""

from __future__ import annotations

from pathlib import Path

from connectors.feeds.fetching.access import Access, Proxy, faults, proxy
from schemas.errors import SettingsError
from wirewatch.sections import AccessSettings, Secret


def secret(value: Secret, file: str, path: str) -> Secret:
    """`value`, or else what is in `file`; `path` names the setting. Raises `SettingsError`."""
    if value.value or not file:
        return value
    return Secret(_text(file, f"{path}_file").strip())


def access(section: AccessSettings, path: str) -> Access:
    """What the section `path` holds. Raises `SettingsError` naming the key, never a secret."""
    found = Access(
        user=section.user,
        password=secret(section.password, section.password_file, f"{path}.password").value,
        headers=_pairs(section.headers, section.headers_file, ":", f"{path}.headers"),
        cookies=_pairs(section.cookies, section.cookies_file, "=", f"{path}.cookies"),
        proxy=proxied(section.proxy, section.proxy_file, f"{path}.proxy"),
    )
    for fault in faults(found):
        key, _, message = fault.partition(": ")
        raise SettingsError(message, subject=f"{path}.{key}")
    return found


def proxied(value: Secret, file: str, path: str) -> Proxy:
    """The proxy named by `value` or `file`; none when both are empty. Raises `SettingsError`."""
    try:
        return proxy(secret(value, file, path).value)
    except ValueError as error:
        message = "is no address of a proxy, such as http://user:password@proxy.example:3128"
        raise SettingsError(message, subject=path) from error


def _pairs(values: dict[str, Secret], file: str, mark: str, path: str) -> tuple[tuple[str, str], ...]:
    found = {name: value.value for name, value in values.items()}
    lines = _text(file, f"{path}_file").splitlines() if file else []
    for number, line in enumerate(lines, start=1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        name, marked, value = line.partition(mark)
        if not marked:
            message = f"line {number} is not of the form `name{mark} value`"
            raise SettingsError(message, subject=f"{path}_file {file}")
        found.setdefault(name.strip(), value.strip())
    return tuple(found.items())


def _text(file: str, path: str) -> str:
    try:
        return Path(file).read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        message = f"cannot be read: {getattr(error, 'strerror', None) or error}"
        raise SettingsError(message, subject=f"{path} {file}") from error

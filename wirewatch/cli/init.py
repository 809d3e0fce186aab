"""`wirewatch init`: a commented settings file to start from."""

from __future__ import annotations

import json
from pathlib import Path

import click

from schemas.errors import WirewatchError
from wirewatch.settings import DEFAULT_FILE, load

_TEMPLATE = """\
# Settings of wirewatch. Whatever is left out has its default; docs/configuration.md lists everything.
# Environment variables (WIREWATCH_SMTP_HOST) and flags win over this file. `wirewatch config show` prints the result.

# Folder for everything wirewatch keeps, beside this file.
data = "wirewatch-data"

[feeds]
# Feed addresses, OPML files or TOML lists. Without this line: the list that comes with wirewatch. `wirewatch feeds add`
# keeps more of them in the data folder.
# sources = ["my-feeds.opml", "https://news.example.org/rss"]
# A page or mail address put into the User-Agent, so that an outlet can reach you.
contact = {contact}

[watchlists]
# Files or folders. Without this line: the lists kosovo, banjska and resolution-1244.
# paths = ["watchlists"]

[alerts]
# Who gets the alert mails, unless a list names its own recipients.
recipients = {recipients}
# The From of every mail, and the domain of message ids: set the domain once and keep it.
sender = {sender}
domain = {domain}
# The desk's time zone, for the times printed in mails.
time_zone = {time_zone}

[smtp]
# The mail server. Without a host, mails are written to the folder `mail` in the data folder.
host = {host}
port = 587
# required (STARTTLS), opportunistic, none, or implicit (TLS from the first byte).
tls = "required"
# user = "wirewatch"
# The password comes from WIREWATCH_SMTP_PASSWORD or from this file:
# password_file = "smtp-password"

[page]
port = 8410

# For a team: Kafka as the log and Elasticsearch as the index. Then `wirewatch setup`, and in place of `wirewatch run` the
# services `poll`, `pipeline` (as many as there is work for), `desk` and `serve`. `wirewatch doctor` looks at all of it.
# [kafka]
# servers = ["kafka.example.org:9092"]
# security = "sasl_tls"
# user = "wirewatch"
# password_file = "kafka-password"
# [elasticsearch]
# urls = ["https://search.example.org:9200"]
# api_key_file = "elasticsearch-key"
# [kibana]
# url = "https://kibana.example.org"
"""


@click.command(name="init")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False), default=DEFAULT_FILE)
@click.option("--recipient", "recipients", multiple=True, metavar="ADDRESS", help="Who gets the alert mails.")
@click.option("--smtp-host", "host", default="", metavar="HOST", help="Mail server.")
@click.option("--sender", default="wirewatch <wirewatch@localhost>", show_default=True, help="From of the mails.")
@click.option("--contact", default="", metavar="TEXT", help="Page or address named to the outlets.")
@click.option("--time-zone", default="UTC", show_default=True, metavar="ZONE", help="Time zone of the desk.")
@click.option("--force", is_flag=True, help="Overwrite an existing file.")
@click.option("--data", default=None, metavar="DIR", hidden=True)
@click.option("--config", default=None, metavar="FILE", hidden=True, type=click.Path(path_type=Path))
def command(
    file: Path,
    *,
    recipients: tuple[str, ...],
    host: str,
    sender: str,
    contact: str,
    time_zone: str,
    force: bool,
    data: str | None,
    config: Path | None,
) -> None:
    """Write a commented settings file (wirewatch.toml) and check it."""
    file = config or file
    if file.exists() and not force:
        message = "exists already; --force overwrites it"
        raise WirewatchError(message, subject=str(file))
    domain = sender.rpartition("@")[2].rstrip("> ") or "wirewatch.local"
    text = _TEMPLATE.format(
        contact=_toml(contact),
        recipients=_toml(list(recipients)),
        sender=_toml(sender),
        domain=_toml("wirewatch.local" if domain == "localhost" else domain),
        time_zone=_toml(time_zone),
        host=_toml(host),
    )
    if data is not None:
        text = text.replace('data = "wirewatch-data"', f"data = {_toml(data)}")
    spare = file.with_name(file.name + ".new")
    try:
        spare.write_text(text, "utf-8")
        load(spare, environment={})
        spare.replace(file)
    except OSError as error:
        message = f"cannot be written: {error.strerror or error}"
        raise WirewatchError(message, subject=str(file)) from error
    finally:
        spare.unlink(missing_ok=True)
    click.echo(f"{file} written; next: wirewatch doctor --config {file}, then wirewatch run --config {file}")


def _toml(value: object) -> str:
    # JSON strings and arrays of strings are TOML too.
    return json.dumps(value, ensure_ascii=False)

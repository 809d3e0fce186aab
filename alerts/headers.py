"""The headers of a mail.

Whatever a feed or list wrote passes `clean` first, so it can neither end a header nor reorder the line a reader sees.
"""

from __future__ import annotations

import re
from email._header_value_parser import TokenList
from email.errors import MessageError
from email.header import Header
from email.headerregistry import Address, BaseHeader, HeaderRegistry
from email.policy import SMTP, Policy
from email.utils import parseaddr
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from alerts.excerpt import clean
from schemas.errors import RecordError
from schemas.identity import digest

if TYPE_CHECKING:
    from datetime import datetime
    from email.message import EmailMessage

    from alerts.row import Row
    from alerts.settings import MailSettings

SUBJECT_LIMIT = 150
_LIST_LIMIT = 40
_SOURCE_LIMIT = 40


class _Given(BaseHeader):
    """A value taken letter by letter: the standard class would decode what looks like an encoded word in a title."""

    max_count: ClassVar[Literal[1]] = 1

    @classmethod
    def parse(cls, value: str, kwds: dict[str, Any]) -> None:
        kwds.update(decoded=value, parse_tree=TokenList())


class _Id(_Given):
    """Never folded, never encoded: the standard class encodes an id longer than a line, and so breaks threads."""

    def fold(self, *, policy: Policy) -> str:
        return f"{self.name}: {self}{policy.linesep}"


class _Text(_Given):
    """Folded by the older, simpler code: the standard class of Python 3.11 can lose spaces between encoded words."""

    def fold(self, *, policy: Policy) -> str:
        charset = "us-ascii" if self.isascii() and "=?" not in self else "utf-8"
        folded = Header(str(self), charset, header_name=self.name, maxlinelen=76).encode(linesep=policy.linesep)
        return f"{self.name}: {folded}{policy.linesep}"


_registry = HeaderRegistry()
_registry.map_to_type("subject", _Text)
for _name in ("message-id", "in-reply-to", "references", "list-id"):
    _registry.map_to_type(_name, _Id)

POLICY = SMTP.clone(header_factory=_registry, cte_type="7bit")
"""How every mail is written out. 7bit: bodies are encoded, so that no server on the way has to know 8BITMIME."""


def set_headers(message: EmailMessage, row: Row, source: str, settings: MailSettings, moment: datetime) -> None:
    """Set the headers of the mail of `row`, but `content_language`; `moment` is in the desk's time zone.

    Raises `RecordError` for an address that is none.
    """
    alert = row.alert
    root = f"<story-{_token(alert.story_id)}@{settings.domain}>"
    message["From"] = parsed_address(settings.sender, "sender")
    message["To"] = parsed_address(alert.recipient, "recipient")
    message["Subject"] = subject(alert.watchlist_name or alert.watchlist, alert.title, source)
    message["Date"] = moment
    message["Message-ID"] = clean(alert.message_id)
    # The root of the thread is a message that was never sent: mail programs then show all mails of a story together.
    message["In-Reply-To"] = root
    message["References"] = root
    message["Auto-Submitted"] = "auto-generated"
    message["X-Auto-Response-Suppress"] = "All"
    message["List-Id"] = f"<{_token(alert.watchlist)}.{settings.domain}>"


def content_language(row: Row) -> str:
    """The languages of the mail: its own, and those of the articles it quotes."""
    quoted = {hit.language for hit in row.hits if re.fullmatch(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*", hit.language)}
    return ", ".join(dict.fromkeys(("en", *sorted(quoted - {"und"}))))


def subject(watchlist: str, title: str, source: str) -> str:
    """`[watchlist] title — source`, at most 150 characters; of a title too long the end is left out."""
    start = f"[{_shortened(clean(watchlist), _LIST_LIMIT)}] "
    end = f" — {_shortened(clean(source), _SOURCE_LIMIT)}" if clean(source) else ""
    return start + _shortened(clean(title) or "(no title)", SUBJECT_LIMIT - len(start) - len(end)) + end


def _shortened(text: str, limit: int) -> str:
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"


def _token(text: str) -> str:
    return text if re.fullmatch(r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?", text) else digest("token", text)


def parsed_address(text: str, what: str) -> Address:
    """The mail address `text`, with its display name if it has one.

    Raises `RecordError` calling it `what` when no server could take mail for it.
    """
    name, address = parseaddr(text) if "<" in text else ("", text)
    try:
        local, domain = address.rsplit("@", 1)
        found = Address(clean(name), addr_spec=f"{local}@{domain.encode('idna').decode('ascii')}")
    except (ValueError, IndexError, MessageError) as error:
        message = f"{what} {text!r} is not a mail address"
        raise RecordError(message, subject=text, stage="desk") from error
    # These parse, and no server takes them; spaces and controls could end the header.
    if not found.username or not found.domain or clean(address) != address or " " in address:
        message = f"{what} {text!r} is not a mail address"
        raise RecordError(message, subject=text, stage="desk")
    return found

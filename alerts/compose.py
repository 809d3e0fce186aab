"""The mail of a row: plain text that says everything, and HTML that says it better.

Nothing in it is fetched from anywhere; nothing from a feed becomes markup or a header.
"""

from __future__ import annotations

from email.errors import MessageError
from email.message import EmailMessage
from functools import cache
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import css_inline
from jinja2 import Environment, PackageLoader, StrictUndefined, Template, TemplateError

from alerts.headers import POLICY, content_language, set_headers
from alerts.view import MailView, view
from schemas.errors import RecordError

if TYPE_CHECKING:
    from datetime import datetime

    from alerts.row import Row
    from alerts.settings import MailSettings

# Rules for dark screens cannot be inlined; they stay in a style element.
_inliner = css_inline.CSSInliner(keep_at_rules=True, load_remote_stylesheets=False)


def compose(row: Row, settings: MailSettings, now: datetime) -> EmailMessage:
    """The mail of `row`, sent `now`: the same row and time give the same words and the same `Message-ID`.

    Raises `RecordError` when no mail can be made of it.
    """
    try:
        return _composed(row, settings, now)
    except (
        ValueError,
        TypeError,
        LookupError,
        OverflowError,
        MessageError,
        TemplateError,
        css_inline.InlineError,
    ) as error:
        message = f"no mail can be composed: {error}"
        raise RecordError(message, subject=row.alert.alert_key, stage="desk") from error


def _composed(row: Row, settings: MailSettings, now: datetime) -> EmailMessage:
    shown = view(row, settings, now)
    message = EmailMessage(policy=POLICY)
    set_headers(message, row, shown.source, settings, now.astimezone(ZoneInfo(settings.time_zone)))
    message.set_content(text_part(shown))
    message.add_alternative(html_part(shown), subtype="html")
    # Last, for setting the content drops every header of this family.
    message["Content-Language"] = content_language(row)
    return message


def text_part(shown: MailView) -> str:
    """The mail as plain text."""
    return _template("hit.txt").render(mail=shown)


def html_part(shown: MailView) -> str:
    """The mail as HTML, styles inlined."""
    return _inliner.inline(_template("hit.html").render(mail=shown))


@cache
def _template(name: str) -> Template:
    environment = Environment(
        loader=PackageLoader("alerts"),
        autoescape=name.endswith(".html"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    return environment.get_template(name)

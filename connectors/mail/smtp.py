"""A `Mailer` over SMTP: one recipient a message, the session kept open between messages.

TLS is required unless the settings say otherwise, certificates are verified, and no password is sent without TLS. What
is wrong with the server or our access to it (away, no TLS, bad certificate, login or sender refused) is retryable: a
person mends it, no alert is given up for it. What is wrong with a recipient or message (5xx to RCPT or DATA) is final.
"""

from __future__ import annotations

import smtplib
import ssl
import threading
import time
from contextlib import suppress
from email.utils import parseaddr
from typing import TYPE_CHECKING, Literal

import msgspec

from schemas.errors import DeliveryError

if TYPE_CHECKING:
    from collections.abc import Callable
    from email.message import EmailMessage

MAILS_PER_SESSION = 100
AWAY_SECONDS = 10.0
"""After a failed connection nothing else is tried for so long: ten thousand waiting mails cost one timeout, not each."""


class SmtpServer(msgspec.Struct, frozen=True, kw_only=True):
    """Where and how mails are handed over."""

    host: str
    port: int = 587
    tls: Literal["required", "opportunistic", "none", "implicit"] = "required"
    user: str = ""
    password: str = ""
    timeout: float = 30.0

    def __repr__(self) -> str:
        return f"SmtpServer({self.host}:{self.port}, tls={self.tls!r})"


class SmtpMailer:
    """`Mailer` over one server. `context` is for servers whose certificate the system does not know."""

    def __init__(
        self, server: SmtpServer, *, context: ssl.SSLContext | None = None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._server = server
        self._name = f"{server.host}:{server.port}"
        self._context = context or ssl.create_default_context()
        self._clock = clock
        self._lock = threading.RLock()
        self._session: smtplib.SMTP | None = None
        self._sent = 0
        self._away: tuple[float, str] = (float("-inf"), "")

    def send(self, message: EmailMessage, recipient: str) -> str:
        """See `Mailer.send`. A connection lost after the message was sent is retryable: a second copy is possible."""
        sender = parseaddr(str(message["From"]))[1]
        with self._lock:
            session = self._ready(recipient)
            try:
                answer = self._hand_over(session, sender, recipient, message)
            except (smtplib.SMTPException, OSError) as error:
                self._drop()
                text = f"{self._name} broke off: {_reason(error)}"
                raise DeliveryError(text, subject=recipient, retryable=True) from error
            self._sent += 1
            if self._sent >= MAILS_PER_SESSION:
                self.close()
            return answer

    def check(self) -> str:
        """See `Mailer.check`."""
        with self._lock:
            self._ready(self._name)
        login = f", logged in as {self._server.user}" if self._server.user else ""
        return f"{self._name} answers (tls: {self._server.tls}){login}"

    def close(self) -> None:
        """See `Mailer.close`."""
        with self._lock:
            if self._session is not None:
                with suppress(smtplib.SMTPException, OSError):
                    self._session.quit()
            self._drop()

    def _hand_over(self, session: smtplib.SMTP, sender: str, recipient: str, message: EmailMessage) -> str:
        to = _envelope(recipient)
        content = message.as_bytes(policy=message.policy.clone(linesep="\r\n"))
        # The sender is ours and the same for all: refusing it is a matter of settings, not of this mail.
        self._expect(session.mail(sender), recipient, "the sender", final=False)
        self._expect(session.rcpt(to), recipient, "the recipient", final=True)
        try:
            answer = session.data(content)
        except smtplib.SMTPDataError as error:
            answer = (error.smtp_code, error.smtp_error if isinstance(error.smtp_error, bytes) else b"")
        return self._expect(answer, recipient, "the message", final=True)

    def _expect(self, answer: tuple[int, bytes], recipient: str, what: str, *, final: bool) -> str:
        code, raw = answer
        text = f"{code} {_one_line(raw)}".strip()
        if code // 100 == 2:  # noqa: PLR2004 the class of the answer, RFC 5321 4.2.1
            return text
        if code in {-1, 421}:
            self._drop()
        message = f"{self._name} refused {what}: {text}"
        raise DeliveryError(message, subject=recipient, retryable=not (final and code // 100 == 5))  # noqa: PLR2004 as above

    def _ready(self, recipient: str) -> smtplib.SMTP:
        if self._session is not None:
            with suppress(smtplib.SMTPException, OSError):
                if self._session.rset()[0] == 250:  # noqa: PLR2004 RFC 5321 4.2.3
                    return self._session
            # Servers close idle sessions; that is no failure of this mail.
            self._drop()
        until, reason = self._away
        if self._clock() >= until:
            try:
                self._session = self._opened()
            except (smtplib.SMTPException, OSError) as error:
                reason = _reason(error)
                self._away = (self._clock() + AWAY_SECONDS, reason)
            else:
                self._sent = 0
                return self._session
        message = f"no session with {self._name}: {reason}"
        raise DeliveryError(message, subject=recipient, retryable=True)

    def _opened(self) -> smtplib.SMTP:
        server = self._server
        if server.tls == "implicit":
            session: smtplib.SMTP = smtplib.SMTP_SSL(
                server.host, server.port, timeout=server.timeout, context=self._context
            )
        else:
            session = smtplib.SMTP(server.host, server.port, timeout=server.timeout)
        try:
            session.ehlo_or_helo_if_needed()
            secure = server.tls == "implicit" or self._start_tls(session)
            self._log_in(session, secure=secure)
        except BaseException:
            session.close()
            raise
        return session

    def _log_in(self, session: smtplib.SMTP, *, secure: bool) -> None:
        if not self._server.user:
            return
        if not secure:
            message = "no TLS, and a password is never sent without it"
            raise smtplib.SMTPNotSupportedError(message)
        session.login(self._server.user, self._server.password)

    def _start_tls(self, session: smtplib.SMTP) -> bool:
        if self._server.tls == "none":
            return False
        if not session.has_extn("starttls"):
            if self._server.tls == "opportunistic":
                return False
            message = "it offers no STARTTLS, and TLS is required (smtp.tls)"
            raise smtplib.SMTPNotSupportedError(message)
        code, answer = session.starttls(context=self._context)
        if code != 220:  # noqa: PLR2004 RFC 3207
            raise smtplib.SMTPResponseException(code, answer)
        session.ehlo()
        return True

    def _drop(self) -> None:
        if self._session is not None:
            self._session.close()
        self._session = None


def _envelope(recipient: str) -> str:
    """The address for RCPT; a domain beyond ASCII has an ASCII form."""
    local, _, domain = recipient.rpartition("@")
    with suppress(UnicodeError):
        domain = domain.encode("idna").decode("ascii")
    if not (address := f"{local}@{domain}").isascii():
        message = "an address with letters beyond ASCII before the @ cannot be used"
        raise DeliveryError(message, subject=recipient)
    return address


def _reason(error: Exception) -> str:
    if isinstance(error, smtplib.SMTPResponseException):
        raw = error.smtp_error
        return f"{error.smtp_code} {_one_line(raw) if isinstance(raw, bytes) else raw}"
    # smtplib hides a timeout in an error of its own.
    if isinstance(error, TimeoutError) or isinstance(error.__context__, TimeoutError):
        return "no answer in time"
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate is not trusted: {error.verify_message}"
    return _one_line(str(error).encode()) or type(error).__name__


def _one_line(raw: bytes) -> str:
    return " ".join(raw.decode("utf-8", "replace").split())

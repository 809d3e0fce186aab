"""A real SMTP server on loopback that does as it is told: accepts, refuses, postpones, hangs up, hangs."""

from __future__ import annotations

import asyncio
import contextlib
import email
import email.policy
import socket
import ssl
from collections import Counter
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any, Self, cast

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

if TYPE_CHECKING:
    from email.message import EmailMessage
    from pathlib import Path


class Sink:
    """Keeps what it accepts. `answers` maps a recipient to what RCPT is told, one answer a try; the last one stays."""

    def __init__(self, answers: dict[str, list[str]] | None = None, data_answers: list[str] | None = None) -> None:
        self.delivered: list[tuple[str, bytes]] = []
        self.in_clear = 0
        self.tries: Counter[str] = Counter()
        self.sessions: set[Any] = set()
        self.logins: list[bytes] = []
        self.hang_up_after_data = 0
        self.hang_after_data = 0.0
        self._answers = answers or {}
        self._data_answers = data_answers or []

    @property
    def messages(self) -> list[EmailMessage]:
        return [email.message_from_bytes(raw, policy=email.policy.default) for _, raw in self.delivered]

    async def handle_MAIL(  # noqa: N802 aiosmtpd's name
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        self.sessions.add(session.peer)
        self.in_clear += session.ssl is None
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 OK"

    async def handle_RCPT(  # noqa: N802 aiosmtpd's name
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        self.tries[address] += 1
        answers = self._answers.get(address, [])
        answer = answers.pop(0) if len(answers) > 1 else answers[0] if answers else "250 OK"
        if answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 aiosmtpd's name
        answer = self._data_answers.pop(0) if self._data_answers else "250 2.0.0 queued"
        if answer.startswith("250"):
            self.delivered += [(address, cast("bytes", envelope.content)) for address in envelope.rcpt_tos]
        if self.hang_after_data:
            await asyncio.sleep(self.hang_after_data)
        if self.hang_up_after_data:
            self.hang_up_after_data -= 1
            cast("asyncio.Transport", server.transport).abort()
            with contextlib.suppress(asyncio.CancelledError):
                await asyncio.sleep(30)
        return answer


class Server:
    """Serves a `Sink` on 127.0.0.1, on `port` or a free one, while the block lasts."""

    def __init__(self, sink: Sink, port: int = 0, **options: Any) -> None:
        self.sink = sink
        self.port = port or free_port()
        if options.pop("login", False):
            options.update(authenticator=self._authenticate)
        self._controller = Controller(sink, hostname="127.0.0.1", port=self.port, **options)

    def _authenticate(
        self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any
    ) -> AuthResult:
        assert isinstance(data, LoginPassword)
        self.sink.logins.append(data.login)
        return AuthResult(success=data.password == b"secret", handled=False)

    def __enter__(self) -> Self:
        self._controller.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._controller.stop()


def free_port() -> int:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        port: int = held.getsockname()[1]
        return port


def certificate(folder: Path, *, days: int = 1) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """Contexts of a server with a self-made certificate for 127.0.0.1, and of a client that trusts it.

    With `days` < 0 it has run out.
    """
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "test server")])
    today = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(today - timedelta(days=30))
        .not_valid_after(today + timedelta(days=days))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    file = folder / "server.pem"
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    file.write_bytes(secret + made.public_bytes(serialization.Encoding.PEM))
    serving = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    serving.load_cert_chain(file)
    return serving, ssl.create_default_context(cafile=str(file))

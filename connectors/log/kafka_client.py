"""Opening clients of kafka-python, and saying what kept them from working.

kafka-python tries to connect until its time is up, whatever the reason, and then only says that the time is up. The
connections here remember the last reason, and end the attempt at once for one that waiting cannot mend: a login or a
certificate that is refused.
"""

from __future__ import annotations

import ssl
import time
import weakref
from collections.abc import Callable
from typing import Any, TypeVar

from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer, errors
from kafka.net.compat import KafkaNetClient
from kafka.net.inet import KafkaNetSocket, create_connection
from kafka.net.manager import KafkaConnectionManager
from kafka.net.selector import NetworkSelector
from kafka.net.transport import KafkaSSLTransport, KafkaTCPTransport

from connectors.log.kafka_server import KafkaServer
from schemas.errors import StoreError

T = TypeVar("T")
_LOGIN = (errors.SaslAuthenticationFailedError, errors.UnsupportedSaslMechanismError, errors.IllegalSaslStateError)
_ABSENT = (errors.UnknownTopicOrPartitionError, errors.InvalidTopicError)
_AWAY = (errors.RetriableError, errors.KafkaConnectionError, errors.UnknownError, errors.UnknownBrokerIdError)


class _Socket(KafkaNetSocket):  # type: ignore[misc] # kafka-python is untyped
    """A socket that is closed when it cannot be connected; kafka-python's is left to the garbage collector."""

    SCHEMES = ("direct",)
    """Where kafka-python looks for the kind of socket to use."""

    async def sock_connect(self, net: Any, sock: Any, sockaddr: Any, timeout_at: float | None = None) -> Any:
        try:
            return await super().sock_connect(net, sock, sockaddr, timeout_at=timeout_at)
        except BaseException:
            sock.close()
            raise


class _WholeAnswers:
    """What came before the end of a connection is read before the end is noticed.

    Brokers say why they refuse a login and hang up; kafka-python throws the answer away with the connection.
    """

    def _sock_recv(self) -> tuple[bytes, BaseException | None]:
        received, end = super()._sock_recv()  # type: ignore[misc] # a part of a transport
        return (received, None) if received else (received, end)


class _PlainTransport(_WholeAnswers, KafkaTCPTransport):  # type: ignore[misc] # kafka-python is untyped
    pass


class _TlsTransport(_WholeAnswers, KafkaSSLTransport):  # type: ignore[misc] # kafka-python is untyped
    pass


class Connections(KafkaConnectionManager):  # type: ignore[misc] # kafka-python is untyped
    """The connections of one client; `trouble` is why the last attempt failed, None since one succeeded."""

    def __init__(self, net: Any, stopped: Callable[[], bool], **configs: Any) -> None:
        super().__init__(net, **configs)
        # Not an option of the clients: a broker that accepts and says nothing would be waited for 10 s each time.
        for option in ("socket_connection_setup_timeout_ms", "socket_connection_setup_timeout_max_ms"):
            self.config[option] = self.config["request_timeout_ms"]
        self.trouble: BaseException | None = None
        self._stopped = stopped
        self._transports: weakref.WeakSet[Any] = weakref.WeakSet()

    def get_connection(self, node_id: Any, **how: Any) -> Any:
        """The connection to a broker. Raises the refusal of a login or certificate instead of trying it again."""
        if self.trouble is not None and is_refusal(self.trouble):
            raise self.trouble
        if self._stopped() and self.broker_version_data is None:
            raise errors.Cancelled("stopped")
        connection = super().get_connection(node_id, **how)
        if not connection.init_future.is_done:
            connection.init_future.add_callback(self._made)
            connection.init_future.add_errback(self._failed)
        return connection

    def any_made(self) -> bool:
        """Whether a broker is connected."""
        return any(connection.connected for connection in list(self._conns.values()))

    def look_at_topics(self, timeout_ms: int) -> None:
        """Wait for what the brokers say now about the topics this client uses. Raises `KafkaError`."""
        self.run(self.wait_for, self.cluster.request_update(), timeout_ms)

    def partitions(self, topic_name: str) -> set[int]:
        """The partitions of a topic as they were when last looked at; none: it is not known."""
        return self.cluster.partitions_for_topic(topic_name) or set()

    async def _build_transport(self, node: Any, timeout_at: float | None = None) -> Any:
        """As kafka-python does, but what fails is closed, and a handshake does not wait for ever."""
        sock = await create_connection(
            self._net,
            node.host,
            node.port,
            self.config["socket_options"],
            proxy_url=f"{_Socket.SCHEMES[0]}://",
            timeout_at=timeout_at,
        )
        if not self.ssl_enabled:
            transport = _PlainTransport(self._net, sock, host=node.host)
            self._transports.add(transport)
            return transport
        transport = _TlsTransport(self._net, sock, host=node.host, ssl_context=self.config["ssl_context"])
        self._transports.add(transport)
        try:
            left = None if timeout_at is None else max(0.0, timeout_at - time.monotonic()) * 1000
            await self.wait_for(self.call_soon(transport.handshake), left)
        except Exception as error:
            transport.abort(error)
            raise errors.KafkaConnectionError(f"handshake failed: {error}") from error
        return transport

    def release(self) -> None:
        """Close what is left open after the end of the client: kafka-python means to send first what is in hand."""
        for transport in list(self._transports):
            if (left := transport._sock) is not None:  # noqa: SLF001 there is no other way to it
                left.close()

    def _made(self, _: object) -> None:
        self.trouble = None

    def _failed(self, error: BaseException) -> None:
        self.trouble = error


class _Client(KafkaNetClient):  # type: ignore[misc] # kafka-python is untyped
    """What a consumer, producer or admin client is connected by; it closes this at its own end."""

    def close(self, node_id: Any = None) -> None:
        super().close(node_id)
        if node_id is None:
            self.connections.release()

    @property
    def connections(self) -> Connections:
        made: Connections = self._manager
        return made


def open_consumer(
    server: KafkaServer, *, stopped: Callable[[], bool] = lambda: False, **more: Any
) -> tuple[KafkaConsumer, Connections]:
    """A consumer that never jumps: a place that is missing or lost is an error. Raises `StoreError`.

    `stopped()` ends the attempt early.
    """
    options: dict[str, Any] = {
        "enable_auto_commit": False,
        "auto_offset_reset": "none",
        "allow_auto_create_topics": False,
        "metrics_enabled": False,
        **more,
    }
    return _open(KafkaConsumer, server, stopped, options)


def open_producer(
    server: KafkaServer, *, stopped: Callable[[], bool] = lambda: False, **more: Any
) -> tuple[KafkaProducer, Connections]:
    """A producer. Raises `StoreError`."""
    options: dict[str, Any] = {"allow_auto_create_topics": False, "metrics_enabled": False, **more}
    return _open(KafkaProducer, server, stopped, options)


def open_admin(
    server: KafkaServer, *, stopped: Callable[[], bool] = lambda: False
) -> tuple[KafkaAdminClient, Connections]:
    """A client that asks about and sets up. Raises `StoreError`."""
    return _open(KafkaAdminClient, server, stopped, {})


def _open(
    kind: Callable[..., T], server: KafkaServer, stopped: Callable[[], bool], more: dict[str, Any]
) -> tuple[T, Connections]:
    made: list[_Client] = []

    def client(**configs: Any) -> _Client:
        net = NetworkSelector(**configs)
        made.append(_Client(net, Connections(net, stopped, **configs), **configs))
        return made[0]

    try:
        opened = kind(**{**server.options(), **more}, kafka_client=client)
    except errors.KafkaError as error:
        # The constructor leaves its thread and sockets behind.
        trouble = made[0].connections.trouble if made else None
        for one in made:
            one.close()
        raise store_error(error, server, trouble=trouble) from error
    return opened, made[0].connections


def is_refusal(error: BaseException) -> bool:
    """Whether the brokers, or we, refuse the other: trying again changes nothing."""
    return isinstance(error, _LOGIN) or _certificate(error) is not None


def _certificate(error: BaseException) -> ssl.SSLCertVerificationError | None:
    # kafka-python raises an error of its own while it handles this one.
    cause = error.__cause__ or error.__context__
    return cause if isinstance(cause, ssl.SSLCertVerificationError) else None


def store_error(
    error: BaseException, server: KafkaServer, subject: str = "", *, trouble: BaseException | None = None
) -> StoreError:
    """What `error` of kafka-python means to us, and whether waiting can mend it.

    `trouble`: why the last attempt to connect failed, where that is known.
    """
    subject = subject or server.subject
    if trouble is not None and is_refusal(trouble):
        error = trouble
    if isinstance(error, _LOGIN):
        message = f"login refused as {server.user or '(no user)'} by {server.mechanism}: {_said(error)}"
        return StoreError(message, subject=server.subject)
    if (certificate := _certificate(error)) is not None:
        message = f"certificate refused: {certificate.verify_message or certificate}; see kafka.ca_file"
        return StoreError(message, subject=server.subject)
    if isinstance(error, errors.AuthorizationError):
        return StoreError(f"not allowed: {_said(error)}", subject=subject)
    if isinstance(error, _ABSENT):
        return StoreError("the topic is not there: run `wirewatch setup`", subject=subject)
    if isinstance(error, errors.KafkaTimeoutError):
        reason = f": {_said(trouble)}" if trouble is not None else ""
        return StoreError(f"no answer within {server.timeout:g} s{reason}", subject=subject, retryable=True)
    return StoreError(_said(error), subject=subject, retryable=isinstance(error, _AWAY))


def _said(error: BaseException) -> str:
    text = ": ".join(str(part) for part in error.args if part is not None)
    return f"{type(error).__name__}: {text}" if text else type(error).__name__

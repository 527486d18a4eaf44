"""One connection to a broker. paho-mqtt reads and writes in a thread; what it says is heard on the loop."""

import asyncio
import contextlib
import socket
import ssl
from collections.abc import Callable
from typing import Any
from zlib import crc32

from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode
from paho.mqtt.subscribeoptions import SubscribeOptions

from bridge import (
    AdapterError,
    AuthenticationFailed,
    ConnectionLost,
    Endpoint,
    Replaced,
    common,
    dial,
    endpoint,
    reason,
    trust,
    unverified,
)

from .config import NetworkConfig
from .decode import MARK, Stamp

__all__ = ["Wire", "connect", "is_by", "topic_of"]

_PATIENCE = 10.0
"""Seconds for a broker to let us in: some never answer MQTT 5."""
_KEEPALIVE = 60
_KEPT = 7 * 86_400
"""Seconds for which a broker keeps our session (MQTT 5 section 3.1.2.11.2)."""
_UNACKNOWLEDGED = 32
"""So many messages a broker may hand over before it waits, as it does by itself in 3.1.1 (mosquitto: 20).
Without a limit, what a kill leaves unacknowledged is more than a `TopicMemory` knows again.
"""
_UNREAD = 10_000
"""So many messages may wait here; more of QoS 0 are left out, of which nothing is promised."""
_NUMBERS = 268_435_455
"""So many identifiers of subscriptions there are (MQTT 5 section 3.8.2.1.2)."""
_UNSUPPORTED, _TAKEN_OVER = 0x84, 0x8E
_CREDENTIALS = {0x85, 0x86, 0x87, 0x8A, 0x8C}
"""Reason codes (MQTT 5 section 2.4); paho gives those of 3.1.1 as these."""
Answer = Callable[[ReasonCode], object]


class _NotSpoken(Exception):
    """The broker does not speak this version, as it says or as it seems."""

    def __init__(self, *, said_so: bool) -> None:
        super().__init__()
        self.said_so = said_so


class _Client(Client):
    """paho's, which takes the owner's way to the broker."""

    def __init__(self, config: NetworkConfig, *arguments: Any, **more: Any) -> None:
        self._way = config
        super().__init__(*arguments, **more)

    def _create_socket_connection(self) -> socket.socket:
        return dial(self._way, *self._way.address, self._connect_timeout)


class Wire:
    """One connection, in one version of MQTT."""

    def __init__(
        self, config: NetworkConfig, client_id: str, version: MQTTProtocolVersion, *, keep: bool
    ) -> None:
        self.five = version is MQTTProtocolVersion.MQTTv5
        self._numbers_topics = self.five
        self.session_present = False
        self.count = 0
        """The number of messages that came."""
        self.unread: list[MQTTMessage] = []
        self._stirred = asyncio.Event()
        self._loop = asyncio.get_running_loop()
        self.lost: asyncio.Future[None] = self._loop.create_future()
        self._in: asyncio.Future[None] = self._loop.create_future()
        self._answers: dict[int, Answer] = {}
        self._config, self._keep = config, keep
        self._client = client = _Client(
            config,
            CallbackAPIVersion.VERSION2,
            client_id,
            clean_session=None if self.five else not keep,
            protocol=version,
            reconnect_on_failure=False,
            manual_ack=True,
        )
        password = config.password
        client.username_pw_set(config.user, None if password is None else password.get_secret_value())
        client.on_connect = lambda _c, _d, flags, code, more: self._soon(self._connected, flags, code, more)
        client.on_disconnect = lambda _c, _d, _f, code, _: self._soon(self._disconnected, code)
        client.on_message = lambda _c, _d, message: self._soon(self._got, message)
        client.on_publish = lambda _c, _d, mid, code, _: self._soon(self._answered, mid, code)
        client.on_subscribe = lambda _c, _d, mid, codes, _: self._soon(self._answered, mid, codes[0])

    async def open(self, will: str) -> None:
        """Log in. Raises an AdapterError, or _NotSpoken."""
        more: dict[str, Any] = {}
        if will:
            self._client.will_set(will, "offline", qos=1, retain=True)
        if self.five:
            wanted = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
            wanted.SessionExpiryInterval = _KEPT if self._keep else 0
            wanted.ReceiveMaximum = _UNACKNOWLEDGED
            more = {"clean_start": not self._keep, "properties": wanted}
        host, port = self._config.address
        if self._config.tls:
            context = await asyncio.to_thread(trust, self._config.ca_file, alone=True)
            self._client.tls_set_context(context)
        try:
            await asyncio.to_thread(self._client.connect, host, port, _KEEPALIVE, **more)
        except ssl.SSLCertVerificationError as error:
            raise ConnectionLost(f"the certificate of {host} {unverified(error)}") from None
        except OSError as error:
            words = (
                f"no connection to {host}, port {port}: {reason(common(error))}; check server, port and tls"
            )
            raise ConnectionLost(words) from None
        self._client.loop_start()
        if not await self.wait(self._in):
            raise _NotSpoken(said_so=False)

    def peer(self) -> Endpoint:
        """Return who is at the other end."""
        return endpoint(*self._config.address, self._client.socket())

    async def read(self) -> list[MQTTMessage]:
        """Wait for messages, and return all that came in one go. Raises what ended the connection."""
        await asyncio.sleep(0)  # others have their turn too, whatever waits here
        await self._stirred.wait()
        self._stirred.clear()
        if not self.unread:
            self.lost.result()
        read, self.unread = self.unread, []
        return read

    def publish(
        self,
        topic: str,
        payload: bytes,
        answer: Answer = lambda _: None,
        *,
        retain: bool = False,
        mark: Stamp | None = None,
    ) -> None:
        """Publish with QoS 1."""
        properties = None
        if mark is not None and self.five:
            properties = Properties(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call]
            properties.UserProperty = (MARK, str(mark))
        sent = self._client.publish(topic, payload, qos=1, retain=retain, properties=properties)
        self._answers[sent.mid] = answer

    async def subscribe(self, topic: str) -> str:
        """Subscribe with QoS 1, to what is said from now on. Returns why not; empty: we are. Raises an
        AdapterError.
        """
        done: asyncio.Future[str] = self._loop.create_future()
        qos, options, properties = 1, None, None
        if self.five:
            qos, options = 0, SubscribeOptions(qos=1, retainHandling=SubscribeOptions.RETAIN_DO_NOT_SEND)
        if self._numbers_topics:
            properties = Properties(PacketTypes.SUBSCRIBE)  # type: ignore[no-untyped-call]
            properties.SubscriptionIdentifier = _number(topic)
        _, mid = self._client.subscribe(topic, qos, options, properties)
        if mid is not None:
            self._answers[mid] = lambda code: done.set_result(str(code) if code.is_failure else "")
        if not await self.wait(done):
            raise ConnectionLost("the broker does not answer a subscription")
        return done.result()

    async def wait(self, what: "asyncio.Future[Any]") -> bool:
        """Wait for it, and not too long. Returns whether it is there. Raises what ended the connection."""
        await asyncio.wait({what, self.lost}, timeout=_PATIENCE, return_when=asyncio.FIRST_COMPLETED)
        if self.lost.done():
            self.lost.result()
        return what.done()

    def unsubscribe(self, *topics: str) -> None:
        """Hear no more of them."""
        self._client.unsubscribe([*topics])

    def acknowledge(self, mid: int) -> None:
        """Say that a message of QoS 1 is durable here."""
        self._client.ack(mid, 1)

    def close(self, will: str = "") -> None:
        """End it politely; the broker then does not publish the will, and we say the same."""
        if will and not self.lost.done():
            self._client.publish(will, "offline", qos=1, retain=True)
        self._client.disconnect()

    def _soon(self, do: Callable[..., object], *arguments: object) -> None:
        """Do it on the loop, unless that has ended. Called in the library's thread."""
        with contextlib.suppress(RuntimeError):
            self._loop.call_soon_threadsafe(do, *arguments)

    def _got(self, message: MQTTMessage) -> None:
        self.count += 1
        if message.qos or len(self.unread) < _UNREAD:
            self.unread.append(message)
            self._stirred.set()

    def _connected(self, flags: Any, code: ReasonCode, more: object) -> None:
        if code.value == _UNSUPPORTED:
            self._fail(_NotSpoken(said_so=True))
        elif code.value in _CREDENTIALS:
            words = f"{self._config.server} does not let us in ({code}): check user, password and client_id"
            self._fail(AuthenticationFailed(words))
        elif code.is_failure:
            self._fail(ConnectionLost(f"{self._config.server} does not let us in now: {code}"))
        elif not self._in.done():
            self.session_present = flags.session_present
            self._numbers_topics &= bool(getattr(more, "SubscriptionIdentifierAvailable", 1))
            self._in.set_result(None)

    def _disconnected(self, code: ReasonCode) -> None:
        if not self._in.done():
            self._fail(_NotSpoken(said_so=False))
        elif code.value == _TAKEN_OVER:
            self._fail(Replaced("another client came with the same client_id: give each one of its own"))
        else:
            # mosquitto 2.0.11 does not say that it was taken over
            words = f"{self._config.server} ended the connection ({code}): nobody else may have our client_id"
            self._fail(ConnectionLost(words))

    def _answered(self, mid: int, code: ReasonCode) -> None:
        if answer := self._answers.pop(mid, None):
            answer(code)

    def _fail(self, error: AdapterError | _NotSpoken) -> None:
        if not self.lost.done():
            self.lost.set_exception(error)
            self.lost.exception()  # nobody has to look
            self._stirred.set()


def topic_of(message: MQTTMessage) -> str:
    """Return the topic of a message; empty: it is no text."""
    try:
        return message.topic
    except UnicodeDecodeError:
        return ""


def is_by(message: MQTTMessage, topic: str) -> bool:
    """Whether a message comes by the subscription to this topic, as far as the broker says: where several
    fit, it may come by each of them (MQTT 5 section 3.3.4).
    """
    numbers = getattr(message.properties, "SubscriptionIdentifier", None)
    return numbers is None or _number(topic) in numbers


def _number(topic: str) -> int:
    """Return the identifier of a subscription, the same at all times."""
    return crc32(topic.encode()) % _NUMBERS + 1


async def connect(config: NetworkConfig, client_id: str, *, keep: bool, will: str = "") -> Wire:
    """Log in, in MQTT 5 or else in 3.1.1; `will` is the topic that says whether we are there. Raises an
    AdapterError.
    """

    async def enter(version: MQTTProtocolVersion) -> Wire:
        wire = Wire(config, client_id, version, keep=keep)
        try:
            await wire.open(will)
        except BaseException:
            wire.close()
            raise
        return wire

    with contextlib.suppress(_NotSpoken):
        for sure in (False, True):
            try:
                return await enter(MQTTProtocolVersion.MQTTv5)
            except _NotSpoken as error:
                said_so = error.said_so
            wire = await enter(MQTTProtocolVersion.MQTTv311)
            if sure or said_so:
                return wire
            wire.close()  # a broker that was just starting, or what stands before it, closes connections too
    raise ConnectionLost(
        f"{config.server} does not answer as an MQTT broker does: check server, port and tls"
    )

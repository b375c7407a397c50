"""One session with a server: opened with time-outs, thrown away when it fails, never repaired.

asyncua's own supervisor, reconnect and publish loop are not used: its publish loop retries for ever with a traceback a
second, its watchdog takes a stall of 1 s for a loss, and a Client reused after a failure may hang (issue 1660).
"""

import asyncio
import contextlib
import getpass
import logging
import time
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from asyncua import Client, ua
from asyncua.client.ua_session import UaSession
from asyncua.common.utils import Buffer
from asyncua.crypto.uacrypto import InvalidSignature as LibraryInvalidSignature
from asyncua.ua.ua_binary import struct_from_binary
from cryptography.exceptions import InvalidSignature
from typing_extensions import override

from hmi.account import Account
from hmi.link.decode import decode_publish
from hmi.link.errors import LinkError, NoConnectionError, RefusedError
from hmi.link.node_ids import Namespaces
from hmi.link.reasons import sentence, why
from hmi.link.references import Page, Reference, decode_pages, pages_of
from hmi.link.security import Keyring, Offer

REQUEST_TIMEOUT_S = 4.0  # browse and subscribe; commands carry their own, shorter one
CONNECT_TIMEOUT_S = 4.0
CLOSE_TIMEOUT_S = 0.5  # a server that does not answer a good-bye is left without one
SESSION_TIMEOUT_MS = 60_000.0
RENEW_SHARE = 0.75  # of the channel's lifetime (Part 4, 5.5.2.1)
PUBLISH_REQUESTS = 3  # outstanding at once, one a subscription: no subscription waits for another's answer
PUBLISH_RETRY_S = 0.2
LIBRARY_LOGGERS = ("asyncua.client", "asyncua.common", "asyncua.uaprotocol")

_log = logging.getLogger(__name__)


def quiet_library() -> None:
    """Keep asyncua's own lines about lost connections out of the log: the link writes one per outage."""
    for name in LIBRARY_LOGGERS:
        logging.getLogger(name).setLevel(logging.CRITICAL)


def console_version() -> str:
    """Return the version of the installed package, "0" where it is not installed."""
    try:
        return version("andon")
    except PackageNotFoundError:
        return "0"


@dataclass(frozen=True, slots=True)
class Probe:
    """What one small read told of the server."""

    round_trip_s: float
    server_ahead_s: float  # server's clock minus ours


class LinkSession(UaSession):
    """asyncua's session, with our decoder and without its publish loop."""

    @override
    async def publish(self, acks: list[ua.SubscriptionAcknowledgement]) -> ua.PublishResponse:
        request = ua.PublishRequest()
        request.Parameters.SubscriptionAcknowledgements = acks
        data = await self._send_request(request, timeout=0)
        whole = data.copy()
        try:
            return decode_publish(data)
        except Exception as problem:  # noqa: BLE001  whatever a foreign server sends, asyncua's decoder gets its try
            _log.debug("a publish response was left to the library's decoder: %s", type(problem).__name__)
            return struct_from_binary(ua.PublishResponse, whole)

    async def browse_pages(self, parameters: ua.BrowseParameters) -> list[Page]:
        """Browse, decoded by us."""
        request = ua.BrowseRequest()
        request.Parameters = parameters
        return _pages(await self._send_request(request), ua.BrowseResponse)

    async def next_pages(self, parameters: ua.BrowseNextParameters) -> list[Page]:
        """BrowseNext, decoded by us."""
        request = ua.BrowseNextRequest()
        request.Parameters = parameters
        return _pages(await self._send_request(request), ua.BrowseNextResponse)

    @override
    def ensure_publish_loop(self) -> None:
        """Do nothing: `Connection` keeps the publish requests going."""


def _pages(data: Buffer, response: type) -> list[Page]:
    whole = data.copy()
    try:
        return decode_pages(data)
    except ua.UaStatusCodeError:
        raise
    except Exception as problem:  # noqa: BLE001  as with publishing
        _log.debug("a browse response was left to the library's decoder: %s", type(problem).__name__)
        answer = struct_from_binary(response, whole)
        answer.ResponseHeader.ServiceResult.check()
        return pages_of(
            getattr(answer, "Parameters", answer).Results or []
        )  # BrowseNext's lie a level deeper


@dataclass(frozen=True, slots=True)
class Feed:
    """One subscription as the server granted it."""

    subscription_id: int
    interval_ms: float
    keep_alive_count: int


Handler = Callable[[ua.PublishResult], None]


class Connection:
    """A live session. Use `opened()`; once `lost` is set it is of no more use."""

    def __init__(self, client: Client, namespaces: Namespaces, offer: Offer, user: str) -> None:
        self.namespaces = namespaces
        self.offer = offer  # how it is encrypted, and whether one can log in
        self.user = user  # "" for nobody
        self.lost = asyncio.Event()
        self._client = client
        self._session: LinkSession = client.uaclient.session
        self._handlers: dict[int, Handler] = {}
        self._early: dict[int, list[ua.PublishResult]] = {}
        self._acks: list[ua.SubscriptionAcknowledgement] = []
        self._tasks: list[asyncio.Task[None]] = []
        client.uaclient.protocol.on_connection_lost = self._on_transport_lost
        self._start(self._renew())

    # ---- services ------------------------------------------------------------------------------------------------

    async def read(
        self, nodes: Iterable[ua.NodeId], attribute: int = ua.AttributeIds.Value
    ) -> list[ua.DataValue]:
        """Read one attribute of many nodes in one request.

        Raises:
            LinkError: Nothing came back, or the request as a whole was refused.
        """
        wanted = [ua.ReadValueId(NodeId=node, AttributeId=attribute) for node in nodes]
        return await self.read_attributes(wanted)

    async def read_attributes(self, wanted: list[ua.ReadValueId]) -> list[ua.DataValue]:
        """Read any attributes in one request."""
        with plain_errors():
            parameters = ua.ReadParameters(
                NodesToRead=wanted, TimestampsToReturn=ua.TimestampsToReturn.Neither
            )
            return list(await self._session.read(parameters))

    async def browse(self, parameters: ua.BrowseParameters) -> list[list[Reference]]:
        """Browse, following continuation points to their end; returns the references of each node."""
        with plain_errors():
            found = []
            for page in await self._session.browse_pages(parameters):
                references, token = page.references, page.token
                while token:
                    (more,) = await self._session.next_pages(
                        ua.BrowseNextParameters(ContinuationPoints=[token])
                    )
                    references += more.references
                    token = more.token
                found.append(references)
            return found

    async def call(self, owner: ua.NodeId, method: ua.NodeId, *arguments: ua.Variant) -> list[Any]:
        """Call a method; returns its output values.

        Raises:
            RefusedError: The server said no; the text is its reason.
            LinkError: No answer.
        """
        request = ua.CallMethodRequest(ObjectId=owner, MethodId=method, InputArguments=list(arguments))
        with plain_errors():
            (result,) = await self._session.call([request])
        if result.StatusCode.value & 0x80000000:
            told = _told_reason(result)
            code = int(result.StatusCode.value)
            raise RefusedError(told or sentence(code), code, has_own_words=bool(told))
        return [variant.Value for variant in result.OutputArguments or []]

    async def write(self, node: ua.NodeId, value: ua.Variant) -> None:
        """Write a value.

        Raises:
            RefusedError: The server said no.
            LinkError: No answer.
        """
        entry = ua.WriteValue(NodeId=node, AttributeId=ua.AttributeIds.Value, Value=ua.DataValue(value))
        entry.Value.StatusCode = None
        with plain_errors():
            (status,) = await self._session.write(ua.WriteParameters(NodesToWrite=[entry]))
        if status.value & 0x80000000:
            raise RefusedError(sentence(status.value), int(status.value))

    async def probe(self) -> Probe:
        """Read the server's clock: proves the session alive and tells how far apart the clocks are."""
        begun, before = time.monotonic(), datetime.now(UTC)
        (value,) = await self.read([ua.NodeId(ua.ObjectIds.Server_ServerStatus_CurrentTime)])
        round_trip_s = time.monotonic() - begun
        now = value.Value.Value if value.Value is not None else None
        ahead_s = (now - before).total_seconds() - round_trip_s / 2 if isinstance(now, datetime) else 0.0
        return Probe(round_trip_s, ahead_s)

    async def log_in(self, account: Account | None) -> None:
        """Act for somebody else from now on, None for nobody; the subscriptions stay.

        Raises:
            RefusedError: The server does not take that user; the session goes on as before.
            LinkError: No answer.
        """
        with plain_errors():
            await _activate(self._client, account)
        self.user = account.name if account else ""

    # ---- subscriptions -------------------------------------------------------------------------------------------

    async def subscribe(self, interval_ms: float, keep_alive_count: int, handler: Handler) -> Feed:
        """Create a subscription; `handler` gets every publish result of it, keep-alives included."""
        parameters = ua.CreateSubscriptionParameters(
            RequestedPublishingInterval=interval_ms,
            RequestedLifetimeCount=max(3 * keep_alive_count, round(30_000 / interval_ms)),
            RequestedMaxKeepAliveCount=keep_alive_count,
            MaxNotificationsPerPublish=0,
            PublishingEnabled=True,
            Priority=0,
        )
        with plain_errors():
            granted = await self._session.create_subscription(parameters, handler)
        number = int(granted.SubscriptionId)
        if not self._handlers:
            for _ in range(PUBLISH_REQUESTS):
                self._start(self._pump())
        self._handlers[number] = handler
        for result in self._early.pop(number, []):
            handler(result)
        return Feed(number, float(granted.RevisedPublishingInterval), int(granted.RevisedMaxKeepAliveCount))

    def listen(self, feed: Feed, handler: Handler) -> None:
        """Have another handler get the results of a subscription from now on."""
        self._handlers[feed.subscription_id] = handler

    async def monitor(
        self, feed: Feed, items: list[ua.MonitoredItemCreateRequest]
    ) -> list[ua.MonitoredItemCreateResult]:
        """Add monitored items to a subscription."""
        parameters = ua.CreateMonitoredItemsParameters(
            SubscriptionId=feed.subscription_id,
            TimestampsToReturn=ua.TimestampsToReturn.Both,
            ItemsToCreate=items,
        )
        with plain_errors():
            return list(await self._session.create_monitored_items(parameters))

    # ---- end -----------------------------------------------------------------------------------------------------

    async def close(self) -> None:
        """End the session: with a good-bye while it is live, at once when it is lost."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if not self.lost.is_set():
            with contextlib.suppress(Exception):
                async with asyncio.timeout(CLOSE_TIMEOUT_S):
                    with plain_cancellation():
                        await self._client.uaclient.close_session(True)
                        await self._client.close_secure_channel()
        drop_socket(self._client)
        self.lost.set()
        await asyncio.sleep(0)  # lets the transport close its socket

    # ---- inside --------------------------------------------------------------------------------------------------

    def _start(self, work: Any) -> None:
        self._tasks.append(asyncio.get_running_loop().create_task(work))

    def _on_transport_lost(self, _error: Exception | None) -> None:
        self.lost.set()

    async def _renew(self) -> None:
        """Renew the secure channel before its token ends."""
        while True:
            await asyncio.sleep(self._client.secure_channel_timeout / 1000.0 * RENEW_SHARE)
            try:
                await self._client.open_secure_channel(renew=True)
            except (ua.UaError, OSError, TimeoutError):
                self.lost.set()
                return

    async def _pump(self) -> None:
        """Keep one publish request with the server for as long as the session lives."""
        while not self.lost.is_set():
            acks, self._acks = self._acks, []
            try:
                response = await self._session.publish(acks)
            except (ua.uaerrors.BadTimeout, ua.uaerrors.BadNoSubscription, ua.uaerrors.BadRequestTimeout):
                await asyncio.sleep(PUBLISH_RETRY_S)
            except ua.uaerrors.BadTooManyPublishRequests:
                return
            except (ua.UaError, OSError, TimeoutError) as error:
                _log.info("publishing ended: %s", error)
                self.lost.set()
            else:
                self._dispatch(response.Parameters)

    def _dispatch(self, result: ua.PublishResult) -> None:
        number = int(result.SubscriptionId)
        message = result.NotificationMessage
        if message.NotificationData:
            self._acks.append(
                ua.SubscriptionAcknowledgement(SubscriptionId=number, SequenceNumber=message.SequenceNumber)
            )
        if any(isinstance(entry, ua.StatusChangeNotification) for entry in message.NotificationData or ()):
            _log.info("the server ended a subscription")
            self.lost.set()
            return
        handler = self._handlers.get(number)
        if handler is None:
            # The first result may overtake the answer to CreateSubscription.
            self._early.setdefault(number, []).append(result)
            return
        try:
            handler(result)
        except Exception:  # noqa: BLE001  one notification we cannot read must not end the others
            _log.exception("a notification could not be taken in")


@contextlib.asynccontextmanager
async def opened(
    url: str, role: str, keyring: Keyring | None = None, *, personal: bool = True
) -> AsyncIterator[Connection]:
    """Open a session for the length of a `with` block.

    Args:
        url: "opc.tcp://127.0.0.1:4840".
        role: What the session is for, shown in the server's list: "values", "commands", "e-stop".
        keyring: Encrypts and logs in; without one the session has neither security nor a name.
        personal: Whether the session acts for who is logged in. The e-stop's is the station's own: a stop must not
            depend on a login.

    Raises:
        LinkError: Nobody answers, or the server does not let us in.
    """
    connection = await connect(url, role, keyring, personal=personal)
    try:
        yield connection
    finally:
        await connection.close()


async def connect(
    url: str, role: str, keyring: Keyring | None = None, *, personal: bool = True
) -> Connection:
    """Open a session; the caller closes it."""
    client = _client(url, role)
    offer = Offer()
    if keyring is not None:
        with plain_errors():
            offer = await keyring.offer(url)
            if offer.policy:
                await keyring.secure(client, offer)
    try:
        with plain_errors():
            async with asyncio.timeout(CONNECT_TIMEOUT_S):
                await _open_channel(client, keyring, offer)
                await client.create_session()
                user = await _log_in(client, keyring, offer, personal=personal)
                (table,) = await client.uaclient.session.read_attributes(
                    [ua.NodeId(ua.ObjectIds.Server_NamespaceArray)], ua.AttributeIds.Value
                )
    except BaseException:
        if keyring is not None:
            keyring.forget(url)
        drop_socket(client)
        await asyncio.sleep(0)
        raise
    if keyring is not None:
        keyring.met(url, offer)
    uris = tuple(table.Value.Value or ()) if table.Value is not None else ()
    return Connection(client, Namespaces(uris), offer, user)


def _client(url: str, role: str) -> Client:
    try:
        client = Client(url, timeout=REQUEST_TIMEOUT_S)
    except ValueError as error:
        raise LinkError(f"{url!r} is not an address of an OPC UA server.") from error
    client.name = f"Andon console {console_version()}"
    client.description = f"Andon console {console_version()} {role} {_user()}"
    client.application_uri = "urn:andon:console"
    client.product_uri = "urn:andon:console"
    client.session_timeout = SESSION_TIMEOUT_MS
    client.uaclient.session = LinkSession(client.uaclient)
    return client


async def _open_channel(client: Client, keyring: Keyring | None, offer: Offer) -> None:
    await client.connect_socket()
    await client.send_hello()
    try:
        await client.open_secure_channel()
    except ua.uaerrors.BadSecurityChecksFailed as error:
        if keyring is None or not offer.policy:
            raise
        ours = (await keyring.station()).thumbprint
        raise RefusedError(
            f"The server does not trust this console yet. On the server: andon trust add {ours}",
            int(error.code),
            has_own_words=True,
        ) from error


async def _log_in(client: Client, keyring: Keyring | None, offer: Offer, *, personal: bool) -> str:
    """Activate the session for whoever is to act, nobody where the server does not know the local account; return the name."""
    account = keyring.account(offer) if keyring is not None and personal else None
    if account is None or keyring is None:
        await _activate(client, None)
        return ""
    try:
        await _activate(client, account)
    except (ua.uaerrors.BadUserAccessDenied, ua.uaerrors.BadIdentityTokenRejected):
        if keyring.credentials is not None:
            raise
        keyring.refused_account = True
        await _activate(client, None)
        return ""
    return account.name


async def _activate(client: Client, account: Account | None) -> None:
    if account is None:
        await client.activate_session()
    else:
        await client.activate_session(account.name, account.secret)


def drop_socket(client: Client) -> None:
    """Close the socket at once, unsent bytes included (a frozen server never takes them)."""
    protocol = client.uaclient.protocol
    if protocol is not None and protocol.transport is not None:
        protocol.transport.abort()


@contextlib.contextmanager
def plain_cancellation() -> Iterator[None]:
    """Let a cancelled request be an ordinary cancellation.

    On Python 3.11 asyncua waits by a library that, when an answer and the cancellation come in the same moment, raises
    a subclass of CancelledError. `asyncio.timeout` does not know its own cancellation in it and lets it end the task.
    """
    try:
        yield
    except asyncio.CancelledError as cancelled:
        if type(cancelled) is asyncio.CancelledError:
            raise
        raise asyncio.CancelledError from cancelled


@contextlib.contextmanager
def plain_errors() -> Iterator[None]:
    """Turn what asyncua and the network raise into `LinkError`s."""
    try:
        with plain_cancellation():
            yield
    except LinkError:
        raise
    except ua.UaStatusCodeError as error:
        raise RefusedError(why(error), int(error.code)) from error
    except (InvalidSignature, LibraryInvalidSignature) as error:
        raise NoConnectionError("The server could not prove that its certificate is its own.") from error
    except (ua.UaError, OSError, TimeoutError) as error:
        raise NoConnectionError(why(error)) from error


def _told_reason(result: ua.CallMethodResult) -> str:
    """Return the sentence that an Andon server sends with a refused call, "" where there is none."""
    infos: Sequence[ua.DiagnosticInfo] = result.InputArgumentDiagnosticInfos or ()
    return next((str(info.AdditionalInfo) for info in infos if info and info.AdditionalInfo), "")


def _user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return "operator"

"""Which handler answers which service: the library's dispatcher is one long `if`, ours is a table that rooms add to."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from asyncua import ua
from asyncua.common.utils import Buffer

if TYPE_CHECKING:
    from opcua_server.services.connections import AndonProcessor


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One request as it came in; `body` starts behind the request header."""

    processor: "AndonProcessor"
    header: ua.RequestHeader
    sequence: Any  # the sequence header of its last chunk; an answer sent later needs it
    body: Buffer


@dataclass(slots=True)
class QuickRequest:
    """A short request with the usual header, of which no more was decoded than its service needs."""

    processor: "AndonProcessor"
    request_id: int  # of its chunk; the answer bears it too
    handle: int
    hint_ms: int  # TimeoutHint; 0 is none
    body: bytes  # what follows the header


# Returns the response to send, or None where the handler answers itself, now or later (Publish).
Handler = Callable[[Request], Awaitable[Any]]
# Answers itself and awaits nothing, so that it needs no task: what comes a thousand times a second.
QuickHandler = Callable[[QuickRequest], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """How one service is answered."""

    handler: Handler
    needs_session: bool = True
    in_own_task: bool = False  # may wait for disk or detectors: the connection's next request overtakes it
    reads_in_pieces: bool = False  # decodes its request bit by bit and lets others work in between


class ServiceTable:
    """The services that Andon answers itself, by the number of the request's binary encoding."""

    def __init__(self) -> None:
        self._services: dict[ua.NodeId, Service] = {}
        self.at_once: dict[int, QuickHandler] = {}  # by the number of the request's binary encoding

    def add(
        self,
        request: int,
        handler: Handler,
        *,
        needs_session: bool = True,
        in_own_task: bool = False,
        reads_in_pieces: bool = False,
        at_once: QuickHandler | None = None,
    ) -> None:
        """Answer a service by `handler`.

        Args:
            request: `ua.ObjectIds.…Request_Encoding_DefaultBinary`.
            handler: See `Handler`.
            needs_session: Refused with BadSessionIdInvalid before a session is there.
            in_own_task: Later requests of the connection need not wait for it.
            reads_in_pieces: It decodes its request itself, bit by bit, with a pause in between; others find a long one decoded.
            at_once: Serves a short request in the place of `handler`, without awaiting anything.
        """
        self._services[ua.NodeId(request)] = Service(
            handler=handler,
            needs_session=needs_session,
            in_own_task=in_own_task,
            reads_in_pieces=reads_in_pieces,
        )
        if at_once is not None:
            self.at_once[request] = at_once

    def find(self, request: ua.NodeId) -> Service | None:
        """Return how a service is answered, None where the library answers it or nobody does."""
        return self._services.get(request)


def _encodings(*names: str) -> frozenset[ua.NodeId]:
    return frozenset(
        ua.NodeId(getattr(ua.ObjectIds, f"{name}Request_Encoding_DefaultBinary")) for name in names
    )


# What the library's own dispatcher knows; every other request type is BadServiceUnsupported, and so is RegisterServer: the
# library keeps whatever it is sent, without a login and for ever.
LIBRARY_SERVICES = _encodings(
    "FindServers",
    "GetEndpoints",
    "CloseSecureChannel",
    "Read",
    "Write",
    "Browse",
    "TranslateBrowsePathsToNodeIds",
    "AddNodes",
    "DeleteNodes",
    "AddReferences",
    "DeleteReferences",
    "HistoryRead",
    "RegisterNodes",
    "UnregisterNodes",
    "CreateSubscription",
    "ModifySubscription",
    "DeleteSubscriptions",
    "CreateMonitoredItems",
    "ModifyMonitoredItems",
    "DeleteMonitoredItems",
    "Publish",
    "Republish",
    "TransferSubscriptions",
    "Call",
    "SetMonitoringMode",
    "SetPublishingMode",
)

# What is answered on a channel without a session: discovery, and the channel itself.
SESSIONLESS_SERVICES = _encodings("FindServers", "GetEndpoints", "CloseSecureChannel")

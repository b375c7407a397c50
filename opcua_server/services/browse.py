"""Browse and BrowseNext: a page of references at a time, only the fields that were asked for (OPC 10000-4, 5.9.2, 5.9.3)."""

import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final, cast
from weakref import WeakKeyDictionary

from asyncua import ua
from asyncua.common.utils import Buffer, ServiceError
from asyncua.server.address_space import AddressSpace
from asyncua.ua.ua_binary import Primitives, nodeid_from_binary, nodeid_to_binary, struct_from_binary
from asyncua.ua.ua_binary import struct_to_binary as encoded

from opcua_server.services.continuation import ContinuationPoints
from opcua_server.services.limits import Limits
from opcua_server.services.references import ReferenceTypes
from opcua_server.services.results import Results
from opcua_server.services.table import Request
from opcua_server.services.wire import count, send_results
from opcua_server.services.work import Job, Workbench

_S = ua.StatusCodes
_NULL_NODE: Final = nodeid_to_binary(ua.NodeId())
_NULL_NAME: Final = encoded(ua.QualifiedName())
_NULL_TEXT: Final = encoded(ua.LocalizedText())
_FORWARD, _INVERSE, _BOTH = range(3)
_TYPED: Final = frozenset((int(ua.NodeClass.Object), int(ua.NodeClass.Variable)))

# Bits of ResultMask (OPC 10000-4, table 34)
_REFERENCE_TYPE, _IS_FORWARD, _NODE_CLASS, _BROWSE_NAME, _DISPLAY_NAME, _TYPE_DEFINITION = (
    1 << bit for bit in range(6)
)

Visible = Callable[[ua.NodeId], bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """One BrowseDescription; integers as they came, valid or not."""

    node: ua.NodeId
    direction: int
    reference_type: ua.NodeId
    subtypes: bool
    class_mask: int
    result_mask: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Rest:
    """Where a Browse of one node goes on."""

    wanted: Wanted
    position: int  # in the node's list of references
    page: int  # references a response


class BrowseService:
    """Answers Browse and BrowseNext."""

    def __init__(self, aspace: AddressSpace, types: ReferenceTypes, limits: Limits, bench: Workbench) -> None:
        self._aspace = aspace
        self._types = types
        self._limits = limits
        self._bench = bench
        self._points: WeakKeyDictionary[Any, ContinuationPoints[Rest]] = WeakKeyDictionary()
        # Which nodes a caller sees at all; who may browse what is not decided here.
        self.visible: Callable[[], Visible | None] = lambda: None

    async def browse(self, request: Request) -> None:
        """Answer a Browse request.

        Raises:
            ServiceError: BadViewIdUnknown, BadNothingToDo, BadTooManyOperations, BadResponseTooLarge.
        """
        body = request.body
        view = struct_from_binary(ua.ViewDescription, body)
        if not view.ViewId.is_null():
            raise ServiceError(_S.BadViewIdUnknown)  # there are no views
        asked = int(Primitives.UInt32.unpack(body))
        most = self._limits.max_references_per_browse
        page = min(asked, most) if asked else most
        async with self._bench.job(request.processor) as job:
            wanted = (
                Rest(wanted=_decode(body), position=0, page=page)
                for _ in range(count(body, self._limits.max_nodes_per_browse))
            )
            results = await self._pages(request, wanted, job)
        send_results(request, ua.BrowseResponse(), results)

    async def browse_next(self, request: Request) -> None:
        """Answer a BrowseNext request.

        Raises:
            ServiceError: BadNothingToDo, BadTooManyOperations.
        """
        body = request.body
        release = bool(Primitives.Boolean.unpack(body))
        points = self._points_of(request)
        tokens = [
            cast("bytes | None", Primitives.ByteString.unpack(body))
            for _ in range(count(body, self._limits.max_nodes_per_browse))
        ]
        rests = [points.take(token) for token in tokens]
        if release:
            results = [
                _failed(_S.BadContinuationPointInvalid) if rest is None else _page([]) for rest in rests
            ]
        else:
            async with self._bench.job(request.processor) as job:
                results = await self._pages(request, iter(rests), job)
        send_results(request, ua.BrowseNextResponse(), results)

    async def _pages(self, request: Request, rests: Iterator[Rest | None], job: Job) -> list[bytes]:
        points = self._points_of(request)
        points.begin_request()
        visible = self.visible()
        left = self._limits.max_references_per_request
        results = Results(request)
        for rest in rests:
            if rest is None:
                results.add(_failed(_S.BadContinuationPointInvalid))
                continue
            result, used = self._one(rest, points, visible, left)
            results.add(result)
            left -= used
            await job.pause()
        return results

    def _one(
        self, rest: Rest, points: ContinuationPoints[Rest], visible: Visible | None, left: int
    ) -> tuple[bytes, int]:
        """Return one encoded BrowseResult, and how many references are in it."""
        problem = self._problem(rest.wanted, visible)
        if problem is not None:
            return _failed(problem), 0
        found, position = self._references(rest, visible, min(rest.page, left))
        if position is None:
            return _page(found), len(found)
        token = points.keep(Rest(wanted=rest.wanted, position=position, page=rest.page))
        if token is None:
            return _failed(_S.BadNoContinuationPoints), 0
        return _page(found, token), len(found)

    def _problem(self, wanted: Wanted, visible: Visible | None) -> int | None:
        if wanted.node not in self._aspace or (visible is not None and not visible(wanted.node)):
            return _S.BadNodeIdUnknown
        if wanted.direction not in (_FORWARD, _INVERSE, _BOTH):
            return _S.BadBrowseDirectionInvalid
        if not wanted.reference_type.is_null() and not self._types.is_reference_type(wanted.reference_type):
            return _S.BadReferenceTypeIdInvalid
        return None

    def _references(self, rest: Rest, visible: Visible | None, page: int) -> tuple[list[bytes], int | None]:
        """Return the encoded references of one page, and where to go on, None at the end."""
        wanted = rest.wanted
        types = self._types.wanted(wanted.reference_type, subtypes=wanted.subtypes)
        references = self._aspace[wanted.node].references
        found: list[bytes] = []
        for position in range(rest.position, len(references)):
            reference = references[position]
            if wanted.direction != _BOTH and reference.IsForward is not (wanted.direction == _FORWARD):
                continue
            if types is not None and reference.ReferenceTypeId not in types:
                continue
            if wanted.class_mask and not wanted.class_mask & int(reference.NodeClass):
                continue
            if visible is not None and not visible(reference.NodeId):
                continue
            if len(found) >= page:
                return found, position
            found.append(_encode(reference, wanted.result_mask))
        return found, None

    def _points_of(self, request: Request) -> ContinuationPoints[Rest]:
        session = request.processor.session
        if session not in self._points:
            self._points[session] = ContinuationPoints(self._limits.max_browse_continuation_points)
        return self._points[session]


def _decode(body: Buffer) -> Wanted:
    """Read a BrowseDescription; by hand, since a direction that does not exist must be answered, not raised."""
    node = nodeid_from_binary(body)
    direction = Primitives.Int32.unpack(body)
    reference_type = nodeid_from_binary(body)
    subtypes = Primitives.Boolean.unpack(body)
    class_mask = Primitives.UInt32.unpack(body)
    return Wanted(
        node=node,
        direction=direction,
        reference_type=reference_type,
        subtypes=subtypes,
        class_mask=class_mask,
        result_mask=Primitives.UInt32.unpack(body),
    )


def _page(references: list[bytes], token: bytes | None = None) -> bytes:
    head = struct.pack("<I", 0) + Primitives.ByteString.pack(token)
    return b"".join((head, struct.pack("<i", len(references)), *references))


def _failed(code: int) -> bytes:
    return struct.pack("<I", code) + Primitives.ByteString.pack(None) + struct.pack("<i", 0)


def _encode(reference: ua.ReferenceDescription, mask: int) -> bytes:
    """Return a ReferenceDescription with the fields of `mask`; the others are null."""
    typed = mask & _TYPE_DEFINITION and int(reference.NodeClass) in _TYPED
    return b"".join(
        (
            _node_bytes(reference.ReferenceTypeId) if mask & _REFERENCE_TYPE else _NULL_NODE,
            b"\x01" if mask & _IS_FORWARD and reference.IsForward else b"\x00",
            nodeid_to_binary(reference.NodeId),
            encoded(reference.BrowseName) if mask & _BROWSE_NAME else _NULL_NAME,
            encoded(reference.DisplayName) if mask & _DISPLAY_NAME else _NULL_TEXT,
            struct.pack("<i", int(reference.NodeClass) if mask & _NODE_CLASS else 0),
            _node_bytes(reference.TypeDefinition) if typed else _NULL_NODE,
        )
    )


@lru_cache(maxsize=1024)
def _node_bytes(node: ua.NodeId) -> bytes:
    return bytes(nodeid_to_binary(node))

"""Decode what Browse answers: the references of a whole plant, a few microseconds each.

asyncua's decoder makes six objects of each of ten thousand references, which takes longer than everything else that a console
does to connect. Wire format: OPC UA Part 6, 5.2.2 (NodeId, QualifiedName, LocalizedText), Part 4, 5.9.2 (Browse) and 7.30
(ReferenceDescription). Whatever does not follow it is left to asyncua's decoder, bounds and all.
"""

import struct
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

from asyncua import ua
from asyncua.common.utils import Buffer
from asyncua.ua.ua_binary import nodeid_from_binary, struct_from_binary

MOST: Final = 200_000  # references that are read here; a message with more is one for the bounded decoder
_ANSWERS: Final = {
    ua.ObjectIds.BrowseResponse_Encoding_DefaultBinary,
    ua.ObjectIds.BrowseNextResponse_Encoding_DefaultBinary,
}
_U16, _U32, _I32 = struct.Struct("<H"), struct.Struct("<I"), struct.Struct("<i")
_SPACE_U32, _SPACE_I32 = struct.Struct("<HI"), struct.Struct("<Hi")
_TWO_BYTE, _FOUR_BYTE, _NUMERIC, _STRING, _GUID, _BYTES = range(6)
_HAS_URI, _HAS_SERVER, _FORM = 0x80, 0x40, 0x3F
_HAS_LOCALE, _HAS_TEXT = 1, 2


@dataclass(slots=True)
class Reference:
    """Where a reference leads, and what the server says of it."""

    kind: ua.NodeId
    node: ua.NodeId
    name: str
    display: str
    node_class: int
    type_definition: ua.NodeId


@dataclass(slots=True)
class Page:
    """The references of one node, or those that fit into one answer."""

    token: bytes | None = None  # where the server goes on
    references: list[Reference] = field(default_factory=list)


def decode_pages(data: Buffer) -> list[Page]:
    """Decode a BrowseResponse or a BrowseNextResponse.

    Raises:
        ua.UaStatusCodeError: The server refused.
        Exception: The bytes do not follow Part 6; the caller falls back to asyncua's decoder.
    """
    kind = nodeid_from_binary(data).Identifier
    header = struct_from_binary(ua.ResponseHeader, data)
    header.ServiceResult.check()
    if kind not in _ANSWERS:
        raise ValueError(f"an answer of type {kind}")
    return _Reader(data.read(len(data))).pages()


def pages_of(results: list[ua.BrowseResult]) -> list[Page]:
    """Return what asyncua has decoded."""
    return [Page(each.ContinuationPoint, [_reference(r) for r in each.References or ()]) for each in results]


def _reference(found: ua.ReferenceDescription) -> Reference:
    return Reference(
        kind=found.ReferenceTypeId,
        node=_plain(found.NodeId),
        name=str(found.BrowseName.Name or ""),
        display=str(found.DisplayName.Text or ""),
        node_class=int(found.NodeClass),
        type_definition=_plain(found.TypeDefinition),
    )


def _plain(node: ua.NodeId) -> ua.NodeId:
    """Return an ExpandedNodeId of this server as a NodeId."""
    return ua.NodeId(node.Identifier, node.NamespaceIndex, node.NodeIdType)


class _Reader:
    """Walks over the body of one answer."""

    def __init__(self, body: bytes) -> None:
        self._body = body
        self._at = 0
        self._left = MOST
        self._short: dict[
            bytes, ua.NodeId
        ] = {}  # types of references and nodes are few, and named again and again

    def pages(self) -> list[Page]:
        return [self._page() for _ in range(self._count())]

    def _page(self) -> Page:
        self._at += _U32.size  # what a node answers that cannot be browsed is: nothing
        token = self._bytes()
        count = self._count()
        self._left -= count
        if self._left < 0:
            raise ValueError(f"more than {MOST} references")
        return Page(token, [self._reference() for _ in range(count)])

    def _reference(self) -> Reference:
        kind = self._node()
        self._at += 1  # IsForward
        node = self._node()
        self._at += _U16.size  # the name's namespace
        name = (self._bytes() or b"").decode()
        mask = self._byte()
        if mask & _HAS_LOCALE:
            self._bytes()
        display = (self._bytes() or b"").decode() if mask & _HAS_TEXT else ""
        node_class = self._number(_I32)
        return Reference(kind, node, name, display, node_class, self._node())

    def _node(self) -> ua.NodeId:
        """Read a NodeId or an ExpandedNodeId, of which the server and the namespace's URI are left out."""
        at = self._at
        mask = self._body[at]
        form = mask & _FORM
        if form == _STRING:
            space, length = _SPACE_I32.unpack_from(self._body, at + 1)
            self._at = at + 7
            node = ua.NodeId(self._slice(length).decode(), space)
        elif form in _SIZES:
            size = _SIZES[form]
            key = self._body[at : at + size]
            self._at = at + size
            known = self._short.get(key)
            node = known if known is not None else self._short.setdefault(key, _FORMS[form](key))
        elif form == _BYTES:
            space, length = _SPACE_I32.unpack_from(self._body, at + 1)
            self._at = at + 7
            node = ua.NodeId(self._slice(length), space)
        else:
            raise ValueError(f"a NodeId in form {form}")
        if mask & _HAS_URI:
            self._bytes()
        if mask & _HAS_SERVER:
            self._at += _U32.size
        return node

    def _count(self) -> int:
        return max(self._number(_I32), 0)

    def _number(self, form: struct.Struct) -> int:
        (number,) = form.unpack_from(self._body, self._at)
        self._at += form.size
        return int(number)

    def _byte(self) -> int:
        self._at += 1
        return self._body[self._at - 1]

    def _bytes(self) -> bytes | None:
        length = self._number(_I32)
        return None if length < 0 else self._slice(length)

    def _slice(self, length: int) -> bytes:
        begin, self._at = self._at, self._at + length
        if length < 0 or self._at > len(self._body):
            raise ValueError(f"{length} bytes that are not there")
        return self._body[begin : self._at]


# NodeIds of a size that their form tells.
_SIZES: Final = {_TWO_BYTE: 2, _FOUR_BYTE: 4, _NUMERIC: 7, _GUID: 19}
_FORMS: Final[dict[int, Callable[[bytes], Any]]] = {
    _TWO_BYTE: lambda raw: ua.NodeId(raw[1]),
    _FOUR_BYTE: lambda raw: ua.NodeId(_U16.unpack_from(raw, 2)[0], raw[1]),
    _NUMERIC: lambda raw: ua.NodeId(_SPACE_U32.unpack_from(raw, 1)[1], _U16.unpack_from(raw, 1)[0]),
    _GUID: lambda raw: ua.NodeId(uuid.UUID(bytes_le=raw[3:]), _U16.unpack_from(raw, 1)[0]),
}

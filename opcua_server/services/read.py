"""Read: access, ranges, encodings and timestamps as asked for (OPC 10000-4, 5.11.2)."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from asyncua import ua
from asyncua.common.utils import Buffer, ServiceError
from asyncua.server.address_space import AddressSpace
from asyncua.ua.ua_binary import Primitives, nodeid_from_binary, struct_to_binary

from opcua_server.services import index_range
from opcua_server.services.caller import Caller, current_caller
from opcua_server.services.index_range import IndexRangeError
from opcua_server.services.limits import Limits
from opcua_server.services.results import Results
from opcua_server.services.status import status
from opcua_server.services.table import Request
from opcua_server.services.wire import count, send_results
from opcua_server.services.work import Workbench

_S = ua.StatusCodes
_VALUE: Final = int(ua.AttributeIds.Value)
_CURRENT_READ: Final = 1
_SOURCE, _SERVER, _BOTH, _NEITHER = range(4)  # TimestampsToReturn
_BINARY: Final = "Default Binary"
_OTHER_ENCODINGS: Final = frozenset({"Default XML", "Default JSON"})

# Asked first for every attribute: the value to answer with, a status to refuse with, or None to go on.
Gate = Callable[[Caller, ua.NodeId, int], ua.DataValue | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """One ReadValueId; the attribute as it came, existing or not."""

    node: ua.NodeId
    attribute: int
    range: str | None
    encoding: str | None


class ReadService:
    """Answers Read."""

    def __init__(self, aspace: AddressSpace, limits: Limits, bench: Workbench) -> None:
        self._aspace = aspace
        self._limits = limits
        self._bench = bench
        self.gate: Gate | None = None  # whose rights, and attributes that depend on them

    async def read(self, request: Request) -> None:
        """Answer a Read request.

        Raises:
            ServiceError: BadMaxAgeInvalid, BadTimestampsToReturnInvalid, BadNothingToDo, BadTooManyOperations,
                BadResponseTooLarge.
        """
        body = request.body
        max_age = float(Primitives.Double.unpack(body))
        if math.isnan(max_age) or max_age < 0:
            raise ServiceError(_S.BadMaxAgeInvalid)
        stamps = int(Primitives.Int32.unpack(body))
        if stamps not in (_SOURCE, _SERVER, _BOTH, _NEITHER):
            raise ServiceError(_S.BadTimestampsToReturnInvalid)
        caller = current_caller()
        results = Results(request)
        async with self._bench.job(request.processor) as job:
            for _ in range(count(body, self._limits.max_nodes_per_read)):
                results.add(struct_to_binary(self.one(caller, _decode(body), stamps)))
                await job.pause()
        send_results(request, ua.ReadResponse(), results)

    def one(self, caller: Caller, wanted: Wanted, stamps: int = _BOTH) -> ua.DataValue:
        """Return what one ReadValueId asks for."""
        if self.gate is not None:
            decided = self.gate(caller, wanted.node, wanted.attribute)
            if decided is not None:
                return decided
        problem = self._problem(wanted)
        if problem is not None:
            return ua.DataValue(StatusCode=status(problem))
        found = self._aspace.read_attribute_value(wanted.node, wanted.attribute)
        value = found.Value
        try:
            if wanted.range:
                value = _part(value, wanted.range)
        except IndexRangeError as problem_of_range:
            return ua.DataValue(StatusCode=status(problem_of_range.status))
        return _stamped(found, value, wanted.attribute, stamps)

    def _problem(self, wanted: Wanted) -> int | None:
        node = self._aspace.get(wanted.node)
        if node is None:
            return _S.BadNodeIdUnknown
        if wanted.attribute not in node.attributes:
            return _S.BadAttributeIdInvalid
        if wanted.attribute == _VALUE and not self._level(node) & _CURRENT_READ:
            return _S.BadNotReadable
        return self._problem_of_encoding(wanted) if wanted.encoding else None

    def _problem_of_encoding(self, wanted: Wanted) -> int | None:
        """Structures have encodings, and this server the binary one."""
        if wanted.attribute != _VALUE:
            return _S.BadDataEncodingInvalid
        value = self._aspace.read_attribute_value(wanted.node, wanted.attribute).Value
        if value is None or value.VariantType != ua.VariantType.ExtensionObject:
            return _S.BadDataEncodingInvalid
        if wanted.encoding == _BINARY:
            return None
        return (
            _S.BadDataEncodingUnsupported
            if wanted.encoding in _OTHER_ENCODINGS
            else _S.BadDataEncodingInvalid
        )

    @staticmethod
    def _level(node: Any) -> int:
        found = node.attributes.get(ua.AttributeIds.AccessLevel)
        level = None if found is None or found.value is None else found.value.Value
        return 0 if level is None or level.Value is None else int(level.Value)


def _part(value: ua.Variant | None, text: str) -> ua.Variant:
    ranges = index_range.parse(text)
    if value is None:
        raise IndexRangeError(_S.BadIndexRangeNoData)
    return index_range.read(value, ranges)


def _stamped(found: ua.DataValue, value: ua.Variant | None, attribute: int, stamps: int) -> ua.DataValue:
    """Return a value with the timestamps that were asked for; only the Value attribute has a source."""
    source = found.SourceTimestamp if attribute == _VALUE and stamps in (_SOURCE, _BOTH) else None
    server = (found.ServerTimestamp or datetime.now(UTC)) if stamps in (_SERVER, _BOTH) else None
    return ua.DataValue(
        Value=value, StatusCode=found.StatusCode, SourceTimestamp=source, ServerTimestamp=server
    )


def _decode(body: Buffer) -> Wanted:
    node = nodeid_from_binary(body)
    attribute = Primitives.UInt32.unpack(body)
    text = Primitives.String.unpack(body)
    Primitives.UInt16.unpack(body)  # the namespace of the encoding's name: the standard's is 0
    return Wanted(node=node, attribute=attribute, range=text, encoding=Primitives.String.unpack(body))

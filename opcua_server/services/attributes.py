"""Writes from outside: checked, and led through the one door."""

from datetime import UTC, datetime
from typing import Final, Protocol

from asyncua import ua
from asyncua.crypto.permission_rules import User, UserRole
from asyncua.server.address_space import AddressSpace, AttributeService
from typing_extensions import override

from opcua_server.services import index_range
from opcua_server.services.caller import Caller, current_caller
from opcua_server.services.guard import Guard
from opcua_server.services.index_range import IndexRangeError
from opcua_server.services.limits import LIMITS
from opcua_server.services.status import status
from opcua_server.services.value_types import ValueTypes
from opcua_server.services.wire import check_count
from opcua_server.services.work import Gate, Pace

_S = ua.StatusCodes
_CURRENT_WRITE: Final = 2  # bit of AccessLevel, OPC 10000-3, 8.57


class Door(Protocol):
    """Whoever may change the plant on behalf of a caller."""

    async def write(self, caller: Caller, node: ua.NodeId, value: ua.Variant) -> ua.StatusCode:
        """Apply a write to a writable node, or say why not by its status."""
        ...


class CheckedAttributeService(AttributeService):
    """The library's attribute service; writes of clients go through a door instead of straight into memory."""

    def __init__(self, aspace: AddressSpace) -> None:
        super().__init__(aspace)
        self._gate = Gate()
        self.door: Door | None = None
        self.in_memory: set[int] = set()  # namespaces of users' own models
        self._value_types = ValueTypes(aspace)
        self.guard: Guard | None = None

    @override
    async def write(self, params: ua.WriteParameters, user: User | None = None) -> list[ua.StatusCode]:
        caller = current_caller()
        if caller.internal:
            return await super().write(params, user or User(role=UserRole.Admin))
        check_count(len(params.NodesToWrite or ()), LIMITS.max_nodes_per_write)
        pace, results = Pace(self._gate), []
        for value in params.NodesToWrite:
            results.append(await self._write_guarded(caller, value))
            await pace.pause()
        return results

    async def _write_guarded(self, caller: Caller, write: ua.WriteValue) -> ua.StatusCode:
        if self.guard is None:
            return await self._write_one(caller, write)
        return await self.guard.write(caller, write, lambda: self._write_one(caller, write))

    async def _write_one(self, caller: Caller, write: ua.WriteValue) -> ua.StatusCode:
        problem = self._problem(write)
        if problem is not None:
            return status(problem)
        assert write.Value.Value is not None
        if write.NodeId.NamespaceIndex in self.in_memory:
            return await self._write_in_memory(write)
        if write.IndexRange:
            return status(_S.BadWriteNotSupported)  # a setpoint or limit is one number
        if self.door is None:
            return status(_S.BadNotWritable)
        return await self.door.write(caller, write.NodeId, write.Value.Value)

    async def _write_in_memory(self, write: ua.WriteValue) -> ua.StatusCode:
        """Write a variable of a user's own model: its values live in the address space and nowhere else."""
        value = write.Value.Value
        if write.IndexRange:
            whole = self._aspace.read_attribute_value(write.NodeId, ua.AttributeIds.Value).Value
            try:
                value = index_range.write(whole or ua.Variant(), index_range.parse(write.IndexRange), value)
            except IndexRangeError as problem:
                return status(problem.status)
        now = datetime.now(UTC)
        data = ua.DataValue(value, SourceTimestamp=write.Value.SourceTimestamp or now, ServerTimestamp=now)
        return await self._aspace.write_attribute_value(write.NodeId, ua.AttributeIds.Value, data)

    def _problem(self, write: ua.WriteValue) -> int | None:
        """Return the status of what is wrong with a write before anyone looks at its value (OPC 10000-4, 5.11.4)."""
        node = self._aspace.get(write.NodeId)
        if node is None:
            return _S.BadNodeIdUnknown
        if node.attributes.get(write.AttributeId) is None:
            return _S.BadAttributeIdInvalid
        if write.AttributeId != ua.AttributeIds.Value or not self._is_writable(write.NodeId):
            return _S.BadNotWritable
        return self._problem_of_range(write) or self._problem_of_value(write)

    @staticmethod
    def _problem_of_range(write: ua.WriteValue) -> int | None:
        if write.IndexRange:
            try:
                index_range.parse(write.IndexRange)
            except IndexRangeError as problem:
                return problem.status
        return None

    def _problem_of_value(self, write: ua.WriteValue) -> int | None:
        data = write.Value
        # A SourceTimestamp is let through: asyncua's and python-opcua's clients send one with every write.
        if (data.StatusCode is not None and data.StatusCode.value) or data.ServerTimestamp is not None:
            return _S.BadWriteNotSupported
        value = data.Value
        if value is None or value.Value is None:
            return _S.BadTypeMismatch
        fits = self._value_types.fits(write.NodeId, value, in_part=bool(write.IndexRange))
        return None if fits else _S.BadTypeMismatch

    def _is_writable(self, node: ua.NodeId) -> bool:
        access = self._aspace.read_attribute_value(node, ua.AttributeIds.AccessLevel).Value
        return access is not None and bool(access.Value & _CURRENT_WRITE)

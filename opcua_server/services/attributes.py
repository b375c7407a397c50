"""Writes from outside: checked, and led through the one door."""

from typing import Protocol

from asyncua import ua
from asyncua.crypto.permission_rules import User, UserRole
from asyncua.server.address_space import AddressSpace, AttributeService
from typing_extensions import override

from opcua_server.services.caller import Caller, current_caller
from opcua_server.services.guard import Guard
from opcua_server.services.status import status


class Door(Protocol):
    """Whoever may change the plant on behalf of a caller."""

    async def write(self, caller: Caller, node: ua.NodeId, value: ua.Variant) -> ua.StatusCode:
        """Apply a write to a writable node, or say why not by its status."""
        ...


class CheckedAttributeService(AttributeService):
    """The library's attribute service; writes of clients go through a door instead of straight into memory."""

    def __init__(self, aspace: AddressSpace) -> None:
        super().__init__(aspace)
        self.door: Door | None = None
        self.guard: Guard | None = None

    @override
    async def write(self, params: ua.WriteParameters, user: User | None = None) -> list[ua.StatusCode]:
        caller = current_caller()
        if caller.internal:
            return await super().write(params, user or User(role=UserRole.Admin))
        return [await self._write_guarded(caller, value) for value in params.NodesToWrite]

    async def _write_guarded(self, caller: Caller, write: ua.WriteValue) -> ua.StatusCode:
        if self.guard is None:
            return await self._write_one(caller, write)
        return await self.guard.write(caller, write, lambda: self._write_one(caller, write))

    async def _write_one(self, caller: Caller, write: ua.WriteValue) -> ua.StatusCode:
        problem = self._problem(write)
        if problem is not None:
            return status(problem)
        assert write.Value.Value is not None
        if self.door is None:
            return status(ua.StatusCodes.BadNotWritable)
        return await self.door.write(caller, write.NodeId, write.Value.Value)

    def _problem(self, write: ua.WriteValue) -> int | None:
        """Return the status of what is wrong with a write before anyone looks at its value (OPC 10000-4, 5.11.4)."""
        node = self._aspace.get(write.NodeId)
        if node is None:
            return ua.StatusCodes.BadNodeIdUnknown
        attribute = node.attributes.get(write.AttributeId)
        if attribute is None:
            return ua.StatusCodes.BadAttributeIdInvalid
        if write.AttributeId != ua.AttributeIds.Value or not self._is_writable(write.NodeId):
            return ua.StatusCodes.BadNotWritable
        if write.IndexRange:
            return ua.StatusCodes.BadIndexRangeInvalid
        if write.Value.StatusCode is not None and not write.Value.StatusCode.is_good():
            return ua.StatusCodes.BadWriteNotSupported
        return self._type_problem(write)

    def _is_writable(self, node: ua.NodeId) -> bool:
        access = self._aspace.read_attribute_value(node, ua.AttributeIds.AccessLevel).Value
        return access is not None and bool(access.Value & 2)  # bit CurrentWrite

    def _type_problem(self, write: ua.WriteValue) -> int | None:
        wanted = self._aspace.read_attribute_value(write.NodeId, ua.AttributeIds.DataType).Value
        value = write.Value.Value
        if value is None or value.Value is None or isinstance(value.Value, list):
            return ua.StatusCodes.BadTypeMismatch
        if wanted is not None and wanted.Value != ua.NodeId(value.VariantType.value):
            return ua.StatusCodes.BadTypeMismatch
        return None

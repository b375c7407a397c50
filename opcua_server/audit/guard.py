"""Rights and audit around every write and call: refused ones are told, others are written down before they are done."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from typing import Final, cast

from asyncua import ua
from asyncua.server.address_space import AddressSpace

from opcua_server.audit.events import AuditEvents
from opcua_server.audit.log import AuditLog, AuditRefusedError
from opcua_server.audit.records import AuditRecord, Deed, Stage, plain
from opcua_server.audit.repeats import Repeats
from opcua_server.model.namespaces import Namespaces
from opcua_server.security.access import NodeAccess
from opcua_server.security.permissions import Action
from opcua_server.services.caller import Caller
from opcua_server.services.status import status

_ID = ua.ObjectIds
_S = ua.StatusCodes
_T = ua.VariantType

READING_WINDOW_S: Final = 600.0
# What changes nothing: told once in ten minutes with its number, or a display that polls would fill the disk.
READING: Final = frozenset({Action.SEE_SERVER, Action.READ, Action.PREDICT, Action.READ_JOURNAL})
_EXECUTE: Final = "Commands/Execute"


class AuditedGuard:
    """The `Guard` of a server with roles and an audit log."""

    def __init__(
        self, aspace: AddressSpace, ns: Namespaces, access: NodeAccess, log: AuditLog, events: AuditEvents
    ) -> None:
        self._aspace = aspace
        self._ns = ns
        self._access = access
        self._log = log
        self._events = events
        self._readings: Repeats[AuditRecord] = Repeats(window_s=READING_WINDOW_S)

    def read(self, caller: Caller, node: ua.NodeId, attribute: int) -> ua.DataValue | None:
        """Return the answer where rights decide it."""
        problem = self._access.read_problem(caller, node)
        if problem is not None:
            return ua.DataValue(StatusCode=status(problem))
        return self._access.attribute(caller, node, attribute) if node in self._aspace else None

    # ---- writes --------------------------------------------------------------------------------------------------

    async def write(
        self, caller: Caller, wanted: ua.WriteValue, act: Callable[[], Awaitable[ua.StatusCode]]
    ) -> ua.StatusCode:
        """Write a value after its audit record."""
        old = self._value(wanted.NodeId) if self._access.read_problem(caller, wanted.NodeId) is None else None
        new = wanted.Value.Value
        record = self._record(
            caller,
            Deed.WRITE,
            wanted.NodeId,
            old=plain(old.Value if old is not None else None),
            new=plain(new.Value if new is not None else None),
        )
        if wanted.AttributeId != ua.AttributeIds.Value:
            record = replace(record, detail={"attribute": int(wanted.AttributeId)})
        problem = self._access.write_problem(caller, wanted.NodeId)
        if problem is not None:
            result = status(problem)
            self._log.refused(record.ended(Stage.REFUSED, result.name))
        elif self._access.rights(wanted.NodeId).write is None:
            result = await act()  # nobody may: it says why not
            self._log.refused(record.ended(Stage.REFUSED, result.name))
        else:
            try:
                number = await self._log.intend(record)
            except AuditRefusedError:
                result = status(_S.BadResourceUnavailable)
            else:
                result = await act()
                self._log.end(number, record.ended(_stage(result), result.name))
        await self._tell_write(caller, wanted, old, result)
        return result

    async def _tell_write(
        self, caller: Caller, wanted: ua.WriteValue, old: ua.Variant | None, result: ua.StatusCode
    ) -> None:
        fields = {
            "AttributeId": ua.Variant(int(wanted.AttributeId), _T.UInt32),
            "IndexRange": ua.Variant(wanted.IndexRange or "", _T.String),
            "OldValue": old or ua.Variant(),
            "NewValue": wanted.Value.Value or ua.Variant(),
            "SourceNode": ua.Variant(wanted.NodeId, _T.NodeId),
        }
        kind = _ID.AuditWriteUpdateEventType
        await self._events.send(kind, "Attribute/Write", caller, result.value, fields)

    # ---- calls ---------------------------------------------------------------------------------------------------

    async def call(
        self,
        caller: Caller,
        wanted: ua.CallMethodRequest,
        act: Callable[[], Awaitable[ua.CallMethodResult]],
    ) -> ua.CallMethodResult:
        """Call a method, after its audit record where it changes something. A stop waits for nothing."""
        arguments = list(wanted.InputArguments or [])
        needed, record = self._deed(caller, wanted, arguments)
        problem = self._access.call_problem(caller, wanted.MethodId)
        if problem is not None and wanted.MethodId in self._aspace:
            result = ua.CallMethodResult(StatusCode=status(problem))
            self._log.refused(record.ended(Stage.REFUSED, result.StatusCode.name))
        elif needed is None or needed in READING:
            result = await act()
            self._note_reading(_ended(record, result))
        elif needed is Action.STOP:
            result = await act()
            self._log.repeated(_ended(record, result))  # a stop is asked for again and again until it shows
        else:
            result = await self._change(record, act)
        fields = {
            "MethodId": ua.Variant(wanted.MethodId, _T.NodeId),
            "SourceNode": ua.Variant(wanted.ObjectId, _T.NodeId),
            "InputArguments": ua.Variant(arguments, _T.Variant, is_array=True),
        }
        kind = _ID.AuditUpdateMethodEventType
        await self._events.send(kind, "Attribute/Call", caller, result.StatusCode.value, fields)
        return result

    async def _change(
        self, record: AuditRecord, act: Callable[[], Awaitable[ua.CallMethodResult]]
    ) -> ua.CallMethodResult:
        try:
            number = await self._log.intend(record)
        except AuditRefusedError as refusal:
            result = ua.CallMethodResult(StatusCode=status(_S.BadResourceUnavailable))
            result.InputArgumentDiagnosticInfos = [
                ua.DiagnosticInfo(AdditionalInfo=cast("ua.String", str(refusal)))
            ]
            return result
        result = await act()
        self._log.end(number, _ended(record, result))
        return result

    def _note_reading(self, record: AuditRecord) -> None:
        if record.stage is Stage.REFUSED:
            self._log.refused(record)
        elif self._readings.is_first((record.session, record.user, record.target), record):
            self._log.note(record)

    def tell_readings(self, *, everything: bool = False) -> None:
        """Write how often was read what is read again and again."""
        for record, more in self._readings.due(everything=everything):
            self._log.note(replace(record, detail={**record.detail, "repeated": more}))

    def _deed(
        self, caller: Caller, wanted: ua.CallMethodRequest, arguments: Sequence[ua.Variant]
    ) -> tuple[Action | None, AuditRecord]:
        """Return which right a call needs, and what is written of it; Execute is told as what it is aimed at."""
        values = [argument.Value for argument in arguments]
        method = wanted.MethodId
        if method == self._ns.node(_EXECUTE):
            target, new = _aim(values)
            rights = self._access.rights(target)
            old = self._value(target) if rights.write is not None else None
            record = self._record(
                caller, Deed.CALL, target, old=plain(old.Value if old else None), new=plain(new)
            )
            detail = {"through": _EXECUTE, "command": plain(values[0] if values else None)}
            # What it is aimed at decides; a wrong aim is refused by the door, and is a change until then.
            return rights.write or rights.call or Action.COMMAND, replace(record, detail=detail)
        action = self._access.rights(method).call
        deed = Deed.ACKNOWLEDGE if action is Action.ACKNOWLEDGE else Deed.CALL
        record = self._record(caller, deed, method, new=plain(values))
        if method.NamespaceIndex != self._ns.plant:  # a type's method, called on the object that matters
            record = replace(
                record, target=self._ns.printed(wanted.ObjectId), detail={"method": self._name(method)}
            )
        return action, record

    # ---- inside --------------------------------------------------------------------------------------------------

    def _record(
        self, caller: Caller, deed: Deed, node: ua.NodeId, *, old: object = None, new: object = None
    ) -> AuditRecord:
        return AuditRecord(
            deed=deed,
            target=str(plain(self._ns.printed(node))),
            user=caller.name,
            address=caller.address,
            session=caller.session,
            old=plain(old),
            new=plain(new),
        )

    def _value(self, node: ua.NodeId) -> ua.Variant | None:
        return self._aspace.read_attribute_value(node, ua.AttributeIds.Value).Value

    def _name(self, method: ua.NodeId) -> str:
        found = self._aspace.read_attribute_value(method, ua.AttributeIds.BrowseName).Value
        return (
            str(found.Value.Name)
            if found is not None and found.Value is not None
            else str(method.to_string())
        )


def _aim(values: Sequence[object]) -> tuple[ua.NodeId, object]:
    """Return what Execute is aimed at and the new value; the null node where that is not to be told."""
    target, new = (*values, None, None, None)[1:3]
    return (target if isinstance(target, ua.NodeId) else ua.NodeId()), new


def _stage(code: ua.StatusCode) -> Stage:
    return Stage.DONE if code.is_good() else Stage.REFUSED


def _ended(record: AuditRecord, result: ua.CallMethodResult) -> AuditRecord:
    infos = result.InputArgumentDiagnosticInfos or []
    reason = str(infos[0].AdditionalInfo) if infos and infos[0].AdditionalInfo else ""
    return record.ended(_stage(result.StatusCode), result.StatusCode.name, reason)

"""Bind every method node to what it does."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from asyncua import ua

from opcua_server.alarm_service import AlarmService
from opcua_server.commands import STATUS_OF, CommandDoor, Verb
from opcua_server.journal_methods import JournalMethods
from opcua_server.model.namespaces import Namespaces
from opcua_server.model.plantwide import ARRAY_ENTRY, METHODS
from opcua_server.model.types import COMMAND_METHODS, FAMILY_TYPES
from opcua_server.predict import Predictor
from opcua_server.readings import LatestReadings
from opcua_server.security.authorize import Action, NotAuthorizedError, authorize
from opcua_server.services.caller import Caller
from opcua_server.services.internal import AndonInternalServer
from opcua_server.services.methods import Handler, MethodRefusedError
from opcua_server.simulation import SimulationService
from opcua_server.what_if import WhatIfService
from plant.engine import Engine
from plant.errors import PlantError

_S = ua.StatusCodes
_ID = ua.ObjectIds
_T = ua.VariantType


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """Everything that a method may lead to."""

    engine: Engine
    door: CommandDoor
    predictor: Predictor
    readings: LatestReadings
    alarms: AlarmService
    journal: JournalMethods
    what_if: WhatIfService
    simulation: SimulationService


def bind_methods(inner: AndonInternalServer, ns: Namespaces, services: Services) -> None:
    """Bind the plant-wide methods, each device's, and the standard ones of conditions."""
    handlers: dict[str, Handler] = {
        "Plant/EmergencyStopAll": _stop_all(services.door),
        "Plant/ResetEmergencyStopAll": _command(services.door, Verb.RESET_STOP, ""),
        "Plant/Predict": services.predictor.predict,
        "Plant/PredictJson": services.predictor.predict_json,
        "Plant/LatestReadings": services.readings.handle,
        "Plant/WhatIf": services.what_if.handle,
        "Commands/Execute": _execute(services.door),
        "Commands/Explain": _explain(services.door),
        **services.simulation.handlers,
        "Alarms/QueryJournal": services.journal.query,
        "Alarms/ExportJournal": services.journal.export,
    }
    for path, handler in handlers.items():
        inputs = METHODS[path][2]
        arrays = [index for index, entry in enumerate(inputs) if len(entry) == ARRAY_ENTRY]
        inner.methods.bind(ns.node(path), handler, [entry[1] for entry in inputs], arrays)
    _bind_devices(inner, ns, services)
    _bind_conditions(inner, services.alarms)


def _bind_devices(inner: AndonInternalServer, ns: Namespaces, services: Services) -> None:
    playback = _Playback(services.engine)
    for device in services.engine.definition.devices:
        if device.replay is not None:
            inner.methods.bind(ns.node(f"{device.tag}/Playback/Play"), playback.play)
            inner.methods.bind(ns.node(f"{device.tag}/Playback/Pause"), playback.pause)
            speed = ns.node(f"{device.tag}/Playback/SetSpeed")
            inner.methods.bind(speed, playback.set_speed, [_ID.Double])
            continue
        for method in COMMAND_METHODS:
            handler = _command(services.door, Verb(method), device.tag)
            inner.methods.bind(ns.node(f"{device.tag}/{method}"), handler)
    # A client may call the type's method on an instance (OPC 10000-4, 5.12.2): the object says which device.
    for _, type_name in FAMILY_TYPES.values():
        for method in COMMAND_METHODS:
            node = ua.NodeId(f"{type_name}/{method}", ns.types)
            if node in inner.aspace:
                inner.methods.bind(node, _command_by_object(services.door, Verb(method), ns))


def _bind_conditions(inner: AndonInternalServer, alarms: AlarmService) -> None:
    subscriptions = inner.subscriptions

    async def refresh(_: Caller, __: ua.NodeId, arguments: Sequence[ua.Variant]) -> list[ua.Variant]:
        code = await subscriptions.refresh(*(argument.Value for argument in arguments))
        if not code.is_good():
            raise MethodRefusedError(code.value, "There is no such subscription or monitored item.")
        return []

    inner.methods.bind(ua.NodeId(_ID.ConditionType_ConditionRefresh), refresh, [_ID.UInt32])
    inner.methods.bind(ua.NodeId(_ID.ConditionType_ConditionRefresh2), refresh, [_ID.UInt32, _ID.UInt32])
    acknowledge = ua.NodeId(_ID.AcknowledgeableConditionType_Acknowledge)
    inner.methods.bind(acknowledge, alarms.acknowledge, [_ID.ByteString, _ID.LocalizedText])


def _command(door: CommandDoor, verb: Verb, device: str) -> Handler:
    async def handle(caller: Caller, _: ua.NodeId, __: Sequence[ua.Variant]) -> list[ua.Variant]:
        await door.call(caller, verb, device)
        return []

    return handle


def _command_by_object(door: CommandDoor, verb: Verb, ns: Namespaces) -> Handler:
    async def handle(caller: Caller, node: ua.NodeId, _: Sequence[ua.Variant]) -> list[ua.Variant]:
        if node.NamespaceIndex != ns.plant:
            raise MethodRefusedError(_S.BadMethodInvalid, "That object is no device.")
        await door.call(caller, verb, str(node.Identifier))
        return []

    return handle


def _stop_all(door: CommandDoor) -> Handler:
    async def handle(caller: Caller, _: ua.NodeId, __: Sequence[ua.Variant]) -> list[ua.Variant]:
        _allow(caller, Action.STOP)
        stopped, deaf = door.stop(caller, None)
        return [ua.Variant(list(names), _T.String, is_array=True) for names in (stopped, deaf)]

    return handle


def _execute(door: CommandDoor) -> Handler:
    async def handle(caller: Caller, _: ua.NodeId, arguments: Sequence[ua.Variant]) -> list[ua.Variant]:
        command, target, value, expected, valid_until = (argument.Value for argument in arguments)
        outcome = await door.execute(caller, command, target, value, expected, valid_until)
        return [ua.Variant(outcome.text, _T.String), ua.Variant(outcome.sequence, _T.UInt32)]

    return handle


def _explain(door: CommandDoor) -> Handler:
    async def handle(caller: Caller, _: ua.NodeId, arguments: Sequence[ua.Variant]) -> list[ua.Variant]:
        command, target, reason = (argument.Value for argument in arguments)
        door.explain(caller, command, target, reason or "")
        return []

    return handle


class _Playback:
    """The methods of replay devices; `s=RIG-001/Playback` is the object."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def play(self, caller: Caller, node: ua.NodeId, _: Sequence[ua.Variant]) -> list[ua.Variant]:
        return self._do(caller, node, self._engine.play)

    async def pause(self, caller: Caller, node: ua.NodeId, _: Sequence[ua.Variant]) -> list[ua.Variant]:
        return self._do(caller, node, self._engine.pause)

    async def set_speed(
        self, caller: Caller, node: ua.NodeId, arguments: Sequence[ua.Variant]
    ) -> list[ua.Variant]:
        return self._do(caller, node, lambda device: self._engine.set_speed(device, arguments[0].Value))

    @staticmethod
    def _do(caller: Caller, node: ua.NodeId, action: Callable[[str], None]) -> list[ua.Variant]:
        _allow(caller, Action.COMMAND)
        device = str(node.Identifier).split("/")[0]
        _try(lambda: action(device))
        return []


def _allow(caller: Caller, action: Action) -> None:
    try:
        authorize(caller, action)
    except NotAuthorizedError as problem:
        raise MethodRefusedError(_S.BadUserAccessDenied, str(problem)) from problem


def _try(action: Callable[[], None]) -> None:
    try:
        action()
    except PlantError as problem:
        raise MethodRefusedError(STATUS_OF[problem.reason], str(problem)) from problem

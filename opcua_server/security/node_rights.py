"""Which right each node asks for: the other half of the table, nodes to actions."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from asyncua import ua
from asyncua.server.address_space import AddressSpace

from opcua_server.model import companions
from opcua_server.model.namespaces import Namespaces
from opcua_server.security.permissions import Action

_ID = ua.ObjectIds
_ENCRYPTED: Final = int(ua.AccessRestrictionType.EncryptionRequired)


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeRights:
    """What a node asks for. `write` and `call` are None where nobody may."""

    see: Action = Action.SEE_SERVER  # to browse to it and to read it
    write: Action | None = None
    call: Action | None = None
    restrictions: int = 0  # AccessRestrictionType: encryption, where what it holds is secret


# Methods of the plant as a whole, by their path.
PLANT_METHODS: Final[Mapping[str, Action]] = {
    "Plant/EmergencyStopAll": Action.STOP,
    "Plant/ResetEmergencyStopAll": Action.RESET_STOP,
    "Plant/Predict": Action.PREDICT,
    "Plant/PredictJson": Action.PREDICT,
    "Plant/LatestReadings": Action.READ,
    "Plant/WhatIf": Action.SETPOINT,  # who may not write a setpoint need not try one out
    "Commands/Explain": Action.COMMAND,  # what it is aimed at may ask for more
    "Commands/Execute": Action.STOP,  # the least that it can do; what it is aimed at asks for its own
    "Simulation/InjectFault": Action.SIMULATE,
    "Simulation/ClearFaults": Action.SIMULATE,
    "Simulation/ListFaults": Action.READ,
    "Simulation/ListScenarios": Action.SIMULATE,  # which one runs is what a trainee is to find out
    "Simulation/RunScenario": Action.SIMULATE,
    "Simulation/StopScenario": Action.SIMULATE,
    "Simulation/SetSpeed": Action.SIMULATE,
    "Simulation/SetChaos": Action.SIMULATE,
    "Simulation/GroundTruth": Action.SIMULATE,
    "Alarms/QueryJournal": Action.READ_JOURNAL,
    "Alarms/ExportJournal": Action.READ_JOURNAL,
}

# Methods of a device, of its type, of a replayed device's Playback, by their name.
DEVICE_METHODS: Final[Mapping[str, Action]] = {
    "Start": Action.COMMAND,
    "Shutdown": Action.COMMAND,
    "Restart": Action.COMMAND,
    "Maintain": Action.COMMAND,
    "Play": Action.COMMAND,
    "Pause": Action.COMMAND,
    "SetSpeed": Action.COMMAND,
    "EmergencyStop": Action.STOP,
    "ResetEmergencyStop": Action.RESET_STOP,
}

# Standard methods, by their number; a condition's are called by the number of its type's (OPC 10000-9, 5.5.4).
STANDARD_METHODS: Final[Mapping[int, Action]] = {
    _ID.ConditionType_ConditionRefresh: Action.READ,
    _ID.ConditionType_ConditionRefresh2: Action.READ,
    _ID.ConditionType_Enable: Action.CONFIGURE_ALARMS,
    _ID.ConditionType_Disable: Action.CONFIGURE_ALARMS,
    _ID.ConditionType_AddComment: Action.ACKNOWLEDGE,
    _ID.AcknowledgeableConditionType_Acknowledge: Action.ACKNOWLEDGE,
    _ID.AcknowledgeableConditionType_Confirm: Action.ACKNOWLEDGE,
    _ID.AlarmConditionType_Silence: Action.ACKNOWLEDGE,
    _ID.AlarmConditionType_Suppress: Action.OUT_OF_SERVICE,
    _ID.AlarmConditionType_Unsuppress: Action.OUT_OF_SERVICE,
    _ID.AlarmConditionType_RemoveFromService: Action.OUT_OF_SERVICE,
    _ID.AlarmConditionType_PlaceInService: Action.OUT_OF_SERVICE,
    _ID.AlarmConditionType_Reset: Action.RESET_ALARM,
    _ID.ShelvedStateMachineType_TimedShelve: Action.SHELVE,
    _ID.ShelvedStateMachineType_OneShotShelve: Action.SHELVE,
    _ID.ShelvedStateMachineType_Unshelve: Action.SHELVE,
    _ID.Server_GetMonitoredItems: Action.SEE_SERVER,
    _ID.Server_ResendData: Action.SEE_SERVER,
}

# The Server object's own secrets: who is connected how, and who has which role.
_SECRET: Final = NodeRights(see=Action.READ_AUDIT, restrictions=_ENCRYPTED)
SECRET_NODES: Final = frozenset(
    {
        _ID.Server_ServerDiagnostics_SessionsDiagnosticsSummary_SessionSecurityDiagnosticsArray,
        *(
            number
            for name, number in vars(_ID).items()
            if name.startswith("WellKnownRole_")
            and name.endswith(("_Identities", "_Applications", "_Endpoints"))
        ),
    }
)
# What clients may write of the standard's nodes.
STANDARD_WRITES: Final[Mapping[int, Action]] = {
    _ID.Server_ServerDiagnostics_EnabledFlag: Action.CONFIGURE_PLANT,
}
_TYPE_CLASSES: Final = frozenset(
    {ua.NodeClass.ObjectType, ua.NodeClass.VariableType, ua.NodeClass.DataType, ua.NodeClass.ReferenceType}
)


class NodeRules:
    """Says of every node which rights it asks for."""

    def __init__(self, aspace: AddressSpace, ns: Namespaces) -> None:
        self._aspace = aspace
        self._ns = ns
        self._types = frozenset({ns.di, ns.machinery, ns.types})
        self._machines = companions.machines_folder(ns)  # the one object among types that lists what there is
        self.of = lru_cache(maxsize=65_536)(self._of)

    def _of(self, node: ua.NodeId) -> NodeRights:
        if node.NamespaceIndex == 0:
            return _standard(node.Identifier)
        if node.NamespaceIndex == self._ns.plant:
            return _own(str(node.Identifier), Action.READ)
        if node == self._machines:
            return NodeRights(see=Action.READ)
        if node.NamespaceIndex in self._types:
            return _own(str(node.Identifier), Action.SEE_SERVER)
        # What a user has loaded: its types are types; its variables are written like setpoints, where they are writable.
        if self._is_type(node):
            return NodeRights(see=Action.SEE_SERVER)
        return NodeRights(see=Action.READ, write=Action.SETPOINT, call=Action.COMMAND)

    def _is_type(self, node: ua.NodeId) -> bool:
        found = self._aspace.read_attribute_value(node, ua.AttributeIds.NodeClass).Value
        return found is not None and found.Value in _TYPE_CLASSES


def _standard(number: object) -> NodeRights:
    if number in SECRET_NODES:
        return _SECRET
    if not isinstance(number, int):
        return NodeRights()
    return NodeRights(write=STANDARD_WRITES.get(number), call=STANDARD_METHODS.get(number))


def _own(path: str, see: Action) -> NodeRights:
    owner, _, name = path.rpartition("/")
    if path.startswith("NamespaceMetadata/"):
        return NodeRights()  # the Server object's own description
    if path in PLANT_METHODS:
        return NodeRights(see=see, call=PLANT_METHODS[path])
    if owner and name in DEVICE_METHODS and "/Alarms/" not in path:  # an alarm may be called EmergencyStop
        return NodeRights(see=see, call=DEVICE_METHODS[name])
    if "/Setpoints/" in path and owner.endswith("/Setpoints"):
        return NodeRights(see=see, write=Action.SETPOINT)
    if "/Alarms/" in path and name.endswith("Limit"):
        return NodeRights(see=see, write=Action.LIMIT)
    return NodeRights(see=see)

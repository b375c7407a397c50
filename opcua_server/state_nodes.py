"""Latches, command sequences and Machinery's item states as nodes: what follows the engine but is in no column."""

from collections.abc import Collection, Mapping

from asyncua import ua

from opcua_server.chaos import Chaos
from opcua_server.commands import CommandDoor
from opcua_server.dataplane.publish import Publisher
from opcua_server.model.companions import ITEM_STATES
from opcua_server.model.instances import PlantNodes
from opcua_server.model.namespaces import Namespaces
from opcua_server.pace import Pace
from plant.control.modes import RunningState
from plant.definition import Family
from plant.engine import Engine

_T = ua.VariantType
_ITEM_STATE = {
    RunningState.STOPPED: "NotExecuting",
    RunningState.STARTING: "Executing",
    RunningState.RUNNING: "Executing",
    RunningState.STOPPING: "Executing",
    RunningState.EMERGENCY_STOPPED: "OutOfService",
    RunningState.OFFLINE: "NotAvailable",
}


class StateNodes:
    """Writes what changed since the last call."""

    def __init__(
        self,
        engine: Engine,
        door: CommandDoor,
        ns: Namespaces,
        nodes: PlantNodes,
        plantwide: Mapping[str, ua.NodeId],
        publisher: Publisher,
        pace: Pace,
        chaos: Chaos,
    ) -> None:
        self._engine = engine
        self._door = door
        self._ns = ns
        self._nodes = nodes
        self._plantwide = plantwide
        self._publisher = publisher
        self._pace, self._chaos = pace, chaos
        self._all = [device.tag for device in engine.definition.devices]
        self._machines = {d.tag for d in engine.definition.devices if d.family is not Family.REPLAY}
        self._written: dict[ua.NodeId, object] = {}

    async def publish(self, devices: Collection[str] | None = None) -> None:
        """Write latches, sequences, item states and simulated time; of all devices, or of some."""
        latches = self._engine.latches
        await self._put(self._plantwide["Plant/EmergencyStopLatched"], latches.plant, _T.Boolean)
        await self._put(self._plantwide["Simulation/PlantTime"], round(self._engine.time_s, 3), _T.Double)
        await self._put(self._plantwide["Simulation/Speed"], self._pace.speed, _T.Double)
        await self._put(self._plantwide["Simulation/AchievedSpeed"], round(self._pace.achieved, 2), _T.Double)
        await self._put(self._plantwide["Simulation/ChaosInterval"], self._chaos.mean_s, _T.Double)
        for device in self._all if devices is None else devices:
            if device in self._machines:
                await self._device(device, latched=device in latches.devices)
            await self._item_state(device)

    async def _device(self, device: str, *, latched: bool) -> None:
        await self._put(self._nodes.tags[device, "State", "EmergencyStopLatched"], latched, _T.Boolean)
        sequence = self._nodes.tags[device, "State", "CommandSequence"]
        await self._put(sequence, self._door.sequence(device), _T.UInt32)

    async def _item_state(self, device: str) -> None:
        name = _ITEM_STATE[self._engine.running_state(device)]
        node = self._nodes.tags[device, "MachineryItemState", "CurrentState"]
        if self._written.get(node) == name:
            return
        self._written[node] = name
        await self._publisher.put(node, ua.LocalizedText(name, "en"), _T.LocalizedText)
        state = ua.NodeId(ITEM_STATES[name], self._ns.machinery)
        await self._publisher.put(self._nodes.tags[device, "MachineryItemState", "Id"], state, _T.NodeId)

    async def _put(self, node: ua.NodeId, value: object, kind: ua.VariantType) -> None:
        if node in self._written and self._written[node] == value:
            return
        self._written[node] = value
        await self._publisher.put(node, value, kind)

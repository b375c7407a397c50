"""A small OPC UA server with the shape of an Andon plant, in a thread of its own, for the link's tests."""

import asyncio
import contextlib
import json
import socket
import threading
import time
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from asyncua import Server, ua
from asyncua.common.node import Node

TYPES, PLANT = "urn:andon:types", "urn:andon:mini"
TEMPERATURE = f"nsu={PLANT};s=CNC-001/Measurements/Temperature"
SETPOINT = f"nsu={PLANT};s=CNC-001/Setpoints/SpeedSetpoint"
RUNNING = f"nsu={PLANT};s=CNC-001/State/RunningState"
START = f"nsu={PLANT};s=CNC-001/Start"
OIL_LEAK = f"nsu={PLANT};s=CNC-001/Alarms/OilLeak"
JOURNAL = [
    {"seq": n, "time": f"2026-01-01T00:00:{n:02d}Z", "kind": "alarm", "priority": 2} for n in range(1, 6)
]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Deeds:
    """What the server has been asked to do, and how it shall misbehave."""

    executed: list[tuple[str, str, Any]] = field(default_factory=list)
    seen_ids: set[str] = field(default_factory=set)
    calls: list[str] = field(default_factory=list)
    acknowledged: list[tuple[bytes, str]] = field(default_factory=list)
    valid_until: datetime | None = None
    answer_after_s: float = 0.0
    drop_first: bool = False
    ignore_values: bool = False
    refuse: int | None = None
    refuse_reason: str = ""
    deaf_stop: bool = False


class MiniPlant:
    """One server. `running()` starts and ends it; the same port can be used again."""

    def __init__(self, port: int | None = None, *, devices: int = 1, foreign: bool = False) -> None:
        self.port = port or free_port()
        self.url = f"opc.tcp://127.0.0.1:{self.port}"
        self.deeds = Deeds()
        self.server: Server
        self.foreign = foreign
        self.devices = devices
        self._loop: asyncio.AbstractEventLoop | None = None
        self._done: asyncio.Event
        self._generators: dict[str, Any] = {}
        self._ns = 0

    @contextlib.contextmanager
    def running(self) -> Iterator["MiniPlant"]:
        ready = threading.Event()
        thread = threading.Thread(target=lambda: asyncio.run(self._main(ready)), name="mini-plant")
        thread.start()
        try:
            assert ready.wait(20)
            yield self
        finally:
            assert self._loop is not None
            self._loop.call_soon_threadsafe(self._done.set)
            thread.join(10)
            assert not thread.is_alive()

    def do(self, work: Awaitable[Any]) -> Any:
        """Run a coroutine in the server's loop."""
        assert self._loop is not None

        async def wrapped() -> Any:
            return await work

        return asyncio.run_coroutine_threadsafe(wrapped(), self._loop).result(10)

    def freeze(self, seconds: float) -> None:
        """Keep the server's loop from running, as a stopped process would be."""
        assert self._loop is not None
        self._loop.call_soon_threadsafe(time.sleep, seconds)

    def drop_connections(self) -> None:
        """Cut every client off, as a broken line would."""
        assert self._loop is not None
        self._loop.call_soon_threadsafe(self._drop)

    def go_away(self) -> None:
        """Close the port and every connection, as the end of the process would."""
        self.do(self.server.bserver.stop())
        self.drop_connections()

    def come_back(self) -> None:
        """Open the port again; the clients' sessions and subscriptions are gone."""
        self.do(self.server.bserver.start())

    def _drop(self) -> None:
        for client in list(self.server.bserver.clients):
            client.transport.abort()

    async def add_variable(self, name: str, value: Any) -> None:
        """Add a variable to the foreign server's boiler."""
        boiler = self.server.get_node(self.node_id("Boiler"))
        await boiler.add_variable(self.node_id(name), f"{self._ns}:{name}", value)

    def write(
        self, path: str, value: Any, kind: ua.VariantType = ua.VariantType.Double, status: int = 0
    ) -> None:
        entry = ua.DataValue(ua.Variant(value, kind), ua.StatusCode(status), datetime.now(UTC))
        self.do(self.server.write_attribute_value(self.node_id(path), entry))

    def node_id(self, path: str) -> ua.NodeId:
        return ua.NodeId(path, self._ns)

    def read(self, path: str) -> Any:
        return self.do(self.server.get_node(self.node_id(path)).read_value())

    def raise_alarm(self, *, active: bool = True, retain: bool = True, severity: int = 900) -> None:
        """Send one event of the oil leak alarm."""

        async def send() -> None:
            generator = self._generators["oil"]
            generator.event.ActiveState = ua.LocalizedText("Active" if active else "Inactive")
            setattr(generator.event, "ActiveState/Id", active)
            setattr(generator.event, "AckedState/Id", False)
            generator.event.Retain = retain
            generator.event.Severity = severity
            await generator.trigger(message="Critical oil leak")

        self.do(send())

    # ---- the server ------------------------------------------------------------------------------------------------

    async def _main(self, ready: threading.Event) -> None:
        self._loop, self._done = asyncio.get_running_loop(), asyncio.Event()
        self.server = Server()
        self.server.iserver.bind_condition_methods = 700
        await self.server.init()
        self.server.set_endpoint(self.url)
        self.server.set_security_policy([ua.SecurityPolicyType.NoSecurity])
        self.server.set_identity_tokens([ua.AnonymousIdentityToken])
        if self.foreign:
            await self._build_foreign()
        else:
            await self._build_andon()
        await self.server.start()
        beat = asyncio.create_task(self._beat()) if not self.foreign else None
        ready.set()
        await self._done.wait()
        if beat is not None:
            beat.cancel()
            await asyncio.gather(beat, return_exceptions=True)
        await self.server.stop()

    async def _beat(self) -> None:
        count = 0
        while True:
            count += 1
            value = ua.DataValue(ua.Variant(count, ua.VariantType.UInt32))
            await self.server.write_attribute_value(self.node_id("Plant/Heartbeat"), value)
            await asyncio.sleep(0.2)

    async def _build_foreign(self) -> None:
        self._ns = await self.server.register_namespace("urn:somebody:else")
        boiler = await self.server.nodes.objects.add_object(
            ua.NodeId("Boiler", self._ns), f"{self._ns}:Boiler"
        )
        value = await boiler.add_variable(self.node_id("Level"), f"{self._ns}:Level", 4.5)
        await value.set_writable()
        await boiler.add_variable(self.node_id("Maker"), f"{self._ns}:Maker", "Smith")

    async def _build_andon(self) -> None:
        await self.server.register_namespace(TYPES)
        self._ns = await self.server.register_namespace(PLANT)
        plant = await self._object(self.server.nodes.objects, "Plant", "Plant")
        await self._variable(plant, "Plant/Heartbeat", 0, ua.VariantType.UInt32)
        await self._variable(plant, "Plant/EmergencyStopLatched", False, ua.VariantType.Boolean)
        await self._method(plant, "Plant/EmergencyStopAll", self._stop_all)
        await self._method(plant, "Plant/ResetEmergencyStopAll", self._reset_all)
        await self._method(plant, "Plant/Predict", self._predict)
        commands = await self._object(plant, "Commands", "Commands")
        await self._method(commands, "Commands/Execute", self._execute)
        alarms = await self._object(plant, "Alarms", "Alarms")
        await self._method(alarms, "Alarms/QueryJournal", self._query_journal)
        await self._method(alarms, "Alarms/ExportJournal", self._export_journal)
        diagnostics = await self._object(plant, "Diagnostics", "Diagnostics")
        await self._variable(diagnostics, "Diagnostics/ServerVersion", "9.9", ua.VariantType.String)
        area = await self._object(plant, "Area/Machining", "Machining")
        line = await self._object(area, "Line/1", "Line 1")
        for number in range(1, self.devices + 1):
            await self._device(line, f"CNC-{number:03d}")

    async def _device(self, line: Node, tag: str) -> None:
        device = await self._object(line, tag, tag)
        maker = await self._object(device, f"{tag}/Identification", "Identification")
        await maker.add_property(self.node_id(f"{tag}/Identification/Manufacturer"), "2:Manufacturer", "Acme")
        measurements = await self._object(device, f"{tag}/Measurements", "Measurements")
        path = f"{tag}/Measurements/Temperature"
        temperature = await self._variable(measurements, path, 21.5, ua.VariantType.Double)
        unit = ua.EUInformation(DisplayName=ua.LocalizedText("°C"))
        await temperature.add_property(self.node_id(f"{path}/EURange"), "0:EURange", ua.Range(0.0, 120.0))
        await temperature.add_property(self.node_id(f"{path}/EngineeringUnits"), "0:EngineeringUnits", unit)
        await temperature.add_property(
            self.node_id(f"{path}/NormalRange"), "2:NormalRange", ua.Range(20.0, 70.0)
        )
        await temperature.add_property(self.node_id(f"{path}/ValuePrecision"), "0:ValuePrecision", 2.0)
        await self._type(measurements, temperature, ua.ObjectIds.AnalogUnitRangeType)
        await self._variable(temperature, f"{path}/Expected", 20.5, ua.VariantType.Double)
        # Its range is not where the others have theirs.
        pressure = await self._variable(
            measurements, f"{tag}/Measurements/Pressure", 1.0, ua.VariantType.Double
        )
        await pressure.add_property(ua.NodeId(f"{tag}-odd", self._ns), "0:EURange", ua.Range(0.0, 9.0))
        await self._type(measurements, pressure, ua.ObjectIds.AnalogUnitRangeType)
        setpoints = await self._object(device, f"{tag}/Setpoints", "Setpoints")
        setpoint = await self._variable(
            setpoints, f"{tag}/Setpoints/SpeedSetpoint", 100.0, ua.VariantType.Double
        )
        await setpoint.set_writable()
        state = await self._object(device, f"{tag}/State", "State")
        running = await self._variable(state, f"{tag}/State/RunningState", 0, ua.VariantType.UInt32)
        texts = [ua.LocalizedText(text) for text in ("Stopped", "Starting", "Running")]
        await running.add_property(
            self.node_id(f"{tag}/State/RunningState/EnumStrings"), "0:EnumStrings", texts
        )
        latch = await self._variable(
            state, f"{tag}/State/EmergencyStopLatched", False, ua.VariantType.Boolean
        )
        for name, text in (("TrueState", "Latched"), ("FalseState", "Clear")):
            await latch.add_property(
                self.node_id(f"{tag}/State/EmergencyStopLatched/{name}"), f"0:{name}", ua.LocalizedText(text)
            )
        health = await self._object(device, f"{tag}/Health", "Health")
        await self._variable(health, f"{tag}/Health/Recommendation", "", ua.VariantType.String)
        await health.add_variable(
            self.node_id(f"{tag}/Health/Contributions"), f"{self._ns}:Contributions", [0.5, 0.25]
        )
        await self._method(device, f"{tag}/Start", self._start)
        await self._method(device, f"{tag}/EmergencyStop", self._stop_one)
        await self._method(device, f"{tag}/ResetEmergencyStop", self._reset_one)
        alarms = await self._object(device, f"{tag}/Alarms", "Alarms")
        limit_alarm = await self._object(alarms, f"{tag}/Alarms/Temperature", "Temperature")
        limit = await limit_alarm.add_property(
            self.node_id(f"{tag}/Alarms/Temperature/HighLimit"), "0:HighLimit", 80.0
        )
        thresholds = await self._object(device, f"{tag}/Thresholds", "Thresholds")
        await thresholds.add_reference(limit, ua.ObjectIds.Organizes)
        if tag == "CNC-001":
            await self._condition(alarms, f"{tag}/Alarms/OilLeak")

    async def _condition(self, alarms: Node, path: str) -> None:
        condition = await self._object(alarms, path, "OilLeak")
        generator = await self.server.get_event_generator(
            ua.ObjectIds.AlarmConditionType, ua.ObjectIds.Server
        )
        event = generator.event
        event.NodeId = condition.nodeid
        event.ConditionName, event.SourceName = "OilLeak", "CNC-001"
        for name, value, kind in (
            ("NodeId", condition.nodeid, ua.VariantType.NodeId),
            ("Priority", 1, ua.VariantType.Byte),
            ("Device", "CNC-001", ua.VariantType.String),
            ("RespondWithin", 600_000.0, ua.VariantType.Double),
            ("FirstActiveTime", datetime(2026, 1, 1, tzinfo=UTC), ua.VariantType.DateTime),
        ):
            event.add_property(name, value, kind)
        self._generators["oil"] = generator
        acknowledge = ua.NodeId(ua.ObjectIds.AcknowledgeableConditionType_Acknowledge)
        self.server.link_method(self.server.get_node(acknowledge), self._acknowledge)

    async def _type(self, parent: Node, variable: Node, kind: int) -> None:
        """Make a plain variable one of another type, as a browse of its parent shows it."""
        for reference in self.server.iserver.aspace[parent.nodeid].references:
            if reference.NodeId == variable.nodeid:
                reference.TypeDefinition = ua.NodeId(kind)

    async def _object(self, parent: Node, path: str, name: str) -> Node:
        return await parent.add_object(self.node_id(path), f"{self._ns}:{name}")

    async def _variable(self, parent: Node, path: str, value: Any, kind: ua.VariantType) -> Node:
        name = path.rpartition("/")[2]
        return await parent.add_variable(self.node_id(path), f"{self._ns}:{name}", value, kind)

    async def _method(self, parent: Node, path: str, handler: Callable[..., Any]) -> None:
        await parent.add_method(self.node_id(path), f"{self._ns}:{path.rpartition('/')[2]}", handler)

    # ---- methods ---------------------------------------------------------------------------------------------------

    async def _execute(self, _parent: ua.NodeId, *arguments: ua.Variant) -> Any:
        deeds = self.deeds
        command_id, target, value = str(arguments[0].Value), arguments[1].Value, arguments[2].Value
        deeds.valid_until = arguments[4].Value
        if deeds.refuse is not None:
            return ua.CallMethodResult(
                StatusCode=ua.StatusCode(deeds.refuse),
                InputArgumentDiagnosticInfos=[ua.DiagnosticInfo(AdditionalInfo=deeds.refuse_reason or None)],
            )
        if command_id not in deeds.seen_ids:
            deeds.seen_ids.add(command_id)
            deeds.executed.append((command_id, str(target.Identifier), value))
            await self._apply(target, value)
        if deeds.drop_first:
            deeds.drop_first = False
            self._drop()
        await asyncio.sleep(deeds.answer_after_s)
        return [ua.Variant("done", ua.VariantType.String), ua.Variant(1, ua.VariantType.UInt32)]

    async def _apply(self, target: ua.NodeId, value: Any) -> None:
        if self.deeds.ignore_values:
            return
        if value is not None:
            await self.server.write_attribute_value(
                target, ua.DataValue(ua.Variant(value, ua.VariantType.Double))
            )
        elif str(target.Identifier).endswith("/Start"):
            await self._set(
                str(target.Identifier).replace("/Start", "/State/RunningState"), 2, ua.VariantType.UInt32
            )

    async def _start(self, _parent: ua.NodeId) -> list[ua.Variant]:
        return []

    async def _stop_all(self, _parent: ua.NodeId) -> list[ua.Variant]:
        self.deeds.calls.append("stop-all")
        if not self.deeds.deaf_stop:
            await self._set("Plant/EmergencyStopLatched", True, ua.VariantType.Boolean)
        texts = (["CNC-001"], ["RIG-001"])
        return [ua.Variant(names, ua.VariantType.String, is_array=True) for names in texts]

    async def _reset_all(self, _parent: ua.NodeId) -> list[ua.Variant]:
        await self._set("Plant/EmergencyStopLatched", False, ua.VariantType.Boolean)
        return []

    async def _stop_one(self, parent: ua.NodeId) -> Any:
        self.deeds.calls.append(f"stop {parent.Identifier}")
        if self.deeds.refuse is not None:
            return ua.StatusCode(self.deeds.refuse)
        await self._set(f"{parent.Identifier}/State/EmergencyStopLatched", True, ua.VariantType.Boolean)
        return []

    async def _reset_one(self, parent: ua.NodeId) -> list[ua.Variant]:
        await self._set(f"{parent.Identifier}/State/EmergencyStopLatched", False, ua.VariantType.Boolean)
        return []

    async def _set(self, path: str, value: Any, kind: ua.VariantType) -> None:
        await self.server.write_attribute_value(self.node_id(path), ua.DataValue(ua.Variant(value, kind)))

    async def _predict(self, _parent: ua.NodeId, *arguments: ua.Variant) -> list[ua.Variant]:
        hot = arguments[0].Value > 70.0
        return [
            ua.Variant(-0.2 if hot else 0.2, ua.VariantType.Double),
            ua.Variant(int(hot), ua.VariantType.Int32),
            ua.Variant("too hot" if hot else "normal", ua.VariantType.String),
        ]

    async def _query_journal(self, _parent: ua.NodeId, *arguments: ua.Variant) -> list[ua.Variant]:
        rows, more = self._page(arguments[2].Value, arguments[3].Value)
        return [
            ua.Variant([json.dumps(row) for row in rows], ua.VariantType.String, is_array=True),
            ua.Variant(rows[-1]["seq"] if rows else 0, ua.VariantType.Int64),
            ua.Variant(more, ua.VariantType.Boolean),
        ]

    async def _export_journal(self, _parent: ua.NodeId, *arguments: ua.Variant) -> list[ua.Variant]:
        rows, more = self._page(arguments[3].Value, 2)
        return [
            ua.Variant("".join(f"{row['seq']},ä\n" for row in rows), ua.VariantType.String),
            ua.Variant(rows[-1]["seq"] if rows else 0, ua.VariantType.Int64),
            ua.Variant(more, ua.VariantType.Boolean),
            ua.Variant("seq,text\n", ua.VariantType.String),
        ]

    def _page(self, after: int, limit: int) -> tuple[list[dict[str, Any]], bool]:
        rows = [row for row in JOURNAL if int(str(row["seq"])) > after]
        return rows[:limit], len(rows) > limit

    async def _acknowledge(self, parent: ua.NodeId, event_id: ua.Variant, comment: ua.Variant) -> Any:
        if event_id.Value == b"old":
            return ua.StatusCode(ua.StatusCodes.BadEventIdUnknown)
        self.deeds.acknowledged.append((event_id.Value, comment.Value.Text))
        return []

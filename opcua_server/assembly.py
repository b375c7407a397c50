"""Put a server together from its parts: plant, nodes, alarms, commands, scoring."""

import asyncio
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from asyncua import Server, ua

import resources
from opcua_server.alarm_service import AlarmService, describe_devices
from opcua_server.alarms.catalogue import build_definitions
from opcua_server.alarms.entries import StoredLatches
from opcua_server.alarms.errors import JournalError
from opcua_server.alarms.journal import Journal
from opcua_server.alarms.rules import load_rules
from opcua_server.chaos import Chaos
from opcua_server.commands import CommandDoor
from opcua_server.conditions import Conditions
from opcua_server.dataplane.publish import Publisher
from opcua_server.diagnostics import Diagnostics, product_version
from opcua_server.energy import EnergyNodes
from opcua_server.health import Health
from opcua_server.journal_methods import JournalMethods
from opcua_server.methods import Services, bind_methods
from opcua_server.model.bulk import NodeFactory
from opcua_server.model.capabilities import build_capabilities
from opcua_server.model.companions import build_companions, set_default_permissions
from opcua_server.model.instances import InstanceBuilder, PlantNodes
from opcua_server.model.namespaces import Namespaces, register_namespaces
from opcua_server.model.plantwide import build_plantwide
from opcua_server.model.types import build_types
from opcua_server.model.units import variant_type
from opcua_server.nodesets import load_all
from opcua_server.pace import Pace
from opcua_server.predict import Predictor
from opcua_server.readings import LatestReadings
from opcua_server.recorder import Recorder
from opcua_server.replay_feed import ReplayFeed
from opcua_server.scoring.client import ScoringClient, WorkerState, configure_message
from opcua_server.scoring.layout import layout_of
from opcua_server.scoring.messages import Message
from opcua_server.security.certificates import CertificateFileError
from opcua_server.security.rights import Rights
from opcua_server.security.wiring import secure
from opcua_server.services.internal import AndonInternalServer, make_server
from opcua_server.services.limits import LIMITS
from opcua_server.settings import Settings
from opcua_server.simulation import SimulationService
from opcua_server.state_nodes import StateNodes
from opcua_server.statedir import StateDir
from opcua_server.truth_keeper import TruthKeeper
from opcua_server.twin_nodes import TwinNodes, read_fits
from opcua_server.what_if import WhatIfService
from opcua_server.wire.hardening import HardeningError
from plant.control.latches import Latches
from plant.definition import DefinitionError, PlantDefinition, load_plant, merge_plants
from plant.engine import Engine
from plant.errors import PlantError
from plant.scaling import scaled
from plant.scenario_files import ScenarioShelf
from plant.scenarios import Scenario
from plant.twin.fit import DeviceFit

_BUILD_DATE = datetime(2026, 11, 21, tzinfo=UTC)


@dataclass(slots=True)
class _Hooks:
    """What the runtime wants to hear of; filled in when it takes over."""

    after_stop: Callable[[Collection[str]], None] = lambda _: None
    on_message: Callable[[Message], None] = lambda _: None
    on_state: Callable[[WorkerState, str], None] = lambda _, __: None


class StartError(Exception):
    """The server cannot start; the message is one sentence for a person."""


class Assembly:
    """Every part of one server, wired but not running."""

    def __init__(
        self,
        settings: Settings,
        engine: Engine,
        server: Server,
        inner: AndonInternalServer,
        ns: Namespaces,
        recorder: Recorder,
        journal: Journal,
        scenario: tuple[Scenario, str] | None = None,
        fits: Mapping[str, DeviceFit] | None = None,
    ) -> None:
        self.engine = engine
        self.pace = Pace(settings.speed)
        self.chaos = Chaos(inner)
        self.truth = None if settings.truth is None else TruthKeeper(engine, settings.truth)
        self.plant_name = settings.plant.name
        self._server = server
        self._journal = journal
        self._hooks = _Hooks()
        factory = NodeFactory(inner.aspace)
        build_capabilities(inner.aspace, LIMITS)
        nodes, self.plantwide = _build_nodes(factory, ns, engine)
        self.ns = ns
        self.aspace = inner.aspace
        tick_s = 1.0 / engine.definition.physics_hz
        self.publisher = Publisher(inner.aspace, *_columns(engine, nodes), tick_s=tick_s)
        self.twin = TwinNodes(inner.aspace, factory, ns, nodes.tags, engine, fits or {})
        conditions = Conditions(factory, ns, nodes, self.publisher)
        definitions = build_definitions(
            describe_devices(engine.definition), load_rules(resources.path("alarms", "rules.toml"))
        )
        conditions.build(definitions)
        self.node_count = len(inner.aspace._nodes)
        self.recorder = recorder
        self.alarms = AlarmService(definitions, engine, conditions, inner.subscriptions, self.recorder)
        self.door = CommandDoor(
            engine,
            ns,
            self.recorder,
            self.alarms,
            conditions.limit_nodes,
            after_stop=self._heard_stop,
        )
        inner.attributes.door = self.door
        self._state = StateNodes(
            engine, self.door, ns, nodes, self.plantwide, self.publisher, self.pace, self.chaos
        )
        self.replay = ReplayFeed(engine)
        self.scoring = self._make_scoring(settings)
        self.health = Health(
            engine, nodes, self.publisher, energy_price_eur_kwh=settings.energy_price_eur_kwh
        )
        self.energy = EnergyNodes(engine, self.plantwide, self.publisher, settings.energy_price_eur_kwh)
        self.readings = LatestReadings(engine)
        self.diagnostics = Diagnostics(inner, self.publisher, self.plantwide)
        services = Services(
            engine=engine,
            door=self.door,
            predictor=Predictor(self.scoring),
            readings=self.readings,
            alarms=self.alarms,
            journal=JournalMethods(journal),
            what_if=WhatIfService(
                engine,
                self.alarms.limits_in_force,
                energy_price_eur_kwh=settings.energy_price_eur_kwh,
            ),
            simulation=SimulationService(
                engine, ScenarioShelf(settings.state / "scenarios"), self.pace, self.chaos
            ),
        )
        if scenario is not None:
            services.simulation.began(*scenario)
        bind_methods(inner, ns, services)
        self.rights = Rights(inner, ns, settings.state, settings.anonymous_roles)
        set_default_permissions(inner.aspace, ns, self.rights.access.role_permissions)
        self.rights.on_budget = self.alarms.audit_grown

    def _make_scoring(self, settings: Settings) -> ScoringClient:
        bundle = settings.bundle or Path(resources.__file__).parent / "bundles" / "factory"
        configure = configure_message(layout_of(self.engine).to_dict(), self.replay.channels, str(bundle))
        return ScoringClient(
            configure,
            on_message=self._heard_message,
            on_state=self._heard_state,
        )

    # The hooks are named late: the runtime exists only after the parts.
    def _heard_stop(self, devices: Collection[str]) -> None:
        self._hooks.after_stop(devices)

    def _heard_message(self, message: Message) -> None:
        self._hooks.on_message(message)

    def _heard_state(self, state: WorkerState, reason: str) -> None:
        self._hooks.on_state(state, reason)

    def hook(
        self,
        *,
        after_stop: Callable[[Collection[str]], None],
        on_message: Callable[[Message], None],
        on_state: Callable[[WorkerState, str], None],
    ) -> None:
        """Say who hears of stops, of the worker's answers and of its state."""
        self._hooks = _Hooks(after_stop=after_stop, on_message=on_message, on_state=on_state)

    @property
    def endpoint(self) -> str:
        """The address that clients connect to."""
        assert self._server.bserver is not None
        host, port = self._server.bserver._server.sockets[0].getsockname()[:2]
        return f"opc.tcp://{_in_url(host)}:{port}"

    async def publish_state(self, devices: Collection[str] | None = None) -> None:
        """Publish what follows the engine but is in no column; of all devices, or of some."""
        await self._state.publish(devices)

    def watch_journal(self) -> None:
        """Have the journal's own troubles become alarms; its callbacks come from the writer's thread."""
        loop = asyncio.get_running_loop()
        self._journal.on_error = lambda problem: _from_thread(loop, self.alarms.journal_failed, problem)
        self._journal.on_recovered = lambda: _from_thread(loop, self.alarms.journal_recovered)
        audit = self.rights.log.journal
        audit.on_error = lambda problem: _from_thread(loop, self.alarms.audit_failed, problem)
        audit.on_recovered = lambda: _from_thread(loop, self.alarms.audit_recovered)

    async def listen(self) -> None:
        """Begin to accept clients.

        Raises:
            StartError: The port is taken.
        """
        try:
            await self._server.start()
        except OSError as problem:
            port = self._server.endpoint.port
            raise StartError(
                f"Port {port} cannot be used ({problem.strerror}): give another with --port N, or --port 0 for a free one."
            ) from problem

    async def close(self) -> None:
        """End sessions and write out the journal."""
        if self._server.bserver is not None:
            await self._server.stop()
        else:
            await self._server.iserver.stop()
        self.rights.close()
        self._journal.close()


def _from_thread(loop: asyncio.AbstractEventLoop, call: Callable[..., None], *arguments: object) -> None:
    if not loop.is_closed():
        loop.call_soon_threadsafe(call, *arguments)


async def assemble(settings: Settings, state: StateDir) -> Assembly:
    """Read the plant, open the journal, build the address space.

    Raises:
        StartError: A file is wrong or missing; one sentence says which and why.
    """
    try:
        definition = _load_plant(settings)
        engine = Engine(definition, seed=settings.seed, recordings=settings.recordings)
        scenario = None
        if settings.scenario is not None:
            found = ScenarioShelf(settings.state / "scenarios").find(settings.scenario)
            engine.schedule(found)
            scenario = (found, settings.scenario)
        fits = read_fits(engine, settings.state)
    except (DefinitionError, PlantError, OSError) as problem:
        raise StartError(str(problem)) from problem
    try:
        journal = Journal(state.journal)
        restored = journal.restore()
        restore_stops(engine, restored.latches)
    except (JournalError, PlantError) as problem:
        raise StartError(
            f"The e-stop latches cannot be restored, so nothing is started: {problem}"
        ) from problem
    try:
        server, inner = make_server()
    except HardeningError as problem:
        raise StartError(str(problem)) from problem
    server.set_endpoint(f"opc.tcp://{_in_url(settings.host)}:{settings.port}")
    server.set_server_name("Andon")
    uri = f"urn:andon:server:{definition.id}"
    securing = asyncio.create_task(asyncio.to_thread(secure, inner, settings, state.pki, uri))
    await server.init()
    await server.set_application_uri(uri)
    try:
        await securing
    except CertificateFileError as problem:
        raise StartError(str(problem)) from problem
    await server.set_build_info("urn:andon", "Andon", "Andon server", product_version(), "0", _BUILD_DATE)
    ns = await register_namespaces(server, definition.id)
    try:
        recorder = Recorder(journal, restored)
        parts = Assembly(settings, engine, server, inner, ns, recorder, journal, scenario, fits)
    except JournalError as problem:
        raise StartError(str(problem)) from problem
    await load_all(server, inner, state.path, ns.plant_uri)
    return parts


def _in_url(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def _load_plant(settings: Settings) -> PlantDefinition:
    """Return the plant, with the shipped test rig where there are recordings and the plant plays none itself."""
    definition = load_plant(settings.plant)
    if settings.devices is not None:
        definition = scaled(definition, settings.devices)
    if settings.recordings is None:
        return definition
    if not settings.recordings.is_dir():
        raise StartError(f"There is no folder of recordings at {settings.recordings}.")
    if any(device.replay is not None for device in definition.devices):
        return definition
    return merge_plants(definition, load_plant(resources.path("plants", "testbed.toml")))


def restore_stops(engine: Engine, stored: StoredLatches) -> None:
    """Apply latches before the first tick, and let stand still what stood still; devices the plant has no more are left out."""
    machines = {device.tag for device in engine.definition.devices if device.replay is None}
    engine.restore_latches(Latches(plant=stored.plant, devices=stored.devices & machines))
    engine.hold_stopped(sorted(stored.at_rest & machines))


def _build_nodes(
    factory: NodeFactory, ns: Namespaces, engine: Engine
) -> tuple[PlantNodes, Mapping[str, ua.NodeId]]:
    build_companions(factory, ns)
    build_types(factory, ns, engine.definition.devices)
    nodes = InstanceBuilder(factory, ns, engine.definition).build()
    return nodes, build_plantwide(factory, ns)


def _columns(engine: Engine, nodes: PlantNodes) -> tuple[list[ua.NodeId], list[ua.VariantType]]:
    """Return the node and the wire type of every column, in the engine's order."""
    found = [nodes.tags[column.device, column.group, column.definition.name] for column in engine.tags]
    kinds = [
        ua.VariantType.UInt32 if column.definition.name == "RunningState" else variant_type(column.definition)
        for column in engine.tags
    ]
    return found, kinds

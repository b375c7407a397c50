"""The address space of a plant without a running server: to try a model on, or to write one out."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from asyncua import Server

import resources
from opcua_server.alarm_service import describe_devices
from opcua_server.alarms.catalogue import build_definitions
from opcua_server.alarms.rules import load_rules
from opcua_server.assembly import _build_nodes, _columns
from opcua_server.conditions import Conditions
from opcua_server.dataplane.publish import Publisher
from opcua_server.model.bulk import NodeFactory
from opcua_server.model.capabilities import build_capabilities
from opcua_server.model.namespaces import Namespaces, register_namespaces
from opcua_server.model.twin import add_utilities
from opcua_server.services.internal import AndonInternalServer, make_server
from opcua_server.services.limits import LIMITS
from plant.definition import load_plant
from plant.engine import Engine


@dataclass(frozen=True, slots=True, kw_only=True)
class Scratch:
    """A server that nobody connects to."""

    server: Server
    inner: AndonInternalServer
    ns: Namespaces


@asynccontextmanager
async def scratch_server(plant: Path | None = None) -> AsyncIterator[Scratch]:
    """Build a plant's nodes for the length of a block; the shipped plant unless told otherwise.

    Raises:
        DefinitionError: The plant's file is wrong.
    """
    definition = load_plant(plant or resources.path("plants", "factory.toml"))
    engine = Engine(definition)
    server, inner = make_server()
    try:
        await server.init()
        ns = await register_namespaces(server, definition.id)
        build_capabilities(inner.aspace, LIMITS)
        factory = NodeFactory(inner.aspace)
        nodes, _ = _build_nodes(factory, ns, engine)
        add_utilities(factory, ns, engine.utilities.tags if engine.utilities is not None else ())
        publisher = Publisher(inner.aspace, *_columns(engine, nodes))
        rules = load_rules(resources.path("alarms", "rules.toml"))
        Conditions(factory, ns, nodes, publisher).build(
            build_definitions(describe_devices(definition), rules)
        )
        yield Scratch(server=server, inner=inner, ns=ns)
    finally:
        await inner.stop()

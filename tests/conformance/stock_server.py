"""A stock asyncua server with the nodes of our plant and of a user's own model: `python -m tests.conformance.stock_server PLANT MODEL`.

The nodes are made by our model; everything that answers a client is the library's. Its first line of output is a JSON
object with the endpoint; it ends when its standard input closes.
"""

import asyncio
import json
import sys
from datetime import UTC, datetime
from pathlib import Path

from asyncua import Server, ua

from opcua_server.assembly import _build_nodes, _columns
from opcua_server.dataplane.publish import Frame, Publisher
from opcua_server.model.bulk import NodeFactory
from opcua_server.model.namespaces import Namespaces, register_namespaces
from plant.definition import load_plant
from plant.engine import Engine

PERIOD_S = 1.0


async def serve(plant: Path, own_model: Path) -> None:
    """Serve until standard input closes."""
    definition = load_plant(plant)
    engine = Engine(definition)
    server = Server()
    server.set_endpoint("opc.tcp://127.0.0.1:0")
    server.set_security_policy([ua.SecurityPolicyType.NoSecurity])
    await server.init()
    ns = await register_namespaces(server, definition.id)
    aspace = server.iserver.aspace
    nodes, _ = _build_nodes(NodeFactory(aspace), ns, engine)
    await server.import_xml(own_model)
    for device in definition.devices:
        await _bind_stop(server, ns, device.tag)
    publisher = Publisher(aspace, *_columns(engine, nodes))
    await _publish(engine, publisher)
    async with server:
        assert server.bserver is not None
        host, port = server.bserver._server.sockets[0].getsockname()[:2]
        print(json.dumps({"endpoint": f"opc.tcp://{host}:{port}"}), flush=True)
        closed = asyncio.create_task(asyncio.to_thread(sys.stdin.read))
        while not closed.done():
            await asyncio.wait([closed], timeout=PERIOD_S)
            await _publish(engine, publisher)


async def _bind_stop(server: Server, ns: Namespaces, device: str) -> None:
    """Have a device's EmergencyStop raise an event of its stop alarm, as the library does events."""
    generator = await server.get_event_generator(ua.NodeId(ua.ObjectIds.OffNormalAlarmType), ns.node(device))

    async def stop(*_: object) -> list[ua.Variant]:
        await generator.trigger(message=f"{device} was stopped")
        return []

    server.link_method(server.get_node(ns.node(f"{device}/EmergencyStop")), stop)


async def _publish(engine: Engine, publisher: Publisher) -> None:
    engine.step(PERIOD_S)
    await publisher.publish(
        Frame(values=engine.values.copy(), status=engine.status.copy(), source_time=datetime.now(UTC))
    )


if __name__ == "__main__":
    asyncio.run(serve(Path(sys.argv[1]), Path(sys.argv[2])))

"""Our server with N Double tags, driven through the same seam as the plant."""

# ruff: noqa: E402

import gc

gc.disable()  # as in `python -m opcua_server`: collected never while nodes are made

import argparse
import asyncio
from datetime import datetime
from pathlib import Path

from asyncua import ua

from opcua_server.dataplane.publish import Frame, Publisher
from opcua_server.model.bulk import NodeFactory, Text
from opcua_server.security.certificates import OwnFiles, load_or_make
from opcua_server.security.trust import TrustList
from opcua_server.services.internal import AndonInternalServer, make_server
from opcua_server.services.methods import Handler
from tests.benchmarks.peers.pacing import serve_orders
from tests.benchmarks.peers.workload import PER_FOLDER, statuses, values

URI = "urn:andon:benchmark"


async def main(tags: int, pki: Path | None) -> None:
    server, inner = make_server()
    server.set_endpoint("opc.tcp://127.0.0.1:0")
    if pki is not None:
        _secure(inner, pki)
    await server.init()
    ns = await server.register_namespace(URI)
    factory = NodeFactory(inner.aspace)
    objects = ua.NodeId(ua.ObjectIds.ObjectsFolder)
    root = factory.add_object(ua.NodeId("Bench", ns), _text("Bench", ns), parent=objects)
    first = ua.Variant(0.0, ua.VariantType.Double)
    nodes: list[ua.NodeId] = []
    for index in range(tags):
        if index % PER_FOLDER == 0:
            folder = factory.add_object(
                ua.NodeId(f"Folder{index}", ns), _text(f"Folder{index}", ns), parent=root
            )
        node = ua.NodeId(f"Tag{index}", ns)
        nodes.append(factory.variable(node, _text(f"Tag{index}", ns), first, parent=folder))
    stop = factory.method(ua.NodeId("Stop", ns), _text("Stop", ns), parent=root)
    handler: Handler = _stop
    inner.methods.bind(stop, handler)
    publisher = Publisher(inner.aspace, nodes, [ua.VariantType.Double] * tags)
    await server.start()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)
    gc.enable()
    assert server.bserver is not None
    port = server.bserver._server.sockets[0].getsockname()[1]
    print(f"opc.tcp://127.0.0.1:{port}", flush=True)

    async def publish(frame: int, when: datetime) -> None:
        await publisher.publish(
            Frame(values=values(tags, frame), status=statuses(tags, frame), source_time=when)
        )

    await serve_orders(publish)
    await server.stop()


def _secure(inner: AndonInternalServer, pki: Path) -> None:
    """Offer secure channels to whoever has a certificate in `pki/trusted`, beside one without security."""
    inner.application_uri = URI
    inner.own_certificate = load_or_make(OwnFiles(pki), URI, ["127.0.0.1"])
    inner.trust = TrustList(pki)
    inner.trust.prepare()
    inner.sessions.offer_none = True


def _text(name: str, ns: int) -> Text:
    return Text(name=ua.QualifiedName(name, ns))


async def _stop(*_: object) -> list[ua.Variant]:
    return []


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--tags", type=int, required=True)
    parser.add_argument("--pki", type=Path)
    options = parser.parse_args()
    asyncio.run(main(options.tags, options.pki))

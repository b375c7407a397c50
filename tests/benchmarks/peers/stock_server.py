"""The library's own server with N Double tags, written to as its documentation says is fastest."""

import argparse
import asyncio
from datetime import datetime

from asyncua import Server, ua

from tests.benchmarks.peers.pacing import serve_orders
from tests.benchmarks.peers.workload import BAD, PER_FOLDER, statuses, values

URI = "urn:andon:benchmark"


async def main(tags: int) -> None:
    server = Server()
    server.set_endpoint("opc.tcp://127.0.0.1:0")
    server.set_security_policy([ua.SecurityPolicyType.NoSecurity])
    await server.init()
    ns = await server.register_namespace(URI)
    root = await server.nodes.objects.add_object(ua.NodeId("Bench", ns), "Bench")
    nodes: list[ua.NodeId] = []
    for index in range(tags):
        if index % PER_FOLDER == 0:
            folder = await root.add_object(ua.NodeId(f"Folder{index}", ns), f"Folder{index}")
        nodes.append((await folder.add_variable(ua.NodeId(f"Tag{index}", ns), f"Tag{index}", 0.0)).nodeid)
    await root.add_method(ua.NodeId("Stop", ns), "Stop", _stop, [], [])
    await server.start()
    assert server.bserver is not None
    port = server.bserver._server.sockets[0].getsockname()[1]
    print(f"opc.tcp://127.0.0.1:{port}", flush=True)

    async def publish(frame: int, when: datetime) -> None:
        numbers = values(tags, frame).tolist()
        for index, status in enumerate(statuses(tags, frame).tolist()):
            await server.write_attribute_value(
                nodes[index],
                ua.DataValue(
                    Value=ua.Variant(
                        None if status == BAD else numbers[index],
                        ua.VariantType.Null if status == BAD else ua.VariantType.Double,
                    ),
                    StatusCode=ua.StatusCode(status),
                    SourceTimestamp=when,
                ),
            )
            if index % 250 == 249:
                await asyncio.sleep(0)

    await serve_orders(publish)
    await server.stop()


async def _stop(*_: object) -> list[ua.Variant]:
    return []


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--tags", type=int, required=True)
    asyncio.run(main(parser.parse_args().tags))

"""Call a method again and again on a session of its own, and print each round trip in ms as one line of JSON."""

import argparse
import asyncio
import gc
import json
import time

from asyncua import Client, ua

URI = "urn:andon:benchmark"
PAUSE_S = 0.037  # no multiple of any frame's period


async def main(url: str, calls: int, warm_up: int) -> None:
    client = Client(url, timeout=30.0)
    await client.connect_socket()
    await client.send_hello()
    await client.open_secure_channel()
    await client.create_session()
    await client.activate_session()
    ns = await client.get_namespace_index(URI)
    request = ua.CallMethodRequest(ObjectId=ua.NodeId("Bench", ns), MethodId=ua.NodeId("Stop", ns))
    gc.collect()
    gc.disable()
    found: list[float] = []
    for _ in range(warm_up + calls):
        began = time.perf_counter()
        (result,) = await client.uaclient.session.call([request])
        found.append((time.perf_counter() - began) * 1e3)
        assert result.StatusCode.is_good(), result
        await asyncio.sleep(PAUSE_S)
    print(json.dumps(found[warm_up:]), flush=True)
    await client.close_session()
    client.disconnect_socket()


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--url", required=True)
    parser.add_argument("--calls", type=int, default=300)
    parser.add_argument("--warm-up", type=int, default=10)
    options = parser.parse_args()
    asyncio.run(main(options.url, options.calls, options.warm_up))

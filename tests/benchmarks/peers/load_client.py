"""A client that subscribes, checks every value and never is the limit; it works against any server of these benchmarks.

`--url URL --tags N --sessions S --items M --hz F`; prints "ready" once everything is subscribed. Each line on standard
input is answered with a line of JSON on what came since the last one; the first begins the check.
"""

import argparse
import asyncio
import contextlib
import gc
import json
import resource
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from asyncua import Client, ua
from asyncua.common.utils import Buffer
from asyncua.crypto.security_policies import SecurityPolicyBasic256Sha256
from asyncua.ua.ua_binary import struct_from_binary
from typing_extensions import override

from hmi.link.connection import LinkSession
from hmi.link.decode import DataChange, decode_publish
from hmi.link.station import CERTIFICATE, KEY, load_or_make
from tests.benchmarks.peers.checker import Checker, Tally
from tests.benchmarks.peers.workload import PUBLISHING_MS, QUEUE, plan

URI = "urn:andon:benchmark"
ITEMS_PER_REQUEST = 1000
PUBLISH_REQUESTS = 3
SESSIONS_AT_ONCE = 10
SIGN_AND_ENCRYPT = ua.MessageSecurityMode.SignAndEncrypt


class CountingSession(LinkSession):
    """The console's session, which counts the bytes it decodes."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.bytes = 0

    @override
    async def publish(self, acks: list[ua.SubscriptionAcknowledgement]) -> ua.PublishResponse:
        request = ua.PublishRequest()
        request.Parameters.SubscriptionAcknowledgements = acks
        data: Buffer = await self._send_request(request, timeout=0)
        self.bytes += len(data)
        whole = data.copy()
        try:
            return decode_publish(data)
        except Exception:  # noqa: BLE001  an empty answer has no service result that we can read
            return struct_from_binary(ua.PublishResponse, whole)


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """What to subscribe."""

    url: str
    tags: int
    sessions: int
    items: int
    hz: int
    identity: str = ""  # folder of a certificate and its key; without one there is no security


class LoadSession:
    """One session with one subscription."""

    def __init__(self, load: Load, number: int, tally: "Window") -> None:
        # Spread over all tags, so that no two neighbours share a session where there is more than one.
        step = max(1, load.tags // load.items)
        self._tags = (np.arange(load.items) * step + number) % load.tags
        self._load = load
        self._window = tally
        self.checker = Checker(self._tags, load.hz)
        self._client = Client(load.url, timeout=60.0)
        self._session = CountingSession(self._client.uaclient)
        self._client.uaclient.session = self._session
        self._acks: list[ua.SubscriptionAcknowledgement] = []
        self._pumps: list[asyncio.Task[None]] = []

    @property
    def bytes(self) -> int:
        return self._session.bytes

    async def open(self) -> None:
        client = self._client
        if self._load.identity:
            await self._secure(Path(self._load.identity))
        client.session_timeout = 600_000
        await client.connect_socket()
        await client.send_hello()
        await client.open_secure_channel()
        await client.create_session()
        await client.activate_session()
        ns = await client.get_namespace_index(URI)
        granted = await self._session.create_subscription(
            ua.CreateSubscriptionParameters(
                RequestedPublishingInterval=PUBLISHING_MS,
                RequestedLifetimeCount=3000,
                RequestedMaxKeepAliveCount=50,
                MaxNotificationsPerPublish=0,
                PublishingEnabled=True,
            ),
            lambda _: None,
        )
        for _ in range(PUBLISH_REQUESTS):
            self._pumps.append(asyncio.create_task(self._pump()))
        items = [_item(ns, int(tag), handle) for handle, tag in enumerate(self._tags, start=1)]
        for start in range(0, len(items), ITEMS_PER_REQUEST):
            results = await self._session.create_monitored_items(
                ua.CreateMonitoredItemsParameters(
                    SubscriptionId=granted.SubscriptionId,
                    TimestampsToReturn=ua.TimestampsToReturn.Both,
                    ItemsToCreate=items[start : start + ITEMS_PER_REQUEST],
                )
            )
            bad = [result for result in results if not result.StatusCode.is_good()]
            assert not bad, f"{len(bad)} items were refused: {bad[0]}"

    async def _secure(self, folder: Path) -> None:
        station = load_or_make(folder)
        self._client.application_uri = station.uri
        await self._client.set_security(
            SecurityPolicyBasic256Sha256, str(folder / CERTIFICATE), str(folder / KEY), mode=SIGN_AND_ENCRYPT
        )

    async def close(self) -> None:
        """Say good-bye, so that the server does not go on publishing for nobody."""
        for pump in self._pumps:
            pump.cancel()
        await asyncio.gather(*self._pumps, return_exceptions=True)
        with contextlib.suppress(Exception):
            await asyncio.wait_for(self._client.uaclient.close_session(True), 5.0)
        self._client.disconnect_socket()

    async def _pump(self) -> None:
        while True:
            acks, self._acks = self._acks, []
            response = await self._session.publish(acks)
            now_s = time.time()
            message = response.Parameters.NotificationMessage
            if message.NotificationData:
                self._acks.append(
                    ua.SubscriptionAcknowledgement(
                        SubscriptionId=response.Parameters.SubscriptionId,
                        SequenceNumber=message.SequenceNumber,
                    )
                )
            for entry in message.NotificationData or ():
                if isinstance(entry, DataChange):
                    assert not entry.others, "a value came that is no number"
                    self.checker.take(entry.samples, now_s, self._window.tally)


class Window:
    """What came since the last question."""

    def __init__(self) -> None:
        self.tally = Tally()
        self._bytes = 0
        self._cpu_s = _cpu_s()
        self._began_s = time.perf_counter()

    def close(self, sessions: list[LoadSession]) -> dict[str, float]:
        """Return the figures and begin anew."""
        tally, self.tally = self.tally, Tally()
        total = sum(session.bytes for session in sessions)
        cpu_s, now_s = _cpu_s(), time.perf_counter()
        took = now_s - self._began_s
        late = np.concatenate(tally.late_ms) if tally.late_ms else np.full(1, np.nan)
        p50, p99 = np.percentile(late, [50, 99])
        found = {
            "received_s": tally.received / took,
            "lost": tally.lost,
            "wrong": tally.wrong,
            "silent": sum(session.checker.silent(time.time()) for session in sessions),
            "p50_ms": float(p50),
            "p99_ms": float(p99),
            "bytes_s": (total - self._bytes) / took,
            "client_cpu_pct": 100.0 * (cpu_s - self._cpu_s) / took,
        }
        self._bytes, self._cpu_s, self._began_s = total, _cpu_s(), time.perf_counter()
        return found


def _item(ns: int, tag: int, handle: int) -> ua.MonitoredItemCreateRequest:
    wanted = plan(tag)
    parameters = ua.MonitoringParameters(
        ClientHandle=handle, SamplingInterval=wanted.sampling_ms, QueueSize=QUEUE, DiscardOldest=True
    )
    if wanted.deadband is not None:
        parameters.Filter = ua.DataChangeFilter(
            Trigger=ua.DataChangeTrigger.StatusValue,
            DeadbandType=int(ua.DeadbandType.Absolute),
            DeadbandValue=wanted.deadband,
        )
    return ua.MonitoredItemCreateRequest(
        ItemToMonitor=ua.ReadValueId(NodeId=ua.NodeId(f"Tag{tag}", ns), AttributeId=ua.AttributeIds.Value),
        MonitoringMode=ua.MonitoringMode.Reporting,
        RequestedParameters=parameters,
    )


def _cpu_s() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


async def main(load: Load) -> None:
    window = Window()
    sessions = [LoadSession(load, number, window) for number in range(load.sessions)]
    for start in range(0, len(sessions), SESSIONS_AT_ONCE):
        await asyncio.gather(*(session.open() for session in sessions[start : start + SESSIONS_AT_ONCE]))
    gc.collect()
    gc.freeze()
    print("ready", flush=True)
    reader = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), sys.stdin
    )
    while line := await reader.readline():
        if line.strip() == b"begin":
            for session in sessions:
                session.checker.begin(time.time())
        print(json.dumps(window.close(sessions)), flush=True)
    await asyncio.gather(*(session.close() for session in sessions))


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--url", required=True)
    parser.add_argument("--tags", type=int, required=True)
    parser.add_argument("--sessions", type=int, default=1)
    parser.add_argument("--items", type=int, required=True)
    parser.add_argument("--hz", type=int, required=True)
    parser.add_argument("--identity", default="")
    asyncio.run(main(Load(**vars(parser.parse_args()))))

"""The running server: build it, tick the plant, publish, score, alarm, and end in order."""

import asyncio
import contextlib
import gc
import logging
import time
from collections.abc import Callable, Collection, Coroutine
from datetime import UTC, datetime
from typing import Any

import numpy as np
from asyncua import ua
from numpy.typing import NDArray

from opcua_server.alarms.records import Transition
from opcua_server.assembly import Assembly
from opcua_server.dataplane.publish import Frame
from opcua_server.diagnostics import TickMeter
from opcua_server.scoring.client import WorkerState
from opcua_server.scoring.messages import Message
from opcua_server.watch import SelfWatch
from plant.engine import Engine

_log = logging.getLogger(__name__)

HEARTBEAT_S = 0.2
DIAGNOSTICS_S = 1.0
WORKER_AFTER_S = (
    2.0  # importing the models takes a core for a second, which a console that is just connecting needs
)
GROW_AFTER_S = 10.0
GROW_PAUSE_S = 0.02
MAX_BEHIND_TICKS = 10  # past this the schedule starts anew: a suspended machine must not replay its absence


class Runtime:
    """Runs one assembled server until told to stop."""

    def __init__(self, parts: Assembly) -> None:
        self._parts = parts
        self._meter = TickMeter()
        self._stopping = asyncio.Event()
        self._columns = _columns_of_devices(parts.engine)
        self._loose: set[asyncio.Task[None]] = set()
        self._tasks: asyncio.TaskGroup | None = None
        parts.hook(after_stop=self._after_stop, on_message=self._on_scoring, on_state=self._on_worker_state)

    def stop(self) -> None:
        """Ask the server to end; safe to call more than once."""
        self._stopping.set()

    async def run(self, ready: Callable[[str], None]) -> None:
        """Serve until `stop`; calls `ready` with the endpoint once clients are accepted."""
        parts = self._parts
        try:
            parts.watch_journal()
            await parts.alarms.restore()
            await self._publish(time.monotonic())
            await parts.rights.start()
            await parts.diagnostics.start(parts.plant_name, parts.node_count)
            await parts.listen()
            _settle_garbage_collector()
            ready(parts.endpoint)
            async with asyncio.TaskGroup() as tasks:
                self._tasks = tasks
                running = [
                    tasks.create_task(coroutine, name=name)
                    for name, coroutine in (
                        ("tick", self._tick()),
                        ("heartbeat", self._beat()),
                        ("diagnostics", self._diagnose()),
                        ("scoring", self._run_worker()),
                        ("growth", self._grow()),
                        ("alarms", parts.alarms.run()),
                        ("rights", parts.rights.run()),
                        ("twin", _guarded(parts.twin.build())),
                        ("chaos", parts.chaos.run()),
                        *((("truth", parts.truth.run()),) if parts.truth else ()),
                    )
                ]
                await self._stopping.wait()
                for task in running:
                    task.cancel()
        finally:
            self._tasks = None
            await parts.close()

    async def _tick(self) -> None:
        plant = self._parts.engine.definition
        period = 1.0 / plant.physics_hz
        every = max(1, round(plant.physics_hz / plant.publish_hz))
        due = time.monotonic()
        count = 0
        while True:
            due += period
            await asyncio.sleep(max(0.0, due - time.monotonic()))
            late = time.monotonic() - due
            if late > period / 2:
                self._meter.overruns += 1
            if late > MAX_BEHIND_TICKS * period:
                due = time.monotonic()
            self._step(period)
            count += 1
            if count % every == 0:
                await self._publish(due)
                self._score()

    def _step(self, tick_s: float) -> None:
        engine = self._parts.engine
        before = engine.latches
        for dt_s in self._parts.pace.steps(tick_s):
            began = time.perf_counter()
            engine.step(dt_s)
            self._meter.stepped(time.perf_counter() - began)
        self._parts.door.latches_moved(before)
        if self._parts.door.after_tick():
            self._spawn(
                self._publish_values()
            )  # whoever commanded sees the effect now, not at the next full second
        for message in self._parts.replay.drain():
            self._parts.scoring.send(message)

    async def _publish(self, due: float) -> None:
        frame = await self._publish_values()
        await self._parts.energy.publish(frame.values, frame.status, self._parts.health.idle_kw)
        await self._parts.twin.publish(frame)
        self._parts.readings.add(frame.source_time, frame.values, frame.status)
        self._parts.alarms.tick(frame.values, frame.status, frame.source_time, time.monotonic())
        self._meter.published(due)

    async def _publish_values(self, devices: Collection[str] | None = None) -> Frame:
        """Publish all that changed, or what changed of some devices."""
        engine = self._parts.engine
        frame = Frame(
            values=engine.values.copy(),
            status=engine.status.copy(),
            source_time=datetime.now(UTC),
            offset_s=engine.time_offset_s,
        )
        only = None if devices is None else np.concatenate([self._columns[device] for device in devices])
        await self._parts.publisher.publish(frame, only)
        await self._parts.publish_state(devices)
        return frame

    def _score(self) -> None:
        engine = self._parts.engine
        running = np.array(
            [int(engine.running_state(device.tag)) for device in engine.definition.devices], dtype=np.int8
        )
        columns: dict[str, NDArray[Any]] = {
            "values": engine.values,
            "status": engine.status,
            "running": running,
        }
        self._parts.scoring.score(Message(kind="score", fields={"t_s": engine.time_s}, arrays=columns))

    async def _beat(self) -> None:
        node = self._parts.plantwide["Plant/Heartbeat"]
        count = 0
        due = time.monotonic()
        while True:
            count = (count + 1) & 0xFFFFFFFF
            await self._parts.publisher.put(node, count, ua.VariantType.UInt32)
            due = max(due + HEARTBEAT_S, time.monotonic())
            await asyncio.sleep(max(0.0, due - time.monotonic()))

    async def _run_worker(self) -> None:
        """Start the worker once clients have been let in, or as soon as one asks for a prediction."""
        scoring = self._parts.scoring
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(WORKER_AFTER_S):
                await scoring.wanted.wait()
        await scoring.run()

    async def _grow(self) -> None:
        """Make what is promised once the start is over, a little at a time: a flood of alarms must not wait for it."""
        await asyncio.sleep(GROW_AFTER_S)
        left = True
        while left:
            left = self._parts.aspace.keep_promise()
            await asyncio.sleep(GROW_PAUSE_S)
        gc.freeze()

    async def _diagnose(self) -> None:
        parts = self._parts
        watch = SelfWatch(parts.engine.definition.physics_hz)
        while True:
            await parts.alarms.announce_late()
            await parts.diagnostics.update(self._meter)
            self._parts.alarms.watch(watch.look(self._meter.overruns), datetime.now(UTC))
            journal = parts.recorder.state()
            await parts.diagnostics.put("JournalQueue", journal.waiting)
            await parts.diagnostics.put("JournalState", journal.text)
            await parts.diagnostics.put("WorkerState", str(parts.scoring.state))
            await parts.diagnostics.put("ModelBundle", parts.scoring.bundle)
            await asyncio.sleep(DIAGNOSTICS_S)

    def _after_stop(self, devices: Collection[str]) -> None:
        """Show a latch that has changed, without keeping the one who pressed the button waiting."""
        transitions = self._parts.alarms.latches_changed(datetime.now(UTC))
        self._spawn(self._show_stop(transitions, devices))

    async def _show_stop(self, transitions: list[Transition], devices: Collection[str]) -> None:
        await self._parts.publish_state(devices)  # first what the one who pressed the button reads back
        await self._parts.alarms.show(transitions)
        await self._publish_values(devices)

    def _on_scoring(self, message: Message) -> None:
        if message.kind == "scores":
            self._spawn(self._take_scores(message))
        elif message.kind == "novelty":
            self._parts.alarms.novelty(
                self._parts.replay.verdict(message), datetime.now(UTC), time.monotonic()
            )
        elif message.kind == "failed":
            _log.warning("the scoring worker could not answer: %s", message.fields.get("problem"))

    async def _take_scores(self, message: Message) -> None:
        findings = await self._parts.health.take(message)
        self._parts.alarms.findings(findings, datetime.now(UTC), time.monotonic())

    def _on_worker_state(self, state: WorkerState, reason: str) -> None:
        self._parts.alarms.worker_state(state, reason, datetime.now(UTC))
        if state is WorkerState.DOWN:
            self._spawn(self._parts.health.unknown())

    def _spawn(self, work: Coroutine[Any, Any, object]) -> None:
        if self._tasks is None:
            work.close()
            return
        task = self._tasks.create_task(_guarded(work))
        self._loose.add(task)
        task.add_done_callback(self._loose.discard)


def _columns_of_devices(engine: Engine) -> dict[str, NDArray[np.intp]]:
    found: dict[str, list[int]] = {device.tag: [] for device in engine.definition.devices}
    for column in engine.tags:
        found[column.device].append(column.index)
    return {device: np.array(columns, dtype=np.intp) for device, columns in found.items()}


async def _guarded(work: Coroutine[Any, Any, object]) -> None:
    """Log what goes wrong in passing work: it must not end the plant."""
    try:
        await work
    except Exception:  # noqa: BLE001
        _log.exception("passing work failed")


def _settle_garbage_collector() -> None:
    """Keep the collector off the address space: its full passes over it stall the loop for up to 0.8 s."""
    gc.freeze()  # without a collection first: it would cost half a second of the start and find next to nothing
    # Often and little: a first look at 50,000 young objects held the loop for 65 ms, and as many of closed connections lay about.
    gc.set_threshold(5_000, 5, 2_000)
    gc.enable()

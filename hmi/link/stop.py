"""The e-stop's own way to the plant: a session that carries nothing else.

Sent at once and again every 200 ms until the plant's latch is read back as set, or shown as failed after 2 s. It is a
software stop command, not a safety function.
"""

import asyncio
import itertools
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from asyncua import ua

from hmi.link.commands import Life, Publish
from hmi.link.connection import Connection
from hmi.link.errors import LinkError, NoConnectionError, RefusedError
from hmi.link.node_ids import Namespaces
from hmi.link.supervise import Keeper, probe_until_lost
from hmi.link.types import CommandStage

AGAIN_EVERY_S: Final = 0.2
STOP_PROBE_TIMEOUT_S: Final = 1.0  # a stop that would take longer than its second is not ready
STOP_FAILED: Final = "The stop is not confirmed after 2 s. Use the emergency stop at the machine."
RESET_FAILED: Final = "The reset is not confirmed after 2 s."
NOT_ANDON: Final = "This server has no e-stop. Use the emergency stop at the machine."


@dataclass(frozen=True, slots=True, kw_only=True)
class _Latch:
    """One e-stop latch: what sets or clears it, and where it is read."""

    owner: ua.NodeId
    method: ua.NodeId
    state: ua.NodeId


@dataclass(frozen=True, slots=True)
class _Attempt:
    """What one try brought."""

    answer: list[Any] | None = None
    refusal: str = ""
    confirmed: bool = False


class _Verdict:
    """Tells the operator what the attempts so far amount to."""

    def __init__(self, life: Life) -> None:
        self._life = life
        self._accepted = False

    def is_final(self, attempts: list[_Attempt]) -> bool:
        """Take in attempts that are through; returns whether the matter is settled."""
        for attempt in attempts:
            if attempt.confirmed:
                self._life.step(CommandStage.VERIFIED, _not_controllable(attempt.answer), final=True)
                return True
            if attempt.refusal:
                self._life.step(CommandStage.REFUSED, attempt.refusal, final=True)
                return True
            if attempt.answer is not None and not self._accepted:
                self._accepted = True
                self._life.step(CommandStage.ACCEPTED)
        return False


class StopLine:
    """The e-stop session."""

    def __init__(self, publish: Publish, on_ready: Callable[[bool, float | None], None]) -> None:
        self.keeper: Keeper | None = None
        self.reset_keeper: Keeper | None = (
            None  # resetting is an ordinary command: it needs the operator's rights
        )
        self._publish = publish
        self._on_ready = on_ready
        self._numbers = itertools.count(1)

    async def serve(self, connection: Connection) -> None:
        """Probe the session each second; what is not answered is not ready."""
        if self.keeper is not None:
            self.keeper.up(connection)
        can_stop = connection.namespaces.plant is not None
        try:
            await probe_until_lost(
                connection,
                lambda round_trip_s, _ahead_s: self._on_ready(can_stop, round_trip_s),
                lambda: self._on_ready(False, None),
                STOP_PROBE_TIMEOUT_S,
            )
        finally:
            self._on_ready(False, None)

    async def stop(self, device: str | None) -> None:
        """Stop a device, or the plant for None."""
        label = f"STOP {device}" if device else "STOP PLANT"
        life = self._life("stop", device, label)
        await self._drive(self.keeper, life, device, wanted=True)

    async def reset(self, device: str | None) -> None:
        """Clear one latch; starts nothing."""
        label = f"Reset the e-stop of {device}" if device else "Reset the plant's e-stop"
        life = self._life("reset", device, label)
        await self._drive(self.reset_keeper, life, device, wanted=False)

    def _life(self, kind: str, device: str | None, label: str) -> Life:
        life = Life(f"{kind}-{next(self._numbers)}-{time.time_ns()}", device or "", label, self._publish)
        life.step(CommandStage.SENT)
        return life

    async def _drive(self, keeper: Keeper | None, life: Life, device: str | None, *, wanted: bool) -> None:
        """Try every 200 ms until the latch is read back as wanted, the server refuses, or 2 s are over."""
        attempts: set[asyncio.Task[_Attempt]] = set()
        verdict = _Verdict(life)
        try:
            while life.left_s():
                attempts.add(asyncio.create_task(self._attempt(keeper, device, wanted=wanted)))
                again_s = time.monotonic() + min(AGAIN_EVERY_S, life.left_s())
                while (pause_s := again_s - time.monotonic()) > 0:
                    if not attempts:
                        await asyncio.sleep(pause_s)
                        continue
                    done, attempts = await asyncio.wait(
                        attempts, timeout=pause_s, return_when=asyncio.FIRST_COMPLETED
                    )
                    if verdict.is_final([task.result() for task in done]):
                        return
            life.step(CommandStage.UNKNOWN, STOP_FAILED if wanted else RESET_FAILED, final=True)
        finally:
            for task in attempts:
                task.cancel()
            await asyncio.gather(*attempts, return_exceptions=True)

    async def _attempt(self, keeper: Keeper | None, device: str | None, *, wanted: bool) -> _Attempt:
        connection = keeper.connection if keeper is not None else None
        if connection is None:
            return _Attempt()
        if connection.namespaces.plant is None:
            return _Attempt(refusal=NOT_ANDON)
        latch = _latch(connection.namespaces, device, wanted=wanted)
        try:
            answer = await connection.call(latch.owner, latch.method)
            (value,) = await connection.read([latch.state])
        except RefusedError as error:
            return _Attempt(refusal=str(error))
        except NoConnectionError:
            return _Attempt()
        except LinkError as error:
            return _Attempt(refusal=str(error))
        state = value.Value.Value if value.Value is not None else None
        return _Attempt(answer=answer, confirmed=state is wanted)


def _latch(spaces: Namespaces, device: str | None, *, wanted: bool) -> _Latch:
    plant = spaces.plant
    verb = "EmergencyStop" if wanted else "ResetEmergencyStop"
    if device is None:
        owner, method, state = "Plant", f"Plant/{verb}All", "Plant/EmergencyStopLatched"
    else:
        owner, method, state = device, f"{device}/{verb}", f"{device}/State/EmergencyStopLatched"
    return _Latch(
        owner=ua.NodeId(owner, plant),
        method=ua.NodeId(method, plant),
        state=ua.NodeId(state, plant),
    )


def _not_controllable(answer: list[Any] | None) -> str:
    """Name the devices that take no commands, as the plant-wide stop reports them."""
    names = answer[1] if answer and len(answer) > 1 else None
    return f"Not controllable: {', '.join(names)}." if names else ""

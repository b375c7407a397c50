"""Carry a command to the plant and follow it to what became of it.

Sent -> Accepted -> Read back -> Effect verified, or Refused, or Outcome unknown; one of them within 2 s. On an Andon
server the command goes through `Commands/Execute` with an id of its own, so that sending it again after a broken
connection cannot act twice; on a foreign server it is a plain write or call, sent once.
"""

import asyncio
import time
import uuid
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from asyncua import ua

from hmi.link.catalogue import Catalogue
from hmi.link.connection import Connection
from hmi.link.errors import LinkError, NoConnectionError, RefusedError
from hmi.link.node_ids import Namespaces
from hmi.link.supervise import Keeper, probe_until_lost
from hmi.link.types import CommandRequest, CommandStage, CommandUpdate

DEADLINE_S: Final = 2.0
EFFECT_S: Final = 10.0  # a machine may take so long to reach its running state
READ_EVERY_S: Final = 0.1
CLOCK_READINGS: Final = 10
SAME_REL: Final = 1e-6  # a Float on the way rounds at 1.2e-7

NOT_SENT: Final = "Not sent: there is no connection to the server."
NO_ANSWER: Final = (
    "No answer within 2 s: it may or may not have been carried out. Look at the value before you try again."
)
_EXECUTE: Final = "Commands/Execute"
_EXPLAIN: Final = "Commands/Explain"
_STATE, _LATCH, _PLAYING = "State/RunningState", "State/EmergencyStopLatched", "Playback/Playing"
_PLANT_LATCH: Final = "Plant/EmergencyStopLatched"
# What proves that a method took effect: the tag, the value, and whether the tag must first have had another one.
_EFFECTS: Final[dict[str, tuple[str, float, bool]]] = {
    "Start": (_STATE, 2, False),
    "Restart": (_STATE, 2, True),
    "Shutdown": (_STATE, 0, False),
    "EmergencyStop": (_LATCH, 1, False),
    "ResetEmergencyStop": (_LATCH, 0, False),
    "Play": (_PLAYING, 1, False),
    "Pause": (_PLAYING, 0, False),
}

Publish = Callable[[CommandUpdate], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """What to read to know that a command took effect."""

    node: ua.NodeId
    value: float
    must_leave: bool = False  # the value must have been another one in between

    def holds(self, value: Any) -> bool:
        """Return whether a value read is the one wanted."""
        if not isinstance(value, int | float):
            return False
        return abs(float(value) - self.value) <= SAME_REL * max(1.0, abs(self.value))


class Life:
    """The life of one command, told step by step."""

    def __init__(self, command_id: str, device: str, label: str, publish: Publish) -> None:
        self.begun_s = time.monotonic()
        self._command_id = command_id
        self._device = device
        self._label = label
        self._publish = publish

    def step(self, stage: CommandStage, reason: str = "", *, final: bool = False) -> None:
        """Tell that the command has come this far."""
        self._publish(
            CommandUpdate(
                command_id=self._command_id,
                device=self._device,
                label=self._label,
                stage=stage,
                reason=reason,
                elapsed_ms=(time.monotonic() - self.begun_s) * 1000.0,
                time_ns=time.time_ns(),
                is_final=final,
            )
        )

    def left_s(self, deadline_s: float = DEADLINE_S) -> float:
        """Return what is left of a time span that began with the command."""
        return max(0.0, self.begun_s + deadline_s - time.monotonic())


class Commander:
    """Sends commands over a session of its own, so that a burst of values never delays one."""

    def __init__(self, publish: Publish) -> None:
        self._publish = publish
        self._ahead_s: deque[float] = deque([0.0], maxlen=CLOCK_READINGS)
        self.keeper: Keeper | None = None
        self.catalogue: Catalogue | None = None
        self.on_ready: Callable[[bool, float | None], None] = lambda _ready, _round_trip_s: None

    async def serve(self, connection: Connection) -> None:
        """Keep the command session known to be alive."""
        self._ahead_s.clear()
        self._ahead_s.append((await connection.probe()).server_ahead_s)
        if self.keeper is not None:
            self.keeper.up(connection)
        try:
            await probe_until_lost(connection, self._on_probe, lambda: None)
        finally:
            self.on_ready(False, None)

    async def execute(self, request: CommandRequest) -> None:
        """Carry out one command, telling each step."""
        life = Life(request.command_id, request.device, request.label, self._publish)
        life.step(CommandStage.SENT)
        connection = self._live()
        if connection is None:
            life.step(CommandStage.REFUSED, NOT_SENT, final=True)
            return
        try:
            proof = self._proof(request, connection.namespaces)
            await self._send(connection, request, life)
        except RefusedError as error:
            life.step(CommandStage.REFUSED, await self._refusal(request, error), final=True)
        except (TimeoutError, NoConnectionError):
            life.step(CommandStage.UNKNOWN, NO_ANSWER, final=True)
        except LinkError as error:
            life.step(CommandStage.REFUSED, str(error), final=True)
        else:
            life.step(CommandStage.ACCEPTED, final=proof is None)
            if proof is not None:
                await self._follow(proof, life, is_setting=request.value is not None)

    # ---- sending -------------------------------------------------------------------------------------------------

    def _live(self) -> Connection | None:
        connection = self.keeper.connection if self.keeper is not None else None
        return None if connection is None or connection.lost.is_set() else connection

    async def _send(self, connection: Connection, request: CommandRequest, life: Life) -> None:
        """Send within the deadline, again under the same id when the connection breaks on the way.

        Raises:
            RefusedError: The server said no.
            TimeoutError: No answer within 2 s.
            NoConnectionError: The connection broke, and the server cannot tell a repeated command from a new one.
        """
        spaces = connection.namespaces
        execute = spaces.of_plant(_EXECUTE)
        async with asyncio.timeout(life.left_s()):
            if execute is None:
                await self._send_plainly(connection, request)
                return
            arguments = self._arguments(request, spaces, life)
            await self._explain(connection, request)
            while True:
                try:
                    await connection.call(_owner(spaces, _EXECUTE), execute, *arguments)
                except NoConnectionError:
                    connection = await self._next_session(connection)
                else:
                    return

    @staticmethod
    async def _explain(connection: Connection, request: CommandRequest) -> None:
        """Put the operator's reason into the journal ahead of the command that it explains.

        Raises:
            RefusedError: The server does not take it: then the command is not sent either.
        """
        explain = connection.namespaces.of_plant(_EXPLAIN)
        if request.reason and explain is not None:
            command = ua.Variant(uuid.UUID(request.command_id), ua.VariantType.Guid)
            target = ua.Variant(connection.namespaces.node_id(request.target), ua.VariantType.NodeId)
            reason = ua.Variant(request.reason, ua.VariantType.String)
            await connection.call(_owner(connection.namespaces, _EXPLAIN), explain, command, target, reason)

    def _arguments(self, request: CommandRequest, spaces: Namespaces, life: Life) -> list[ua.Variant]:
        valid_until = datetime.now(UTC) + timedelta(seconds=max(self._ahead_s) + life.left_s())
        value = ua.Variant(None, ua.VariantType.Null)
        if request.value is not None:
            value = ua.Variant(float(request.value), ua.VariantType.Double)
        return [
            ua.Variant(uuid.UUID(request.command_id), ua.VariantType.Guid),
            ua.Variant(spaces.node_id(request.target), ua.VariantType.NodeId),
            value,
            ua.Variant(request.expected_sequence, ua.VariantType.UInt32),
            ua.Variant(valid_until, ua.VariantType.DateTime),
        ]

    async def _next_session(self, broken: Connection) -> Connection:
        """Return the session after a broken one; one that only failed to answer is not replaced."""
        if self.keeper is None or not broken.lost.is_set():
            raise NoConnectionError
        return await self.keeper.live()

    async def _send_plainly(self, connection: Connection, request: CommandRequest) -> None:
        node = connection.namespaces.node_id(request.target)
        if request.value is None:
            owner = self.catalogue.owners.get(request.target) if self.catalogue is not None else None
            if owner is None:
                raise LinkError("The server does not know this command.")
            await connection.call(connection.namespaces.node_id(owner), node)
            return
        (now,) = await connection.read([node])
        kind = now.Value.VariantType if now.Value is not None else ua.VariantType.Double
        whole = kind not in (ua.VariantType.Double, ua.VariantType.Float)
        await connection.write(node, ua.Variant(round(request.value) if whole else request.value, kind))

    async def _refusal(self, request: CommandRequest, error: RefusedError) -> str:
        """Return the server's own sentence; for a wrong state without one, look whether the e-stop is the reason."""
        if error.status != ua.StatusCodes.BadInvalidState or error.has_own_words:
            return str(error)
        if request.expected_sequence and not await self._is_latched(request.device):
            return "Another command came first: look at the device and try again."
        if await self._is_latched(request.device):
            return str(error)
        return "The device does not allow this in its present state."

    async def _is_latched(self, device: str) -> bool:
        connection = self._live()
        if connection is None or connection.namespaces.plant is None:
            return False
        paths = [_PLANT_LATCH, f"{device}/{_LATCH}"] if device else [_PLANT_LATCH]
        try:
            values = await connection.read([ua.NodeId(p, connection.namespaces.plant) for p in paths])
        except LinkError:
            return False
        return any(value.Value is not None and value.Value.Value is True for value in values)

    # ---- following -----------------------------------------------------------------------------------------------

    def _proof(self, request: CommandRequest, spaces: Namespaces) -> Proof | None:
        """Return what proves the effect: the request's own word, the setting itself, or the method's known effect."""
        if request.value is not None:
            return Proof(node=spaces.node_id(request.target), value=request.value)
        name = request.target.rpartition("/")[2]
        path, value, must_leave = _EFFECTS.get(name, ("", 0.0, False))
        if request.verify_tag is not None and request.verify_value is not None and self.catalogue is not None:
            node = self.catalogue.tag_nodes[request.verify_tag]
            return Proof(node=node, value=request.verify_value, must_leave=must_leave)
        node = spaces.of_plant(f"{request.device}/{path}") if path and request.device else None
        return None if node is None else Proof(node=node, value=value, must_leave=must_leave)

    async def _follow(self, proof: Proof, life: Life, *, is_setting: bool) -> None:
        """Read until the effect shows."""
        limit_s = DEADLINE_S if is_setting else EFFECT_S
        has_left, was_read, shown = not proof.must_leave, False, ""
        while life.left_s(limit_s):
            value = await self._read(proof.node)
            if value is not None:
                shown = self._shown(proof.node, value)
                holds = proof.holds(value)
                has_left = has_left or not holds
                if not was_read and (holds or not is_setting):
                    was_read = True
                    life.step(CommandStage.READ_BACK)
                if holds and has_left:
                    life.step(CommandStage.VERIFIED, final=True)
                    return
            elif not was_read and not life.left_s():
                break
            await asyncio.sleep(READ_EVERY_S)
        if was_read:
            reason = f"Accepted, but after {limit_s:g} s the plant still shows {shown}."
            life.step(CommandStage.READ_BACK, reason, final=True)
        else:
            still = f" The plant still shows {shown}." if shown else " The value cannot be read."
            life.step(CommandStage.UNKNOWN, f"Accepted, but not seen in the plant.{still}", final=True)

    def _shown(self, node: ua.NodeId, value: Any) -> str:
        """Return a value as the operator knows it: the name of a state, else the number."""
        catalogue = self.catalogue
        if catalogue is not None and node in catalogue.tag_nodes and isinstance(value, int):
            states = catalogue.model.tags[catalogue.tag_nodes.index(node)].states
            if 0 <= value < len(states):
                return states[value]
        return f"{value:g}" if isinstance(value, int | float) else str(value)

    async def _read(self, node: ua.NodeId) -> Any:
        connection = self._live()
        if connection is None:
            return None
        try:
            async with asyncio.timeout(DEADLINE_S):
                (value,) = await connection.read([node])
        except (LinkError, TimeoutError):
            return None
        return value.Value.Value if value.Value is not None else None

    def _on_probe(self, round_trip_s: float, server_ahead_s: float) -> None:
        # A server may write its clock but once a second: of several readings the largest is the least old.
        self._ahead_s.append(server_ahead_s)
        self.on_ready(True, round_trip_s)


def _owner(spaces: Namespaces, path: str) -> ua.NodeId:
    """Return the object that a plant-wide method is called on: the path without its last part."""
    return ua.NodeId(path.rpartition("/")[0], spaces.plant)

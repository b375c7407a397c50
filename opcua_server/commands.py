"""The one door: every write, method and Execute passes here, with role, limits, interlock, journal and plant in that order."""

import asyncio
import logging
import math
from collections import OrderedDict
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Protocol
from uuid import UUID, uuid4

from asyncua import ua

from opcua_server.alarms.entries import StoredLatches
from opcua_server.conditions import LimitNode
from opcua_server.model.namespaces import Namespaces
from opcua_server.model.types import COMMAND_METHODS
from opcua_server.recorder import CommandNote, Outcome, Recorder, RecordRefusedError
from opcua_server.security.authorize import Action, NotAuthorizedError, authorize
from opcua_server.services.caller import INTERNAL, Caller
from opcua_server.services.methods import MethodRefusedError
from opcua_server.services.status import GOOD, status
from plant.control.latches import Latches
from plant.control.modes import RunningState
from plant.engine import Engine
from plant.errors import PlantError, Refusal

_log = logging.getLogger(__name__)
_S = ua.StatusCodes

_AT_REST = frozenset({RunningState.STOPPED, RunningState.STOPPING, RunningState.EMERGENCY_STOPPED})
KEPT_RESULTS = 10_000
MAX_REASON = 500  # characters
STATUS_OF = {
    Refusal.UNKNOWN_DEVICE: _S.BadNodeIdUnknown,
    Refusal.UNKNOWN_TAG: _S.BadNodeIdUnknown,
    Refusal.UNKNOWN_FAULT: _S.BadInvalidArgument,
    Refusal.NOT_CONTROLLABLE: _S.BadNotSupported,
    Refusal.READ_ONLY: _S.BadNotWritable,
    Refusal.OUT_OF_RANGE: _S.BadOutOfRange,
    Refusal.NOT_A_NUMBER: _S.BadOutOfRange,
    Refusal.LATCHED: _S.BadInvalidState,
    Refusal.INVALID_STATE: _S.BadInvalidState,
}


class Verb(StrEnum):
    """What a command does."""

    START = "Start"
    SHUTDOWN = "Shutdown"
    RESTART = "Restart"
    MAINTAIN = "Maintain"
    STOP = "EmergencyStop"
    RESET_STOP = "ResetEmergencyStop"
    SETPOINT = "Setpoint"
    LIMIT = "Limit"
    PLAY = "Play"
    PAUSE = "Pause"
    SET_SPEED = "SetSpeed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """What a command is aimed at."""

    verb: Verb
    device: str  # "" for the whole plant
    name: str = ""  # setpoint name
    limit: LimitNode | None = None

    @property
    def label(self) -> str:
        """The command in a few words, for the journal."""
        if self.verb is Verb.SETPOINT:
            return f"{self.device} {self.name}"
        if self.limit is not None:
            return f"{self.limit.key} {self.limit.limit}"
        return f"{self.verb} {self.device or 'plant'}"


class LimitSetter(Protocol):
    """What the door needs of the alarm side."""

    def check_limit(self, limit: LimitNode, value: float) -> None:
        """Raise `ValueError` with one sentence when the limit may not have that value."""
        ...

    def set_limit(self, limit: LimitNode, value: float, user: str) -> None:
        """Put a checked value in force."""
        ...


class CommandDoor:
    """Checks, records and applies commands.

    `after_stop` is called at once when an e-stop or a reset has changed a latch; it must not wait for anything.
    """

    def __init__(
        self,
        engine: Engine,
        ns: Namespaces,
        recorder: Recorder,
        limits: LimitSetter,
        limit_nodes: Mapping[ua.NodeId, LimitNode],
        *,
        after_stop: Callable[[Collection[str]], None],
    ) -> None:
        self._engine = engine
        self._recorder = recorder
        self._limits = limits
        self._after_stop = after_stop
        self._targets = _find_targets(engine, ns, limit_nodes)
        self._machines = [device.tag for device in engine.definition.devices if device.replay is None]
        self._sequences: dict[str, int] = {}
        self._outcomes: OrderedDict[str, Outcome] = OrderedDict()
        self._running: dict[str, asyncio.Future[Outcome]] = {}
        self._applied: list[tuple[CommandNote, Outcome]] = []
        self._outcomes.update(recorder.outcomes())

    def sequence(self, device: str) -> int:
        """Return a device's CommandSequence."""
        return self._sequences.get(device, 0)

    def changed_sequences(self) -> Mapping[str, int]:
        """Return every device's CommandSequence that is not 0."""
        return self._sequences

    async def write(self, caller: Caller, node: ua.NodeId, value: ua.Variant) -> ua.StatusCode:
        """Apply a plain write of a third-party client."""
        target = self._targets.get(node)
        if target is None:
            return status(_S.BadNotWritable)
        try:
            await self._perform(caller, target, value.Value, str(uuid4()))
        except MethodRefusedError as refusal:
            return status(refusal.status)
        return GOOD

    async def call(self, caller: Caller, verb: Verb, device: str) -> None:
        """Apply a plain method call of a third-party client.

        Raises:
            MethodRefusedError: Refused, with status and reason.
        """
        await self._perform(caller, Target(verb=verb, device=device), None, str(uuid4()))

    async def execute(
        self,
        caller: Caller,
        command: UUID,
        node: ua.NodeId,
        value: object,
        expected: int,
        valid_until: datetime | None,
    ) -> Outcome:
        """Do a command at most once; a repeated id gets the first result.

        Raises:
            MethodRefusedError: Refused now, or when the id was first used.
        """
        key = str(command)
        if key in self._running:
            return _told(await asyncio.shield(self._running[key]))
        if key in self._outcomes:
            return _told(self._outcomes[key])
        self._running[key] = asyncio.get_running_loop().create_future()
        try:
            outcome = await self._execute_once(caller, key, node, value, expected, valid_until)
        finally:
            running = self._running.pop(key)
            if key in self._outcomes and not running.done():
                running.set_result(self._outcomes[key])
            running.cancel()
        return _told(outcome)

    def explain(self, caller: Caller, command: UUID, node: ua.NodeId, reason: str) -> None:
        """Put into the journal why a command is about to come, although something speaks against it.

        Raises:
            MethodRefusedError: The target is unknown, the caller may not command it, or there is no reason in the text.
        """
        target = self._targets.get(node)
        if target is None:
            raise MethodRefusedError(
                _S.BadNodeIdUnknown, "The target is no setpoint, limit or command of a device."
            )
        try:
            authorize(caller, _action(target))
        except NotAuthorizedError as problem:
            raise _refusal(problem) from problem
        if not reason.strip() or len(reason) > MAX_REASON:
            raise MethodRefusedError(
                _S.BadInvalidArgument, f"Reason: give 1 to {MAX_REASON} characters.", argument=2
            )
        note = CommandNote(id=str(command), caller=caller, device=target.device, label=target.label)
        self._recorder.explained(note, reason.strip())

    async def _execute_once(
        self,
        caller: Caller,
        key: str,
        node: ua.NodeId,
        value: object,
        expected: int,
        valid_until: datetime | None,
    ) -> Outcome:
        target = self._targets.get(node)
        try:
            if target is None:
                raise MethodRefusedError(
                    _S.BadNodeIdUnknown, "The target is no setpoint, limit or command of a device."
                )
            self._check_validity(target, expected, valid_until)
            text = await self._perform(caller, target, value, key)
            outcome = Outcome(code=_S.Good, text=text, sequence=self.sequence(target.device))
        except MethodRefusedError as refusal:
            device = target.device if target is not None else ""
            outcome = Outcome(code=refusal.status, text=refusal.reason, sequence=self.sequence(device))
        self._outcomes[key] = outcome
        while len(self._outcomes) > KEPT_RESULTS:
            self._outcomes.popitem(last=False)
        return outcome

    def _check_validity(self, target: Target, expected: int, valid_until: datetime | None) -> None:
        if target.verb is Verb.STOP:
            return  # a stop is never too late and never out of turn
        if valid_until is not None and _utc(valid_until) < datetime.now(UTC):
            raise MethodRefusedError(
                _S.BadTimeout, f"The command came too late: it was valid until {valid_until}."
            )
        if expected and expected != self.sequence(target.device):
            raise MethodRefusedError(
                _S.BadInvalidState,
                f"Another command came first: {target.device} is at sequence {self.sequence(target.device)}, "
                f"the command expected {expected}. Look at the device and try again.",
            )

    async def _perform(self, caller: Caller, target: Target, value: object, key: str) -> str:
        if target.verb is Verb.STOP:
            try:
                authorize(caller, Action.STOP)  # looks at memory alone: nothing that could delay a stop
            except NotAuthorizedError as problem:
                raise _refusal(problem) from problem
            self.stop(caller, target.device or None)
            return "Stopped and latched"
        note = CommandNote(id=key, caller=caller, device=target.device, label=target.label, value=value)
        try:
            authorize(caller, _action(target))
            self._check(target, value)
            await self._recorder.intent(note)
            self._check(target, value)  # an e-stop may have come while the journal was written
            self._apply(target, value, caller)
        except RecordRefusedError as problem:
            raise MethodRefusedError(_S.BadResourceUnavailable, str(problem)) from problem
        except (PlantError, ValueError, NotAuthorizedError) as problem:
            refusal = _refusal(problem)
            outcome = Outcome(code=refusal.status, text=refusal.reason, sequence=self.sequence(target.device))
            self._recorder.result(note, "refused", outcome)
            raise refusal from problem
        self._accepted(note, target)
        return "Accepted"

    def _accepted(self, note: CommandNote, target: Target) -> None:
        self._sequences[target.device] = self.sequence(target.device) + 1
        outcome = Outcome(code=_S.Good, text="Accepted", sequence=self.sequence(target.device))
        if target.verb is Verb.RESET_STOP:
            self._recorder.result(note, "done", outcome, latches=self._retained())
            self._after_stop([target.device] if target.device else self._machines)
        else:
            self._applied.append((note, outcome))

    def after_tick(self) -> frozenset[str]:
        """Record the result of every command that the step just made took up; returns their devices."""
        applied, self._applied = self._applied, []
        for note, outcome in applied:
            self._recorder.result(note, "done", outcome, latches=self._retained())
        return frozenset(note.device for note, _ in applied)

    def latches_moved(self, before: Latches) -> None:
        """Record and show what a scenario has set or cleared in the step just made; `before` is how it was."""
        now = self._engine.latches
        if now == before:
            return
        devices = self._machines if now.plant != before.plant else sorted(now.devices ^ before.devices)
        note = CommandNote(id=str(uuid4()), caller=INTERNAL, device="", label="e-stop latches, by a scenario")
        self._applied.append((note, Outcome(code=_S.Good, text="Done by a scenario", sequence=0)))
        self._after_stop(devices)

    def _retained(self) -> StoredLatches:
        """Return what a restart must find as it is: latches, and the machines that stand still."""
        engine = self._engine
        at_rest = frozenset(
            machine for machine in self._machines if engine.running_state(machine) in _AT_REST
        )
        return StoredLatches(plant=engine.latches.plant, devices=engine.latches.devices, at_rest=at_rest)

    def stop(self, caller: Caller, device: str | None) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Bring one device or all to the safe state, at once.

        Nothing comes before the engine: no journal, no tick. The caller's right to it has been looked at. Returns the devices stopped and those that take no
        commands.

        Raises:
            MethodRefusedError: No such device, or one that cannot be stopped.
        """
        before = self._engine.latches
        try:
            if device is None:
                report = self._engine.emergency_stop_all()
                stopped, deaf = report.stopped, report.not_controllable
            else:
                self._engine.emergency_stop(device)
                stopped, deaf = (device,), ()
        except PlantError as problem:
            raise _refusal(problem) from problem
        if self._engine.latches == before:
            return stopped, deaf  # a repeated stop: done again, and already told
        self._sequences[device or ""] = self.sequence(device or "") + 1
        note = CommandNote(
            id=str(uuid4()), caller=caller, device=device or "", label=f"EmergencyStop {device or 'plant'}"
        )
        self._recorder.stopped(note, stopped, self._retained())
        self._after_stop(stopped)
        return stopped, deaf

    def _check(self, target: Target, value: object) -> None:
        if target.verb is Verb.SETPOINT:
            self._engine.check_setpoint(target.device, target.name, _number(value))
        elif target.limit is not None:
            self._limits.check_limit(target.limit, _number(value))

    def _apply(self, target: Target, value: object, caller: Caller) -> None:
        engine, device = self._engine, target.device
        if target.verb is Verb.SETPOINT:
            engine.write_setpoint(device, target.name, _number(value))
        elif target.limit is not None:
            self._limits.set_limit(target.limit, _number(value), caller.name)
        elif target.verb is Verb.RESET_STOP and not device:
            engine.reset_emergency_stop_all()
        elif target.verb is Verb.SET_SPEED:
            engine.set_speed(device, _number(value))
        else:
            actions: dict[Verb, Callable[[str], None]] = {
                Verb.START: engine.start,
                Verb.SHUTDOWN: engine.shutdown,
                Verb.RESTART: engine.restart,
                Verb.MAINTAIN: engine.maintain,
                Verb.RESET_STOP: engine.reset_emergency_stop,
                Verb.PLAY: engine.play,
                Verb.PAUSE: engine.pause,
            }
            actions[target.verb](device)


def _find_targets(
    engine: Engine, ns: Namespaces, limit_nodes: Mapping[ua.NodeId, LimitNode]
) -> dict[ua.NodeId, Target]:
    targets: dict[ua.NodeId, Target] = {}
    for device in engine.definition.devices:
        for setpoint in device.setpoints:
            node = ns.node(f"{device.tag}/Setpoints/{setpoint.name}")
            targets[node] = Target(verb=Verb.SETPOINT, device=device.tag, name=setpoint.name)
        if device.replay is None:
            for method in COMMAND_METHODS:
                targets[ns.node(f"{device.tag}/{method}")] = Target(verb=Verb(method), device=device.tag)
        else:
            for verb in (Verb.PLAY, Verb.PAUSE, Verb.SET_SPEED):
                targets[ns.node(f"{device.tag}/Playback/{verb}")] = Target(verb=verb, device=device.tag)
    targets[ns.node("Plant/EmergencyStopAll")] = Target(verb=Verb.STOP, device="")
    targets[ns.node("Plant/ResetEmergencyStopAll")] = Target(verb=Verb.RESET_STOP, device="")
    for node, limit in limit_nodes.items():
        targets[node] = Target(verb=Verb.LIMIT, device=limit.device, limit=limit)
    return targets


def _told(outcome: Outcome) -> Outcome:
    """Return a good outcome, raise a bad one."""
    if outcome.code != _S.Good:
        raise MethodRefusedError(outcome.code, outcome.text)
    return outcome


def _refusal(problem: Exception) -> MethodRefusedError:
    if isinstance(problem, NotAuthorizedError):
        return MethodRefusedError(_S.BadUserAccessDenied, str(problem))
    if isinstance(problem, PlantError):
        return MethodRefusedError(STATUS_OF[problem.reason], str(problem))
    return MethodRefusedError(_S.BadOutOfRange, str(problem))


def _action(target: Target) -> Action:
    actions = {Verb.SETPOINT: Action.SETPOINT, Verb.LIMIT: Action.LIMIT, Verb.RESET_STOP: Action.RESET_STOP}
    return actions.get(target.verb, Action.COMMAND)


def _number(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise ValueError(f"{value!r} is not a finite number.")
    return float(value)


def _utc(moment: datetime) -> datetime:
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)

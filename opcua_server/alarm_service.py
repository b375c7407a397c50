"""Run the alarm engine: what changes is stored, then shown on the wire; acknowledgements come back the same way."""

import asyncio
import logging
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
from asyncua import ua
from numpy.typing import NDArray

from opcua_server.alarms.definitions import AlarmDefinition, AlarmKind, DeviceDescription, TagDescription
from opcua_server.alarms.engine import AlarmEngine
from opcua_server.alarms.errors import AlarmError, AlarmRefusal, JournalError
from opcua_server.alarms.journal import JournalReserveError
from opcua_server.alarms.records import AlarmRecord, Transition
from opcua_server.alarms.rules import SystemAlarm
from opcua_server.alarms.thresholds import LimitChange
from opcua_server.conditions import Conditions, LimitNode
from opcua_server.health import Finding
from opcua_server.recorder import Recorder
from opcua_server.replay_feed import NoveltyVerdict
from opcua_server.scoring.client import WorkerState
from opcua_server.security.authorize import Action, NotAuthorizedError, authorize
from opcua_server.services.caller import Caller
from opcua_server.services.methods import MethodRefusedError
from opcua_server.services.subscriptions import AndonSubscriptions
from opcua_server.watch import Trouble
from plant.definition import Family, Group, PlantDefinition
from plant.engine import Engine
from plant.units import UNITS

_log = logging.getLogger(__name__)
_S = ua.StatusCodes

STORE_TIMEOUT_S = (
    1.5  # an alarm that cannot be stored is shown all the same, before an operator would miss it
)
_STATUS_OF = {
    AlarmRefusal.CONDITION_UNKNOWN: _S.BadNodeIdInvalid,
    AlarmRefusal.EVENT_ID_UNKNOWN: _S.BadEventIdUnknown,
    AlarmRefusal.ALREADY_ACKNOWLEDGED: _S.BadConditionBranchAlreadyAcked,
}


class AlarmService:
    """The alarms of one running server."""

    def __init__(
        self,
        definitions: Sequence[AlarmDefinition],
        plant: Engine,
        conditions: Conditions,
        subscriptions: AndonSubscriptions,
        recorder: Recorder,
    ) -> None:
        columns = {
            (c.device, c.definition.name): c.index for c in plant.tags if c.group == Group.MEASUREMENTS
        }
        self._engine = AlarmEngine(definitions, columns)
        self._columns = columns
        self._plant = plant
        self._conditions = conditions
        self._subscriptions = subscriptions
        self._recorder = recorder
        self._predictions = {d.device: d.key for d in definitions if d.kind is AlarmKind.PREDICTION}
        self._novelties = {d.device: d.key for d in definitions if d.kind is AlarmKind.NOVELTY}
        self._shown: dict[str, AlarmRecord] = {}  # what clients have been told, and a refresh repeats
        self._queue: asyncio.Queue[list[Transition] | LimitChange] = asyncio.Queue()
        self._firing: set[str] = set()
        self._late: list[AlarmRecord] = []
        subscriptions.retained = lambda: [conditions.event(record) for record in self._shown.values()]
        subscriptions.bracket = conditions.bracket

    # ---- what comes in -------------------------------------------------------------------------------------------

    def tick(
        self, values: NDArray[np.float64], status: NDArray[np.uint32], now: datetime, mono_s: float
    ) -> None:
        """Compare a frame with every limit and rule."""
        self._submit(self._engine.tick(values, status, now, mono_s))

    def findings(self, findings: Iterable[Finding], now: datetime, mono_s: float) -> None:
        """Take what the detectors say of all devices: those not named are no longer anomalous."""
        firing = {finding.device: finding for finding in findings if finding.device in self._predictions}
        for device in self._firing - firing.keys():
            self._submit(self._engine.detect(self._predictions[device], False, "", (), now, mono_s))
        for device, found in firing.items():
            key = self._predictions[device]
            self._submit(self._engine.detect(key, True, found.message, (found.evidence,), now, mono_s))
        self._firing = set(firing)

    def novelty(self, verdict: NoveltyVerdict, now: datetime, mono_s: float) -> None:
        """Take what a novelty detector says of its replay device."""
        key = self._novelties.get(verdict.device)
        if key is not None:
            evidence = (verdict.evidence,) if verdict.active else ()
            self._submit(self._engine.detect(key, verdict.active, verdict.message, evidence, now, mono_s))

    def worker_state(self, state: WorkerState, reason: str, now: datetime) -> None:
        """Raise or clear the alarms about the scoring worker and its bundle."""
        if state is WorkerState.DOWN:
            _log.warning("%s", reason)
            self.raise_system(SystemAlarm.SCORING_STOPPED, "", now)
            return
        self.clear_system(SystemAlarm.SCORING_STOPPED, now)
        if state is WorkerState.NO_BUNDLE:
            _log.warning("rules only, no trained detectors: %s", reason)
            self.raise_system(SystemAlarm.BUNDLE_MISSING, "", now)
        else:
            self.clear_system(SystemAlarm.BUNDLE_MISSING, now)

    def watch(self, trouble: Trouble, now: datetime) -> None:
        """Raise or clear what the server has noticed about itself."""
        for alarm, text in (
            (SystemAlarm.TICK_OVERRUN, trouble.overrun),
            (SystemAlarm.CLOCK_JUMPED, trouble.clock),
        ):
            if text:
                self.raise_system(alarm, text, now)
            else:
                self.clear_system(alarm, now)

    def journal_failed(self, problem: JournalError) -> None:
        """Tell that the journal cannot be written, or is written on its reserve."""
        on_reserve = isinstance(problem, JournalReserveError)
        alarm = SystemAlarm.DISK_ALMOST_FULL if on_reserve else SystemAlarm.JOURNAL_NOT_WRITTEN
        self.raise_system(alarm, str(problem), datetime.now(UTC))

    def journal_recovered(self) -> None:
        """Tell that the journal is written again."""
        for alarm in (SystemAlarm.DISK_ALMOST_FULL, SystemAlarm.JOURNAL_NOT_WRITTEN):
            self.clear_system(alarm, datetime.now(UTC))

    def audit_failed(self, problem: JournalError) -> None:
        """Tell that the audit log cannot be written, or is written on its reserve."""
        on_reserve = isinstance(problem, JournalReserveError)
        alarm = SystemAlarm.DISK_ALMOST_FULL if on_reserve else SystemAlarm.AUDIT_NOT_WRITTEN
        self.raise_system(alarm, str(problem), datetime.now(UTC))

    def audit_recovered(self) -> None:
        """Tell that the audit log is written again."""
        self.clear_system(SystemAlarm.AUDIT_NOT_WRITTEN, datetime.now(UTC))

    def audit_grown(self, share: float) -> None:
        """Tell that the audit log has reached the part of its room at which to warn; `share` of that part, 1 or more."""
        if share >= 1.0:
            self.raise_system(SystemAlarm.AUDIT_ALMOST_FULL, "", datetime.now(UTC))
        else:
            self.clear_system(SystemAlarm.AUDIT_ALMOST_FULL, datetime.now(UTC))

    def raise_system(self, alarm: SystemAlarm, message: str, now: datetime) -> None:
        """Raise an alarm about Andon itself."""
        self._submit(self._engine.raise_system(alarm, message, now))

    def clear_system(self, alarm: SystemAlarm, now: datetime) -> None:
        """Tell that a trouble of Andon itself is over."""
        self._submit(self._engine.clear_system(alarm, now))

    def latches_changed(self, now: datetime) -> list[Transition]:
        """Follow the plant's latches; the caller shows the result at once, stored or not."""
        latches = self._plant.latches
        machines = [d.tag for d in self._plant.definition.devices if d.family is not Family.REPLAY]
        deaf = [d.tag for d in self._plant.definition.devices if d.family is Family.REPLAY]
        stopped = machines if latches.plant else sorted(latches.devices)
        transitions = self._engine.set_estop(
            plant=latches.plant, devices=stopped, now=now, not_controllable=deaf if latches.plant else ()
        )
        if transitions:
            self._recorder.transitions(transitions, announced=True)
        return transitions

    async def acknowledge(
        self, caller: Caller, node: ua.NodeId, arguments: Sequence[ua.Variant]
    ) -> list[ua.Variant]:
        """Handle Part 9's Acknowledge; `node` is the ConditionId."""
        key = self._conditions.key_of(node)
        if key is None:
            raise MethodRefusedError(_S.BadNodeIdInvalid, "That object is no alarm.")
        comment = arguments[1].Value.Text or "" if arguments[1].Value is not None else ""
        try:
            authorize(caller, Action.ACKNOWLEDGE)
            transition = self._engine.acknowledge(
                key, arguments[0].Value or b"", comment, caller.name, datetime.now(UTC)
            )
        except NotAuthorizedError as problem:
            raise MethodRefusedError(_S.BadUserAccessDenied, str(problem)) from problem
        except AlarmError as problem:
            raise MethodRefusedError(_STATUS_OF[problem.reason], str(problem)) from problem
        self._submit([transition])
        return []

    # ---- limits, for the command door ----------------------------------------------------------------------------

    def limits_in_force(self) -> dict[int, dict[str, float]]:
        """Return the limits (lolo, lo, hi, hihi) of every column that has any, as they are now."""
        return {self._columns[device, tag]: limits for device, tag, limits in self._engine.limits_in_force()}

    def check_limit(self, limit: LimitNode, value: float) -> None:
        """Raise `ValueError` with one sentence when the limit may not have that value."""
        try:
            self._engine.check_limit(limit.key, limit.limit, value)
        except AlarmError as problem:
            raise ValueError(str(problem)) from problem

    def set_limit(self, limit: LimitNode, value: float, user: str) -> None:
        """Put a checked value in force, on the wire and over restarts."""
        self.check_limit(limit, value)
        change = self._engine.set_limit(limit.key, limit.limit, value)
        self._recorder.limit(change, user)
        self._queue.put_nowait(change)

    # ---- what goes out -------------------------------------------------------------------------------------------

    async def restore(self) -> None:
        """Take up alarms, limits and latches as they were stored, and tell what was stored but never told."""
        restored = self._recorder.restored
        for sentence in self._engine.restore_limits(restored.limits):
            _log.warning("a stored limit is left out: %s", sentence)
        for change in restored.limits:
            await self._show_limit(change)
        unknown = self._engine.restore(restored.alarms)
        if unknown:
            _log.info(
                "%d stored alarms belong to no device of this plant: %s", len(unknown), ", ".join(unknown)
            )
        for record in self._engine.records():
            if record.retain:
                self._shown[record.key] = record
            if record.occurrence:
                await self._conditions.show(record)
        self._late = [r for r in self._engine.records() if r.event_id in restored.unannounced]

    async def announce_late(self) -> None:
        """Tell what an earlier run had stored and not yet told, as soon as somebody listens."""
        # What has changed since is told by its own event.
        current = [r for r in self._late if self._engine.record(r.key).event_id == r.event_id]
        told = [r for r in current if await self._subscriptions.trigger_event(self._conditions.event(r))]
        if told:
            self._recorder.announced([record.event_id for record in told])
        self._late = [record for record in current if record not in told]

    async def run(self) -> None:
        """Store and show transitions in their order, until cancelled."""
        while True:
            work = await self._queue.get()
            if isinstance(work, LimitChange):
                await self._conditions.show_limit(work)
            else:
                await self._store(work)
                await self.show(work)
                self._recorder.announced([transition.event_id for transition in work])

    async def _show_limit(self, change: LimitChange) -> None:
        """Bring a limit's node to the value in force, which is not the stored one where that did not fit."""
        in_force = self._engine.record(change.key).definition.limits.get(change.limit)
        if in_force is not None:
            await self._conditions.show_limit(replace(change, new=in_force))

    def _submit(self, transitions: list[Transition]) -> None:
        if transitions:
            self._queue.put_nowait(list(transitions))

    async def _store(self, transitions: list[Transition]) -> None:
        stored = self._recorder.transitions(transitions)
        try:
            async with asyncio.timeout(STORE_TIMEOUT_S):
                await asyncio.wrap_future(stored)
        except TimeoutError:
            _log.warning("%d alarms are shown before they are stored: the journal is slow", len(transitions))
        except Exception as problem:  # noqa: BLE001  # whatever the disk says, the operator must see the alarm
            _log.warning("%d alarms are shown but not stored: %s", len(transitions), problem)

    async def show(self, transitions: Iterable[Transition]) -> None:
        """Send one event a transition and bring the condition's nodes to its state."""
        for transition in transitions:
            record = transition.record
            if record.retain:
                self._shown[record.key] = record
            else:
                self._shown.pop(record.key, None)
            await self._conditions.show(record)
            await self._subscriptions.trigger_event(self._conditions.event(record))


def describe_devices(plant: PlantDefinition) -> tuple[DeviceDescription, ...]:
    """Return the plant as far as alarms need it."""
    return tuple(
        DeviceDescription(
            tag=device.tag,
            family=str(device.family),
            tags=tuple(
                TagDescription(
                    name=tag.name,
                    display_name=tag.display_name,
                    unit_symbol=UNITS[tag.unit].symbol,
                    precision=tag.precision,
                    low=tag.low,
                    high=tag.high,
                    lolo=tag.lolo,
                    lo=tag.lo,
                    hi=tag.hi,
                    hihi=tag.hihi,
                )
                for tag in device.measurements
            ),
        )
        for device in plant.devices
    )

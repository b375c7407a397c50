"""Turn values, detections and system events into alarms."""

import math
import secrets
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final

import numpy as np
from numpy.typing import NDArray

from opcua_server.alarms import lifecycle
from opcua_server.alarms.catalogue import ESTOP_KEY
from opcua_server.alarms.definitions import (
    FIELD_OF,
    PREDICTIVE_KINDS,
    AlarmDefinition,
    AlarmKind,
    LimitName,
)
from opcua_server.alarms.detections import DetectionBoard
from opcua_server.alarms.errors import AlarmError, AlarmRefusal
from opcua_server.alarms.joining import leader_for
from opcua_server.alarms.lifecycle import Finding, Stamp
from opcua_server.alarms.limit_bank import LEVEL_OF, LimitBank
from opcua_server.alarms.messages import limit_message, rule_message
from opcua_server.alarms.records import (
    EVENT_ID_BYTES,
    AlarmRecord,
    AlarmSnapshot,
    Transition,
    TransitionKind,
    restored,
)
from opcua_server.alarms.rule_bank import RuleBank
from opcua_server.alarms.severity import Priority
from opcua_server.alarms.stops import estop_evidence, estop_message
from opcua_server.alarms.thresholds import LimitChange, limit_name, with_limits

URGENT_S: Final = 1800.0  # look.md: a prediction is P3 when the limit is under 30 min away
_QUIET: Final = Finding(active=False)


def new_event_id() -> bytes:
    """Return a random id; random ones stay unique over restarts (OPC 10000-5, 6.4.2)."""
    return secrets.token_bytes(EVENT_ID_BYTES)


class AlarmEngine:
    """All alarms of a plant. It reads no clock and does no I/O: time comes in, transitions go out.

    Every method that may change something returns the transitions in the order in which they happened; each carries the
    record as it then was.
    """

    def __init__(
        self,
        definitions: Iterable[AlarmDefinition],
        tag_index: Mapping[tuple[str, str], int],
        *,
        event_id: Callable[[], bytes] = new_event_id,
    ) -> None:
        """Take the alarms and the columns of their tags.

        Args:
            definitions: Of `build_definitions`.
            tag_index: (device, tag) to the column in the arrays that `tick` gets.
            event_id: Makes a new id for each transition.

        Raises:
            KeyError: A tag that an alarm watches has no column.
        """
        self._event_id = event_id
        self._records = {
            d.key: AlarmRecord(key=d.key, definition=d, priority=d.priority) for d in definitions
        }
        every = [record.definition for record in self._records.values()]
        self._limit_keys = [d.key for d in every if d.kind is AlarmKind.LIMIT]
        self._rule_keys = [d.key for d in every if d.kind is AlarmKind.RULE]
        watched = [self._records[key].definition for key in self._limit_keys]
        self._limits = LimitBank(watched, [tag_index[d.device, d.source] for d in watched])
        self._rules = RuleBank([self._records[key].definition for key in self._rule_keys], tag_index)
        self._board = DetectionBoard({d.key: d for d in every if d.kind in PREDICTIVE_KINDS})
        self._findings: dict[str, Finding] = {}
        self._joined: dict[str, tuple[str, int]] = {}
        self._of_device: dict[str, list[str]] = {}
        for definition in sorted(every, key=_rank):
            self._of_device.setdefault(definition.device, []).append(definition.key)
        self._stopped: tuple[bool, frozenset[str]] | None = None

    # ---- What comes in ---------------------------------------------------------------------------

    def tick(
        self, values: NDArray[np.float64], status: NDArray[np.uint32], now: datetime, mono_s: float
    ) -> list[Transition]:
        """Compare this tick's values with limits and rules, and let delays run out.

        Args:
            values: shape (n_tags,), in the tags' own units; NaN where there is none.
            status: shape (n_tags,), OPC UA status codes.
            now: UTC.
            mono_s: Monotonic time, s.
        """
        rules = self._rules.update(values, status, mono_s)
        limits = self._limits.update(values, status, mono_s)
        detectors = self._board.due(mono_s)
        if not rules and not limits and not detectors:
            return []
        for row in rules:
            self._findings[self._rule_keys[row]] = self._rule_finding(row, values, status)
        for row in limits:
            self._findings[self._limit_keys[row]] = self._limit_finding(row, values)
        keys = [self._rule_keys[row] for row in rules] + [self._limit_keys[row] for row in limits] + detectors
        devices = dict.fromkeys(self._records[key].definition.device for key in keys)
        return [transition for device in devices for transition in self._settle(device, now)]

    def detect(
        self,
        key: str,
        active: bool,
        message: str,
        evidence: Sequence[str],
        now: datetime,
        mono_s: float,
        *,
        time_to_limit_s: float = math.inf,
    ) -> list[Transition]:
        """Take what a detector says; to say the same again changes nothing.

        Args:
            key: Of a prediction or novelty alarm.
            active: Whether the detector fires.
            message: In plain words; empty for the definition's own.
            evidence: The values that speak for it, a sentence each.
            now: UTC.
            mono_s: Monotonic time, s.
            time_to_limit_s: How long until a limit is reached; under 30 minutes the alarm is P3.

        Raises:
            AlarmError: `key` is not a detector's.
        """
        if key not in self._board:
            raise AlarmError(AlarmRefusal.CONDITION_UNKNOWN, f"{key!r} is not an alarm of a detector.")
        definition = self._records[key].definition
        urgent = min(definition.priority, Priority.P3) if time_to_limit_s < URGENT_S else definition.priority
        finding = Finding(
            active=active, message=message or definition.message, priority=urgent, evidence=tuple(evidence)
        )
        return self._settle(definition.device, now) if self._board.say(key, finding, mono_s) else []

    def raise_system(self, key: str, message: str, now: datetime) -> list[Transition]:
        """Raise an alarm about Andon itself; nothing happens while it is active. An empty message means its own."""
        definition = self._of_kind(key, AlarmKind.SYSTEM).definition
        finding = Finding(active=True, message=message or definition.message, priority=definition.priority)
        return self._raise_plain(key, finding, now)

    def clear_system(self, key: str, now: datetime) -> list[Transition]:
        """Tell that a trouble of Andon itself is over."""
        record = self._of_kind(key, AlarmKind.SYSTEM)
        return [self._keep(lifecycle.clear(record, self._stamp(now)))] if record.state.is_active else []

    def set_estop(
        self, *, plant: bool, devices: Iterable[str], now: datetime, not_controllable: Iterable[str] = ()
    ) -> list[Transition]:
        """Tell which emergency stops are latched: one alarm that lists their devices, active while there is any.

        A device that is added asks for acknowledgement again; one that is released does not.

        Args:
            plant: Whether the plant's own latch is set.
            devices: The devices that stand still by a latch, in a plant stop all of them.
            now: UTC.
            not_controllable: Devices that a plant stop could not stop.
        """
        record, stopped = self._of_kind(ESTOP_KEY, AlarmKind.ESTOP), frozenset(devices)
        if not plant and not stopped:
            self._stopped = (False, stopped)
            return [self._keep(lifecycle.clear(record, self._stamp(now)))] if record.state.is_active else []
        finding = Finding(
            active=True,
            message=estop_message(record.definition.message, plant=plant, devices=stopped),
            priority=record.definition.priority,
            evidence=estop_evidence(stopped, not_controllable),
        )
        before, self._stopped = self._stopped, (plant, stopped)
        if not record.state.is_active:
            return [self._keep(lifecycle.activate(record, finding, self._stamp(now)))]
        if (record.message, record.evidence) == (finding.message, finding.evidence):
            return []
        relisted = replace(record, evidence=finding.evidence)
        grew = before is None or bool(stopped - before[1]) or plant > before[0]
        if grew:
            return [self._keep(lifecycle.escalate(relisted, finding, self._stamp(now)))]
        return [self._keep(lifecycle.update(relisted, finding, self._stamp(now), TransitionKind.UPDATED))]

    def acknowledge(self, key: str, event_id: bytes, comment: str, user: str, now: datetime) -> Transition:
        """Note that an operator has seen an alarm.

        Any event of the occurrence since it last asked for acknowledgement will do as `event_id`.

        Raises:
            AlarmError: CONDITION_UNKNOWN, EVENT_ID_UNKNOWN or ALREADY_ACKNOWLEDGED.
        """
        record = self._known(key)
        if event_id not in record.event_ids:
            raise AlarmError(
                AlarmRefusal.EVENT_ID_UNKNOWN,
                f"{key}: this event is not one of the alarm's present occurrence; look at the latest one.",
            )
        if record.state.is_acknowledged:
            raise AlarmError(AlarmRefusal.ALREADY_ACKNOWLEDGED, f"{key} is acknowledged already.")
        return self._keep(lifecycle.acknowledge(record, comment, user, self._stamp(now)))

    def limits_in_force(self) -> Iterator[tuple[str, str, dict[str, float]]]:
        """Yield device, tag and limits (lolo, lo, hi, hihi) of every limit alarm, as they are now."""
        for key in self._limit_keys:
            definition = self._records[key].definition
            limits = {FIELD_OF[name]: bound for name, bound in definition.limits}
            yield definition.device, definition.source, limits

    def set_limit(self, key: str, limit: str, value: float) -> LimitChange:
        """Move a limit ("HighHigh" or "hihi") of a limit alarm; it counts from the next tick on.

        Raises:
            AlarmError: CONDITION_UNKNOWN, LIMIT_UNKNOWN, NOT_A_NUMBER, OUT_OF_RANGE or LIMIT_ORDER.
        """
        change, definition = self._checked_limit(key, limit, value)
        self._put_limits(definition)
        return change

    def check_limit(self, key: str, limit: str, value: float) -> LimitChange:
        """Check a limit as `set_limit` does, changing nothing."""
        return self._checked_limit(key, limit, value)[0]

    def restore_limits(self, changes: Iterable[LimitChange]) -> tuple[str, ...]:
        """Move limits to where they were before a restart; return a sentence for each that does not fit the plant.

        All limits of an alarm are moved together: one after the other they might pass through a wrong order.
        """
        by_key: dict[str, list[LimitChange]] = {}
        for change in changes:
            by_key.setdefault(change.key, []).append(change)
        problems = []
        for key, of_key in by_key.items():
            try:
                definition = with_limits(
                    self._of_kind(key, AlarmKind.LIMIT).definition, {c.limit: c.new for c in of_key}
                )
            except AlarmError as problem:
                problems.append(problem.message)
            else:
                self._put_limits(definition)
        return tuple(problems)

    # ---- What there is ---------------------------------------------------------------------------

    def record(self, key: str) -> AlarmRecord:
        """Return one alarm.

        Raises:
            AlarmError: CONDITION_UNKNOWN.
        """
        return self._known(key)

    def records(self) -> tuple[AlarmRecord, ...]:
        """Return all alarms, also those that are normal."""
        return tuple(self._records.values())

    def retained(self) -> tuple[AlarmRecord, ...]:
        """Return the alarms that are in the list: active, or not acknowledged."""
        return tuple(record for record in self._records.values() if record.retain)

    def restore(self, snapshots: Iterable[AlarmSnapshot]) -> tuple[str, ...]:
        """Take up the alarms as they were stored, before the first tick; return the keys that the plant has no more."""
        unknown = []
        for stored in snapshots:
            record = self._records.get(stored.key)
            if record is None:
                unknown.append(stored.key)
            else:
                self._restore(restored(record.definition, stored))
        return tuple(unknown)

    # ---- Within ----------------------------------------------------------------------------------

    def _restore(self, record: AlarmRecord) -> None:
        self._records[record.key] = record
        active = record.state.is_active
        finding = Finding(
            active=active,
            message=record.message,
            priority=record.priority,
            active_limit=record.active_limit,
            evidence=record.evidence,
        )
        if record.definition.kind is AlarmKind.LIMIT:
            row = self._limit_keys.index(record.key)
            self._limits.restore(row, record.active_limit if active else None)
            self._findings[record.key] = finding
        elif record.definition.kind is AlarmKind.RULE:
            self._rules.restore(self._rule_keys.index(record.key), active=active)
            self._findings[record.key] = finding
        elif record.key in self._board:
            self._board.restore(record.key, finding)

    def _known(self, key: str) -> AlarmRecord:
        record = self._records.get(key)
        if record is None:
            raise AlarmError(AlarmRefusal.CONDITION_UNKNOWN, f"There is no alarm {key!r}.")
        return record

    def _of_kind(self, key: str, kind: AlarmKind) -> AlarmRecord:
        record = self._known(key)
        if record.definition.kind is not kind:
            raise AlarmError(AlarmRefusal.CONDITION_UNKNOWN, f"{key!r} is not a {kind} alarm.")
        return record

    def _put_limits(self, definition: AlarmDefinition) -> None:
        row = self._limit_keys.index(definition.key)
        for limit, bound in definition.limits:
            self._limits.set_limit(row, limit, bound)
        self._records[definition.key] = replace(self._records[definition.key], definition=definition)

    def _checked_limit(self, key: str, limit: str, value: float) -> tuple[LimitChange, AlarmDefinition]:
        definition = self._of_kind(key, AlarmKind.LIMIT).definition
        name = limit_name(definition, limit)
        old = definition.limits.get(name)
        assert old is not None
        return LimitChange(key=key, limit=name, old=old, new=value), with_limits(definition, {name: value})

    def _stamp(self, now: datetime) -> Stamp:
        return Stamp(now=now, event_id=self._event_id())

    def _keep(self, transition: Transition) -> Transition:
        self._records[transition.key] = transition.record
        return transition

    def _raise_plain(self, key: str, finding: Finding, now: datetime) -> list[Transition]:
        record = self._records[key]
        if record.state.is_active:
            return []
        return [self._keep(lifecycle.activate(record, finding, self._stamp(now)))]

    def _rule_finding(self, row: int, values: NDArray[np.float64], status: NDArray[np.uint32]) -> Finding:
        definition = self._records[self._rule_keys[row]].definition
        if not self._rules.is_active(row):
            return _QUIET
        readings = self._rules.readings(row, values, status)
        return Finding(
            active=True, message=rule_message(definition.message, readings), priority=definition.priority
        )

    def _limit_finding(self, row: int, values: NDArray[np.float64]) -> Finding:
        definition = self._records[self._limit_keys[row]].definition
        limit = self._limits.level(row)
        if limit is None:
            return _QUIET
        return Finding(
            active=True,
            message=limit_message(definition, limit, self._limits.value(row, values)),
            priority=definition.priority_for(limit),
            active_limit=limit,
        )

    def _settle(self, device: str, now: datetime) -> list[Transition]:
        """Bring the records of a device in line with what its sources say: rules first, detectors last."""
        return [t for key in self._of_device[device] for t in self._reconcile(key, now)]

    def _reconcile(self, key: str, now: datetime) -> list[Transition]:
        record = self._records[key]
        finding = self._board.finding(key) if key in self._board else self._findings.get(key, _QUIET)
        if not finding.active:
            self._joined.pop(key, None)
            return [self._keep(lifecycle.clear(record, self._stamp(now)))] if record.state.is_active else []
        leader = leader_for(record, finding, self._siblings(record))
        if leader is not None:
            return self._join(record, finding, leader, now)
        self._joined.pop(key, None)
        return self._follow(record, finding, now)

    def _siblings(self, record: AlarmRecord) -> list[AlarmRecord]:
        return [self._records[key] for key in self._of_device[record.definition.device]]

    def _follow(self, record: AlarmRecord, finding: Finding, now: datetime) -> list[Transition]:
        if not record.state.is_active:
            return [self._keep(lifecycle.activate(record, finding, self._stamp(now)))]
        if _is_worse(record, finding):
            return [self._keep(lifecycle.escalate(record, finding, self._stamp(now)))]
        if record.active_limit is not finding.active_limit:
            return [self._keep(lifecycle.update(record, finding, self._stamp(now), TransitionKind.EASED))]
        return []

    def _join(
        self, record: AlarmRecord, finding: Finding, leader: AlarmRecord, now: datetime
    ) -> list[Transition]:
        found: list[Transition] = []
        if self._joined.get(record.key) != (leader.key, leader.occurrence):
            self._joined[record.key] = (leader.key, leader.occurrence)
            sentence = _evidence(finding)
            if sentence not in leader.evidence:
                found.append(self._keep(lifecycle.add_evidence(leader, (sentence,), self._stamp(now))))
        if record.state.is_active:
            found.append(self._keep(lifecycle.join(record, self._stamp(now))))
        return found


_ORDER: Final = (AlarmKind.RULE, AlarmKind.LIMIT, AlarmKind.PREDICTION, AlarmKind.NOVELTY)


def _rank(definition: AlarmDefinition) -> int:
    return _ORDER.index(definition.kind) if definition.kind in _ORDER else len(_ORDER)


def _evidence(finding: Finding) -> str:
    return f"{finding.message} ({'; '.join(finding.evidence)})" if finding.evidence else finding.message


def _is_worse(record: AlarmRecord, finding: Finding) -> bool:
    """Return whether a finding is more urgent than what the record tells, or on the other side of normal."""
    return finding.priority < record.priority or _further(record.active_limit, finding.active_limit)


def _further(before: LimitName | None, after: LimitName | None) -> bool:
    old, new = LEVEL_OF[before], LEVEL_OF[after]
    return new * old < 0 or abs(new) > abs(old)

"""Carry out scenarios on a running plant."""

import logging
from typing import TYPE_CHECKING

import numpy as np

from plant.control.checks import setpoint_value
from plant.entities import Family
from plant.errors import PlantError, Refusal
from plant.fault_checks import measured_tags
from plant.faults import FaultKind
from plant.scenarios import PLANT, RandomFaults, Scenario, ScenarioEvent

if TYPE_CHECKING:
    from plant.engine import Engine

_log = logging.getLogger(__name__)


class ScenarioRunner:
    """Does what a scenario says at its times, counted from now; the same scenario does the same every time.

    What the plant refuses when its moment comes, as the start of a machine that is held, is left out.
    """

    def __init__(self, engine: "Engine", scenario: Scenario) -> None:
        """Check the scenario's events.

        Raises:
            PlantError: An event names an unknown device, fault, tag or setpoint, or a value out of range.
        """
        for event in scenario.events:
            _check(engine, event)
        self.scenario = scenario
        self._begin_s = engine.time_s
        self._next = 0
        self._injected: set[tuple[str, str]] = set()
        self._drill = _Drill(engine, scenario.random) if scenario.random else None

    @property
    def is_over(self) -> bool:
        """Whether nothing more will come."""
        events = self.scenario.events
        return self._drill is None and self._next >= len(events) and not (events and self._repeats)

    @property
    def _repeats(self) -> bool:
        return self.scenario.repeat_every_s is not None

    def step(self, engine: "Engine") -> None:
        """Do what is due at the engine's time."""
        events = self.scenario.events
        while self._next < len(events) and events[self._next].time_s <= engine.time_s - self._begin_s + 1e-9:
            self._act(engine, events[self._next])
            self._next += 1
        period_s = self.scenario.repeat_every_s
        if events and period_s is not None and engine.time_s - self._begin_s >= period_s - 1e-9:
            self._begin_s += period_s
            self._next = 0
            self.step(engine)
        elif self._drill is not None:
            self._drill.step(engine)

    def stop(self, engine: "Engine") -> None:
        """Take away the faults that it brought; setpoints and states stay as they are."""
        for device, fault in sorted(self._injected):
            engine.clear_fault(device, fault)
        if self._drill is not None:
            self._drill.stop(engine)

    def _act(self, engine: "Engine", event: ScenarioEvent) -> None:
        try:
            if event.fault:
                engine.inject(event.device, event.fault, severity=event.severity, life_s=event.life_s)
                self._injected.add((event.device, event.fault))
            elif event.setpoint:
                engine.write_setpoint(event.device, event.setpoint, event.value)
            else:
                _command(engine, event.command, event.device)
        except PlantError as refusal:
            _log.info("scenario %s: %s", self.scenario.name, refusal)


def _check(engine: "Engine", event: ScenarioEvent) -> None:
    """Refuse what can never be done; what only the moment forbids comes to light then."""
    try:
        if event.fault:
            engine.check_fault(event.device, event.fault, severity=event.severity, life_s=event.life_s)
        elif event.device != PLANT:
            device = engine.machine(event.device)
            if event.setpoint:
                setpoint_value(device, event.setpoint, event.value)
        elif event.setpoint:
            raise PlantError(
                Refusal.UNKNOWN_DEVICE, f"{PLANT} has no setpoint {event.setpoint}: name one device"
            )
    except PlantError as refusal:
        if not event.place:
            raise
        raise PlantError(refusal.reason, f"{event.place}: {refusal.message}") from refusal


def _command(engine: "Engine", command: str, device: str) -> None:
    is_all = device == PLANT
    match command:
        case "start":
            engine.start(device)
        case "shutdown":
            engine.shutdown(device)
        case "restart":
            engine.restart(device)
        case "maintain":
            engine.maintain(device)
        case "emergency_stop" if is_all:
            engine.emergency_stop_all()
        case "emergency_stop":
            engine.emergency_stop(device)
        case "reset_emergency_stop" if is_all:
            engine.reset_emergency_stop_all()
        case "reset_emergency_stop":
            engine.reset_emergency_stop(device)
        case "clear_faults":
            engine.clear_faults(None if is_all else device)


class _Drill:
    """One random fault after the other on every machine."""

    def __init__(self, engine: "Engine", plan: RandomFaults) -> None:
        self._plan = plan
        self._rng = np.random.default_rng((engine.seed, len(engine.tags)))
        devices = [device for device in engine.definition.devices if device.family is not Family.REPLAY]
        self._modes = {
            device.tag: {
                kind: [mode.name for mode in engine.faults(device.family) if mode.kind is kind]
                for kind in (FaultKind.MACHINE, FaultKind.SENSOR)
            }
            for device in devices
        }
        self._tags = {device.tag: [tag.name for tag in measured_tags(device)] for device in devices}
        self._repair_at_s: dict[str, float] = {}
        self._seen: object = None
        for device in self._modes:
            self._inject(engine, device)

    def step(self, engine: "Engine") -> None:
        """Repair what has failed long enough ago."""
        if engine.fault_changes == self._seen and not self._repair_at_s:
            return
        self._seen = engine.fault_changes
        for device in sorted(engine.failed_devices - self._repair_at_s.keys()):
            self._repair_at_s[device] = engine.time_s + self._rng.uniform(*self._plan.repair_s)
        for device, due_s in list(self._repair_at_s.items()):
            if engine.time_s >= due_s:
                self._repair(engine, device)

    def stop(self, engine: "Engine") -> None:
        """Take away every fault."""
        for device in self._modes:
            engine.clear_faults(device)

    def _inject(self, engine: "Engine", device: str) -> None:
        onset_s = self._rng.uniform(*self._plan.first_onset_s)
        life_s = self._rng.uniform(*self._plan.life_s)
        if self._rng.random() < self._plan.sensor_share:
            name = self._rng.choice(self._modes[device][FaultKind.SENSOR])
            tag = self._rng.choice(self._tags[device])
            engine.inject(device, f"{name}/{tag}", onset_s=onset_s, life_s=life_s)
        name = self._rng.choice(self._modes[device][FaultKind.MACHINE])
        engine.inject(device, str(name), onset_s=onset_s + life_s * 0.25, life_s=life_s)

    def _repair(self, engine: "Engine", device: str) -> None:
        """Maintain, start, and let the next fault come; a machine that is held or still coasting waits."""
        try:
            if engine.has_failed(device):
                engine.maintain(device)
                return
            engine.start(device)
        except PlantError as refusal:
            if refusal.reason not in (Refusal.INVALID_STATE, Refusal.LATCHED):
                raise
            return
        del self._repair_at_s[device]
        self._inject(engine, device)

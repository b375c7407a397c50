"""Carry out a scenario on a running plant."""

from typing import TYPE_CHECKING

import numpy as np

from plant.entities import Family
from plant.errors import PlantError, Refusal
from plant.faults import FaultKind
from plant.scenarios import RandomFaults, Scenario

if TYPE_CHECKING:
    from plant.engine import Engine


class ScenarioRunner:
    """Injects a scenario's faults; with random faults it also repairs and restarts what has failed."""

    def __init__(self, engine: "Engine", scenario: Scenario) -> None:
        """Check and inject the scenario's own events.

        Raises:
            PlantError: An event names an unknown device or fault.
        """
        for event in scenario.events:
            engine.inject(
                event.device, event.fault, severity=event.severity, onset_s=event.time_s, life_s=event.life_s
            )
        self._drills = [_Drill(engine, scenario.random)] if scenario.random else []

    def step(self, engine: "Engine") -> None:
        """Do what is due at the engine's time."""
        for drill in self._drills:
            drill.step(engine)


class _Drill:
    """One random fault after the other on every machine."""

    def __init__(self, engine: "Engine", plan: RandomFaults) -> None:
        self._plan = plan
        self._rng = np.random.default_rng((engine.seed, len(engine.tags)))
        devices = [device for device in engine.definition.devices if device.family is not Family.REPLAY]
        self._devices = [device.tag for device in devices]
        self._modes = {
            device.tag: {
                kind: [mode.name for mode in engine.faults(device.family) if mode.kind is kind]
                for kind in FaultKind
            }
            for device in devices
        }
        self._repair_at_s: dict[str, float] = {}
        for device in self._devices:
            self._inject(engine, device)

    def step(self, engine: "Engine") -> None:
        for device in sorted(engine.failed_devices - self._repair_at_s.keys()):
            self._repair_at_s[device] = engine.time_s + self._rng.uniform(*self._plan.repair_s)
        for device, due_s in list(self._repair_at_s.items()):
            if engine.time_s >= due_s:
                self._repair(engine, device)

    def _inject(self, engine: "Engine", device: str) -> None:
        onset_s = self._rng.uniform(*self._plan.first_onset_s)
        life_s = self._rng.uniform(*self._plan.life_s)
        if self._rng.random() < self._plan.sensor_share:
            name = self._rng.choice(self._modes[device][FaultKind.SENSOR])
            engine.inject(device, str(name), onset_s=onset_s, life_s=life_s)
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

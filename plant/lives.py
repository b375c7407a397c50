"""Reckon how long each machine's parts still last at the stress of a stretch of time."""

from dataclasses import dataclass

import numpy as np

from plant.families.registry import MODELS
from plant.laws.first_order import Array
from plant.machines import Machines

_HOUR_S = 3600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Life:
    """What is left of one part of one machine if it goes on as it did; infinite for one that does not wear now."""

    device: str
    fault: str  # the way in which the part ends
    rul_h: float


class LifeMeter:
    """Watches how fast lives are used up, from its making on.

    Remaining life = (1 - progress) * life / mean stress of the stretch, with standing still counted as no stress: so a
    setpoint that is eased makes it longer at once, which an average over the last hour would hide.
    """

    def __init__(self, machines: Machines | None, time_s: float) -> None:
        self._machines, self._began_s = machines, time_s
        self._before = machines.faults.natural.progress.copy() if machines else np.zeros((0, 0))

    def lives(self, time_s: float) -> tuple[Life, ...]:
        """Return the life left of every mode of every machine, in calendar hours, the modes in their families' order."""
        machines = self._machines
        elapsed_s = time_s - self._began_s
        if machines is None or elapsed_s <= 0.0:
            return ()
        left = self._left_h(machines, elapsed_s)
        return tuple(
            Life(device=device.tag, fault=mode.name, rul_h=float(left[row, position]))
            for position, device in enumerate(machines.devices)
            for row, mode in enumerate(MODELS[device.family].faults)
        )

    def _left_h(self, machines: Machines, elapsed_s: float) -> Array:
        natural = machines.faults.natural
        used = np.maximum(natural.progress - self._before, 0.0)
        has_life = np.isfinite(natural.life_s)
        stress = np.where(has_life, used * np.where(has_life, natural.life_s, 0.0) / elapsed_s, 0.0)
        with np.errstate(divide="ignore"):
            left: Array = np.maximum(1.0 - natural.progress, 0.0) * natural.life_s / stress / _HOUR_S
        for fault in machines.faults.active:
            if fault.severity < 1.0:
                continue
            at = fault.row, fault.position
            used_up = machines.faults.progress_of(fault)
            with np.errstate(divide="ignore"):
                own = max(1.0 - used_up, 0.0) * fault.life_s / np.float64(stress[at]) / _HOUR_S
            left[at] = 0.0 if used_up >= 1.0 else min(float(left[at]), float(own))
        return left

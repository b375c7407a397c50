"""Take away what all machines share: the common causes of many faults at once."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from plant.faults import FaultKind, FaultMode, FaultTruth
from plant.laws.utilities import Utilities

UTILITIES: Final = "Utilities"  # the device that these faults are injected on
DEEPEST_SAG: Final = 0.4  # of the nominal voltage at severity 1; assumption: contactors let go below that


def _mode(name: str, description: str, life_s: tuple[float, float]) -> FaultMode:
    return FaultMode(name=name, description=description, kind=FaultKind.UTILITY, life_s=life_s)


UTILITY_FAULTS: Final = (
    _mode(
        "cooling_water_lost",
        "The cooling water stops, to the share that severity says: everything that it cools warms",
        (600.0, 1800.0),
    ),
    _mode(
        "supply_sag",
        f"The supply voltage dips by up to {DEEPEST_SAG * 100:g} %: every motor slips and draws more current",
        (1.0, 5.0),
    ),
    _mode(
        "air_lost",
        "The compressors deliver less, to the share that severity says: pressure sinks in every gripper and tensioner",
        (120.0, 600.0),
    ),
)
_LOSSES: Final[dict[str, Callable[[Utilities, float, float], None]]] = {
    "cooling_water_lost": Utilities.lose_cooling,
    "supply_sag": lambda utilities, severity, life_s: utilities.sag(DEEPEST_SAG * severity, life_s),
    "air_lost": Utilities.lose_air,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class UtilityFault:
    """One loss; it ends by itself."""

    mode: FaultMode
    severity: float
    onset_s: float
    life_s: float

    @property
    def end_s(self) -> float:
        return self.onset_s + self.life_s

    def truth(self, time_s: float) -> FaultTruth:
        """Return what is true of it at this time."""
        on = self.onset_s <= time_s < self.end_s
        return FaultTruth(
            device=UTILITIES,
            fault=self.mode.name,
            severity=self.severity,
            onset_s=self.onset_s,
            damage=self.severity if on else 0.0,
            failed_at_s=None,
        )


class UtilityFaultBook:
    """Losses to come and in force; one of each kind at a time."""

    def __init__(self) -> None:
        self._faults: tuple[UtilityFault, ...] = ()
        self._begun: tuple[UtilityFault, ...] = ()
        self._next_s = math.inf  # when one begins or ends

    @property
    def active(self) -> tuple[UtilityFault, ...]:
        return self._faults

    def add(self, fault: UtilityFault) -> None:
        """Add a loss; one of its kind is replaced."""
        self._faults = (*(each for each in self._faults if each.mode is not fault.mode), fault)
        self._next_s = -math.inf

    def remove(self, utilities: Utilities, chosen: Callable[[str], bool]) -> None:
        """End what is chosen by its name."""
        for fault in self._faults:
            if chosen(fault.mode.name) and fault in self._begun:
                _LOSSES[fault.mode.name](utilities, 0.0, 0.0)
        self._faults = tuple(each for each in self._faults if not chosen(each.mode.name))
        self._begun = tuple(each for each in self._begun if each in self._faults)

    def step(self, utilities: Utilities, time_s: float, dt_s: float) -> tuple[UtilityFault, ...]:
        """Let begin what is due in the step that ends at `time_s`; return what is over."""
        if time_s < self._next_s:
            return ()
        for fault in self._faults:
            if fault.onset_s <= time_s and fault not in self._begun:
                _LOSSES[fault.mode.name](utilities, fault.severity, fault.life_s)
                self._begun += (fault,)
        over = tuple(fault for fault in self._begun if fault.end_s + dt_s <= time_s)
        self._faults = tuple(each for each in self._faults if each not in over)
        self._begun = tuple(each for each in self._begun if each not in over)
        moments = (fault.end_s + dt_s if fault in self._begun else fault.onset_s for fault in self._faults)
        self._next_s = min(moments, default=math.inf)
        return over

"""Say what can go wrong with a device, and what is truly wrong with it."""

from dataclasses import dataclass
from enum import StrEnum

from plant.degradation.law import DegradationLaw


class FaultKind(StrEnum):
    """What a fault acts on."""

    MACHINE = "machine"
    SENSOR = "sensor"
    COMMUNICATION = "communication"
    UTILITY = "utility"


@dataclass(frozen=True, slots=True, kw_only=True)
class FaultMode:
    """A way in which a device can go wrong.

    `law` says how damage grows, and how load changes the life of a machine fault; `life_s` bounds the life drawn when
    none is asked for.
    """

    name: str
    description: str
    kind: FaultKind = FaultKind.MACHINE
    law: DegradationLaw | None = None  # machine faults have one, sensor faults none
    life_s: tuple[float, float] = (1800.0, 10800.0)

    @property
    def degradation(self) -> DegradationLaw:
        """Return the law of a machine fault."""
        assert self.law is not None
        return self.law


@dataclass(frozen=True, slots=True, kw_only=True)
class FaultTruth:
    """What is truly wrong with a device: never read by the server's own detectors."""

    device: str
    fault: str
    severity: float
    onset_s: float  # simulated time
    damage: float  # 0..1, failure at 1
    failed_at_s: float | None
    law: str = ""  # name of the degradation law, machine faults only
    progress: float = 0.0  # share of the life used up
    rul_s: float | None = None  # running time left at the stress of the last hour; None: it will not fail
    natural: bool = False  # ordinary wear, which nobody injected
    tag: str = ""  # sensor faults only; "" where it acts on the whole device


@dataclass(slots=True, kw_only=True)
class ActiveFault:
    """One injected fault; `row` is the damage row of a machine fault, `code` its number among all faults, `tag` the tag of a sensor fault."""

    device: str
    position: int  # the device's place in the columns
    mode: FaultMode
    row: int
    code: int
    tag: str
    severity: float
    onset_s: float
    life_s: float
    failed_at_s: float | None = None
    is_natural: bool = False  # ordinary wear that came to its end

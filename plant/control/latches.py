"""Hold the emergency-stop latches: one for the plant, one for each device."""

from collections.abc import Iterable
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Latches:
    """The emergency stops in force."""

    plant: bool = False
    devices: frozenset[str] = field(default_factory=frozenset)


@dataclass(frozen=True, slots=True, kw_only=True)
class StopReport:
    """What an emergency stop of the whole plant reached."""

    stopped: tuple[str, ...]
    not_controllable: tuple[str, ...]


class LatchBook:
    """The two independent latches; a device may start only when both are clear."""

    def __init__(self) -> None:
        self._plant = False
        self._devices: set[str] = set()

    @property
    def snapshot(self) -> Latches:
        return Latches(self._plant, frozenset(self._devices))

    def holds(self, device: str) -> bool:
        """Return whether either latch keeps the device stopped."""
        return self._plant or device in self._devices

    def set_plant(self) -> None:
        self._plant = True

    def set_device(self, device: str) -> None:
        self._devices.add(device)

    def clear_plant(self) -> None:
        self._plant = False

    def clear_device(self, device: str) -> None:
        self._devices.discard(device)

    def restore(self, plant: bool, devices: Iterable[str]) -> None:
        """Take over latches that outlived a restart; latches already set stay set."""
        self._plant = self._plant or plant
        self._devices.update(devices)

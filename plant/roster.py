"""Say which device is a machine and where it stands, and which plays a recording."""

from plant.entities import DeviceDefinition, Family, PlantDefinition
from plant.errors import PlantError, Refusal
from plant.fork import unchanging

_FAMILY_ORDER = {family: order for order, family in enumerate(Family)}


@unchanging
class Roster:
    """All devices of a plant by tag; machines have a position, that of their column."""

    def __init__(self, definition: PlantDefinition) -> None:
        self._devices = {device.tag: device for device in definition.devices}
        machines = [device for device in definition.devices if device.family is not Family.REPLAY]
        self.machines = tuple(sorted(machines, key=lambda device: _FAMILY_ORDER[device.family]))
        self.recordings = tuple(device for device in definition.devices if device.family is Family.REPLAY)
        self.position = {device.tag: position for position, device in enumerate(self.machines)}

    def __getitem__(self, device: str) -> DeviceDefinition:
        """Return what a known device is."""
        return self._devices[device]

    def __len__(self) -> int:
        return len(self._devices)

    @property
    def controllable(self) -> tuple[str, ...]:
        """Tags of all machines, in the order of the plant file."""
        return tuple(tag for tag in self._devices if tag in self.position)

    def machine(self, device: str) -> int:
        """Return the position of a machine.

        Raises:
            PlantError: There is no such device, or it plays a recording.
        """
        self._refuse_unknown(device)
        if device not in self.position:
            raise PlantError(Refusal.NOT_CONTROLLABLE, f"{device} plays a recording and cannot be controlled")
        return self.position[device]

    def recording(self, device: str) -> str:
        """Return the device again if it plays a recording.

        Raises:
            PlantError: There is no such device, or it is a machine.
        """
        self._refuse_unknown(device)
        if device in self.position:
            raise PlantError(Refusal.INVALID_STATE, f"{device} is a machine, not a recording")
        return device

    def _refuse_unknown(self, device: str) -> None:
        if device not in self._devices:
            raise PlantError(Refusal.UNKNOWN_DEVICE, f"there is no device {device}")

"""Make a plant larger or smaller, with the same proportions of families."""

from dataclasses import replace

from plant.entities import DeviceDefinition, Family, PlantDefinition
from plant.errors import DefinitionError

MOST_DEVICES = 20_000


def scaled(plant: PlantDefinition, devices: int) -> PlantDefinition:
    """Return the plant with `devices` machines; replayed devices stay as they are and do not count.

    Each family keeps its share (largest remainders), and at least one machine where there is room for one of each.
    Further machines stand where the family's own do, in turn, and their numbers go on from the last.

    Raises:
        DefinitionError: The number is out of range, or the plant has no machine.
    """
    if not 1 <= devices <= MOST_DEVICES:
        raise DefinitionError(f"devices: {devices} is outside 1 to {MOST_DEVICES}")
    machines = [device for device in plant.devices if device.family is not Family.REPLAY]
    if not machines:
        raise DefinitionError(f"devices: plant {plant.id} has no machine to make {devices} of")
    families = list(dict.fromkeys(device.family for device in machines))
    own = {family: [device for device in machines if device.family is family] for family in families}
    counts = _shares([len(own[family]) for family in families], devices)
    grown = [
        device for family, count in zip(families, counts, strict=True) for device in _some(own[family], count)
    ]
    recordings = [device for device in plant.devices if device.family is Family.REPLAY]
    return replace(plant, devices=(*grown, *recordings))


def _shares(weights: list[int], total: int) -> list[int]:
    """Divide `total` in proportion by largest remainders, nobody going without where that is possible."""
    whole = sum(weights)
    exact = [weight * total / whole for weight in weights]
    least = 1 if total >= len(weights) else 0
    found = [max(int(share), least) for share in exact]
    while sum(found) > total:
        found[max(range(len(found)), key=lambda i: found[i] - exact[i] if found[i] > least else -1.0)] -= 1
    while sum(found) < total:
        found[max(range(len(found)), key=lambda i: exact[i] - found[i])] += 1
    return found


def _some(own: list[DeviceDefinition], count: int) -> list[DeviceDefinition]:
    prefix, last = own[0].tag.rpartition("-")[0], max(int(device.tag.rpartition("-")[2]) for device in own)
    more = [_copy(own[index % len(own)], prefix, last + 1 + index) for index in range(count - len(own))]
    return own[:count] + more


def _copy(device: DeviceDefinition, prefix: str, number: int) -> DeviceDefinition:
    tag = f"{prefix}-{number:03}"
    return replace(
        device,
        tag=tag,
        display_name=f"{device.display_name.rpartition(' ')[0]} {number:03}",
        serial=f"{device.model.replace(' ', '')}-{prefix}{number:03}",
        running=True,
    )


def only(plant: PlantDefinition, families: tuple[Family, ...]) -> PlantDefinition:
    """Return the plant with its devices of some families alone.

    Raises:
        DefinitionError: It has none of one of them.
    """
    for family in families:
        if all(device.family is not family for device in plant.devices):
            raise DefinitionError(f"plant {plant.id}: devices: there is none of the family {family}")
    return replace(plant, devices=tuple(device for device in plant.devices if device.family in families))

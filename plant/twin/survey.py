"""Find how far healthy machines of each type stray from their twin, as a type test of a whole fleet would."""

from collections.abc import Sequence

import numpy as np

from plant.columns import TagColumn
from plant.control.modes import RunningState
from plant.entities import DeviceDefinition
from plant.twin.band import Band, Scatter
from plant.twin.history import History
from plant.twin.inputs import InputColumns, machines_of
from plant.twin.twin import Twin

_WARM_S = 1800.0  # rows before are left out: what the machines did earlier is not known
_DIGITS = 5
_CALM_S = 60.0


def survey(devices: Sequence[DeviceDefinition], tags: Sequence[TagColumn], history: History) -> Scatter:
    """Return for each tag of each family the scatter about uncalibrated twins, and the mean level that it was found at.

    Both in the tag's unit; the instrument's own noise is taken off. All machines of the history must be healthy.
    """
    twin = Twin(devices, tags, scatter={})
    machines = machines_of(devices)
    columns = InputColumns(machines, tags)
    places = {device.tag: place for place, device in enumerate(machines)}
    owner = np.array([places[tag.device] for tag in twin.tags], dtype=np.intp)
    band = Band(machines, twin.tags, {})
    count, square, level, noise = (np.zeros(len(twin.tags)) for _ in range(4))
    before = float(history.time_s[0])
    calm_s = np.zeros(len(machines))
    for row, time_s in enumerate(history.time_s.tolist()):
        values = history.values[row].astype(np.float64)
        twin.look(values, history.status[row], history.utilities[row], time_s - before)
        running = columns.read(values, history.utilities[row], None).mode == RunningState.RUNNING
        calm_s = np.where(running, calm_s + time_s - before, 0.0)
        before = time_s
        if time_s - float(history.time_s[0]) < min(
            _WARM_S, 0.25 * float(history.time_s[-1] - history.time_s[0])
        ):
            continue
        counts = (calm_s >= _CALM_S)[owner] & np.isfinite(twin.residual)
        count += counts
        square += np.where(counts, twin.residual, 0.0) ** 2
        level += counts * np.abs(twin.expected - band.rest(float(history.utilities[row, 0])))
        noise += counts * band.noise(twin.expected) ** 2
    return _by_type(machines, twin.tags, np.stack([count, square, level, noise]))


def _by_type(
    machines: Sequence[DeviceDefinition],
    tags: Sequence[TagColumn],
    sums: np.ndarray[tuple[int, ...], np.dtype[np.float64]],
) -> Scatter:
    families = {device.tag: device.family.value for device in machines}
    found: dict[str, np.ndarray[tuple[int, ...], np.dtype[np.float64]]] = {}
    for column, tag in enumerate(tags):
        key = f"{families[tag.device]}/{tag.definition.name}"
        found[key] = found.get(key, np.zeros(len(sums))) + sums[:, column]
    return {
        key: (
            _rounded(max(square / count - noise / count, 0.0) ** 0.5),
            _rounded(level / count),
        )
        for key, (count, square, level, noise) in sorted(found.items())
        if count > 0
    }


def _rounded(value: float) -> float:
    return float(f"{value:.{_DIGITS}g}")

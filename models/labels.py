"""Turn a recording's ground truth into what a classifier should have said."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.features import RUNNING
from models.recording import Recording

FALSE_READINGS = (
    "sensor_stuck",
    "sensor_drift",
    "sensor_bias",
    "sensor_spikes",
    "sensor_dips",
    "sensor_noise",
    "sensor_clipping",
)
"""Faults of instruments that no status tells of: what they read is neither a healthy machine nor a failing one."""

NOT_MACHINE_FAULTS = (
    *FALSE_READINGS,
    "sensor_dropout",
    "sensor_out_of_range",
    "sensor_failure",
    "sensor_clock_offset",
    "offline",
)
"""Faults of instruments, clocks and lines: their readings teach nothing about the machine."""

NAMED_FROM = 0.05  # of the way to failure: from here on the fault's name can be learned
VISIBLE_FROM = 0.35  # before that the damage is too small to be asked for
HEALTHY, FAULTY, EARLY, LEFT_OUT = 0, 1, 2, -1


@dataclass(frozen=True, slots=True, kw_only=True)
class Episode:
    """One fault of one device, from its onset to its failure or to the end of the recording.

    `failed_row` is None where the fault had not ended in failure.
    """

    device: int
    fault: str
    first_row: int
    last_row: int
    failed_row: int | None


def episodes(recording: Recording) -> list[Episode]:
    """Return every machine fault of a recording."""
    found = []
    for device in range(recording.layout.n_devices):
        codes = recording.fault[:, device]
        cuts = np.flatnonzero(np.diff(codes)) + 1
        for rows in np.split(np.arange(len(codes)), cuts):
            code = int(codes[rows[0]])
            if code < 0 or recording.fault_names[code] in NOT_MACHINE_FAULTS:
                continue
            ended = rows[recording.failed[rows, device]]
            found.append(
                Episode(
                    device=device,
                    fault=recording.fault_names[code],
                    first_row=int(rows[0]),
                    last_row=int(rows[-1]),
                    failed_row=int(ended[0]) if ended.size else None,
                )
            )
    return found


def is_sound(recording: Recording) -> NDArray[np.bool_]:
    """Return for each row and device whether the machine itself has no fault; its sensors may have one."""
    instruments = [i for i, name in enumerate(recording.fault_names) if name in NOT_MACHINE_FAULTS]
    return (recording.fault < 0) | np.isin(recording.fault, instruments)


def label_rows(recording: Recording) -> NDArray[np.int8]:
    """Return HEALTHY, FAULTY, EARLY or LEFT_OUT for each row and device.

    A fault counts from `VISIBLE_FROM` of its way to failure and is EARLY before; one that never failed,
    whose way is unknown, is left out, as are sensors that read wrongly unnoticed and machines that do not run. A machine whose
    sensor is lost is healthy: missing readings must not look like a failing machine.
    """
    labels = np.where(is_sound(recording), HEALTHY, LEFT_OUT).astype(np.int8)
    false = [i for i, name in enumerate(recording.fault_names) if name in FALSE_READINGS]
    labels[np.isin(recording.fault, false)] = LEFT_OUT
    for episode in episodes(recording):
        if episode.failed_row is None:
            continue
        way = episode.failed_row - episode.first_row
        named, visible = (episode.first_row + int(share * way) for share in (NAMED_FROM, VISIBLE_FROM))
        labels[named:visible, episode.device] = EARLY
        labels[visible : episode.failed_row, episode.device] = FAULTY
    labels[recording.running != RUNNING] = LEFT_OUT
    return labels

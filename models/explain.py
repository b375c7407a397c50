"""Say why a machine is thought to be failing."""

from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from models.bundle import Bundle
from models.detectors import boosting
from models.features import STATISTICS, FeatureFrame
from models.layout import Layout
from models.slots import PHASES, SLOTS, UNBALANCE, SlotTable

_MOST = 3
_LEAST_SHARE = 0.05
_BAND = 2.0  # of the healthy spread to each side: 19 of 20 healthy readings

FloatArray = NDArray[np.float64]


class Contribution(NamedTuple):
    """One reading that speaks for a fault.

    Attributes:
        tag: Name of the tag.
        unit: Its unit key.
        value: The present reading.
        normal_low: Lower end of what is normal for this machine at this load.
        normal_high: Upper end.
        share: Part of the evidence, 0..1.
    """

    tag: str
    unit: str
    value: float
    normal_low: float
    normal_high: float
    share: float


Reasons: TypeAlias = tuple[dict[int, str], dict[int, tuple[Contribution, ...]]]
"""The likeliest fault and the main evidence, by device index."""


def explain(
    bundle: Bundle,
    layout: Layout,
    table: SlotTable,
    frame: FeatureFrame,
    values: FloatArray,
    who: NDArray[np.intp],
) -> Reasons:
    """Return the likeliest fault and the main evidence of each device in `who`."""
    if not who.size:
        return {}, {}
    rows = frame.matrix[who]
    evidence = _by_slot(boosting.contributions(bundle.classifier, rows))
    likely = boosting.probability(bundle.namer, rows) * bundle.can_have[table.family[who]]
    names = {int(device): bundle.fault_names[int(np.argmax(likely[i]))] for i, device in enumerate(who)}
    parts = {
        int(device): _parts(layout, table, frame, values, int(device), evidence[i])
        for i, device in enumerate(who)
    }
    return names, parts


def _by_slot(parts: FloatArray) -> FloatArray:
    """Return the evidence for a fault that each slot gives, shape (n, n_slots), not negative."""
    width = len(SLOTS) * len(STATISTICS)
    return np.asarray(np.maximum(parts[:, :width], 0.0).reshape(len(parts), len(SLOTS), -1).sum(axis=2))


def _parts(
    layout: Layout,
    table: SlotTable,
    frame: FeatureFrame,
    values: FloatArray,
    device: int,
    evidence: FloatArray,
) -> tuple[Contribution, ...]:
    evidence = _on_tags(frame, values, table, device, evidence)
    total = float(evidence.sum())
    if total <= 0.0:
        return ()
    found = []
    for slot in np.argsort(-evidence, kind="stable")[:_MOST]:
        share = float(evidence[slot]) / total
        if share < _LEAST_SHARE:
            break
        column = int(table.column[device, slot])
        middle, half = float(frame.expected[device, slot]), _BAND * float(frame.scale[device, slot])
        found.append(
            Contribution(
                tag=layout.tag_name[column],
                unit=layout.tag_unit[column],
                value=float(values[column]),
                normal_low=middle - half,
                normal_high=middle + half,
                share=share,
            )
        )
    return tuple(found)


def _on_tags(
    frame: FeatureFrame, values: FloatArray, table: SlotTable, device: int, evidence: FloatArray
) -> FloatArray:
    """Return the evidence without slots that the device has not, and the unbalance on the phase that is off."""
    evidence = np.where(table.column[device] >= 0, evidence, 0.0)
    if evidence[UNBALANCE] > 0.0:
        phases = np.array(PHASES)
        read = values[table.column[device, phases]]
        off = np.abs(read - frame.expected[device, phases]) / frame.scale[device, phases]
        evidence[phases[int(np.argmax(np.nan_to_num(off)))]] += evidence[UNBALANCE]
        evidence[UNBALANCE] = 0.0
    return evidence

"""Sort the tags of all families into the same few quantities."""

from collections import Counter
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.layout import Layout

FAMILIES = (
    "cnc",
    "robot_arm",
    "press",
    "drill",
    "conveyor",
    "generator",
    "pump",
    "process_machine",
    "component_cell",
    "edge_gateway",
)
"""Families with detectors; a replayed device learns its own normal instead."""

SLOTS_BY_UNIT = {
    "degC": ("temperature", "temperature_2"),
    "mm/s": ("vibration",),
    "m/s2": ("vibration",),
    "bar": ("pressure",),
    "A": ("current", "current_2", "current_3"),
    "kW": ("power",),
    "rpm": ("speed",),
    "m/s": ("speed",),
    "V": ("voltage", "voltage_2", "voltage_3"),
    "Hz": ("frequency",),
    "1": ("power_factor",),
    "percent": ("share",),
    "m3/h": ("flow",),
    "Mbit/s": ("flow",),
    "mm": ("other",),
    "dB": ("other",),
}
"""The n-th tag of a unit goes into the unit's n-th slot; further ones and other units are left out."""

TAG_SLOTS = tuple(dict.fromkeys(slot for slots in SLOTS_BY_UNIT.values() for slot in slots))
SLOTS = (*TAG_SLOTS, "current_unbalance")
TEMPERATURE = SLOTS.index("temperature")
UNBALANCE = SLOTS.index("current_unbalance")
PHASES = tuple(SLOTS.index(name) for name in ("current", "current_2", "current_3"))

IntArray = NDArray[np.intp]


@dataclass(frozen=True, slots=True, kw_only=True)
class SlotTable:
    """Which column feeds which slot; -1 where a device has none.

    Attributes:
        family: shape (n_devices,), index into `FAMILIES`.
        column: shape (n_devices, len(SLOTS)); the last, derived slot names the first phase's column.
        load: shape (n_devices,), column of State/Load.
        run_hours: shape (n_devices,), column of Counters/RunHours.
        setpoint: shape (n_devices,), column of the first setpoint.
        power: shape (n_devices,), column of Measurements/Power.
    """

    family: IntArray
    column: IntArray
    load: IntArray
    run_hours: IntArray
    setpoint: IntArray
    power: IntArray


def slot_table(layout: Layout) -> SlotTable:
    """Return the slots of every device of the layout."""
    table = _empty(layout)
    seen: Counter[tuple[int, str]] = Counter()
    for column, device in enumerate(layout.tag_device_index.tolist()):
        if table.family[device] < 0:
            continue
        group, name, unit = layout.tag_group[column], layout.tag_name[column], layout.tag_unit[column]
        if group == "Measurements":
            _place(table, seen, device, column, unit)
            if name == "Power":
                table.power[device] = column
        elif (group, name) == ("State", "Load"):
            table.load[device] = column
        elif (group, name) == ("Counters", "RunHours"):
            table.run_hours[device] = column
        elif group == "Setpoints" and table.setpoint[device] < 0:
            table.setpoint[device] = column
    three_phases = (table.column[:, PHASES] >= 0).all(axis=1)
    table.column[three_phases, UNBALANCE] = table.column[three_phases, PHASES[0]]
    return table


def pick(row: NDArray[np.float64], columns: IntArray) -> NDArray[np.float64]:
    """Return the values at `columns`, NaN where the column is -1."""
    return np.where(columns >= 0, row[columns], np.nan) if row.size else np.full(columns.shape, np.nan)


def slot_values(row: NDArray[np.float64], table: SlotTable) -> NDArray[np.float64]:
    """Return the value of each slot, shape (n_devices, len(SLOTS)); NaN where there is none."""
    values = pick(row, table.column)
    currents = values[:, PHASES]
    mean = np.maximum(np.abs(currents.mean(axis=1)), 1e-9)
    spread = (currents.max(axis=1) - currents.min(axis=1)) / mean
    values[:, UNBALANCE] = np.where(mean > 1.0, spread, np.nan)  # below 1 A the ratio is noise
    return values


def _empty(layout: Layout) -> SlotTable:
    n = layout.n_devices
    family = [FAMILIES.index(name) if name in FAMILIES else -1 for name in layout.families]
    return SlotTable(
        family=np.asarray(family, dtype=np.intp),
        column=np.full((n, len(SLOTS)), -1, dtype=np.intp),
        load=np.full(n, -1, dtype=np.intp),
        run_hours=np.full(n, -1, dtype=np.intp),
        setpoint=np.full(n, -1, dtype=np.intp),
        power=np.full(n, -1, dtype=np.intp),
    )


def _place(table: SlotTable, seen: Counter[tuple[int, str]], device: int, column: int, unit: str) -> None:
    slots = SLOTS_BY_UNIT.get(unit, ())
    place = seen[device, unit]
    seen[device, unit] += 1
    if place < len(slots) and table.column[device, SLOTS.index(slots[place])] < 0:
        table.column[device, SLOTS.index(slots[place])] = column

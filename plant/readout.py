"""Write the state of the machines and players into the engine's columns."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from plant.control.modes import RunningState, code
from plant.entities import Group
from plant.laws.first_order import Array
from plant.laws.load_cycle import IDLE
from plant.machines import Machines
from plant.number import number
from plant.quality import StatusCode
from plant.replay import Player
from plant.sensor_faults import SensorFaultBook
from plant.tag_map import TagMap

_HOUR_S = 3600.0
_HOUR, _TEN, _THOUSAND = number(_HOUR_S), number(10.0), number(1000.0)
_RUNNING, _IDLE = code(RunningState.RUNNING), np.array(IDLE, dtype=np.int8)
_USED_HOURS = (40.0, 1800.0)  # assumption: machines are in the middle of their service interval


class Readout:
    """The columns that the engine shows: value and status of every tag."""

    def __init__(
        self, tag_map: TagMap, machines: Machines | None, players: Sequence[Player], rng: np.random.Generator
    ) -> None:
        self.values: Array = np.zeros(len(tag_map))
        self.status: NDArray[np.uint32] = np.zeros(len(tag_map), dtype=np.uint32)
        self._tag_map = tag_map
        self._machines = machines
        self._replay = [_ReplayColumns(tag_map, player) for player in players]
        self._dirty_lines: frozenset[int] = frozenset()
        self._moves, self._dt_s = -1, -1.0
        self._status_changes, self._was_spoilt = -1, True
        if machines:
            self._map_machines(tag_map, machines, rng)

    def show_machines(self, dt_s: float, beats: int, broken: SensorFaultBook) -> None:
        """Count operating hours, then write every machine's tags."""
        machines, values = self._machines, self.values
        if machines is None:
            return
        columns, shown = machines.columns, self._shown
        if machines.sequencer.moves != self._moves or dt_s != self._dt_s:
            self._take_modes(machines, dt_s)
        self.run_s += self._on_s
        self.idle_s += self._on_s * (machines.work.state == _IDLE)
        self.energy_kwh += columns.power_kw * self._hours
        shown.measured[...] = machines.readings
        np.multiply(columns.load, self._on_thousand, shown.load)
        np.rint(shown.load, shown.load)
        np.divide(shown.load, _TEN, shown.load)
        shown.heartbeat.fill(beats)
        np.divide(self.run_s, _HOUR, shown.run_hours)
        np.divide(self.idle_s, _HOUR, shown.idle_hours)
        shown.energy[...] = self.energy_kwh
        broken.update(self.status, machines.time_s)
        held = self._hold_offline(broken.offline)
        values[shown.columns] = shown.values
        self._show_status(machines, is_spoilt=broken.is_at_work)
        if broken.is_at_work:
            broken.spoil(values, self.status, machines.time_s, dt_s)
        self._restore_offline(held)

    def _take_modes(self, machines: Machines, dt_s: float) -> None:
        """Work out what only changes with a machine's mode, and with the length of the step."""
        self._moves, self._dt_s = machines.sequencer.moves, dt_s
        mode = machines.columns.mode
        is_on = (mode == _RUNNING).astype(np.float64)
        self._on_s, self._on_thousand, self._hours = is_on * dt_s, is_on * _THOUSAND, number(dt_s / _HOUR_S)
        self._shown.mode[...] = mode
        self._shown.starts[...] = machines.sequencer.starts

    def _show_status(self, machines: Machines, *, is_spoilt: bool) -> None:
        """Write the instruments' status where it has changed, or a fault has written over it."""
        changes = machines.sensors.changes
        if changes != self._status_changes or is_spoilt or self._was_spoilt:
            self.status[self._shown.columns[: len(machines.status)]] = machines.status
        self._status_changes, self._was_spoilt = changes, is_spoilt

    def show_mode(self, position: int, mode: RunningState) -> None:
        """Write a state change at once, outside a step."""
        self.values[self._mode[position]] = mode
        self.values[self._load[position]] = 0.0

    def show_setpoint(self, column: int, value: float) -> None:
        self.values[column] = value

    def show_players(self, beats: int) -> None:
        """Write every replay device's tags."""
        for replay in self._replay:
            replay.show(self.values, self.status, beats)

    def reset_hours(self, position: int) -> None:
        """Begin a new maintenance interval."""
        self.run_s[position] = 0.0
        self.idle_s[position] = 0.0

    def _hold_offline(self, offline: frozenset[int]) -> list[tuple[slice, Array, int]]:
        """Remember the last values of devices that cannot be reached, and clear those that are back."""
        machines = self._machines
        assert machines is not None
        if not (offline or self._dirty_lines):
            return []
        for position in self._dirty_lines - offline:
            self.status[self._tag_map.span(machines.devices[position].tag)] = StatusCode.GOOD
        self._dirty_lines = offline
        spans = [(self._tag_map.span(machines.devices[position].tag), position) for position in offline]
        return [(span, self.values[span].copy(), position) for span, position in spans]

    def _restore_offline(self, held: list[tuple[slice, Array, int]]) -> None:
        for span, values, position in held:
            self.values[span] = values
            self.status[span] = StatusCode.BAD_NO_COMMUNICATION
            self.values[self._mode[position]] = RunningState.OFFLINE
            self.status[self._mode[position]] = StatusCode.GOOD

    def _map_machines(self, tag_map: TagMap, machines: Machines, rng: np.random.Generator) -> None:
        devices = [device.tag for device in machines.devices]
        measured: Mapping[tuple[str, str], int] = machines.measurement_of
        columns = [tag_map.gather((device, Group.MEASUREMENTS, name) for device, name in measured)]
        state, counters = Group.STATE.value, Group.COUNTERS.value
        self._mode = tag_map.indices(devices, state, "RunningState")
        self._load = tag_map.indices(devices, state, "Load")
        columns += [self._mode, self._load, tag_map.indices(devices, state, "Heartbeat")]
        columns += [
            tag_map.indices(devices, counters, name) for name in ("RunHours", "IdleHours", "Energy", "Starts")
        ]
        self._shown = _Shown(columns)
        self.run_s = rng.uniform(*_USED_HOURS, len(devices)) * _HOUR_S
        self.idle_s = self.run_s * rng.uniform(0.1, 0.25, len(devices))
        self.energy_kwh = self.run_s / _HOUR_S * np.abs(machines.columns.power_kw)
        machines.sequencer.starts[:] = np.rint(self.run_s / _HOUR_S / rng.uniform(6.0, 14.0, len(devices)))
        for position, device in enumerate(machines.devices):
            for tag in device.setpoints:
                self.values[tag_map.index(device.tag, Group.SETPOINTS, tag.name)] = machines.columns.setpoint[
                    position
                ]


class _Shown:
    """What the machines show, side by side: one scattered write a step in place of one per kind of tag."""

    def __init__(self, columns: Sequence[NDArray[np.intp]]) -> None:
        self.columns = np.concatenate(columns)
        self.values: Array = np.zeros(len(self.columns))
        parts = np.split(self.values, np.cumsum([len(each) for each in columns])[:-1])
        self.measured, self.mode, self.load, self.heartbeat = parts[:4]
        self.run_hours, self.idle_hours, self.energy, self.starts = parts[4:]


class _ReplayColumns:
    """Columns of one replay device."""

    def __init__(self, tag_map: TagMap, player: Player) -> None:
        self._player = player
        columns = tag_map.of_device(player.device)
        self._measured = [each.index for each in columns if each.group == Group.MEASUREMENTS]
        self._at = {each.definition.name: each.index for each in columns if each.group != Group.MEASUREMENTS}

    def show(self, values: Array, status: NDArray[np.uint32], beats: int) -> None:
        player, at = self._player, self._at
        values[self._measured] = player.values
        status[self._measured] = (
            StatusCode.UNCERTAIN_LAST_USABLE_VALUE if player.is_in_gap else StatusCode.GOOD
        )
        values[at["RunningState"]] = RunningState.RUNNING if player.is_playing else RunningState.STOPPED
        values[at["Heartbeat"]] = beats
        values[at["RecordedTime_s"]] = player.recorded_time_s
        values[at["Speed"]] = player.speed
        values[at["Position"]] = player.row
        values[at["Playing"]] = player.is_playing

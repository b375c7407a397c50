"""Run a whole plant on simulated time: step it, command it, stop it, break it."""

import math
from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from plant.columns import TagColumn
from plant.control import checks
from plant.control.commands import Command, CommandKind, CommandQueue
from plant.control.latches import LatchBook, Latches, StopReport
from plant.control.modes import RunningState
from plant.entities import DeviceDefinition, Family, Group, PlantDefinition
from plant.errors import DefinitionError, PlantError, Refusal
from plant.families.registry import MODELS, all_fault_names, faults_of
from plant.fault_desk import FaultDesk
from plant.faults import ActiveFault, FaultKind, FaultMode, FaultTruth
from plant.laws.first_order import Array
from plant.machines import Machines
from plant.parsing import SPEED_RANGE
from plant.readout import Readout
from plant.replay import Player, ReplayRows, load_recording
from plant.scenario_runner import ScenarioRunner
from plant.scenarios import Scenario
from plant.tag_map import TagMap

__all__ = [
    "Engine",
    "FaultKind",
    "FaultMode",
    "FaultTruth",
    "Latches",
    "ReplayRows",
    "RunningState",
    "StopReport",
    "TagColumn",
]

_FAMILY_ORDER = {family: order for order, family in enumerate(Family)}
_MAX_STEP_S = 60.0


class Engine:
    """The plant: `values` and `status` hold one column per tag, in the order of `tags`.

    Commands are checked when given and take effect at the next step; an emergency stop takes effect at once.
    The same definition, seed, commands and steps give the same bytes.
    """

    def __init__(
        self, definition: PlantDefinition, *, seed: int | None = None, recordings: Path | None = None
    ) -> None:
        """Build the plant at its operating point, simulated time 0.

        Raises:
            DefinitionError: A recording is missing or wrong.
        """
        self.definition = definition
        self.seed = definition.seed if seed is None else seed
        self._rng = np.random.default_rng(self.seed)
        self._devices = {device.tag: device for device in definition.devices}
        self._tag_map = TagMap(definition)
        machines = [device for device in definition.devices if device.family is not Family.REPLAY]
        machines.sort(key=lambda device: _FAMILY_ORDER[device.family])
        self._machines = Machines(machines, self._rng) if machines else None
        self._position = self._machines.position if self._machines else {}
        places = {device.tag: place for place, device in enumerate(definition.devices)}
        self._place = np.array([places[device.tag] for device in machines], dtype=np.intp)
        self._players = {
            device.tag: _load_player(device, recordings)
            for device in definition.devices
            if device.family is Family.REPLAY
        }
        self._latches = LatchBook()
        self._queue = CommandQueue()
        self._desk = FaultDesk(self._machines, self._rng)
        self._scenarios: list[ScenarioRunner] = []
        self._has_stepped = False
        self.time_s = 0.0
        self._readout = Readout(self._tag_map, self._machines, list(self._players.values()), self._rng)
        self._show(0.0)

    @property
    def tags(self) -> tuple[TagColumn, ...]:
        """Return what each column is."""
        return self._tag_map.columns

    @property
    def values(self) -> Array:
        """Value of every tag, shape (n_tags,); changed in place by the next step."""
        return self._readout.values

    @property
    def status(self) -> NDArray[np.uint32]:
        """OPC UA status code of every tag, shape (n_tags,); changed in place by the next step."""
        return self._readout.status

    def step(self, dt_s: float) -> None:
        """Advance simulated time by `dt_s`, 0 < dt_s <= 60."""
        if not 0.0 < dt_s <= _MAX_STEP_S:
            raise ValueError(f"step: {dt_s} s is outside 0..{_MAX_STEP_S:g} s")
        self._has_stepped = True
        self.time_s += dt_s
        for runner in self._scenarios:
            runner.step(self)
        for command in self._queue.take():
            self._apply(command)
        if self._machines:
            for failure in self._machines.step(dt_s):
                self._fail(failure)
        for player in self._players.values():
            player.step(dt_s)
        self._show(dt_s)

    # Commands

    def start(self, device: str) -> None:
        """Start a stopped machine."""
        position = self._free_machine(device)
        self._refuse_failed(device, position)
        if self._mode(position) is not RunningState.STOPPED:
            raise PlantError(
                Refusal.INVALID_STATE, f"{device} is not stopped: it is {self._state_text(position)}"
            )
        self._queue.put(Command(kind=CommandKind.START, position=position))

    def shutdown(self, device: str) -> None:
        """Stop a machine that is starting or running, in the normal way."""
        position = self._reachable_machine(device)
        if self._mode(position) not in (RunningState.STARTING, RunningState.RUNNING, RunningState.STOPPING):
            raise PlantError(
                Refusal.INVALID_STATE, f"{device} is not running: it is {self._state_text(position)}"
            )
        self._queue.put(Command(kind=CommandKind.SHUTDOWN, position=position))

    def restart(self, device: str) -> None:
        """Stop a machine and start it again; a stopped one just starts."""
        position = self._free_machine(device)
        self._refuse_failed(device, position)
        self._queue.put(Command(kind=CommandKind.RESTART, position=position))

    def maintain(self, device: str) -> None:
        """Repair a machine at rest: no fault, no damage, operating hours from zero."""
        position = self._reachable_machine(device)
        if self._mode(position) not in (RunningState.STOPPED, RunningState.EMERGENCY_STOPPED):
            state = self._state_text(position)
            raise PlantError(
                Refusal.INVALID_STATE, f"{device} must be stopped for maintenance: it is {state}"
            )
        self._queue.put(Command(kind=CommandKind.MAINTAIN, position=position))

    def check_setpoint(self, device: str, name: str, value: object) -> None:
        """Raise PlantError if this setpoint would be refused now."""
        self._checked_setpoint(device, name, value)

    def write_setpoint(self, device: str, name: str, value: object) -> None:
        """Change a setpoint at the next step."""
        self._queue.put(self._checked_setpoint(device, name, value))

    def emergency_stop(self, device: str) -> None:
        """Put the device's actuators into their safe state now, and latch it."""
        position = self._machine(device)
        self._latches.set_device(device)
        self._trip(position)

    def emergency_stop_all(self) -> StopReport:
        """Stop every machine now, and latch the plant; replayed devices cannot be stopped and are named."""
        self._latches.set_plant()
        for position in self._position.values():
            self._trip(position)
        return StopReport(
            stopped=tuple(tag for tag in self._devices if tag in self._position),
            not_controllable=tuple(self._players),
        )

    def reset_emergency_stop(self, device: str) -> None:
        """Clear the device's own latch; nothing starts."""
        self._machine(device)
        self._latches.clear_device(device)
        self._release_free()

    def reset_emergency_stop_all(self) -> None:
        """Clear the plant's latch, not those of devices; nothing starts."""
        self._latches.clear_plant()
        self._release_free()

    @property
    def latches(self) -> Latches:
        return self._latches.snapshot

    def restore_latches(self, latches: Latches) -> None:
        """Take over latches from before a restart; latched machines stand still.

        Raises:
            PlantError: The plant has stepped already, or a device is unknown.
        """
        self._refuse_after_first_step()
        for device in latches.devices:
            self._machine(device)
        self._latches.restore(latches.plant, latches.devices)
        self.hold_stopped(tag for tag in self._position if self._latches.holds(tag))

    def hold_stopped(self, devices: Iterable[str]) -> None:
        """Let machines begin at rest that were at rest before a restart; only before the first step."""
        self._refuse_after_first_step()
        for device in devices:
            position = self._machine(device)
            assert self._machines is not None
            if self._latches.holds(device):
                self._trip(position)
            else:
                self._machines.sequencer.place([position], RunningState.STOPPED)
            self._machines.columns.speed[position] = 0.0
        self._show(0.0)

    # State

    def running_state(self, device: str) -> RunningState:
        """Return what a device is doing; a replayed one runs while it plays."""
        if device in self._players:
            return RunningState.RUNNING if self._players[device].is_playing else RunningState.STOPPED
        position = self._machine(device)
        return RunningState.OFFLINE if position in self._desk.offline else self._mode(position)

    def actuators(self, device: str) -> Mapping[str, float]:
        """Return the outputs of a machine's control as they are now."""
        position, model = self._machine(device), MODELS[self._devices[device].family]
        assert self._machines is not None
        outputs = self._machines.columns.actuators
        return {actuator.name: float(outputs[row, position]) for row, actuator in enumerate(model.actuators)}

    def safe_state(self, device: str) -> Mapping[str, float]:
        """Return the outputs that an emergency stop sets."""
        self._machine(device)
        return {actuator.name: actuator.safe for actuator in MODELS[self._devices[device].family].actuators}

    def stop_category(self, device: str) -> int:
        """Return 0 (power removed at once) or 1 (braked under control), after IEC 60204-1."""
        self._machine(device)
        return MODELS[self._devices[device].family].stop_category

    # Faults

    def faults(self, family: Family | str) -> tuple[FaultMode, ...]:
        """Return the faults that a family can have."""
        return faults_of(Family(family))

    def inject(
        self,
        device: str,
        fault: str,
        *,
        severity: float = 1.0,
        onset_s: float = 0.0,
        life_s: float | None = None,
    ) -> None:
        """Let a fault begin `onset_s` from now.

        A machine fault grows to `severity` within `life_s` of running, and at 1.0 ends in failure: the machine stops
        until it is maintained. A sensor fault lasts `life_s`, or until repaired; `sensor_stuck/Vibration` names the
        tag, else it is the device's first measurement.
        """
        self._machine(device)
        self._desk.inject(
            self._devices[device],
            fault,
            severity=severity,
            onset_s=onset_s,
            life_s=life_s,
            time_s=self.time_s,
        )

    def clear_faults(self, device: str | None = None) -> None:
        """Take away all faults of a device, or of all devices, with the damage done."""
        if device is not None:
            self._machine(device)
        self._desk.clear(device)

    def ground_truth(self) -> tuple[FaultTruth, ...]:
        """Return every injected fault with its true damage."""
        return self._desk.truth(self.time_s)

    def fault_labels(self) -> tuple[NDArray[np.int16], NDArray[np.bool_]]:
        """Return, per device in the definition's order, the code of the fault at work and whether it has failed.

        Codes count through `fault_names`; -1 is no fault. A machine fault hides a sensor fault.
        """
        codes = np.full(len(self._devices), -1, dtype=np.int16)
        failed = np.zeros(len(self._devices), dtype=np.bool_)
        codes[self._place] = self._desk.labels(self.time_s)
        failed[self._place[list(self._desk.failed)]] = True
        return codes, failed

    @property
    def fault_names(self) -> tuple[str, ...]:
        """Names of all faults of all families, sorted."""
        return all_fault_names()

    def has_failed(self, device: str) -> bool:
        """Return whether the machine has failed and waits for maintenance."""
        return self._machine(device) in self._desk.failed

    @property
    def failed_devices(self) -> frozenset[str]:
        """Machines that have failed and wait for maintenance."""
        return frozenset(tag for tag, position in self._position.items() if position in self._desk.failed)

    def schedule(self, scenario: Scenario) -> None:
        """Let a scenario's faults come, counted from now.

        Raises:
            PlantError: It names an unknown device or fault.
        """
        self._scenarios.append(ScenarioRunner(self, scenario))

    # Replay

    def play(self, device: str) -> None:
        """Play a recording on."""
        self._player(device).play()

    def pause(self, device: str) -> None:
        """Hold a recording where it is."""
        self._player(device).pause()

    def set_speed(self, device: str, speed: object) -> None:
        """Set how many recorded seconds a simulated second plays, 0.1 to 100."""
        player = self._player(device)
        if isinstance(speed, bool) or not isinstance(speed, int | float) or not math.isfinite(speed):
            raise PlantError(Refusal.NOT_A_NUMBER, f"{device} Speed: {speed!r} is not a finite number")
        low, high = SPEED_RANGE
        if not low <= speed <= high:
            raise PlantError(
                Refusal.OUT_OF_RANGE, f"{device} Speed: {speed:g} is outside {low:g} to {high:g}"
            )
        player.speed = float(speed)

    def drain_replay_rows(self) -> tuple[ReplayRows, ...]:
        """Return every recorded row played since the last call."""
        return tuple(rows for player in self._players.values() for rows in player.drain())

    # Inside

    def _show(self, dt_s: float) -> None:
        beats = int(self.time_s * self.definition.publish_hz + 1e-6)
        self._readout.show_machines(dt_s, beats, self._desk.sensors)
        self._readout.show_players(beats)

    def _apply(self, command: Command) -> None:
        """Carry out a command that was accepted earlier, unless the world has changed against it."""
        assert self._machines is not None
        sequencer, position = self._machines.sequencer, command.position
        if position in self._desk.failed and command.kind in (CommandKind.START, CommandKind.RESTART):
            return
        match command.kind:
            case CommandKind.START:
                sequencer.start(position)
            case CommandKind.SHUTDOWN:
                sequencer.stop(position)
            case CommandKind.RESTART:
                sequencer.restart(position)
            case CommandKind.MAINTAIN:
                self.clear_faults(self._machines.devices[position].tag)
                self._readout.reset_hours(position)
            case CommandKind.SETPOINT:
                self._machines.columns.setpoint[position] = command.value
                self._readout.show_setpoint(command.column, command.value)

    def _fail(self, failure: ActiveFault) -> None:
        assert self._machines is not None
        self._desk.failed.add(failure.position)
        self._machines.sequencer.stop(failure.position)

    def _trip(self, position: int) -> None:
        assert self._machines is not None
        self._queue.drop(position)
        self._machines.sequencer.emergency_stop(position)
        if position not in self._desk.offline:
            self._readout.show_mode(position, RunningState.EMERGENCY_STOPPED)

    def _release_free(self) -> None:
        if self._machines is None:
            return
        for tag, position in self._position.items():
            if self._mode(position) is RunningState.EMERGENCY_STOPPED and not self._latches.holds(tag):
                self._machines.sequencer.release(position)
                if position not in self._desk.offline:
                    self._readout.show_mode(position, RunningState.STOPPED)

    def _checked_setpoint(self, device: str, name: str, value: object) -> Command:
        position = self._machine(device)
        tag, number = checks.setpoint_value(self._devices[device], name, value)
        self._free_machine(device)
        column = self._tag_map.index(device, Group.SETPOINTS.value, tag.name)
        return Command(kind=CommandKind.SETPOINT, position=position, column=column, value=number)

    def _machine(self, device: str) -> int:
        if device not in self._devices:
            raise PlantError(Refusal.UNKNOWN_DEVICE, f"there is no device {device}")
        if device in self._players:
            raise PlantError(Refusal.NOT_CONTROLLABLE, f"{device} plays a recording and cannot be controlled")
        return self._position[device]

    def _player(self, device: str) -> Player:
        if device in self._players:
            return self._players[device]
        if device not in self._devices:
            raise PlantError(Refusal.UNKNOWN_DEVICE, f"there is no device {device}")
        raise PlantError(Refusal.INVALID_STATE, f"{device} is a machine, not a recording")

    def _reachable_machine(self, device: str) -> int:
        position = self._machine(device)
        if position in self._desk.offline:
            raise PlantError(Refusal.INVALID_STATE, f"{device} is offline")
        return position

    def _free_machine(self, device: str) -> int:
        position = self._reachable_machine(device)
        if self._latches.holds(device):
            raise PlantError(Refusal.LATCHED, f"{device} is held by an emergency stop")
        return position

    def _refuse_failed(self, device: str, position: int) -> None:
        if position in self._desk.failed:
            raise PlantError(Refusal.INVALID_STATE, f"{device} has failed and needs maintenance")

    def _refuse_after_first_step(self) -> None:
        if self._has_stepped:
            raise PlantError(
                Refusal.INVALID_STATE, "the plant is running already: restore before the first step"
            )

    def _mode(self, position: int) -> RunningState:
        assert self._machines is not None
        return RunningState(int(self._machines.columns.mode[position]))

    def _state_text(self, position: int) -> str:
        return self._mode(position).name.lower().replace("_", " ")


def _load_player(device: DeviceDefinition, recordings: Path | None) -> Player:
    definition = device.replay
    assert definition is not None
    if recordings is None:
        raise DefinitionError(f"{device.tag}: {definition.file}: no recordings folder was given")
    tags = device.measurements
    recording = load_recording(
        recordings / definition.file, definition, [tag.channel or tag.name for tag in tags]
    )
    return Player(device.tag, tuple(tag.name for tag in tags), definition, recording)

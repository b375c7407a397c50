"""Run a whole plant on simulated time: step it, command it, stop it, break it."""

from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from plant.columns import TagColumn
from plant.command_desk import CommandDesk
from plant.control.latches import Latches, StopReport
from plant.control.modes import RunningState
from plant.entities import DeviceDefinition, Family, PlantDefinition
from plant.errors import PlantError, Refusal
from plant.families.registry import MODELS, all_fault_names, faults_of
from plant.fault_checks import check_numbers, find_mode, find_utility_mode
from plant.fault_desk import FaultDesk
from plant.faults import FaultKind, FaultMode, FaultTruth
from plant.fork import fork
from plant.laws.first_order import Array
from plant.laws.utilities import UtilityReadings
from plant.lives import LifeMeter
from plant.machines import Machines
from plant.playback import Playback
from plant.readout import Readout
from plant.replay import ReplayRows
from plant.roster import Roster
from plant.scenario_desk import ScenarioDesk
from plant.scenarios import Scenario
from plant.tag_map import TagMap
from plant.utility_faults import UTILITIES

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
        self._tag_map = TagMap(definition)
        self._roster = Roster(definition)
        self._machines = Machines(self._roster.machines, self._rng) if self._roster.machines else None
        places = {device.tag: place for place, device in enumerate(definition.devices)}
        self._place = np.array([places[tag] for tag in self._roster.position], dtype=np.intp)
        self._playback = Playback(self._roster, recordings)
        self._desk = FaultDesk(self._machines, self._tag_map, self.seed)
        self._scenarios = ScenarioDesk()
        self._has_stepped = False
        self.time_s = 0.0
        self._readout = Readout(self._tag_map, self._machines, self._playback.players, self._rng)
        self._commands = CommandDesk(self._roster, self._tag_map, self._machines, self._desk, self._readout)
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

    @property
    def utilities(self) -> UtilityReadings | None:
        """What the instruments of the hall, the supply, the air and the cooling water read; None without machines."""
        return self._machines.utility_readings if self._machines else None

    def step(self, dt_s: float) -> None:
        """Advance simulated time by `dt_s`, 0 < dt_s <= 60."""
        if not 0.0 < dt_s <= _MAX_STEP_S:
            raise ValueError(f"step: {dt_s} s is outside 0..{_MAX_STEP_S:g} s")
        self._has_stepped = True
        self.time_s += dt_s
        self._scenarios.step(self)
        self._commands.carry_out()
        self._desk.step(self.time_s, dt_s)
        if self._machines:
            for failure in self._machines.step(dt_s):
                self._commands.fail(failure.position)
            self._desk.spoil_utilities(self._machines.utility_readings, self.time_s, dt_s)
        self._playback.step(dt_s)
        self._show(dt_s)

    def fork(self) -> "Engine":
        """Return an independent engine in the same state: the same commands and steps give the same bytes."""
        return fork(self)

    def life_meter(self) -> LifeMeter:
        """Begin to watch how fast the lives of the machines' parts are used up."""
        return LifeMeter(self._machines, self.time_s)

    # Commands

    def start(self, device: str) -> None:
        """Start a stopped machine."""
        self._commands.start(device)

    def shutdown(self, device: str) -> None:
        """Stop a machine that is starting or running, in the normal way."""
        self._commands.shutdown(device)

    def restart(self, device: str) -> None:
        """Stop a machine and start it again; a stopped one just starts."""
        self._commands.restart(device)

    def maintain(self, device: str) -> None:
        """Repair a machine at rest: no fault, no damage, operating hours from zero."""
        self._commands.maintain(device)

    def check_setpoint(self, device: str, name: str, value: object) -> None:
        """Raise PlantError if this setpoint would be refused now."""
        self._commands.checked_setpoint(device, name, value)

    def write_setpoint(self, device: str, name: str, value: object) -> None:
        """Change a setpoint at the next step."""
        self._commands.write_setpoint(device, name, value)

    def emergency_stop(self, device: str) -> None:
        """Put the device's actuators into their safe state now, and latch it."""
        self._commands.emergency_stop(device)

    def emergency_stop_all(self) -> StopReport:
        """Stop every machine now, and latch the plant; replayed devices cannot be stopped and are named."""
        return self._commands.emergency_stop_all()

    def reset_emergency_stop(self, device: str) -> None:
        """Clear the device's own latch; nothing starts."""
        self._commands.reset_emergency_stop(device)

    def reset_emergency_stop_all(self) -> None:
        """Clear the plant's latch, not those of devices; nothing starts."""
        self._commands.reset_emergency_stop_all()

    @property
    def latches(self) -> Latches:
        return self._commands.latches

    def restore_latches(self, latches: Latches) -> None:
        """Take over latches from before a restart; latched machines stand still.

        Raises:
            PlantError: The plant has stepped already, or a device is unknown.
        """
        self._refuse_after_first_step()
        self._commands.restore_latches(latches)
        self._show(0.0)

    def hold_stopped(self, devices: Iterable[str]) -> None:
        """Let machines begin at rest that were at rest before a restart; only before the first step."""
        self._refuse_after_first_step()
        self._commands.hold_stopped(devices)
        self._show(0.0)

    # State

    def running_state(self, device: str) -> RunningState:
        """Return what a device is doing; a replayed one runs while it plays."""
        plays = self._playback.is_playing(device)
        if plays is not None:
            return RunningState.RUNNING if plays else RunningState.STOPPED
        position = self._roster.machine(device)
        return RunningState.OFFLINE if position in self._desk.offline else self._commands.mode(position)

    def machine(self, device: str) -> DeviceDefinition:
        """Return what a machine is.

        Raises:
            PlantError: There is no such device, or it plays a recording.
        """
        self._roster.machine(device)
        return self._roster[device]

    def actuators(self, device: str) -> Mapping[str, float]:
        """Return the outputs of a machine's control as they are now."""
        position, model = self._roster.machine(device), MODELS[self._roster[device].family]
        assert self._machines is not None
        outputs = self._machines.columns.actuators
        return {actuator.name: float(outputs[row, position]) for row, actuator in enumerate(model.actuators)}

    def safe_state(self, device: str) -> Mapping[str, float]:
        """Return the outputs that an emergency stop sets."""
        self._roster.machine(device)
        return {actuator.name: actuator.safe for actuator in MODELS[self._roster[device].family].actuators}

    def stop_category(self, device: str) -> int:
        """Return 0 (power removed at once) or 1 (braked under control), after IEC 60204-1."""
        self._roster.machine(device)
        return MODELS[self._roster[device].family].stop_category

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
        tag, else it is the device's first measurement. The device `Utilities` stands for what all machines share.

        Raises:
            PlantError: There is no such device, fault or tag, or a number is out of range.
        """
        if device == UTILITIES:
            self._desk.inject_utility(
                fault, severity=severity, onset_s=onset_s, life_s=life_s, time_s=self.time_s
            )
            return
        self._desk.inject(
            self.machine(device),
            fault,
            severity=severity,
            onset_s=onset_s,
            life_s=life_s,
            time_s=self.time_s,
        )

    def check_fault(
        self,
        device: str,
        fault: str,
        *,
        severity: float = 1.0,
        onset_s: float = 0.0,
        life_s: float | None = None,
    ) -> None:
        """Raise PlantError if `inject` would."""
        if device == UTILITIES:
            find_utility_mode(fault)
        else:
            find_mode(self.machine(device), fault)
        check_numbers(device, severity, onset_s, life_s)

    def clear_faults(self, device: str | None = None) -> None:
        """Take away all faults of a device, or of all devices, with the damage done."""
        if device not in (None, UTILITIES):
            self._roster.machine(device)
        self._desk.clear(device)

    def clear_fault(self, device: str, fault: str) -> None:
        """Take away one fault, `name` or `name/Tag`, with the damage done."""
        self.check_fault(device, fault)
        self._desk.clear_fault(device, fault)

    def ground_truth(self) -> tuple[FaultTruth, ...]:
        """Return every injected fault with its true damage."""
        return self._desk.truth(self.time_s)

    def wear_truth(self) -> tuple[FaultTruth, ...]:
        """Return the natural wear of every mode of every machine, with its true remaining life."""
        return self._desk.wear()

    @property
    def time_offset_s(self) -> Array | None:
        """What the clock behind each tag is wrong by, shape (n_tags,); None while all are right."""
        return self._desk.sensors.time_offset_s

    def fault_history(self) -> tuple[tuple[FaultTruth, float | None], ...]:
        """Return every fault that was ever injected or came by itself, with when it was taken away (None: it is there)."""
        now = ((each, None) for each in self.ground_truth())
        return (*self._desk.ended, *now)

    @property
    def fault_changes(self) -> tuple[int, int]:
        """What differs whenever a fault was injected, taken away, or has ended in failure."""
        return self._desk.changes, len(self._desk.failed)

    def fault_labels(self) -> tuple[NDArray[np.int16], NDArray[np.bool_]]:
        """Return, per device in the definition's order, the code of the fault at work and whether it has failed.

        Codes count through `fault_names`; -1 is no fault. A machine fault hides a sensor fault.
        """
        codes = np.full(len(self._roster), -1, dtype=np.int16)
        failed = np.zeros(len(self._roster), dtype=np.bool_)
        codes[self._place] = self._desk.labels(self.time_s)
        failed[self._place[list(self._desk.failed)]] = True
        return codes, failed

    def sensor_fault_labels(self) -> NDArray[np.int16]:
        """Return, per device in the definition's order, the code of the fault at work on its sensors, clock or line."""
        codes = np.full(len(self._roster), -1, dtype=np.int16)
        codes[self._place] = self._desk.sensor_labels()
        return codes

    def remaining_life_s(self) -> Array:
        """Return, per device in the definition's order, the running time left to its first failure; inf where none comes."""
        left = np.full(len(self._roster), np.inf)
        left[self._place] = self._desk.remaining_s(self.time_s)
        return left

    @property
    def fault_names(self) -> tuple[str, ...]:
        """Names of all faults of all families, sorted."""
        return all_fault_names()

    def has_failed(self, device: str) -> bool:
        """Return whether the machine has failed and waits for maintenance."""
        return self._roster.machine(device) in self._desk.failed

    @property
    def failed_devices(self) -> frozenset[str]:
        """Machines that have failed and wait for maintenance."""
        return frozenset(
            tag for tag, position in self._roster.position.items() if position in self._desk.failed
        )

    def schedule(self, scenario: Scenario) -> None:
        """Let a scenario's events come, counted from now.

        Raises:
            PlantError: It runs already, or names an unknown device, fault, tag or setpoint, or a value out of range.
        """
        self._scenarios.run(self, scenario)

    def unschedule(self, name: str | None = None) -> tuple[str, ...]:
        """Stop a scenario, or all, and take away the faults that it brought; return which.

        Raises:
            PlantError: It does not run.
        """
        return self._scenarios.stop(self, name)

    @property
    def scenarios(self) -> dict[str, bool]:
        """Names of the scenarios that were begun and not stopped, with whether more will come of each."""
        return self._scenarios.states

    # Replay

    def play(self, device: str) -> None:
        """Play a recording on."""
        self._playback.play(device)

    def pause(self, device: str) -> None:
        """Hold a recording where it is."""
        self._playback.pause(device)

    def set_speed(self, device: str, speed: object) -> None:
        """Set how many recorded seconds a simulated second plays, 0.1 to 100."""
        self._playback.set_speed(device, speed)

    def drain_replay_rows(self) -> tuple[ReplayRows, ...]:
        """Return every recorded row played since the last call."""
        return self._playback.drain()

    # Inside

    def _show(self, dt_s: float) -> None:
        beats = int(self.time_s * self.definition.publish_hz + 1e-6)
        self._readout.show_machines(dt_s, beats, self._desk.sensors)
        self._readout.show_players(beats)

    def _refuse_after_first_step(self) -> None:
        if self._has_stepped:
            raise PlantError(
                Refusal.INVALID_STATE, "the plant is running already: restore before the first step"
            )

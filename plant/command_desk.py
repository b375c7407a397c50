"""Check commands when they are given, and carry them out at the next step; stop at once."""

from collections.abc import Iterable

from plant.control import checks
from plant.control.commands import Command, CommandKind, CommandQueue
from plant.control.latches import LatchBook, Latches, StopReport
from plant.control.modes import RunningState
from plant.entities import Group
from plant.errors import PlantError, Refusal
from plant.fault_desk import FaultDesk
from plant.machines import Machines
from plant.readout import Readout
from plant.roster import Roster
from plant.tag_map import TagMap


class CommandDesk:
    """What operators may ask of machines, and the latches of the emergency stops."""

    def __init__(
        self,
        roster: Roster,
        tag_map: TagMap,
        machines: Machines | None,
        fault_desk: FaultDesk,
        readout: Readout,
    ) -> None:
        self._roster, self._tag_map, self._machines = roster, tag_map, machines
        self._fault_desk, self._readout = fault_desk, readout
        self._queue = CommandQueue()
        self._latches = LatchBook()

    @property
    def latches(self) -> Latches:
        return self._latches.snapshot

    def mode(self, position: int) -> RunningState:
        """Return what a machine is doing."""
        assert self._machines is not None
        return RunningState(int(self._machines.columns.mode[position]))

    def start(self, device: str) -> None:
        """Start a stopped machine."""
        position = self._free_machine(device)
        self._refuse_failed(device, position)
        if self.mode(position) is not RunningState.STOPPED:
            raise PlantError(
                Refusal.INVALID_STATE, f"{device} is not stopped: it is {self._state_text(position)}"
            )
        self._queue.put(Command(kind=CommandKind.START, position=position))

    def shutdown(self, device: str) -> None:
        """Stop a machine that is starting or running, in the normal way."""
        position = self._reachable_machine(device)
        if self.mode(position) not in (RunningState.STARTING, RunningState.RUNNING, RunningState.STOPPING):
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
        if self.mode(position) not in (RunningState.STOPPED, RunningState.EMERGENCY_STOPPED):
            state = self._state_text(position)
            raise PlantError(
                Refusal.INVALID_STATE, f"{device} must be stopped for maintenance: it is {state}"
            )
        self._queue.put(Command(kind=CommandKind.MAINTAIN, position=position))

    def write_setpoint(self, device: str, name: str, value: object) -> None:
        """Change a setpoint at the next step."""
        self._queue.put(self.checked_setpoint(device, name, value))

    def checked_setpoint(self, device: str, name: str, value: object) -> Command:
        """Return the command for a setpoint.

        Raises:
            PlantError: It would be refused now.
        """
        position = self._roster.machine(device)
        tag, number = checks.setpoint_value(self._roster[device], name, value)
        self._free_machine(device)
        column = self._tag_map.index(device, Group.SETPOINTS.value, tag.name)
        return Command(kind=CommandKind.SETPOINT, position=position, column=column, value=number)

    def emergency_stop(self, device: str) -> None:
        """Put the device's actuators into their safe state now, and latch it."""
        position = self._roster.machine(device)
        self._latches.set_device(device)
        self._trip(position)

    def emergency_stop_all(self) -> StopReport:
        """Stop every machine now, and latch the plant; replayed devices cannot be stopped and are named."""
        self._latches.set_plant()
        for position in self._roster.position.values():
            self._trip(position)
        return StopReport(
            stopped=self._roster.controllable,
            not_controllable=tuple(device.tag for device in self._roster.recordings),
        )

    def reset_emergency_stop(self, device: str) -> None:
        """Clear the device's own latch; nothing starts."""
        self._roster.machine(device)
        self._latches.clear_device(device)
        self._release_free()

    def reset_emergency_stop_all(self) -> None:
        """Clear the plant's latch, not those of devices; nothing starts."""
        self._latches.clear_plant()
        self._release_free()

    def restore_latches(self, latches: Latches) -> None:
        """Take over latches from before a restart; latched machines stand still."""
        for device in latches.devices:
            self._roster.machine(device)
        self._latches.restore(latches.plant, latches.devices)
        self.hold_stopped(tag for tag in self._roster.position if self._latches.holds(tag))

    def hold_stopped(self, devices: Iterable[str]) -> None:
        """Let machines begin at rest."""
        for device in devices:
            position = self._roster.machine(device)
            assert self._machines is not None
            if self._latches.holds(device):
                self._trip(position)
            else:
                self._machines.sequencer.place([position], RunningState.STOPPED)
            self._machines.columns.speed[position] = 0.0
            self._machines.sensors.forget()

    def carry_out(self) -> None:
        """Do what was accepted since the last step, unless the world has changed against it."""
        for command in self._queue.take():
            self._apply(command)

    def fail(self, position: int) -> None:
        """Stop a machine whose damage has run to its end."""
        assert self._machines is not None
        self._fault_desk.failed.add(position)
        self._machines.sequencer.stop(position)

    def _apply(self, command: Command) -> None:
        assert self._machines is not None
        sequencer, position = self._machines.sequencer, command.position
        has_failed = position in self._fault_desk.failed
        if has_failed and command.kind in (CommandKind.START, CommandKind.RESTART):
            return
        match command.kind:
            case CommandKind.START:
                sequencer.start(position)
            case CommandKind.SHUTDOWN:
                sequencer.stop(position)
            case CommandKind.RESTART:
                sequencer.restart(position)
            case CommandKind.MAINTAIN:
                self._fault_desk.renew(self._machines.devices[position].tag)
                self._readout.reset_hours(position)
            case CommandKind.SETPOINT:
                self._machines.columns.setpoint[position] = command.value
                self._readout.show_setpoint(command.column, command.value)

    def _trip(self, position: int) -> None:
        assert self._machines is not None
        self._queue.drop(position)
        self._machines.sequencer.emergency_stop(position)
        if position not in self._fault_desk.offline:
            self._readout.show_mode(position, RunningState.EMERGENCY_STOPPED)

    def _release_free(self) -> None:
        for tag, position in self._roster.position.items():
            assert self._machines is not None
            if self.mode(position) is RunningState.EMERGENCY_STOPPED and not self._latches.holds(tag):
                self._machines.sequencer.release(position)
                if position not in self._fault_desk.offline:
                    self._readout.show_mode(position, RunningState.STOPPED)

    def _reachable_machine(self, device: str) -> int:
        position = self._roster.machine(device)
        if position in self._fault_desk.offline:
            raise PlantError(Refusal.INVALID_STATE, f"{device} is offline")
        return position

    def _free_machine(self, device: str) -> int:
        position = self._reachable_machine(device)
        if self._latches.holds(device):
            raise PlantError(Refusal.LATCHED, f"{device} is held by an emergency stop")
        return position

    def _refuse_failed(self, device: str, position: int) -> None:
        if position in self._fault_desk.failed:
            raise PlantError(Refusal.INVALID_STATE, f"{device} has failed and needs maintenance")

    def _state_text(self, position: int) -> str:
        return self.mode(position).name.lower().replace("_", " ")

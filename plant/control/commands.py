"""Queue commands until the next step."""

from dataclasses import dataclass
from enum import StrEnum


class CommandKind(StrEnum):
    """What a queued command does."""

    START = "start"
    SHUTDOWN = "shutdown"
    RESTART = "restart"
    MAINTAIN = "maintain"
    SETPOINT = "setpoint"


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """One accepted command that waits for the next step."""

    kind: CommandKind
    position: int
    column: int = -1
    value: float = 0.0


class CommandQueue:
    """Accepted commands in order; an emergency stop empties it for its device."""

    def __init__(self) -> None:
        self._commands: list[Command] = []

    def put(self, command: Command) -> None:
        self._commands.append(command)

    def drop(self, position: int) -> None:
        """Forget what waits for a machine."""
        self._commands = [command for command in self._commands if command.position != position]

    def take(self) -> list[Command]:
        """Return all waiting commands, oldest first, and forget them."""
        commands, self._commands = self._commands, []
        return commands

"""Follow each command from the operator's wish to what became of it."""

from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Final

from PySide6.QtCore import QObject, Signal

from hmi.link.types import CommandStage, CommandUpdate

_KEPT: Final = 200
_FINAL: Final = frozenset({CommandStage.VERIFIED, CommandStage.REFUSED, CommandStage.UNKNOWN})


@dataclass(slots=True)
class CommandLife:
    """One command and when it reached each stage."""

    command_id: str
    device: str
    label: str
    stage: CommandStage = CommandStage.SENT
    reason: str = ""
    times_ns: dict[CommandStage, int] = field(default_factory=dict)

    @property
    def is_over(self) -> bool:
        """Whether nothing more will come."""
        return self.stage in _FINAL


class CommandBook(QObject):
    """The last commands, newest per device at hand."""

    changed = Signal(str)  # the device's tag, "" for plant-wide

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._lives: OrderedDict[str, CommandLife] = OrderedDict()
        self._newest: dict[str, str] = {}

    def take(self, update: CommandUpdate) -> None:
        """Take in one step of a command's life."""
        life = self._lives.get(update.command_id)
        if life is None:
            life = CommandLife(update.command_id, update.device, update.label)
            self._lives[update.command_id] = life
            self._newest[update.device] = update.command_id
            while len(self._lives) > _KEPT:
                self._lives.popitem(last=False)
        if life.is_over:
            return
        life.stage = update.stage
        life.reason = update.reason
        life.times_ns[update.stage] = update.time_ns
        self.changed.emit(update.device)

    def newest(self, device: str) -> CommandLife | None:
        """Return the device's last command."""
        return self._lives.get(self._newest.get(device, ""))

    def newest_first(self) -> tuple[CommandLife, ...]:
        """Return all commands remembered, the newest first."""
        return tuple(reversed(self._lives.values()))

"""Keep what the trainer sees: scenarios, faults that can be injected, the ground truth."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from PySide6.QtCore import QObject, Signal

from hmi.link.types import Reply
from hmi.state.port import LinkPort
from hmi.state.row_table import Column, RowTable
from hmi.theme.numbers import MISSING, duration, number
from hmi.theme.roles import Tone

UTILITIES: Final = "Utilities"  # what all machines share
SENSOR_PREFIX: Final = "sensor_"  # of faults that strike one measurement
_STATES: Final = {"": "", "running": "Running", "over": "Over, faults remain"}


@dataclass(frozen=True, slots=True)
class ScenarioRow:
    """One scenario of the server."""

    name: str
    title: str
    description: str
    state: str  # "running", "over" or ""


@dataclass(frozen=True, slots=True)
class TruthRow:
    """One fault as it truly is."""

    device: str
    fault: str
    tag: str
    severity: float  # 0..1
    onset_s: float  # plant time
    damage: float  # 0..1
    failed_s: float  # plant time, NaN where it has not
    rul_h: float  # NaN where no failure comes


class TrainingDesk(QObject):
    """Puts the trainer's questions to the server, and keeps the answers."""

    scenarios_arrived = Signal(object)  # tuple[ScenarioRow, ...]
    faults_arrived = Signal(object)  # tuple[(name, description), ...]
    truth_arrived = Signal(object)  # tuple[TruthRow, ...]
    said = Signal(str, bool)  # a sentence, and whether it is a refusal

    def __init__(self, link: LinkPort, replied: Any, parent: QObject | None = None) -> None:
        """Take the link and the console's `replied` signal."""
        super().__init__(parent)
        self._link = link
        self._asked: dict[int, Callable[[Reply], None]] = {}
        replied.connect(self._on_replied)

    def ask_scenarios(self) -> None:
        """Ask which scenarios there are."""
        self._ask(self._take_scenarios, "ListScenarios")

    def ask_faults(self, device: str) -> None:
        """Ask which faults a device can have."""
        self._ask(self._take_faults, "ListFaults", device)

    def ask_truth(self) -> None:
        """Ask what is truly wrong; one question at a time."""
        if self._take_truth not in self._asked.values():
            self._ask(self._take_truth, "GroundTruth", False)

    def inject(self, device: str, fault: str, severity: float, onset_s: float, life_s: float) -> None:
        """Make a device develop a fault; 0 s of life takes the fault's own."""
        words = (
            f"{device}: {plain(fault)} {'begins now' if onset_s == 0 else f'begins in {duration(onset_s)}'}"
        )
        self._do(words, "InjectFault", device, fault, severity, onset_s, life_s)

    def clear(self, device: str) -> None:
        """Take injected faults away, of a device or of all ("")."""
        self._do(f"{device or 'All devices'}: injected faults removed", "ClearFaults", device)

    def run(self, name: str, title: str) -> None:
        """Begin a scenario."""
        self._do(f"{title} has begun", "RunScenario", name)

    def stop(self, name: str, title: str) -> None:
        """End a scenario, and take away what it brought."""
        self._do(f"{title} has been stopped, its faults are gone", "StopScenario", name)

    def set_speed(self, speed: float) -> None:
        """Set how many simulated seconds a second takes."""
        self._do(f"Time now goes at {number(speed, 1)}×", "SetSpeed", speed)

    # ---- answers -------------------------------------------------------------------------------------------------

    def _do(self, words: str, method: str, *values: str | float) -> None:
        def take(reply: Reply) -> None:
            self.said.emit(words if reply.ok else reply.error, not reply.ok)
            self.ask_scenarios()

        self._ask(take, method, *values)

    def _ask(self, take: Callable[[Reply], None], method: str, *values: str | float | bool) -> None:
        self._asked[self._link.simulate(method, *values)] = take

    def _on_replied(self, reply: Reply) -> None:
        take = self._asked.pop(reply.request_id, None)
        if take is not None:
            take(reply)

    def _take_scenarios(self, reply: Reply) -> None:
        if reply.ok:
            self.scenarios_arrived.emit(tuple(ScenarioRow(*row) for row in _rows(reply.payload, 4)))
        else:
            self.said.emit(reply.error, True)

    def _take_faults(self, reply: Reply) -> None:
        self.faults_arrived.emit(tuple(_rows(reply.payload, 2)) if reply.ok else ())

    def _take_truth(self, reply: Reply) -> None:
        if reply.ok:
            self.truth_arrived.emit(tuple(TruthRow(*row[:8]) for row in _rows(reply.payload, 9)))


class ScenarioTable(RowTable[ScenarioRow]):
    """The scenarios, with what happens in each."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(
            (
                Column("Scenario", lambda s: s.title, tone=Tone.STRONG),
                Column("State", lambda s: _STATES.get(s.state, s.state), tone=Tone.STRONG),
                Column("What happens", lambda s: s.description),
            ),
            lambda s: s.name,
            parent,
        )


class TruthTable(RowTable[TruthRow]):
    """What is truly wrong."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(
            (
                Column("Device", lambda t: t.device, tone=Tone.STRONG),
                Column("Fault", lambda t: plain(t.fault)),
                Column("Measurement", lambda t: t.tag or MISSING, tone=Tone.DIM),
                Column("Severity %", lambda t: _percent(t.severity), right=True),
                Column("Damage %", lambda t: _percent(t.damage), right=True, tone=Tone.STRONG),
                Column("Began at", lambda t: duration(t.onset_s), right=True),
                Column("Life left h", lambda t: _hours(t.rul_h), right=True),
                Column("Failed at", lambda t: duration(t.failed_s), right=True),
            ),
            lambda t: t.device,
            parent,
        )


def plain(fault: str) -> str:
    """Return a fault's name in words: "sensor_drift/Vibration" is "sensor drift (Vibration)"."""
    name, _, tag = fault.partition("/")
    words = name.replace("_", " ")
    return f"{words} ({tag})" if tag else words


def _rows(payload: object, columns: int) -> list[Sequence[Any]]:
    """Return a reply's columns as rows; none where it has another shape than was asked for."""
    if not isinstance(payload, list | tuple) or len(payload) < columns or len({len(c) for c in payload}) > 1:
        return []
    return list(zip(*payload[:columns], strict=True))


def _percent(share: float) -> str:
    return MISSING if math.isnan(share) else number(share * 100.0, 0)


def _hours(hours: float) -> str:
    return MISSING if not math.isfinite(hours) else number(hours, 1 if hours < 100 else 0)

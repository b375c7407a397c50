"""Say what the screen asks of the link; `hmi.link` fulfils it, and so does the fake of the tests."""

from collections.abc import Sequence
from typing import Protocol

from PySide6.QtCore import SignalInstance

from hmi.link.types import CommandRequest


class LinkPort(Protocol):
    """The link as the screen sees it.

    Signals carry: status_changed(LinkStatus), model_arrived(PlantModel), samples_arrived(SampleBatch),
    texts_arrived(tuple[TextSample, ...]), conditions_arrived(tuple[ConditionEvent, ...]),
    conditions_refreshed(tuple[ConditionEvent, ...], the whole list), command_changed(CommandUpdate),
    replied(Reply).
    """

    @property
    def status_changed(self) -> SignalInstance: ...
    @property
    def model_arrived(self) -> SignalInstance: ...
    @property
    def samples_arrived(self) -> SignalInstance: ...
    @property
    def texts_arrived(self) -> SignalInstance: ...
    @property
    def conditions_arrived(self) -> SignalInstance: ...
    @property
    def conditions_refreshed(self) -> SignalInstance: ...
    @property
    def command_changed(self) -> SignalInstance: ...
    @property
    def replied(self) -> SignalInstance: ...

    def execute(self, request: CommandRequest) -> None:
        """Send a command; its life comes back as `command_changed`."""

    def log_in(self, name: str, password: str) -> int:
        """Act for a user from now on; returns the id of the reply, whose error says why not."""
        ...

    def log_out(self) -> int:
        """Act for nobody from now on; returns the id of the reply."""
        ...

    def accept_server(self, thumbprint: str) -> None:
        """Believe a server that shows a new certificate."""

    def acknowledge(self, condition_id: str, event_id: bytes, comment: str) -> int:
        """Acknowledge an alarm; returns the id of the reply."""
        ...

    def stop(self, device: str | None) -> None:
        """Stop a device, or the plant, at once on the stop session."""

    def reset_stop(self, device: str | None) -> None:
        """Clear one latch; starts nothing."""

    def show_first(self, tag_ids: Sequence[int]) -> None:
        """Subscribe the tags of the visible page before the others."""

    def query_journal(self, from_iso: str, to_iso: str, after_seq: int, limit: int) -> int:
        """Ask for a page of the journal; the reply holds {"rows", "last_seq", "more"}."""
        ...

    def export_journal(self, from_iso: str, to_iso: str, fmt: str, path: str) -> int:
        """Write the journal to a file ("csv" or "jsonl"); the reply holds {"path", "bytes"}."""
        ...

    def playback(self, device: str, action: str, value: float | None = None) -> int:
        """Play, pause or pace a recording: "play", "pause", "speed"; returns the id of the reply."""
        ...

    def call_predict(
        self, temperature_c: float, humidity_pct: float, sound_db: float, vibration_mm_s: float
    ) -> int:
        """Ask the server to judge one reading of a component; returns the id of the reply."""
        ...

    def simulate(self, method: str, *values: str | float | bool) -> int:
        """Call one of the trainer's methods, "RunScenario"; the reply holds its outputs, a list a column."""
        ...

    def what_if(self, device: str, setpoint: str, value: float, minutes: float) -> int:
        """Ask what would become of a device with another setpoint; the reply holds a `Forecast`."""
        ...

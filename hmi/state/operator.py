"""Turn the operator's wishes into requests, and say why one is not possible."""

import uuid
from typing import Final

from PySide6.QtCore import QObject

from hmi.link.types import CommandRequest, ConditionEvent, DeviceInfo, TagInfo
from hmi.state.catalogue import Catalogue
from hmi.state.device_columns import Running
from hmi.state.families import REPLAY
from hmi.state.port import LinkPort
from hmi.state.session import SessionState
from hmi.state.tags import TagStore
from hmi.theme.numbers import number

PLANT_LATCH: Final = "Plant/EmergencyStopLatched"
_EFFECT: Final = {"Start": Running.RUNNING, "Shutdown": Running.STOPPED}
_STARTING: Final = frozenset({"Start", "Restart", "Setpoint", "Maintain"})
_PLAYBACK: Final = frozenset({"Play", "Pause", "SetSpeed"})


class Operator(QObject):
    """What the person at this console may do, and does."""

    def __init__(
        self,
        link: LinkPort,
        store: TagStore,
        session: SessionState,
        *,
        read_only: bool = False,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._link = link
        self._store = store
        self._session = session
        self.is_station_read_only = read_only
        self.catalogue = Catalogue()

    @property
    def read_only(self) -> bool:
        """Whether nothing can be commanded from here now but a stop."""
        return self.is_station_read_only or self._session.is_observer

    def running(self, device: str) -> Running:
        """Return a device's running state as last told."""
        tag = self.catalogue.find(device, "State", "RunningState")
        value = self._store.values[tag.tag_id] if tag else float("nan")
        return Running(int(value)) if value in (0, 1, 2, 3, 4, 5) else Running.UNKNOWN

    def is_latched(self, device: str | None) -> bool:
        """Whether the latch of a device, or of the plant (None), is set."""
        tag = (
            self.catalogue.find_path(PLANT_LATCH)
            if device is None
            else self.catalogue.find(device, "State", "EmergencyStopLatched")
        )
        return tag is not None and bool(self._store.values[tag.tag_id] == 1.0)

    def is_stoppable(self, device: str) -> bool:
        """Whether a device has actuators that a stop could bring to their safe state."""
        found = self.catalogue.device(device)
        return found is not None and found.type_name != REPLAY

    def why_not(self, device: str, action: str) -> str:
        """Return why an action is not possible now, "" where it is.

        Args:
            device: A device's tag.
            action: A method's name, "Setpoint" or "Limit".
        """
        found = self.catalogue.device(device)
        if found is None:
            return "no such device"
        if self.is_station_read_only:
            return "this console is read-only"
        if self.read_only:
            return "log in first"
        if not self._session.is_live:
            return "no connection to the server"
        if found.type_name == REPLAY and action not in _PLAYBACK | {"Limit"}:
            return "not controllable: it plays a recording"
        if action not in {"Setpoint", "Limit"} and action not in found.methods:
            return f"the server offers no {action} for it"
        return self._why_not_by_state(device, action)

    def _why_not_by_state(self, device: str, action: str) -> str:
        state = self.running(device)
        if state is Running.OFFLINE and action != "Limit":
            return "it is offline"
        if action in _STARTING and self.is_latched(None):
            return "reset the e-stop of the plant first"
        if action in _STARTING and (self.is_latched(device) or state is Running.LATCHED):
            return "reset its e-stop first"
        if action == "Start" and state in {Running.RUNNING, Running.STARTING}:
            return "it is running already"
        if action == "Shutdown" and state in {Running.STOPPED, Running.STOPPING, Running.LATCHED}:
            return "it is stopped already"
        return ""

    def call(self, device: DeviceInfo, method: str, value: float | None = None) -> None:
        """Send a method call of a device through the one door."""
        running = self.catalogue.find(device.tag, "State", "RunningState")
        effect = _EFFECT.get(method)
        label = method if value is None else f"{method} {number(value, 1)}"
        self._send(
            device.tag,
            device.methods[method],
            label,
            value,
            running.tag_id if running and effect is not None else None,
            float(effect) if effect is not None else None,
        )

    def write(self, tag: TagInfo, value: float, *, reason: str = "") -> None:
        """Send a new setpoint; `reason` says why, where a trip is predicted."""
        old = number(float(self._store.values[tag.tag_id]), tag.precision)
        label = f"{tag.display_name} {old} → {number(value, tag.precision)} {tag.unit}".rstrip()
        self._send(tag.device, tag.node_id, label, value, tag.tag_id, value, reason=reason)

    def write_limit(self, tag: TagInfo, key: str, value: float) -> None:
        """Send a new alarm limit."""
        label = f"{tag.display_name} {key} limit → {number(value, tag.precision)} {tag.unit}".rstrip()
        self._send(tag.device, tag.limit_nodes[key], label, value, None, None)

    def _send(
        self,
        device: str,
        target: str,
        label: str,
        value: float | None,
        verify_tag: int | None,
        verify_value: float | None,
        *,
        reason: str = "",
    ) -> None:
        self._link.execute(
            CommandRequest(
                command_id=str(uuid.uuid4()),
                device=device,
                target=target,
                label=label,
                value=value,
                verify_tag=verify_tag,
                verify_value=verify_value,
                reason=reason,
            )
        )

    def acknowledge(self, events: tuple[ConditionEvent, ...], comment: str = "") -> tuple[int, ...]:
        """Acknowledge alarms; returns the ids of the replies."""
        waiting = [e for e in events if not e.acknowledged]
        return tuple(self._link.acknowledge(e.condition_id, e.event_id, comment) for e in waiting)

    def stop(self, device: str | None) -> None:
        """Stop a device, or the plant, at once."""
        self._link.stop(device)

    def reset_stop(self, device: str | None) -> None:
        """Clear one latch; starts nothing."""
        self._link.reset_stop(device)

"""Rows of recordings on their way to the novelty detectors, and verdicts on their way back to alarms."""

from collections import OrderedDict
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np
from numpy.typing import NDArray

from opcua_server.health import short_number
from opcua_server.scoring.messages import Message
from plant.engine import Engine
from plant.units import UNITS

_KEPT_BATCHES = 4096


@dataclass(frozen=True, slots=True, kw_only=True)
class NoveltyVerdict:
    """What the novelty detector says of a replay device after a batch of rows."""

    device: str
    learning: bool
    active: bool
    message: str
    evidence: str
    score: float
    limit: float


class ReplayFeed:
    """Sends every row played to the worker, and words its answers."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._times: OrderedDict[tuple[str, int], NDArray[np.float64]] = OrderedDict()
        self._units = {(c.device, c.definition.name): c.definition.unit for c in engine.tags}
        self._precisions = {(c.device, c.definition.name): c.definition.precision for c in engine.tags}
        self._labels = {(c.device, c.definition.name): c.definition.display_name for c in engine.tags}
        self.channels = {
            device.tag: [tag.name for tag in device.measurements if tag.novelty]
            for device in engine.definition.devices
            if device.replay is not None
        }

    def drain(self) -> list[Message]:
        """Return the rows played since the last call, one message a device and batch."""
        messages: list[Message] = []
        for rows in self._engine.drain_replay_rows():
            wanted = [rows.channels.index(name) for name in self.channels[rows.device]]
            key = (rows.device, rows.first_row)
            self._times[key] = rows.recorded_time_s
            while len(self._times) > _KEPT_BATCHES:
                self._times.popitem(last=False)
            messages.append(
                Message(
                    kind="replay",
                    fields={"device": rows.device, "first_row": rows.first_row},
                    arrays={"values": np.asarray(rows.values[:, wanted], dtype=np.float64)},
                )
            )
        return messages

    def verdict(self, message: Message) -> NoveltyVerdict:
        """Return the worker's answer in plain words."""
        fields = message.fields
        device = fields["device"]
        row = fields["first_row"] + (fields["raised_at"] or 0)
        times = self._times.pop((device, fields["first_row"]), None)
        recorded = ""
        if times is not None:
            moment = datetime.fromtimestamp(float(times[fields["raised_at"] or 0]), UTC)
            recorded = f" (recorded {moment:%Y-%m-%d %H:%M:%S}, row {row + 1})"
        why = self._why(device, fields["contributions"])
        text = f"Unlike the normal it learned: {why}{recorded}. Compare with the test log; look for a changed valve or flow."
        return NoveltyVerdict(
            device=device,
            learning=bool(fields["learning"]),
            active=bool(fields["alarm"]) or fields["raised_at"] is not None,
            message=text,
            evidence=f"novelty score {fields['score']:.1f}, limit {fields['limit']:.1f}",
            score=float(fields["score"]),
            limit=float(fields["limit"]),
        )

    def _why(self, device: str, contributions: list[list[object]]) -> str:
        """Word the two largest contributions; each is (channel, value, learned normal, share)."""
        parts = []
        for channel, value, normal, _ in contributions[:2]:
            label = self._labels.get((device, str(channel)), str(channel)).lower()
            unit = UNITS[self._units[device, str(channel)]].symbol
            found, usual = _told_apart(value, normal, self._precisions[device, str(channel)])
            parts.append(f"{label} {found} {unit} where {usual} is normal")
        return " and ".join(parts) or "the channels together"


def _told_apart(value: object, normal: object, precision: int) -> tuple[str, str]:
    """Return two readings as an operator reads them, with more digits where they would look alike."""
    found, usual = short_number(value), short_number(normal)
    return (found, usual) if found != usual else (f"{value:.{precision}f}", f"{normal:.{precision}f}")

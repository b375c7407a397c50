"""Gather what arrives, so that the screen gets one batch a frame and never one signal a value."""

import json
from collections import deque
from datetime import datetime
from typing import Any

import numpy as np
from asyncua import ua
from numpy.typing import NDArray

from hmi.link.decode import EPOCH_TICKS, DataChange, Samples, join
from hmi.link.types import ConditionEvent, SampleBatch, TextSample

FLUSH_S = 0.05  # one batch a frame of the screen (20 a second)


class Outbox:
    """Samples, texts and alarm events on their way to the screen."""

    def __init__(self) -> None:
        self._samples: deque[Samples] = deque()
        self._texts: deque[TextSample] = deque()
        self._conditions: deque[ConditionEvent] = deque()
        self._arrived_s = 0.0

    def add(self, change: DataChange, is_text: NDArray[np.bool_], now_s: float) -> None:
        """Take in a data change whose handles are `tag_id + 1`.

        Args:
            change: As decoded.
            is_text: Per tag id, whether the tag carries no number: its empty values then come as texts too.
            now_s: Monotonic time of arrival.
        """
        samples = change.samples
        if len(samples) and len(is_text):
            known = (samples.handles > 0) & (samples.handles <= len(is_text))
            text = known & is_text[np.clip(samples.handles.astype(np.int64) - 1, 0, len(is_text) - 1)]
            if text.any() or not known.all():
                self._texts.extend(_texts_of(samples, text))
                keep = known & ~text
                samples = Samples(
                    samples.handles[keep],
                    samples.values[keep],
                    samples.status[keep],
                    samples.source_ns[keep],
                )
            if len(samples):
                self._samples.append(samples)
        self._texts.extend(_text_of(item) for item in change.others)
        self._arrived_s = now_s

    def add_refused(self, tag_id: int, status: int, *, is_text: bool) -> None:
        """Take in that a tag cannot be subscribed: no value, the server's status as quality."""
        if is_text:
            self._texts.append(TextSample(tag_id=tag_id, text="", status=status, source_ns=0))
            return
        self._samples.append(
            Samples(
                np.array([tag_id + 1], np.uint32),
                np.array([np.nan]),
                np.array([status], np.uint32),
                np.zeros(1, np.int64),
            )
        )

    def add_condition(self, event: ConditionEvent) -> None:
        """Take in one alarm event."""
        self._conditions.append(event)

    def clear(self) -> None:
        """Forget what is waiting: it belongs to a connection that is gone."""
        self._samples.clear()
        self._texts.clear()
        self._conditions.clear()

    def take_samples(self) -> SampleBatch | None:
        """Return all samples as one batch, None if there are none."""
        if not self._samples:
            return None
        samples = join(list(self._samples))
        self._samples.clear()
        return SampleBatch(
            tag_ids=samples.handles.astype(np.int32) - 1,
            values=samples.values,
            status=samples.status,
            source_ns=samples.source_ns,
            arrived_s=self._arrived_s,
        )

    def take_texts(self) -> tuple[TextSample, ...]:
        """Return all texts."""
        taken = tuple(self._texts)
        self._texts.clear()
        return taken

    def take_conditions(self) -> tuple[ConditionEvent, ...]:
        """Return all alarm events."""
        taken = tuple(self._conditions)
        self._conditions.clear()
        return taken


def text_of(value: Any) -> str:
    """Return a value as text: arrays as JSON, times as ISO-8601, nothing as the empty text."""
    if value is None:
        return ""
    if isinstance(value, ua.LocalizedText):
        return str(value.Text or "")
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, list | tuple):
        return json.dumps([_plain(entry) for entry in value], ensure_ascii=False)
    return str(value)


def nanoseconds(when: datetime | None) -> int:
    """Return ns since 1970 UTC, 0 for None."""
    if when is None:
        return 0
    ticks = ua.datetime_to_win_epoch(when)
    return max(0, int(ticks) - EPOCH_TICKS) * 100


def _plain(entry: Any) -> Any:
    return entry if isinstance(entry, bool | int | float | str) else text_of(entry)


def _text_of(item: ua.MonitoredItemNotification) -> TextSample:
    value = item.Value
    return TextSample(
        tag_id=int(item.ClientHandle) - 1,
        text=text_of(value.Value.Value if value.Value is not None else None),
        status=int(value.StatusCode.value) if value.StatusCode is not None else 0,
        source_ns=nanoseconds(value.SourceTimestamp),
    )


def _texts_of(samples: Samples, rows: NDArray[np.bool_]) -> list[TextSample]:
    return [
        TextSample(
            tag_id=int(samples.handles[row]) - 1,
            text="" if np.isnan(samples.values[row]) else f"{samples.values[row]:g}",
            status=int(samples.status[row]),
            source_ns=int(samples.source_ns[row]),
        )
        for row in np.flatnonzero(rows)
    ]

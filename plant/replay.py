"""Play a recording as if its machine were running now."""

import csv
import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from plant.entities import ReplayDefinition
from plant.errors import DefinitionError
from plant.laws.first_order import Array


@dataclass(frozen=True, slots=True, kw_only=True)
class Recording:
    """The mapped columns of a recorded file."""

    time_s: Array  # unix seconds of each row, rising
    values: Array  # shape (rows, channels)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayRows:
    """Rows played since the last drain, in one run without a jump.

    `channels` are tag names. `after_gap` marks rows that follow a hole in the recording, or the jump back of a loop.
    """

    device: str
    channels: tuple[str, ...]
    first_row: int
    recorded_time_s: Array
    values: Array
    after_gap: NDArray[np.bool_]


def load_recording(path: Path, definition: ReplayDefinition, channels: Sequence[str]) -> Recording:
    """Return the time column and the named columns of a CSV file.

    Raises:
        DefinitionError: The file is missing, ragged, not numeric, or its times do not rise; with line and value.
    """
    try:
        with path.open(encoding="utf-8", newline="") as file:
            rows = list(csv.reader(file, delimiter=definition.delimiter, strict=True))
    except OSError as error:
        raise DefinitionError(f"{definition.file}: cannot be read: {error.strerror or error}") from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise DefinitionError(f"{definition.file}: is not a CSV file: {error}") from error
    return _CsvReader(definition, channels).read(rows)


class _CsvReader:
    """Check a recording line by line."""

    def __init__(self, definition: ReplayDefinition, channels: Sequence[str]) -> None:
        self._file = definition.file
        self._time_column = definition.time_column
        self._channels = channels

    def read(self, rows: list[list[str]]) -> Recording:
        if len(rows) < 2:
            raise DefinitionError(f"{self._file}: holds no rows of data")
        header = rows[0]
        time_at = self._find(header, self._time_column)
        value_at = [self._find(header, channel) for channel in self._channels]
        times, values = np.empty(len(rows) - 1), np.empty((len(rows) - 1, len(value_at)))
        for index, row in enumerate(rows[1:]):
            line = index + 2
            if len(row) != len(header):
                raise DefinitionError(
                    f"{self._file}: line {line}: {len(row)} fields where the header has {len(header)}"
                )
            times[index] = self._time(row[time_at], line)
            if index and times[index] <= times[index - 1]:
                raise DefinitionError(
                    f"{self._file}: line {line}: time {row[time_at]!r} is not after the line before"
                )
            values[index] = [self._number(row[at], header[at], line) for at in value_at]
        return Recording(time_s=times, values=values)

    def _find(self, header: list[str], column: str) -> int:
        found = [index for index, name in enumerate(header) if name == column]
        if len(found) != 1:
            problem = "is missing" if not found else f"appears {len(found)} times"
            raise DefinitionError(f"{self._file}: line 1: column {column!r} {problem}")
        return found[0]

    def _number(self, text: str, column: str, line: int) -> float:
        try:
            value = float(text)
        except ValueError:
            value = math.nan
        if not math.isfinite(value):
            raise DefinitionError(f"{self._file}: line {line}: {column}: {text!r} is not a finite number")
        return value

    def _time(self, text: str, line: int) -> float:
        try:
            return float(text) if _is_plain_number(text) else _as_utc(text)
        except ValueError as error:
            raise DefinitionError(f"{self._file}: line {line}: {text!r} is not a time stamp") from error


def _is_plain_number(text: str) -> bool:
    return text.strip().replace(".", "", 1).isdigit()


def _as_utc(text: str) -> float:
    stamp = datetime.fromisoformat(text.strip())
    return (stamp if stamp.tzinfo else stamp.replace(tzinfo=UTC)).timestamp()


class Player:
    """Plays one recording: rows become due as simulated time times speed passes their recorded time."""

    def __init__(
        self, device: str, channels: tuple[str, ...], definition: ReplayDefinition, recording: Recording
    ) -> None:
        self.device = device
        self.speed = definition.speed
        self.is_playing = True
        self._channels = channels
        self._loops = definition.loop
        self._recording = recording
        gaps = np.diff(recording.time_s)
        self._row_s = float(np.median(gaps)) if len(gaps) else 1.0
        self._after_gap = np.concatenate(([False], gaps > definition.gap_s))
        self._due_s = recording.time_s - recording.time_s[0]  # small numbers keep the clock exact
        self._clock_s = 0.0
        self._next = 0
        self._has_jumped = False
        self._undrained: list[ReplayRows] = []
        self._advance(0.0)

    @property
    def row(self) -> int:
        """Number of the row shown, the first being 0."""
        return self._next - 1

    @property
    def values(self) -> Array:
        """Values of the row shown."""
        shown: Array = self._recording.values[self.row]
        return shown

    @property
    def recorded_time_s(self) -> float:
        return float(self._recording.time_s[self.row])

    @property
    def is_in_gap(self) -> bool:
        """Whether playback stands in a hole of the recording, so that the row shown is out of date."""
        if self._next >= len(self._after_gap) or not self._after_gap[self._next]:
            return False
        return bool(self._clock_s > self._due_s[self.row] + self._row_s)

    def step(self, dt_s: float) -> None:
        """Play on by dt of simulated time."""
        if self.is_playing:
            self._advance(dt_s * self.speed)

    def play(self) -> None:
        """Play on; a recording that has ended begins again."""
        if not self.is_playing and self._next >= len(self._recording.time_s) and not self._loops:
            self._rewind(0.0)
        self.is_playing = True

    def pause(self) -> None:
        self.is_playing = False

    def drain(self) -> list[ReplayRows]:
        """Return every row played since the last call."""
        rows, self._undrained = self._undrained, []
        return rows

    def _advance(self, recorded_s: float) -> None:
        self._clock_s += recorded_s
        self._take_due()
        while self._next >= len(self._due_s):
            over_s = self._clock_s - float(self._due_s[-1] + self._row_s)
            if not self._loops:
                self.is_playing = over_s < 0.0
                return
            if over_s < 0.0:
                return
            self._rewind(over_s)

    def _rewind(self, over_s: float) -> None:
        self._clock_s = over_s
        self._next = 0
        self._has_jumped = True
        self._take_due()

    def _take_due(self) -> None:
        times, first = self._recording.time_s, self._next
        due = int(np.searchsorted(self._due_s, self._clock_s + 1e-9, side="right"))
        if due <= first:
            return
        after_gap = self._after_gap[first:due].copy()
        after_gap[0] |= self._has_jumped
        self._has_jumped = False
        self._next = due
        self._undrained.append(
            ReplayRows(
                device=self.device,
                channels=self._channels,
                first_row=first,
                recorded_time_s=times[first:due].copy(),
                values=self._recording.values[first:due].copy(),
                after_gap=after_gap,
            )
        )

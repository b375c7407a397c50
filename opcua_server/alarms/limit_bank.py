"""Compare all tags with their limits at once."""

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from opcua_server.alarms.debounce import Debouncer
from opcua_server.alarms.definitions import AlarmDefinition, LimitName

BAD: Final = np.uint32(0x80000000)  # OPC 10000-4, 7.39.1: the top severity bit of a status code says Bad

LEVEL_OF: Final[Mapping[LimitName | None, int]] = {
    None: 0,
    LimitName.LOW_LOW: -2,
    LimitName.LOW: -1,
    LimitName.HIGH: 1,
    LimitName.HIGH_HIGH: 2,
}
LIMIT_OF: Final[Mapping[int, LimitName | None]] = {level: name for name, level in LEVEL_OF.items()}


class LimitBank:
    """The limit alarms as columns, one row an alarm.

    A limit is exceeded strictly: 80.0 does not exceed 80. Once exceeded it stays so until the value has come back by more
    than the deadband. Values that are Bad or NaN leave everything as it is.
    """

    def __init__(self, definitions: Sequence[AlarmDefinition], columns: Sequence[int]) -> None:
        self._columns = np.asarray(columns, dtype=np.intp)
        self._deadband = np.array([d.deadband for d in definitions], dtype=np.float64)
        on_delay_s = np.array([d.on_delay_s for d in definitions], dtype=np.float64)
        off_delay_s = np.array([d.off_delay_s for d in definitions], dtype=np.float64)
        self._debouncer = Debouncer(on_delay_s, off_delay_s)
        count = len(definitions)
        self._hi = np.full(count, np.inf)
        self._hihi = np.full(count, np.inf)
        self._lo = np.full(count, -np.inf)
        self._lolo = np.full(count, -np.inf)
        for row, definition in enumerate(definitions):
            for name, bound in definition.limits:
                self.set_limit(row, name, bound)

    def set_limit(self, row: int, name: LimitName, bound: float) -> None:
        """Put a limit somewhere else; it counts from the next update on."""
        bounds = {
            LimitName.LOW_LOW: self._lolo,
            LimitName.LOW: self._lo,
            LimitName.HIGH: self._hi,
            LimitName.HIGH_HIGH: self._hihi,
        }
        bounds[name][row] = bound

    def restore(self, row: int, name: LimitName | None) -> None:
        """Take up the level that an alarm had before a restart."""
        self._debouncer.level[row] = LEVEL_OF[name]

    def level(self, row: int) -> LimitName | None:
        """Return the limit that is exceeded, delays counted."""
        return LIMIT_OF[int(self._debouncer.level[row])]

    def value(self, row: int, values: NDArray[np.float64]) -> float:
        """Return the value that a row watches."""
        return float(values[self._columns[row]])

    def update(
        self, values: NDArray[np.float64], status: NDArray[np.uint32], mono_s: float
    ) -> tuple[int, ...]:
        """Return the rows whose level has changed.

        Args:
            values: shape (n_tags,), in the tags' own units.
            status: shape (n_tags,), OPC UA status codes.
            mono_s: Monotonic time, s.
        """
        value = values[self._columns]
        known = (status[self._columns] < BAD) & ~np.isnan(value)
        return self._debouncer.update(self._target(value), known, mono_s)

    def _target(self, value: NDArray[np.float64]) -> NDArray[np.int8]:
        level, back = self._debouncer.level, self._deadband
        high = (value > self._hi - back * (level >= 1)).astype(np.int8)
        high[value > self._hihi - back * (level == 2)] = 2
        low = (value < self._lo + back * (level <= -1)).astype(np.int8)
        low[value < self._lolo + back * (level == -2)] = 2
        return np.where(high > 0, high, -low)

"""Evaluate all rules over several tags at once."""

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from opcua_server.alarms.debounce import Debouncer
from opcua_server.alarms.definitions import AlarmDefinition, Comparison, Rule
from opcua_server.alarms.limit_bank import BAD

# Kleene's three values, so that `all` is the minimum and `any` the maximum.
FALSE: Final = np.int8(-1)
UNKNOWN: Final = np.int8(0)
TRUE: Final = np.int8(1)


class RuleBank:
    """The rules as columns, one row a comparison, cut into rules.

    A comparison with a value that is Bad or NaN is unknown: it fires nothing and clears nothing. What the others decide
    without it stands: one true comparison fires an `any`, one false one clears an `all`.
    """

    def __init__(
        self, definitions: Sequence[AlarmDefinition], tag_index: Mapping[tuple[str, str], int]
    ) -> None:
        self._rules: list[Rule] = [d.rule for d in definitions if d.rule is not None]
        parts = [(d.device, part) for d in definitions if d.rule is not None for part in d.rule.comparisons]
        self._columns = np.array([tag_index[device, part.tag.name] for device, part in parts], dtype=np.intp)
        self._above = np.array([part.above for _, part in parts], dtype=np.bool_)
        self._bounds = np.array([part.bound for _, part in parts], dtype=np.float64)
        sizes = [len(rule.comparisons) for rule in self._rules]
        self._starts = np.cumsum([0, *sizes])[:-1].astype(np.intp)
        self._needs_all = np.array([rule.needs_all for rule in self._rules], dtype=np.bool_)
        on_delay_s = np.array([d.on_delay_s for d in definitions], dtype=np.float64)
        off_delay_s = np.array([d.off_delay_s for d in definitions], dtype=np.float64)
        self._debouncer = Debouncer(on_delay_s, off_delay_s)

    def restore(self, row: int, *, active: bool) -> None:
        """Take up the state that an alarm had before a restart."""
        self._debouncer.level[row] = int(active)

    def is_active(self, row: int) -> bool:
        """Return whether a rule holds, delays counted."""
        return bool(self._debouncer.level[row])

    def update(
        self, values: NDArray[np.float64], status: NDArray[np.uint32], mono_s: float
    ) -> tuple[int, ...]:
        """Return the rules that have begun or ceased to hold."""
        if not self._rules:
            return ()
        truth = self._truth(values, status)
        return self._debouncer.update((truth == TRUE).astype(np.int8), truth != UNKNOWN, mono_s)

    def readings(
        self, row: int, values: NDArray[np.float64], status: NDArray[np.uint32]
    ) -> dict[Comparison, float]:
        """Return a rule's comparisons with their values, NaN where Bad."""
        start, comparisons = int(self._starts[row]), self._rules[row].comparisons
        columns = self._columns[start : start + len(comparisons)]
        trusted = np.where(status[columns] < BAD, values[columns], np.nan)
        return dict(zip(comparisons, trusted.tolist(), strict=True))

    def _truth(self, values: NDArray[np.float64], status: NDArray[np.uint32]) -> NDArray[np.int8]:
        value = values[self._columns]
        holds = np.where(self._above, value > self._bounds, value < self._bounds)
        truth = np.where(holds, TRUE, FALSE)
        truth[(status[self._columns] >= BAD) | np.isnan(value)] = UNKNOWN
        every = np.minimum.reduceat(truth, self._starts)
        some = np.maximum.reduceat(truth, self._starts)
        return np.where(self._needs_all, every, some)

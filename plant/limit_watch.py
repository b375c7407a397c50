"""Watch a running plant for limits that are crossed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from plant.columns import TagColumn
from plant.laws.first_order import Array

HOLD_S = 5.0  # a limit counts once it has been exceeded for so long, as the alarms have it
_BAD = np.uint32(0x80000000)
_SIGN = {"lolo": -1.0, "lo": -1.0, "hi": 1.0, "hihi": 1.0}

Limits = Mapping[int, Mapping[str, float]]  # column -> lolo, lo, hi, hihi


@dataclass(frozen=True, slots=True, kw_only=True)
class Crossing:
    """A limit that a tag goes beyond, and stays beyond long enough to be an alarm."""

    device: str
    tag: str
    limit: str  # lolo, lo, hi or hihi
    bound: float
    at_s: float  # when it went beyond, from the beginning of the watch
    value: float  # then


class LimitWatch:
    """All limits of a plant as rows: which column, which side, which bound."""

    def __init__(self, tags: Sequence[TagColumn], limits: Limits | None = None) -> None:
        """Watch the limits given, else those of the plant file."""
        found = (
            {tag.index: tag.definition.limits for tag in tags if tag.definition.limits}
            if limits is None
            else limits
        )
        self._rows = [
            (tags[column], name, bound) for column, each in found.items() for name, bound in each.items()
        ]
        self._column = np.array([tag.index for tag, _, _ in self._rows], dtype=np.intp)
        self._sign = np.array([_SIGN[name] for _, name, _ in self._rows])
        self._bound = np.array([bound for _, _, bound in self._rows]) * self._sign
        self._beyond_s: Array = np.zeros(len(self._rows))
        self._told: NDArray[np.bool_] = np.zeros(len(self._rows), dtype=np.bool_)
        self._first: Array = np.zeros(len(self._rows))
        self.crossings: list[Crossing] = []

    def look(self, values: Array, status: NDArray[np.uint32], at_s: float, dt_s: float) -> None:
        """Take in what the plant shows `at_s` after the beginning, `dt_s` after the last look."""
        value = values[self._column]
        beyond = value * self._sign > self._bound
        beyond &= status[self._column] < _BAD
        if not beyond.any():
            self._beyond_s[:] = 0.0
            return
        np.copyto(self._first, value, where=beyond & (self._beyond_s == 0.0))
        self._beyond_s = (self._beyond_s + dt_s) * beyond
        due = (self._beyond_s >= HOLD_S) & ~self._told
        for row in np.flatnonzero(due).tolist():
            tag, name, bound = self._rows[row]
            self.crossings.append(
                Crossing(
                    device=tag.device,
                    tag=tag.definition.name,
                    limit=name,
                    bound=bound,
                    at_s=max(at_s - float(self._beyond_s[row]) + dt_s, 0.0),
                    value=float(self._first[row]),
                )
            )
        self._told |= due

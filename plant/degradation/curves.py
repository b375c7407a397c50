"""Look up damage for many wearing parts at once, each after its own law."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from plant.degradation.law import DegradationLaw
from plant.laws.first_order import Array

_POINTS = 257  # the power laws are met within 2e-4 of full damage


class Curves:
    """The shapes of some laws as one table, so that a step needs no loop over laws."""

    def __init__(self, laws: Sequence[DegradationLaw]) -> None:
        progress = np.linspace(0.0, 1.0, _POINTS)
        rows = [law.shape(progress) for law in laws]
        self._table: Array = np.array(rows).reshape(len(rows), _POINTS)

    def damage(self, law: NDArray[np.intp], progress: Array) -> Array:
        """Return damage 0..1 of parts with these laws (rows of the table) at this progress."""
        place = np.minimum(np.maximum(progress, 0.0), 1.0) * (_POINTS - 1)
        left = np.minimum(place.astype(np.intp), _POINTS - 2)
        low = self._table[law, left]
        found: Array = low + (self._table[law, left + 1] - low) * (place - left)
        return found

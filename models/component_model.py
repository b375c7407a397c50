"""Hold what a component cell's readings normally are."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.detectors.isolation import IsolationArrays

_FOREST = "forest_"


@dataclass(frozen=True, slots=True, kw_only=True)
class ComponentModel:
    """An Isolation Forest with the bounds of what it was trained on.

    Attributes:
        forest: Scores temperature, humidity, sound and vibration, in this order.
        low: shape (4,), lower end of the normal range of each field.
        high: shape (4,), upper end.
    """

    forest: IsolationArrays
    low: NDArray[np.float64]
    high: NDArray[np.float64]

    def to_arrays(self) -> dict[str, NDArray[Any]]:
        """Return the model as named arrays, for `numpy.savez`."""
        forest = {_FOREST + name: array for name, array in self.forest.to_arrays().items()}
        return {"low": self.low, "high": self.high, **forest}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> "ComponentModel":
        """Return the model that `to_arrays` has written."""
        forest = {
            name.removeprefix(_FOREST): array for name, array in arrays.items() if name.startswith(_FOREST)
        }
        return cls(forest=IsolationArrays.from_arrays(forest), low=arrays["low"], high=arrays["high"])

"""A source of chance that brings none."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

_Size = int | Sequence[int] | None


class Stillness(np.random.Generator):
    """Gives the mean of what is drawn while a plant runs: no noise, no event."""

    def __init__(self) -> None:
        super().__init__(np.random.PCG64(0))

    def standard_normal(self, size: _Size = None, *_: object, **__: object) -> NDArray[np.float64]:  # type: ignore[override]
        return np.zeros(() if size is None else size)

    def poisson(self, lam: ArrayLike = 1.0, size: _Size = None) -> NDArray[np.float64]:  # type: ignore[override]
        return np.zeros(np.shape(lam) if size is None else size)

"""Add sounds."""

import numpy as np

from plant.laws.first_order import Array
from plant.number import number

_PER_DB = number(float(np.log(10.0) / 10.0))


def add_levels_db(share: Array, source_db: Array, hall_db: float, other_db: Array) -> Array:
    """Return the level (dB) of sources together: L = 10 log10 (sum of 10^(L_i / 10)).

    `share` is the power of the first source over that at its level: a fan's noise power falls with its speed.

    Source: sum of incoherent sources, ISO 3744 (levels as powers) and textbook.
    """
    total = (
        share * np.exp(_PER_DB * source_db) + np.exp(_PER_DB * other_db) + float(np.exp(_PER_DB * hall_db))
    )
    found: Array = np.log(total) / _PER_DB
    return found

"""Correct the model of one tag by gain and offset, and judge what is left."""

import numpy as np

from plant.entities import TagDefinition
from plant.laws.first_order import Array
from plant.laws.sensors import data_sheet
from plant.twin.fit import TagFit

_GAIN_PRIOR = 0.02  # standard deviation of an instrument's gain, and of what the parameters leave
_OFFSET_PRIOR = 0.05  # of the offset, as a share of the normal band
_WORTH = 10.0  # rows that tell as much as one independent one


def correct(expected: Array, measured: Array, sigma: float, width: float) -> tuple[float, float]:
    """Return gain and offset of measured = gain * expected + offset, with a prior about 1 and 0.

    Source: maximum a posteriori estimate of a line with Gaussian prior (textbook).
    """
    design = np.stack([expected, np.ones_like(expected)], axis=1) / sigma
    wanted = (measured - expected) / sigma
    prior = np.diag([1.0 / _GAIN_PRIOR**2, 1.0 / max(_OFFSET_PRIOR * width, 1e-9) ** 2])
    left = design.T @ design / _WORTH + prior
    gain, offset = np.linalg.solve(left, design.T @ wanted / _WORTH)
    return 1.0 + float(gain), float(offset)


def judge(
    tag: TagDefinition, gain: float, offset: float, expected: Array, measured: Array, above_rest: Array
) -> TagFit:
    """Return how well the corrected model follows rows that it was not fitted to."""
    residual = measured - (gain * expected + offset)
    spread = float(np.mean((measured - measured.mean()) ** 2))
    left = float(np.mean(residual**2))
    noise = float(np.mean(data_sheet([tag] * len(measured)).sigma(measured)))
    return TagFit(
        gain=gain,
        offset=offset,
        r2=1.0 - left / spread if spread > 0.0 else float(left == 0.0),
        residual_std=left**0.5,
        noise=noise,
        level=float(np.mean(np.abs(above_rest))),
        samples=len(measured),
    )

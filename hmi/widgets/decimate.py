"""Thin a curve to what the pixels can show, keeping every peak."""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
DRAWABLE = 1e100  # a curve through 1e308 would flatten all others


def drawable(values: Floats) -> Floats:
    """Return the values with whatever cannot be drawn replaced by a gap."""
    with np.errstate(invalid="ignore"):
        return np.where(np.abs(values) < DRAWABLE, values, np.nan)


def to_pixels(times: Floats, values: Floats, columns: int) -> tuple[Floats, Floats]:
    """Return at most two points per pixel column: the least and the greatest, in order of time.

    Args:
        times: Sorted, oldest first.
        values: Same length; gaps are NaN.
        columns: Pixel columns of the plot.
    """
    per_column = len(times) // max(columns, 1)
    if per_column < 3:
        return times, values
    whole = len(times) // per_column * per_column
    blocks = values[:whole].reshape(-1, per_column)
    filled_low = np.where(np.isnan(blocks), np.inf, blocks)
    filled_high = np.where(np.isnan(blocks), -np.inf, blocks)
    first = np.arange(0, whole, per_column)
    picked = np.sort(
        np.stack([first + filled_low.argmin(axis=1), first + filled_high.argmax(axis=1)], 1), axis=1
    )
    kept = np.concatenate([picked.ravel(), np.arange(whole, len(times))])
    return times[kept], values[kept]


def extent(values: Floats) -> tuple[float, float] | None:
    """Return the least and greatest drawable value, or None where there is none."""
    fit = values[np.isfinite(values)]
    return (float(fit.min()), float(fit.max())) if fit.size else None

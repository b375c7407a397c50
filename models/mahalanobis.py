"""Measure how far a reading is from a learned normal: a shrunk, drift-aware Mahalanobis distance."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

SHRINKAGE = 0.1  # 0.02 to 0.2 found the same recorded faults; the middle of that plateau
RESOLUTION = 1e-4  # of the reading: a channel that stood still while learning is not taken for noiseless
BLOCKS = 5  # five contiguous blocks: neighbours in time never stand on both sides of the cut
LIMIT_FACTOR = 1.3  # the limit stands this far above the worst block that was held out

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class NormalModel:
    """What normal looks like: a mean, and the inverse of a covariance.

    Attributes:
        mean: shape (n_channels,), in the channels' own units.
        precision: shape (n_channels, n_channels), the inverse covariance.
    """

    mean: FloatArray
    precision: FloatArray

    def distance(self, rows: FloatArray) -> FloatArray:
        """Return the Mahalanobis distance of each row, 0 at the mean."""
        offsets = rows - self.mean
        squares = np.einsum("ij,jk,ik->i", offsets, self.precision, offsets)
        return np.asarray(np.sqrt(np.maximum(squares, 0.0)))

    def shares(self, row: FloatArray) -> FloatArray:
        """Return how much each channel adds to the squared distance, 0..1, summing to 1 away from the mean."""
        offset = row - self.mean
        parts = np.maximum(offset * (self.precision @ offset), 0.0)
        total = float(parts.sum())
        return parts / total if total > 0.0 else np.zeros_like(parts)


def fit_normal(rows: FloatArray, at: FloatArray, drift_rows: float) -> NormalModel:
    """Return the normal that `rows` describe.

    The correlation matrix is shrunk towards identity. Each channel's straight-line drift, carried on for
    `drift_rows`, is added to its variance: some hundred rows are shorter than the slow time constants of
    a machine, and what drifted while it was watched will drift on.

    Args:
        rows: shape (n, n_channels), finite, at least 3 rows.
        at: shape (n,), row number of each row; numbers may be missing where a block was held out.
        drift_rows: How far ahead the drift is carried, in rows.
    """
    mean = rows.mean(axis=0)
    covariance = np.cov(rows.T).reshape(mean.size, mean.size)
    variance = np.diag(covariance)
    shrunk = (1.0 - SHRINKAGE) * covariance + SHRINKAGE * np.diag(variance)
    time = at - at.mean()
    slope = time @ (rows - mean) / float(time @ time)
    floor = (RESOLUTION * np.abs(mean)) ** 2 + 1e-18
    allowed = np.maximum((slope * drift_rows) ** 2, floor - variance)
    precision = np.asarray(np.linalg.inv(shrunk + np.diag(np.maximum(allowed, 0.0))), dtype=np.float64)
    return NormalModel(mean=mean, precision=precision)


def blocked_limit(rows: FloatArray, drift_rows: float) -> float:
    """Return the distance beyond which a row is not normal any more.

    Each of five contiguous blocks is measured against a normal learned from the other four; the limit is
    the largest distance found so, with a margin. Limits taken from the training distances themselves are
    far too tight on autocorrelated signals.
    """
    at = np.arange(len(rows), dtype=np.float64)
    worst = 0.0
    for block in np.array_split(np.arange(len(rows)), BLOCKS):
        kept = np.ones(len(rows), dtype=np.bool_)
        kept[block] = False
        model = fit_normal(rows[kept], at[kept], drift_rows)
        worst = max(worst, float(model.distance(rows[block]).max()))
    return LIMIT_FACTOR * worst

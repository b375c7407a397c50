"""Score with an Isolation Forest without loading scikit-learn."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
_PARTS = ("feature", "threshold", "left", "right", "path", "offset", "average_path", "depth", "width")


@dataclass(frozen=True, slots=True, kw_only=True)
class IsolationArrays:
    """A fitted forest as arrays; all trees padded to the same number of nodes.

    Attributes:
        feature: shape (n_trees, n_nodes), column that a node asks for, 0 at leaves.
        threshold: shape (n_trees, n_nodes); a leaf's is infinite and its left child is itself.
        left: shape (n_trees, n_nodes), child when the value is not above the threshold.
        right: shape (n_trees, n_nodes), the other child.
        path: shape (n_trees, n_nodes), path length that a row ending in this node has.
        offset: What separates normal (above) from anomalous (below) scores.
        average_path: Mean path length of a tree of the training's sample size.
        depth: Steps after which every row has reached its leaf.
        width: Number of columns that a row must have.
    """

    feature: NDArray[np.int32]
    threshold: FloatArray
    left: NDArray[np.int32]
    right: NDArray[np.int32]
    path: FloatArray
    offset: float
    average_path: float
    depth: int
    width: int

    def decision(self, rows: FloatArray) -> FloatArray:
        """Return the score of each row: negative is anomalous, as in scikit-learn's `decision_function`.

        Args:
            rows: shape (n, width), finite.
        """
        # scikit-learn compares single-precision values with double-precision thresholds: so do we.
        x = rows.astype(np.float32).astype(np.float64)
        n_trees, n_nodes = self.feature.shape
        base = np.arange(n_trees, dtype=np.intp) * n_nodes
        feature, threshold = self.feature.ravel(), self.threshold.ravel()
        left, right = self.left.ravel(), self.right.ravel()
        node = np.broadcast_to(base, (len(x), n_trees)).copy()
        which = np.arange(len(x))[:, np.newaxis]
        for _ in range(self.depth):
            goes_left = x[which, feature[node]] <= threshold[node]
            node = base + np.where(goes_left, left[node], right[node])
        mean_path = self.path.ravel()[node].mean(axis=1)
        return np.asarray(-(2.0 ** (-mean_path / self.average_path)) - self.offset)

    def to_arrays(self) -> dict[str, NDArray[Any]]:
        """Return the forest as named arrays, for `numpy.savez`."""
        return {name: np.asarray(getattr(self, name)) for name in _PARTS}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> "IsolationArrays":
        """Return the forest that `to_arrays` has written."""
        return cls(
            feature=arrays["feature"],
            threshold=arrays["threshold"],
            left=arrays["left"],
            right=arrays["right"],
            path=arrays["path"],
            offset=float(arrays["offset"]),
            average_path=float(arrays["average_path"]),
            depth=int(arrays["depth"]),
            width=int(arrays["width"]),
        )

"""Train the detectors; the only module that needs scikit-learn."""

from typing import Any

import numpy as np
import xgboost
from numpy.typing import NDArray
from sklearn.ensemble import IsolationForest

from models.detectors.boosting import Booster, Matrix
from models.detectors.isolation import IsolationArrays

TREES = 100
DEPTH = 5
THREADS = 2

_EULER = 0.5772156649015329

FloatArray = NDArray[np.float64]


def train_classifier(rows: Matrix, faulty: NDArray[np.bool_], seed: int) -> Booster:
    """Return gradient-boosted trees that tell failing machines from healthy ones."""
    model = xgboost.XGBClassifier(
        n_estimators=TREES,
        max_depth=DEPTH,
        learning_rate=0.1,
        subsample=0.7,
        colsample_bytree=0.4,
        min_child_weight=20,
        reg_lambda=5.0,
        **_common(seed),
    )
    return model.fit(rows, faulty.astype(np.int32)).get_booster()


def train_forest(rows: Matrix, faulty: NDArray[np.bool_], seed: int) -> Booster:
    """Return a random forest for the same question."""
    model = xgboost.XGBRFClassifier(
        n_estimators=TREES,
        max_depth=DEPTH + 2,
        subsample=0.7,
        colsample_bynode=0.3,
        min_child_weight=20,
        reg_lambda=1.0,
        **_common(seed),
    )
    return model.fit(rows, faulty.astype(np.int32)).get_booster()


def train_namer(rows: Matrix, fault: NDArray[np.integer], n_faults: int, seed: int) -> Booster:
    """Return boosted trees that name the fault of a failing machine."""
    parameters = {
        "objective": "multi:softprob",
        "num_class": n_faults,
        "max_depth": 4,
        "learning_rate": 0.3,
        "subsample": 0.7,
        "colsample_bytree": 0.4,
        "nthread": THREADS,
        "tree_method": "hist",
        "seed": seed,
        "verbosity": 0,
    }
    data = xgboost.DMatrix(rows, label=fault, nthread=THREADS)
    return xgboost.train(parameters, data, num_boost_round=25)


def train_isolation(
    rows: FloatArray, *, n_trees: int, seed: int, normal_share: float = 0.999
) -> IsolationArrays:
    """Return an Isolation Forest trained on normal rows.

    Args:
        rows: shape (n, width), finite.
        n_trees: Size of the forest.
        seed: Same rows and seed give the same forest.
        normal_share: Share of the training rows that must come out normal.
    """
    forest = IsolationForest(n_estimators=n_trees, random_state=seed, n_jobs=1).fit(rows)
    arrays = flatten(forest, rows.shape[1])
    raw = arrays.decision(rows) + arrays.offset
    offset = float(np.quantile(raw, 1.0 - normal_share))
    return IsolationArrays.from_arrays({**arrays.to_arrays(), "offset": np.asarray(offset)})


def flatten(forest: IsolationForest, width: int) -> IsolationArrays:
    """Return a fitted scikit-learn forest as arrays that score the same."""
    trees = [estimator.tree_ for estimator in forest.estimators_]
    shape = (len(trees), max(tree.node_count for tree in trees))
    feature, left, right = (np.zeros(shape, dtype=np.int32) for _ in range(3))
    threshold, path = np.full(shape, np.inf), np.zeros(shape)
    for i, tree in enumerate(trees):
        n = tree.node_count
        leaf = tree.children_left < 0
        feature[i, :n] = np.where(leaf, 0, tree.feature)
        threshold[i, :n] = np.where(leaf, np.inf, tree.threshold)
        left[i, :n] = np.where(leaf, np.arange(n), tree.children_left)
        right[i, :n] = np.where(leaf, np.arange(n), tree.children_right)
        path[i, :n] = _node_depths(tree) + _average_path(tree.n_node_samples)
    return IsolationArrays(
        feature=feature,
        threshold=threshold,
        left=left,
        right=right,
        path=path,
        offset=float(forest.offset_),
        average_path=float(_average_path(np.array([forest.max_samples_]))[0]),
        depth=int(max(tree.max_depth for tree in trees)),
        width=width,
    )


def _node_depths(tree: Any) -> FloatArray:
    depths = np.zeros(tree.node_count)
    for node in range(tree.node_count):  # parents come before their children
        for child in (tree.children_left[node], tree.children_right[node]):
            if child >= 0:
                depths[child] = depths[node] + 1.0
    return depths


def _average_path(samples: NDArray[np.integer]) -> FloatArray:
    """Return the mean path length of an unsuccessful search among that many samples.

    Source: Liu, Ting, Zhou, Isolation Forest, ICDM 2008, equation 1.
    """
    n = samples.astype(np.float64)
    some = np.maximum(n, 3.0)
    long = 2.0 * (np.log(some - 1.0) + _EULER) - 2.0 * (some - 1.0) / some
    return np.where(n > 2.0, long, np.where(n == 2.0, 1.0, 0.0))


def _common(seed: int) -> dict[str, Any]:
    return {"tree_method": "hist", "n_jobs": THREADS, "random_state": seed, "verbosity": 0}

"""Score with the tree ensembles of xgboost, or say what moved their score."""

from typing import TYPE_CHECKING, TypeAlias

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import xgboost

Booster: TypeAlias = "xgboost.Booster"
FloatArray = NDArray[np.float64]
Matrix = NDArray[np.float32]

SCORING_THREADS = 1  # a batch of a hundred rows is faster without a second thread


def probability(model: Booster, rows: Matrix) -> FloatArray:
    """Return the model's output: (n,) for two classes, (n, n_classes) for more."""
    return np.asarray(model.inplace_predict(rows, validate_features=False), dtype=np.float64)


def contributions(model: Booster, rows: Matrix) -> FloatArray:
    """Return what each feature adds to the logit of each row, shape (n, n_features)."""
    import xgboost  # noqa: PLC0415  # takes a second, and a worker without a bundle needs none

    data = xgboost.DMatrix(rows, nthread=SCORING_THREADS)
    parts = model.predict(data, pred_contribs=True, approx_contribs=True, validate_features=False)
    return np.asarray(parts[:, :-1], dtype=np.float64)


def load(content: bytes) -> Booster:
    """Return the model in verified UBJSON content."""
    import xgboost  # noqa: PLC0415  # takes a second, and a worker without a bundle needs none

    model = xgboost.Booster({"nthread": SCORING_THREADS})
    model.load_model(bytearray(content))
    return model


def library_version() -> str:
    """Return the version of xgboost that trains and scores."""
    import xgboost  # noqa: PLC0415  # takes a second, and a worker without a bundle needs none

    return str(xgboost.__version__)

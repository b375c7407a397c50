"""The Isolation Forest as arrays against scikit-learn's own."""

import numpy as np
import pytest
from sklearn.ensemble import IsolationForest

from models.detectors.isolation import IsolationArrays
from models.detectors.training import flatten


@pytest.mark.parametrize("seed", [0, 1])
def test_that_the_arrays_score_as_scikit_learn_does(seed: int) -> None:
    rng = np.random.default_rng(seed)
    rows = rng.normal(size=(600, 5))
    forest = IsolationForest(n_estimators=30, random_state=seed).fit(rows)
    asked = np.concatenate((rows[:100], 4.0 * rng.normal(size=(100, 5))))

    arrays = IsolationArrays.from_arrays(flatten(forest, 5).to_arrays())

    assert arrays.decision(asked) == pytest.approx(forest.decision_function(asked), abs=1e-9)

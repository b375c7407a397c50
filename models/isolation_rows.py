"""Choose what the Isolation Forest looks at."""

import numpy as np
from numpy.typing import NDArray

from models.features import feature_names

_NAMES = feature_names()
_COLUMNS = np.array([i for i, name in enumerate(_NAMES) if name.endswith((".change", ".spread"))])


def isolation_rows(matrix: NDArray[np.float32]) -> NDArray[np.float64]:
    """Return change and spread of every quantity; what is unknown counts as unchanged."""
    return np.nan_to_num(matrix[:, _COLUMNS].astype(np.float64))

"""Give each machine work: waiting, working and heavy work in turn."""

import numpy as np
from numpy.typing import NDArray

from plant.laws.first_order import Array, Lag

_SLEW_PER_S = 0.08  # assumption: load ramps by 8 % a second
_DWELL_SIGMA = 0.5  # assumption: lognormal dwell times
_RIPPLE = 0.035  # assumption: part-to-part variation of load
_RIPPLE_TAU_S = 3.0  # assumption
# assumption: from waiting to work; from work mostly to heavy work; from heavy work back to work
_NEXT_STATE_CUMULATIVE = np.array([[0.0, 0.85, 1.0], [0.3, 0.3, 1.0], [0.15, 1.0, 1.0]])

IDLE = 0


class LoadCycle:
    """A semi-Markov cycle of waiting, working and heavy work per machine.

    Assumption: dwell times are lognormal about `dwell_s`, and the load ramps between the levels.
    """

    def __init__(self, levels: Array, dwell_s: Array, rng: np.random.Generator) -> None:
        """Start every machine somewhere in its cycle.

        Args:
            levels: Load while waiting, working and in heavy work, shape (3, n).
            dwell_s: Median time in a state, shape (n,).
            rng: The plant's only source of chance.
        """
        n = len(dwell_s)
        self._levels, self._dwell_s, self._rng = levels, dwell_s, rng
        self.state: NDArray[np.int8] = rng.choice(3, size=n, p=[0.2, 0.55, 0.25]).astype(np.int8)
        self._left_s = dwell_s * rng.uniform(0.0, 1.0, n)
        self._target = levels[self.state, np.arange(n)]
        self._base = self._target.copy()
        self._ripple = np.zeros(n)
        self._ripple_lag = Lag(_RIPPLE_TAU_S)
        self.load: Array = self._base.copy()

    def step(self, dt_s: float, noise: Array) -> None:
        """Advance the cycle; `noise` is standard normal, shape (n,)."""
        self._left_s -= dt_s
        if self._left_s.min() <= 0.0:
            self._change_state(np.flatnonzero(self._left_s <= 0.0))
        limit = _SLEW_PER_S * dt_s
        self._base += np.minimum(np.maximum(self._target - self._base, -limit), limit)
        share = float(self._ripple_lag.share(dt_s))
        self._ripple += _RIPPLE * np.sqrt(share * (2.0 - share)) * noise - share * self._ripple
        np.minimum(np.maximum(self._base + self._ripple, 0.0), 1.0, out=self.load)

    def _change_state(self, who: NDArray[np.intp]) -> None:
        draw = self._rng.random(len(who))
        cumulative = _NEXT_STATE_CUMULATIVE[self.state[who]]
        self.state[who] = (draw[:, None] > cumulative).sum(axis=1)
        self._target[who] = self._levels[self.state[who], who]
        self._left_s[who] = self._dwell_s[who] * np.exp(_DWELL_SIGMA * self._rng.standard_normal(len(who)))

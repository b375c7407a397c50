"""Model a server with a queue: how busy it is, how long an answer takes, what waits."""

import numpy as np

from plant.laws.first_order import Array
from plant.number import ONE, ZERO, number

_BUSIEST = number(0.99)  # above it the waiting line is counted, not reckoned
_LEAST = number(1e-9)


class Queue:
    """A single server under Poisson arrivals: an M/M/1 queue while it keeps up, a fluid that piles up when it does not.

    Use rho = lambda / mu; mean time to an answer 1 / (mu - lambda) while rho < 1; beyond that the backlog grows by
    lambda - mu a second, up to its limit, and an answer takes backlog / mu longer. lambda arrivals and mu services a
    second. The queue's own relaxation takes milliseconds, so that at each step it is in its steady state.

    Source: L. Kleinrock, Queueing Systems, volume 1 (1975), section 3.2 (M/M/1); fluid approximation of an overloaded
    queue: volume 2 (1976), section 2.7.
    """

    def __init__(self, n: int, limit: float) -> None:
        self._limit = number(limit)
        self._dt_s, self._step_s, self._per_step = -1.0, ONE, ONE
        self.backlog: Array = np.zeros(n)  # requests that wait
        self.served: Array = np.zeros(n)  # requests answered a second
        self.use: Array = np.zeros(n)  # share of time that the server is busy

    def step(self, arrivals: Array, capacity: Array, dt_s: float) -> None:
        """Take in `arrivals` and answer at most `capacity`, both a second, for `dt_s`."""
        if dt_s != self._dt_s:
            self._dt_s, self._step_s, self._per_step = dt_s, number(dt_s), number(1.0 / dt_s)
        offered = arrivals * self._step_s
        offered += self.backlog
        can = capacity * self._step_s
        answered = np.minimum(offered, can)
        offered -= answered
        np.minimum(offered, self._limit, out=self.backlog)
        np.multiply(answered, self._per_step, self.served)
        np.divide(answered, np.maximum(can, _LEAST), self.use)

    def response_s(self, capacity: Array) -> Array:
        """Return the mean time from a request to its answer, s; 0 where nothing is served."""
        steady = ONE / (ONE - np.minimum(self.use, _BUSIEST))
        waiting: Array = (steady + self.backlog) / np.maximum(capacity, ONE) * (capacity > ZERO)
        return waiting

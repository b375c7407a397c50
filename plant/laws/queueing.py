"""Model a server with a queue: how busy it is, how long an answer takes, what waits."""

import numpy as np

from plant.laws.first_order import Array

_BUSIEST = 0.99  # above it the waiting line is counted, not reckoned


class Queue:
    """A single server under Poisson arrivals: an M/M/1 queue while it keeps up, a fluid that piles up when it does not.

    Use rho = lambda / mu; mean time to an answer 1 / (mu - lambda) while rho < 1; beyond that the backlog grows by
    lambda - mu a second, up to its limit, and an answer takes backlog / mu longer. lambda arrivals and mu services a
    second. The queue's own relaxation takes milliseconds, so that at each step it is in its steady state.

    Source: L. Kleinrock, Queueing Systems, volume 1 (1975), section 3.2 (M/M/1); fluid approximation of an overloaded
    queue: volume 2 (1976), section 2.7.
    """

    def __init__(self, n: int, limit: float) -> None:
        self._limit = limit
        self.backlog: Array = np.zeros(n)  # requests that wait
        self.served: Array = np.zeros(n)  # requests answered a second
        self.use: Array = np.zeros(n)  # share of time that the server is busy

    def step(self, arrivals: Array, capacity: Array, dt_s: float) -> None:
        """Take in `arrivals` and answer at most `capacity`, both a second, for `dt_s`."""
        offered = self.backlog + arrivals * dt_s
        can = capacity * dt_s
        answered = np.minimum(offered, can)
        np.minimum(offered - answered, self._limit, out=self.backlog)
        self.served[:] = answered * (1.0 / dt_s)
        np.divide(answered, np.maximum(can, 1e-9), out=self.use)

    def response_s(self, capacity: Array) -> Array:
        """Return the mean time from a request to its answer, s; 0 where nothing is served."""
        steady = 1.0 / (1.0 - np.minimum(self.use, _BUSIEST))
        waiting: Array = (steady + self.backlog) / np.maximum(capacity, 1.0) * (capacity > 0.0)
        return waiting

"""Give each machine work: waiting, working and heavy work in turn, while its shift lasts."""

import math
from bisect import bisect_left

import numpy as np
from numpy.typing import NDArray

from plant.laws.first_order import Array, Lag
from plant.laws.shifts import ShiftCalendar
from plant.number import ONE, ZERO, number

_SLEW_PER_S = 0.08
_DWELL_SIGMA = 0.5
_RIPPLE = 0.035
_RIPPLE_TAU_S = 3.0
_NEXT_STATE_CUMULATIVE = ((0.0, 0.85, 1.0), (0.3, 0.3, 1.0), (0.15, 1.0, 1.0))

IDLE = 0


class LoadCycle:
    """A semi-Markov cycle of waiting, working and heavy work per machine, within the hours of the shift calendar.

    Dwell times are lognormal about `dwell_s` (sigma 0.5); load (0..1) ramps between the levels by 8 % a second and carries
    a ripple of 3.5 % from part to part, an Ornstein-Uhlenbeck process of 3 s, exact in dt. Off shift a machine waits.

    Assumption: states and numbers. Reasonable, because machines wait for parts, work, and work hard for minutes at a
    time; a semi-Markov chain is the least that gives dwell times a spread of their own.
    """

    def __init__(
        self, levels: Array, dwell_s: Array, calendar: ShiftCalendar, rng: np.random.Generator
    ) -> None:
        """Start every machine somewhere in its cycle.

        Args:
            levels: Load while waiting, working and in heavy work, shape (3, n).
            dwell_s: Median time in a state, shape (n,).
            calendar: Who works when.
            rng: The plant's only source of chance.
        """
        n = len(dwell_s)
        self._levels, self._dwell_s, self._calendar, self._rng = levels, dwell_s, calendar, rng
        self.state: NDArray[np.int8] = rng.choice(3, size=n, p=[0.2, 0.55, 0.25]).astype(np.int8)
        self._left_s = dwell_s * rng.uniform(0.0, 1.0, n)
        self._target = levels[self.state, np.arange(n)]
        self._base = self._target.copy()
        self._ripple = np.zeros(n)
        self._ripple_lag = Lag(_RIPPLE_TAU_S)
        self._works: NDArray[np.bool_] = np.ones(n, dtype=np.bool_)
        self.load: Array = self._base.copy()
        self._dt_s = -1.0
        self._step_s = self._rise = self._fall = self._keep = self._stir = ZERO

    def step(self, dt_s: float, time_s: float, noise: Array) -> None:
        """Advance the cycle to `time_s`; `noise` is standard normal, shape (n,)."""
        if self._calendar.has_changed(time_s):
            self._change_shift(self._calendar.works(time_s))
        if dt_s != self._dt_s:
            self._take_step(dt_s)
        left_s = self._left_s
        left_s -= self._step_s
        if left_s.item(left_s.argmin()) <= 0.0:
            self._change_state((left_s <= ZERO).nonzero()[0])
        change = self._target - self._base
        np.maximum(change, self._fall, out=change)
        np.minimum(change, self._rise, out=change)
        self._base += change
        self._ripple *= self._keep
        self._ripple += noise * self._stir
        load = self.load
        np.add(self._base, self._ripple, load)
        np.maximum(load, ZERO, out=load)
        np.minimum(load, ONE, out=load)

    def _take_step(self, dt_s: float) -> None:
        """Work out what depends on the length of the step alone."""
        self._dt_s, self._step_s = dt_s, number(dt_s)
        share = float(self._ripple_lag.share(dt_s))
        self._rise, self._fall = number(_SLEW_PER_S * dt_s), number(-_SLEW_PER_S * dt_s)
        self._keep, self._stir = number(1.0 - share), number(_RIPPLE * (share * (2.0 - share)) ** 0.5)

    def _change_shift(self, works: NDArray[np.bool_]) -> None:
        """Let machines whose shift ends wait, and those whose shift begins take up work one after the other."""
        ends, begins = self._works & ~works, works & ~self._works
        self._works = works
        self.state[ends] = IDLE
        self._target[ends] = self._levels[IDLE, ends]
        self._left_s[ends] = np.inf
        self._left_s[begins] = self._dwell_s[begins] * self._rng.uniform(0.0, 1.0, int(begins.sum()))

    def _change_state(self, who: NDArray[np.intp]) -> None:
        """Draw the next states; what a long step overran counts as part of the new dwell time."""
        draws = self._rng.random(len(who)).tolist()
        spreads = self._rng.standard_normal(len(who)).tolist()
        for machine, draw, spread in zip(who.tolist(), draws, spreads, strict=True):
            state = bisect_left(_NEXT_STATE_CUMULATIVE[self.state.item(machine)], draw)
            self.state[machine] = state
            self._target[machine] = self._levels.item(state, machine)
            left = self._left_s.item(machine) + self._dwell_s.item(machine) * math.exp(_DWELL_SIGMA * spread)
            self._left_s[machine] = max(left, 0.0)

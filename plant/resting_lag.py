"""Let a lag rest once it has arrived."""

from plant.laws.first_order import Array, Lag


class RestingLag(Lag):
    """A lag behind an actuator, which rests once it has arrived: nothing is worked out until something changes."""

    def __init__(self, tau_s: Array | float) -> None:
        super().__init__(tau_s)
        self._is_resting = False
        self._moves, self._rest_dt_s = -1, -1.0

    def wake(self) -> None:
        """Take notice that something which hangs on the state has changed."""
        self._is_resting = False

    def is_moving(self, state: Array, target: Array, moves: int, dt_s: float) -> bool:
        """Advance `state` in place; return whether it has moved since the last call, or was woken.

        `target` stays as it is while `moves` does.
        """
        if self._is_resting and moves == self._moves and dt_s == self._rest_dt_s:
            return False
        before = state.copy()
        self.advance(state, target, dt_s)
        self._moves, self._rest_dt_s = moves, dt_s
        self._is_resting = bool((state == before).all())
        return True

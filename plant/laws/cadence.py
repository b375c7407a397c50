"""Do slow work now and then."""


class Cadence:
    """Says when a slow process is due; its controller or its nature needs no finer step.

    At steps longer than the period it is due at every step.
    """

    def __init__(self, every_s: float) -> None:
        self._every_s = every_s - 1e-9  # sums of steps are rounded
        self._since_s = 0.0

    def due(self, dt_s: float) -> float:
        """Let `dt_s` pass; return the time since the process was due last, or 0 while it is not due."""
        self._since_s += dt_s
        if self._since_s < self._every_s:
            return 0.0
        elapsed_s, self._since_s = self._since_s, 0.0
        return elapsed_s


SLOW_S = 5.0  # what industrial temperature controllers sample at; far below the time constants of heat and moisture

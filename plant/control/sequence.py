"""Lead machines through stopped, starting, running and stopping."""

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from plant.columns import MAX_ACTUATORS, Columns
from plant.control.modes import RunningState
from plant.laws.first_order import Array

_STANDSTILL = 0.03  # a drive slower than this share of nominal speed counts as stopped


class Sequencer:
    """The state machine of every machine; it alone writes modes and actuators."""

    def __init__(self, columns: Columns, tables: Array, start_s: Array) -> None:
        """Take the actuator values per state of each machine, shape (n, state, MAX_ACTUATORS)."""
        self._columns = columns
        self._tables = tables
        self._start_s = start_s
        self._restart: NDArray[np.bool_] = np.zeros(columns.n, dtype=np.bool_)
        self.starts: Array = np.zeros(columns.n)
        self._moving: set[int] = set()
        self.moves = 0  # counts changes of state

    def place(self, who: Iterable[int], mode: RunningState) -> None:
        """Put machines into a state, with their actuators."""
        for position in who:
            self._enter(position, mode)

    def start(self, position: int) -> None:
        if self._columns.mode[position] == RunningState.STOPPED:
            self.starts[position] += 1.0
            self._enter(position, RunningState.STARTING)

    def stop(self, position: int) -> None:
        """Begin a normal stop; a pending restart is forgotten."""
        self._restart[position] = False
        if self._columns.mode[position] in (RunningState.STARTING, RunningState.RUNNING):
            self._enter(position, RunningState.STOPPING)

    def restart(self, position: int) -> None:
        """Stop, then start again; a machine at rest just starts."""
        if self._columns.mode[position] == RunningState.STOPPED:
            self.start(position)
        elif self._columns.mode[position] != RunningState.EMERGENCY_STOPPED:
            self.stop(position)
            self._restart[position] = True

    def emergency_stop(self, position: int) -> None:
        """Put every actuator into its safe state, at once."""
        self._restart[position] = False
        self._enter(position, RunningState.EMERGENCY_STOPPED)

    def release(self, position: int) -> None:
        """Leave the emergency stop; the machine stays stopped."""
        if self._columns.mode[position] == RunningState.EMERGENCY_STOPPED:
            self._enter(position, RunningState.STOPPED)

    def step(self, dt_s: float) -> None:
        """End starts and stops that are through."""
        if not self._moving:
            return
        columns = self._columns
        for position in tuple(self._moving):
            columns.since_s[position] += dt_s
            mode = columns.mode[position]
            if mode == RunningState.STARTING and columns.since_s[position] >= self._start_s[position]:
                self._enter(position, RunningState.RUNNING)
            elif mode == RunningState.STOPPING and columns.speed[position] < _STANDSTILL:
                self._enter(position, RunningState.STOPPED)
                if self._restart[position]:
                    self._restart[position] = False
                    self.start(position)

    @property
    def is_anything_moving(self) -> bool:
        """Whether any machine is starting or stopping."""
        return bool(self._moving)

    def _enter(self, position: int, mode: RunningState) -> None:
        columns = self._columns
        self.moves += 1
        columns.mode[position] = mode
        columns.since_s[position] = 0.0
        columns.actuators[:MAX_ACTUATORS, position] = self._tables[position, mode]
        if mode in (RunningState.STARTING, RunningState.STOPPING):
            self._moving.add(position)
        else:
            self._moving.discard(position)

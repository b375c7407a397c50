"""Say what a machine should read at the load it has had."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.slots import SLOTS, TEMPERATURE
from models.smoothing import Smoother

LOAD_TAUS_S = (4.0, 30.0, 150.0, 1500.0)  # drives follow at once, windings in minutes, bodies in half an hour
N_LOAD_TERMS = 1 + 2 * len(LOAD_TAUS_S)
N_TERMS = N_LOAD_TERMS + 1  # the hall's warmth comes last
HALL_TAU_S = 300.0
HALL_MACHINES = 8  # with fewer, one hot machine would pass for a warm hall

FloatArray = NDArray[np.float64]
_FULL_LOAD_PERCENT = 100.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Expectation:
    """Linear laws learned from healthy machines.

    Attributes:
        hall: shape (n_families, N_LOAD_TERMS), first temperature from the load alone, degC.
        coefficient: shape (n_families, n_slots, N_TERMS), each slot from load and hall, in its own unit;
            NaN where a family has no such slot.
        scale: shape (n_families, n_slots), how far a healthy reading strays from that, in its own unit.
        setpoint: shape (n_families,), the setpoint that the laws were learned at; NaN for none.
    """

    hall: FloatArray
    coefficient: FloatArray
    scale: FloatArray
    setpoint: FloatArray

    def hall_k(self, terms: FloatArray, family: NDArray[np.intp], slots: FloatArray) -> float:
        """Return by how much the hall is warmer than in the training: the median over all machines, K.

        NaN while too few machines run.

        Args:
            terms: shape (n_devices, N_LOAD_TERMS), NaN for machines that do not run.
            family: shape (n_devices,), -1 for none.
            slots: shape (n_devices, n_slots), the readings.
        """
        offsets = slots[:, TEMPERATURE] - np.einsum("dt,dt->d", terms, self.hall[family])
        known = offsets[np.isfinite(offsets) & (family >= 0)]
        return float(np.median(known)) if known.size >= HALL_MACHINES else float("nan")

    def expected(self, terms: FloatArray, family: NDArray[np.intp]) -> FloatArray:
        """Return what each slot should read, shape (n_devices, n_slots); `terms` has N_TERMS columns."""
        return np.asarray(np.einsum("dst,dt->ds", self.coefficient[family], terms))


def empty_expectation(n_families: int) -> Expectation:
    """Return laws that know nothing: every residual is NaN."""
    return Expectation(
        hall=np.full((n_families, N_LOAD_TERMS), np.nan),
        coefficient=np.full((n_families, len(SLOTS), N_TERMS), np.nan),
        scale=np.full((n_families, len(SLOTS)), np.nan),
        setpoint=np.full(n_families, np.nan),
    )


class LoadHistory:
    """The load of every machine as it still acts: its recent means, and the means of its square."""

    def __init__(self, n_devices: int) -> None:
        self._smoother = Smoother((n_devices, 2), LOAD_TAUS_S)

    def update(self, load_percent: FloatArray, dt_s: float) -> FloatArray:
        """Return the terms of the laws, shape (n_devices, N_LOAD_TERMS); the first is 1."""
        load = load_percent / _FULL_LOAD_PERCENT
        means = self._smoother.update(np.stack((load, load * load), axis=1), dt_s)
        flat = means.reshape(len(load), -1)
        return np.concatenate((np.ones((len(load), 1)), flat), axis=1)

    def forget(self, who: NDArray[np.bool_]) -> None:
        """Start afresh for the chosen machines."""
        self._smoother.forget(who)

"""Run a plant beside the plant: the same machines as new, moved by the tags of the real ones."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from plant.control.modes import RunningState
from plant.entities import DeviceDefinition, Family, TagDefinition
from plant.laws.first_order import Array, Lag
from plant.laws.sensors import data_sheet
from plant.machines import Machines
from plant.twin.inputs import Inputs
from plant.twin.stillness import Stillness

LONGEST_S = 10.0  # of a step of the shadow; longer ones are cut
_MOST_CUTS = 20
_SETTLE_STEPS, _SETTLE_DT_S = 40, 180.0  # two hours: several of the longest time constants
_MEAN_LOAD = (("idle_load", 0.2), ("run_load", 0.55), ("peak_load", 0.25))  # shares of the usual day
_FAMILIES = list(Family)


class Shadow:
    """Nominal machines without wear, noise or differences, whose work, modes and surroundings come from outside.

    It knows of a machine what its name plate says (the parameters) and, step by step, its mode, load, setpoint and the
    plant's utilities as measured. Instruments are ideal but for their lag.
    """

    def __init__(
        self, devices: Sequence[DeviceDefinition], wanted: Sequence[tuple[str, TagDefinition]]
    ) -> None:
        """Take machines, in the order of the inputs; they begin warm.

        Args:
            devices: What the name plates say.
            wanted: Device and tag of each measurement whose expected value is wanted, in that order.
        """
        nominal = [replace(device, parameters={**device.parameters, "spread": 0.0}) for device in devices]
        order = sorted(range(len(nominal)), key=lambda index: _FAMILIES.index(nominal[index].family))
        self._machines = Machines([nominal[index] for index in order], Stillness())
        self._machines.make_nominal()
        self._order = np.array(order, dtype=np.intp)
        places = self._machines.measurement_of
        self._gather = np.array([places[device, tag.name] for device, tag in wanted], dtype=np.intp)
        self._lag = Lag(data_sheet([tag for _, tag in wanted]).lag_s)
        self._true: Array = np.zeros(len(wanted))
        self._expected: Array = np.zeros(len(wanted))
        self._mode = self._machines.columns.mode.copy()
        mean = [sum(share * device.parameters[name] for name, share in _MEAN_LOAD) for device in devices]
        self._mean_load = np.array(mean)

    def settle(self, inputs: Inputs) -> Array:
        """Stand as machines do that have worked like this for hours; return the expected values as `follow` does."""
        usual = replace(inputs, load=np.where(inputs.mode == RunningState.RUNNING, self._mean_load, 0.0))
        for _ in range(_SETTLE_STEPS):
            self._advance(usual, _SETTLE_DT_S)
        self._expected[:] = self._machines.true[self._gather]
        return self.follow(inputs, LONGEST_S)

    def follow(self, inputs: Inputs, dt_s: float) -> Array:
        """Go on for `dt_s` under these inputs; return what is expected, in an array that the next call changes."""
        cuts = min(max(1, int(np.ceil(dt_s / LONGEST_S - 1e-9))), _MOST_CUTS)
        for _ in range(cuts):
            self._advance(inputs, dt_s / cuts)
        true, expected = self._true, self._expected
        np.take(
            self._machines.true, self._gather, out=true, mode="clip"
        )  # without checks: the places are right
        true -= expected
        true *= self._lag.share(dt_s)
        expected += true
        return expected

    def _advance(self, inputs: Inputs, dt_s: float) -> None:
        machines, order = self._machines, self._order
        columns = machines.columns
        mode = inputs.mode[order]
        changed = mode != self._mode
        if changed.any():
            for position in np.flatnonzero(changed).tolist():
                machines.sequencer.place([position], RunningState(int(mode[position])))
            self._mode = mode
        columns.since_s += dt_s
        columns.load[:] = inputs.load[order]
        columns.setpoint[:] = inputs.setpoint[order]
        machines.utilities.follow(inputs.utilities)
        machines.time_s += dt_s
        machines.advance(dt_s)

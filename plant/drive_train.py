"""Turn, load, feed and warm the main drives of all machines."""

from collections.abc import Callable, Sequence

import numpy as np

from plant.columns import DRIVE, Columns, parameter
from plant.control.modes import RunningState, code
from plant.entities import DeviceDefinition
from plant.families.base import FamilyModel, StepContext
from plant.laws import motor, vibration
from plant.laws.first_order import Array, Lag
from plant.laws.thermal import TwoNodeThermal
from plant.laws.utilities import Utilities
from plant.number import number

_PER_RATED_LOSS = number(1.0 / motor.RATED_LOSS)
_NO_LOAD_LOSS = number(motor.NO_LOAD_LOSS)
_STANDSTILL = number(0.1)  # below this share of nominal speed a fault's heat stays away
_EMERGENCY_STOPPED = code(RunningState.EMERGENCY_STOPPED)

Hook = Callable[[StepContext], None]


class DriveTrain:
    """Main drives: speed, shaft power, electrical power and current, losses and temperatures, vibration.

    What goes in as electrical power comes out as useful work at the shaft or as heat: the motor's losses, and the part of
    the shaft power that rubs inside the machine (`Columns.friction`). Heat that does not come from the drive (a burner, a
    heater) is `heat_process` and `heat_fault`.
    """

    def __init__(
        self,
        columns: Columns,
        devices: Sequence[DeviceDefinition],
        models: Sequence[type[FamilyModel]],
        rng: np.random.Generator,
    ) -> None:
        """Take the machines with the class of each one's family."""
        self._columns = columns

        def spread(name: str) -> Array:
            """Return a parameter with the differences between machines of one type."""
            value = parameter(devices, name)
            varied: Array = value * np.exp(parameter(devices, "spread") * rng.standard_normal(len(devices)))
            return varied

        self.rated_kw = parameter(devices, "rated_kw")
        self._rated_a = motor.rated_current_a(self.rated_kw)
        self._inrush = parameter(devices, "inrush")
        self._spin_up = Lag(parameter(devices, "spin_up_s"))
        self._coast = Lag(parameter(devices, "coast_s"))
        self._brake = Lag(parameter(devices, "brake_s"))
        self.vibration_mm_s = spread("vibration_mm_s")
        self.nodes = TwoNodeThermal(
            parameter(devices, "tau_winding_s"),
            parameter(devices, "tau_body_s"),
            spread("rise_winding_k"),
            spread("rise_body_k"),
        )
        follows = np.array([model.speed_follows_setpoint for model in models])
        self._speed_per_setpoint = np.where(follows, 1.0 / parameter(devices, "nominal_speed"), 0.0)
        self._fixed_speed = np.where(follows, 0.0, 1.0)
        self._no_load = np.array([model.no_load for model in models])
        self._full_load = np.array([model.full_load for model in models])
        self._water_cooled = np.array([model.water_cooled for model in models])
        self.water_kw_per_k = self._water_cooled * motor.RATED_LOSS * self.rated_kw / self.nodes.outer_k
        self.losses: Array = np.zeros(columns.n)  # heat of the last step, rated loss = 1
        self._water_share, self._is_recooled = -1.0, True
        self._by_water: Array = np.zeros(columns.n)
        self._moves, self._dt_s = -1, -1.0
        self._falling = self._by_water  # shares of the way that drives without power go in a step
        self.sink_degc: Array = np.full(columns.n, 22.0)

    def settle(self) -> None:
        """Put every drive at the speed it is asked for."""
        self._columns.speed[:] = self._wanted_speed()

    def turn(self, dt_s: float, moves: int) -> None:
        """Run drives up, and let them coast or brake down; modes stay as they are while `moves` does."""
        c = self._columns
        target = self._wanted_speed()
        way = target - c.speed
        if moves != self._moves or dt_s != self._dt_s:
            self._moves, self._dt_s = moves, dt_s
            is_braked = c.mode == _EMERGENCY_STOPPED
            self._falling = np.where(is_braked, self._brake.share(dt_s), self._coast.share(dt_s))
        way *= np.where(target >= c.speed, self._spin_up.share(dt_s), self._falling)
        c.speed += way

    def load(self) -> None:
        """Work out the shaft power of plain machines: n (no load + full load u g + drag), of which drag rubs."""
        c = self._columns
        np.multiply(c.speed, c.drag, c.friction)
        work = self._full_load * c.load
        work *= c.shaft_gain
        work += self._no_load
        work *= c.speed
        np.add(work, c.friction, c.shaft)

    def feed(self, voltage_pu: float, is_anything_moving: bool) -> None:
        """Work out losses, electrical power and current from the shaft power."""
        c = self._columns
        is_on = c.actuators[DRIVE]
        factor = motor.power_factor(c.shaft)
        current = motor.current_pu(motor.electrical_power(c.shaft), factor, voltage_pu)
        current *= is_on
        losses = motor.copper_loss(current, c.inner_degc)
        losses += motor.slip_loss(c.shaft, voltage_pu)
        losses += _NO_LOAD_LOSS * c.speed
        electrical = c.shaft + losses
        electrical *= is_on
        np.multiply(electrical, self.rated_kw, c.power_kw)
        c.current_pu[...] = motor.current_pu(electrical, factor, voltage_pu)
        if is_anything_moving:
            starting = c.mode == RunningState.STARTING
            c.current_pu *= np.where(starting, motor.inrush_factor(c.since_s, self._inrush), 1.0)
        np.multiply(c.current_pu, self._rated_a, c.current_a)
        losses += c.friction
        losses *= _PER_RATED_LOSS
        self.losses = losses

    def warm(self, utilities: Utilities, dt_s: float) -> None:
        """Heat the two thermal nodes; hall and cooling water take the heat away."""
        c = self._columns
        losses = self.losses
        losses += c.heat_process
        losses += c.heat_fault * (c.speed > _STANDSTILL)
        if utilities.water_share != self._water_share or self._is_recooled:
            self._cool(utilities.water_share)
        self.sink_degc = self._by_water * (utilities.water_degc - utilities.ambient_degc)
        self.sink_degc += utilities.ambient_degc
        self.nodes.step(c.inner_degc, c.outer_degc, losses, self.sink_degc, dt_s)

    def recool(self) -> None:
        """Take notice that damage has changed how machines are cooled."""
        self._is_recooled = True

    def shake(self) -> None:
        """Work out vibration."""
        c = self._columns
        c.vibration[...] = vibration.velocity_mm_s(self.vibration_mm_s, c.load, c.speed, c.vibration_fault)

    def _cool(self, water_share: float) -> None:
        """Share the cooling out between hall and water, of which this share of the flow is left."""
        self._water_share, self._is_recooled = water_share, False
        by_water = self._water_cooled * water_share
        conductance = 1.0 - self._water_cooled + by_water
        self._by_water = by_water / conductance
        self.nodes.cool(self._columns.cooling * conductance)

    def _wanted_speed(self) -> Array:
        c = self._columns
        wanted = c.setpoint * self._speed_per_setpoint
        wanted += self._fixed_speed
        wanted *= c.actuators[DRIVE]
        return wanted

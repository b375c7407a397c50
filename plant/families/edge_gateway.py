"""Model edge gateways: requests that cost processor time, which costs heat."""

from collections.abc import Sequence

import numpy as np

from plant.columns import DRIVE, Block
from plant.degradation.catalogue import BEARING, RANDOM
from plant.entities import DeviceDefinition, Family
from plant.families.base import FamilyModel, StepContext, follows_drive
from plant.faults import FaultMode
from plant.laws.first_order import Array, Lag

_LEAK, _FAN = range(2)
_BASE_CPU_PERCENT = 6.0  # assumption: operating system and services
_BASE_RISE_K = 14.0  # assumption: rise over ambient without load
_STANDBY_RISE_K = 4.0  # assumption
_HEAT_TAU_S = 45.0  # assumption: processor with a small heat sink
_CPU_TAU_S = 2.0  # assumption: queueing smooths the load


class EdgeGateway(FamilyModel):
    """Gateways. Use grows with the requests answered, which the limit caps; heat follows use."""

    family = Family.EDGE_GATEWAY
    stop_category = 1
    no_load, full_load = 0.3, 0.6
    actuators = (follows_drive("ForwardingService"), follows_drive("OutputPorts"))
    faults = (
        FaultMode(name="memory_leak", law=RANDOM, description="A service leaks memory: processor use climbs"),
        FaultMode(name="fan_failure", law=BEARING, description="The fan fails: the processor heats"),
    )

    def __init__(self, block: Block, devices: Sequence[DeviceDefinition]) -> None:
        super().__init__(block, devices)
        self._cpu = np.zeros(self.n)
        self._temperature = np.full(self.n, 40.0)
        self._cpu_lag, self._heat_lag = Lag(_CPU_TAU_S), Lag(_HEAT_TAU_S)

    def measure(self, step: StepContext, out: Array) -> None:
        """Assumption: use is linear in requests; swapping grows with the square of lost memory."""
        b, p = self.block, self._parameters
        is_on = b.actuators[DRIVE]
        requests = np.minimum(p["requests_per_s"] * (0.15 + 0.85 * b.load), b.setpoint) * is_on
        cpu = _BASE_CPU_PERCENT * is_on + requests * p["cpu_percent_per_request"]
        cpu += 75.0 * b.damage[_LEAK] * is_on
        self._cpu_lag.advance(self._cpu, np.minimum(cpu, 100.0), step.dt_s)
        rise = (
            _STANDBY_RISE_K + (_BASE_RISE_K - _STANDBY_RISE_K) * is_on + self._cpu * p["rise_k_per_percent"]
        )
        target = step.utilities.ambient_degc + rise * (1.0 + 1.8 * b.damage[_FAN])
        self._heat_lag.advance(self._temperature, target, step.dt_s)
        out[0] = self._cpu
        out[1] = self._temperature
        out[2] = requests * p["kbit_per_request"] * 1e-3

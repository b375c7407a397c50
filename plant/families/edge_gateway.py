"""Model edge gateways: requests that queue for a processor, which costs heat; memory and a line that can fail."""

from collections.abc import Sequence

import numpy as np

from plant.columns import DRIVE, Block
from plant.degradation.bearing import bearing_stress
from plant.degradation.catalogue import BEARING, RANDOM
from plant.degradation.memory import MEMORY, memory_stress
from plant.entities import DeviceDefinition, Family
from plant.families.base import FamilyModel, StepContext, follows_drive
from plant.faults import FaultMode
from plant.laws.cadence import SLOW_S, Cadence
from plant.laws.first_order import Array, Lag
from plant.laws.queueing import Queue
from plant.number import ONE, ZERO, number

_LEAK, _FAN, _LINE = range(3)
_BASE_SHARE = 0.06  # assumption: of the processor, for operating system and services
_BASE_RISE_K = 14.0  # assumption: rise over ambient without load
_STANDBY_RISE_K = 4.0  # assumption
_HEAT_TAU_S = 45.0  # assumption: processor with a small heat sink
_CPU_TAU_S = 2.0  # assumption: the time over which use is counted
_COUNT_TAU_S = 10.0  # assumption: the time over which traffic is counted
_BACKLOG = 2000.0  # assumption: requests that wait before more are turned away
_MEMORY_SHARE, _BACKLOG_SHARE = 0.35, 0.15  # assumption: memory in use, and what a full backlog takes
_SWAP_FROM = 0.75  # assumption: share of memory from which pages are swapped
_SWAP_COST = 2.5  # assumption: how much dearer each request is when memory is full
_LOSS = 0.35  # assumption: share of packets that a line at its end loses
_LOSS_COST = 0.4  # assumption: how much dearer each request is when all must be sent again
_RESEND_MS = 200.0  # assumption: time after which a lost packet is sent again, the least that Linux takes
_THROTTLE_DEGC, _THROTTLE_K, _LEAST_SPEED = (
    85.0,
    25.0,
    0.4,
)  # assumption: the processor slows itself down when hot
_STANDBY_KW, _IDLE_KW, _PER_PERCENT_KW = 0.002, 0.010, 0.0002  # assumption
_BASE_PERCENT, _OWN_PERCENT = number(100.0 * _BASE_SHARE), number(100.0 * (1.0 - _BASE_SHARE))
_HUNDRED, _THOUSAND = number(100.0), number(1000.0)
_IN_USE, _PER_WAITING = number(_MEMORY_SHARE), number(_BACKLOG_SHARE / _BACKLOG)
_SWAPS_FROM, _PER_SWAPPED, _SWAPPING = (
    number(_SWAP_FROM),
    number(1.0 / (1.0 - _SWAP_FROM)),
    number(_SWAP_COST),
)
_THROTTLES_AT, _PER_THROTTLE_K, _SLOWEST = (
    number(_THROTTLE_DEGC),
    number(1.0 / _THROTTLE_K),
    number(_LEAST_SPEED),
)
_STANDBY, _IDLING, _PER_PERCENT = number(_STANDBY_KW), number(_IDLE_KW - _STANDBY_KW), number(_PER_PERCENT_KW)
_STANDBY_K, _ON_K = number(_STANDBY_RISE_K), number(_BASE_RISE_K - _STANDBY_RISE_K)
_NOMINAL_FAN_K = 32.0  # rise at which the fan's life is quoted


class EdgeGateway(FamilyModel):
    """Gateways: an M/M/1 queue of requests; heat follows use, and a processor that gets too hot lowers its clock.

    Arrivals are Poisson: lambda + sqrt(lambda / dt) z requests a second over a step dt; the limit holds their mean.
    Capacity mu = 100 % less the system's own share, over the cost of a request; swapping and lost packets make each
    request dearer. Temperature: tau dT/dt = T_a + rise(use) (1 + 1.8 d_fan) - T.

    Source: at `Queue`; a sum of Poisson arrivals is normal for many of them (central limit theorem); heat balance of a
    lumped capacity, Incropera et al., section 5.1; lost packets are sent 1 / (1 - p) times, J. Kurose and K. Ross, Computer
    Networking, chapter 3.
    """

    family = Family.EDGE_GATEWAY
    runs_through = True
    stop_category = 1
    no_load, full_load = 0.3, 0.6
    actuators = (follows_drive("ForwardingService"), follows_drive("OutputPorts"))
    faults = (
        FaultMode(name="memory_leak", law=MEMORY, description="A service leaks memory: processor use climbs"),
        FaultMode(name="fan_failure", law=BEARING, description="The fan fails: the processor heats"),
        FaultMode(
            name="line_loss",
            law=RANDOM,
            description="A bad line loses packets: traffic and answer times rise for the same requests",
        ),
    )

    def __init__(self, block: Block, devices: Sequence[DeviceDefinition]) -> None:
        super().__init__(block, devices)
        requests = self._parameters["requests_per_s"]
        self._quiet, self._busy = 0.15 * requests, 0.85 * requests
        self._queue = Queue(self.n, _BACKLOG)
        self._cpu = np.zeros(self.n)
        self._memory: Array = np.full(self.n, _MEMORY_SHARE)
        self._mbit_per_request = self._parameters["kbit_per_request"] * 1e-3
        self._capacity: Array = 100.0 * (1.0 - _BASE_SHARE) / self._parameters["cpu_percent_per_request"]
        self._slow = Cadence(SLOW_S)
        self._resend_ms: Array = np.zeros(self.n)
        self._power_kw: Array = np.full(self.n, _IDLE_KW)
        self._temperature = np.full(self.n, 40.0)
        self._counted = np.zeros(self.n)  # requests a second, as the port counts them
        self._cpu_lag, self._heat_lag = Lag(_CPU_TAU_S), Lag(_HEAT_TAU_S)
        self._counted_lag = Lag(_COUNT_TAU_S)
        self.degrade()

    def conduct(self, step: StepContext) -> None:
        b = self.block
        is_on = b.actuators[DRIVE]
        mean = np.minimum(self._quiet + self._busy * b.load, b.setpoint)
        drawn = mean + np.sqrt(mean / step.dt_s) * step.rng.standard_normal(self.n)
        arrivals = np.maximum(drawn, ZERO)
        arrivals *= is_on
        elapsed_s = self._slow.due(step.dt_s)
        if elapsed_s:
            self._slow_down(is_on, step.utilities.ambient_degc, elapsed_s)
        self._queue.step(arrivals, self._capacity, step.dt_s)
        self._counted_lag.advance(self._counted, self._queue.served, step.dt_s)
        use = _OWN_PERCENT * self._queue.use
        use += _BASE_PERCENT
        use *= is_on
        self._cpu_lag.advance(self._cpu, use, step.dt_s)
        b.power_kw[...] = self._power_kw

    def _slow_down(self, is_on: Array, ambient_degc: float, elapsed_s: float) -> None:
        """Work out memory and heat, and how many requests a second the processor can answer with them."""
        p = self._parameters
        memory = _IN_USE * is_on + self._leaked * is_on
        memory += _PER_WAITING * self._queue.backlog
        self._memory = np.minimum(memory, ONE)
        swapping = np.maximum(self._memory - _SWAPS_FROM, ZERO) * _PER_SWAPPED
        cost = p["cpu_percent_per_request"] * (ONE + _SWAPPING * swapping + self._loss_cost)
        hot = np.maximum(self._temperature - _THROTTLES_AT, ZERO) * _PER_THROTTLE_K
        clock = np.maximum(ONE - hot, _SLOWEST)
        self._capacity = _OWN_PERCENT / cost * clock
        self._power_kw = _STANDBY + _IDLING * is_on + _PER_PERCENT * self._cpu
        self._resend_ms, self._mbit_per_request = self._lost_ms, self._sent_mbit
        rise = _STANDBY_K + _ON_K * is_on
        rise += self._cpu * clock * p["rise_k_per_percent"]
        rise *= self._fan_heat
        self._heat_lag.advance(self._temperature, rise + ambient_degc, elapsed_s)

    def degrade(self) -> None:
        """Set what a leak of memory, a weak fan and a bad line cost."""
        damage = self.block.damage
        again = 1.0 / (1.0 - _LOSS * damage[_LINE])
        self._leaked = (1.0 - _MEMORY_SHARE - 0.02) * damage[_LEAK]
        self._loss_cost = _LOSS_COST * (again - 1.0)
        self._lost_ms = _RESEND_MS * (again - 1.0)
        self._sent_mbit = again * self._parameters["kbit_per_request"] * 1e-3
        self._fan_heat = 1.0 + 1.8 * damage[_FAN]

    def stress(self, step: StepContext) -> None:
        b = self.block
        rise = self._temperature - step.utilities.ambient_degc
        b.stress[_LEAK] = memory_stress(self._queue.served, 0.66 * self._parameters["requests_per_s"])
        b.stress[_FAN] = bearing_stress(np.maximum(rise, 0.0) * (1.0 / _NOMINAL_FAN_K), b.load, 0.6)

    def measure(self, step: StepContext, out: Array) -> None:
        out[0] = self._cpu
        out[1] = self._temperature
        np.multiply(self._counted, self._mbit_per_request, out[2])
        np.multiply(self._memory, _HUNDRED, out[3])
        answer_ms = _THOUSAND * self._queue.response_s(self._capacity)
        answer_ms += self._resend_ms
        np.multiply(answer_ms, self.block.actuators[DRIVE], out[4])

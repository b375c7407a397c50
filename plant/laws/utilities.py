"""Model what all machines share: the hall's air, the supply voltage, compressed air, cooling water."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from plant.entities import Group, TagDefinition
from plant.laws.first_order import Array
from plant.laws.hydraulics import saturation_pressure_hpa
from plant.laws.motor import LINE_VOLTAGE_V

_DAY_S = 86400.0
_MEAN_AMBIENT_DEGC = 22.0
_DAILY_SWING_K = 4.0
_AMBIENT_WANDER_K, _AMBIENT_TAU_S = 0.3, 1800.0
_VAPOUR_HPA, _VAPOUR_WANDER, _VAPOUR_TAU_S = 11.9, 0.08, 43200.0  # 45 % at 22 degC
_SUPPLY_IMPEDANCE = 0.03
_SUPPLY_WANDER, _SUPPLY_TAU_S = 0.003, 20.0
_SAG_EVERY_S = 1200.0
_SAG_DEPTH = (0.04, 0.10)
_SAG_LENGTH_S = (0.4, 2.0)
_AIR_BAR, _AIR_WANDER_BAR, _AIR_TAU_S = 6.0, 0.06, 40.0
_WATER_LOW_DEGC, _WATER_BAND_K = 14.0, 6.0
_WATER_TAU_S = 120.0
_WATER_LOSS = 0.1  # of the chiller's proportional gain: what pipes pass to the hall
_CHILLER_MARGIN = 1.6
_FLOW_PERCENT = 100.0
_LONGEST_S = 10.0
_WANDERS = (
    (_AMBIENT_WANDER_K, _AMBIENT_TAU_S),
    (_SUPPLY_WANDER, _SUPPLY_TAU_S),
    (_AIR_WANDER_BAR, _AIR_TAU_S),
    (_VAPOUR_WANDER, _VAPOUR_TAU_S),
)


def _tag(
    name: str,
    description: str,
    unit: str,
    scale: tuple[float, float],
    normal: tuple[float, float],
    *,
    precision: int = 1,
) -> TagDefinition:
    return TagDefinition(
        name=name,
        display_name=description,
        description=description,
        unit=unit,
        group=Group.MEASUREMENTS,
        low=scale[0],
        high=scale[1],
        normal_low=normal[0],
        normal_high=normal[1],
        precision=precision,
    )


UTILITY_TAGS = (
    _tag("AmbientTemperature", "Air temperature in the hall", "degC", (-20.0, 60.0), (16.0, 28.0)),
    _tag("AmbientHumidity", "Relative humidity in the hall", "percent", (0.0, 100.0), (25.0, 70.0)),
    _tag("SupplyVoltage", "Line voltage of the supply", "V", (0.0, 500.0), (380.0, 415.0)),
    _tag("AirPressure", "Pressure of the compressed air", "bar", (0.0, 10.0), (5.7, 6.3), precision=2),
    _tag(
        "CoolingWaterTemperature",
        "Supply temperature of the cooling water",
        "degC",
        (0.0, 60.0),
        (14.0, 21.0),
    ),
    _tag(
        "CoolingWaterFlow",
        "Flow of cooling water, as a share of nominal",
        "percent",
        (0.0, 120.0),
        (95.0, 105.0),
    ),
)
"""What the plant measures of its utilities, in the order of `Utilities.values`."""


@dataclass(frozen=True, slots=True)
class UtilityReadings:
    """What the instruments of the utilities read: one entry per tag."""

    tags: tuple[TagDefinition, ...]
    values: Array
    status: NDArray[np.uint32]


class Utilities:
    """Supplies that all machines share, one of each for the plant.

    Hall: T_a = 22 + 4 sin(2 pi t / 24 h + phi) + w degC, w an Ornstein-Uhlenbeck process of 0.3 K and 30 min; relative
    humidity e / e_s(T_a) with a vapour pressure e that wanders slowly (absolute humidity does not follow temperature).
    Supply: V = 1 - Z (P / P_0 - 1) + w - sag per unit, Z the supply's impedance and P the plant's load. Air: a receiver,
    tau dp/dt = p_0 (1 - share lost) - p. Cooling water: C dT/dt = Q - Q_c - G (T - T_a) with a chiller of finite
    capacity, Q_c = Q_max times its load 0..1, which is proportional from 14 to 20 degC. Each is exact within its regime.

    Source: Ornstein-Uhlenbeck transition density, C. W. Gardiner, Handbook of Stochastic Methods, section 3.8.4; voltage
    drop over an impedance: Ohm's law; receiver and water: first-order balances of mass and heat. Assumption: all figures,
    typical of a heated hall with a transformer of its own (4 % short-circuit voltage, partly loaded); its sags of 4 to
    10 % for a second or two stay above the 90 % below which EN 50160 speaks of a dip.
    """

    def __init__(self, mean_load_kw: float, rng: np.random.Generator) -> None:
        """Take the electrical load (kW) at which the supply has its nominal voltage."""
        self._rng = rng
        self._mean_load_kw = max(mean_load_kw, 1e-6)
        self._chiller_kw = 0.1 * self._mean_load_kw
        self._phase = rng.uniform(0.0, 2.0 * math.pi)
        self._ambient_wander = self._supply_wander = self._air_wander = self._vapour_wander = 0.0
        self._dt_s = -1.0
        self._shares: list[tuple[float, float]] = []
        self._next_sag_s = rng.exponential(_SAG_EVERY_S)
        self._sag = _Event()
        self._no_water = _Event()
        self._no_air = _Event()
        self._air_level = 1.0
        self.ambient_degc = _MEAN_AMBIENT_DEGC
        self.vapour_hpa = _VAPOUR_HPA  # partial pressure of water in the hall's air
        self.voltage_pu = 1.0
        self.air_bar = _AIR_BAR
        self.water_degc = _WATER_LOW_DEGC + _WATER_BAND_K / _CHILLER_MARGIN
        self.water_share = 1.0  # flow of cooling water over nominal
        self.ambient_offset_k = 0.0  # what a drill or a test adds to the hall's temperature

    def step(self, dt_s: float, time_s: float, load_kw: float, heat_kw: float | None = None) -> None:
        """Advance by one step; `load_kw` is what the plant takes from the grid, `heat_kw` what goes into the water."""
        noise = self._rng.standard_normal(4).tolist()  # plain numbers are quicker
        if dt_s != self._dt_s:
            self._dt_s, self._shares = dt_s, [_wander(sigma, tau_s, dt_s) for sigma, tau_s in _WANDERS]
        (keep, stir), (keep_v, stir_v), (keep_air, stir_air), (keep_e, stir_e) = self._shares
        self._ambient_wander = keep * self._ambient_wander + stir * noise[0]
        self._supply_wander = keep_v * self._supply_wander + stir_v * noise[1]
        self._air_wander = keep_air * self._air_wander + stir_air * noise[2]
        self._vapour_wander = keep_e * self._vapour_wander + stir_e * noise[3]
        day = _DAILY_SWING_K * math.sin(2.0 * math.pi * time_s / _DAY_S + self._phase)
        self.ambient_degc = _MEAN_AMBIENT_DEGC + day + self._ambient_wander + self.ambient_offset_k
        self.vapour_hpa = _VAPOUR_HPA * math.exp(self._vapour_wander)
        self._step_supply(dt_s, load_kw)
        lost = self._no_air.depth(dt_s)
        self._air_level += (1.0 - lost - self._air_level) * -math.expm1(-dt_s / _AIR_TAU_S)
        self.air_bar = _AIR_BAR * self._air_level + self._air_wander * self._air_level
        self.water_share = 1.0 - self._no_water.depth(dt_s)
        heat = self._chiller_kw / _CHILLER_MARGIN if heat_kw is None else heat_kw
        self._step_water(dt_s, heat / self._chiller_kw)

    def fit_chiller(self, mean_heat_kw: float) -> None:
        """Give the chiller a capacity of 1.6 times the usual heat into the water (kW)."""
        self._chiller_kw = max(_CHILLER_MARGIN * mean_heat_kw, 1e-3)

    def sag(self, depth: float, length_s: float) -> None:
        """Let the supply voltage dip by `depth` (per unit) for `length_s`."""
        self._sag.begin(depth, length_s)

    def lose_cooling(self, share: float, length_s: float) -> None:
        """Take away this share (0..1) of the cooling water's flow for `length_s`."""
        self._no_water.begin(share, length_s)

    def lose_air(self, share: float, length_s: float) -> None:
        """Take away this share (0..1) of the compressors' delivery for `length_s`; the receiver empties slowly."""
        self._no_air.begin(share, length_s)

    @property
    def values(self) -> tuple[float, ...]:
        """True values, in the order and units of `UTILITY_TAGS`."""
        saturated = 6.112 * math.exp(
            17.62 * self.ambient_degc / (243.12 + self.ambient_degc)
        )  # as in hydraulics
        return (
            self.ambient_degc,
            min(100.0 * self.vapour_hpa / saturated, 100.0),
            self.voltage_pu * LINE_VOLTAGE_V,
            self.air_bar,
            self.water_degc,
            self.water_share * _FLOW_PERCENT,
        )

    def follow(self, values: Array) -> None:
        """Take over measured values, in the order and units of `UTILITY_TAGS`, in place of a step."""
        ambient, humidity, voltage, air, water, flow = values.tolist()
        self.ambient_degc, self.air_bar, self.water_degc = ambient, air, water
        self.vapour_hpa = humidity * 0.01 * float(saturation_pressure_hpa(ambient))
        self.voltage_pu = voltage / LINE_VOLTAGE_V
        self.water_share = flow / _FLOW_PERCENT

    def _step_supply(self, dt_s: float, load_kw: float) -> None:
        self._next_sag_s -= dt_s
        if self._next_sag_s <= 0.0:
            self._next_sag_s = self._rng.exponential(_SAG_EVERY_S)
            self.sag(self._rng.uniform(*_SAG_DEPTH), self._rng.uniform(*_SAG_LENGTH_S))
        droop = _SUPPLY_IMPEDANCE * (load_kw / self._mean_load_kw - 1.0)
        self.voltage_pu = 1.0 - droop + self._supply_wander - self._sag.depth(dt_s)

    def _step_water(self, dt_s: float, heat: float) -> None:
        """Advance the water's temperature; `heat` is per unit of the chiller's capacity."""
        count = max(1, math.ceil(dt_s / _LONGEST_S))
        for _ in range(count):
            above = self.water_degc - _WATER_LOW_DEGC
            gain = 1.0 if 0.0 < above < _WATER_BAND_K else 0.0
            constant = 1.0 if above >= _WATER_BAND_K else 0.0
            # per unit of the chiller's gain: band / capacity
            slope = gain + _WATER_LOSS
            rest = (
                (heat - constant) * _WATER_BAND_K + gain * _WATER_LOW_DEGC + _WATER_LOSS * self.ambient_degc
            ) / slope
            self.water_degc += (rest - self.water_degc) * -math.expm1(-dt_s / count * slope / _WATER_TAU_S)


class _Event:
    """Something that is missing for a while."""

    def __init__(self) -> None:
        self._share = self._left_s = 0.0

    def begin(self, share: float, length_s: float) -> None:
        self._share, self._left_s = share, length_s

    def depth(self, dt_s: float) -> float:
        """Return the mean share that is missing during the next `dt_s`, and let the time pass."""
        if self._left_s <= 0.0:
            return 0.0
        share = self._share * min(1.0, self._left_s / dt_s)
        self._left_s -= dt_s
        return share


def _wander(sigma: float, tau_s: float, dt_s: float) -> tuple[float, float]:
    """Return what an Ornstein-Uhlenbeck process keeps of its state, and how much chance it takes in; exact for any dt."""
    keep = math.exp(-dt_s / tau_s)
    return keep, sigma * math.sqrt(1.0 - keep * keep)

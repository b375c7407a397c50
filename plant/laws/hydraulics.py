"""Model oil and water: viscosity, gear pumps, centrifugal pumps, suction head, humidity of air."""

import math

import numpy as np

from plant.laws.first_order import Array
from plant.number import ONE, ZERO, number

GRAVITY = 9.80665  # m/s2, standard acceleration of free fall (ISO 80000-3)
WATER_KG_M3 = 998.0  # at 20 degC (IAPWS-95)
ATMOSPHERE_HPA = 1013.25  # ISO 2533, standard atmosphere at sea level
_HPA_TO_M = 100.0 / (WATER_KG_M3 * GRAVITY)
_KELVIN, _TEN, _WALTHER = number(273.15), number(10.0), number(0.7)
_MAGNUS_HPA, _MAGNUS_SLOPE, _MAGNUS_DEGC = number(6.112), number(17.62), number(243.12)
_NPSH_MARGIN, _PER_NPSH = number(0.5), number(1.0 / 1.5)
_THINNER_PER_K = number(-0.03)
_BAR_PER_M = number(WATER_KG_M3 * GRAVITY * 1e-5)


class Oil:
    """A mineral oil, known by its kinematic viscosities (mm2/s) at 40 and 100 degC.

    log10 log10 (nu + 0.7) = A - B log10 T, T in K. Source: Ubbelohde-Walther equation as in ASTM D341.
    """

    def __init__(self, at_40: float, at_100: float) -> None:
        cold, hot = math.log10(math.log10(at_40 + 0.7)), math.log10(math.log10(at_100 + 0.7))
        b = (cold - hot) / (math.log10(373.15) - math.log10(313.15))
        self._a, self._b = number(cold + b * math.log10(313.15)), number(b)

    def viscosity(self, temperature_degc: Array | float) -> Array:
        """Return the kinematic viscosity, mm2/s."""
        kelvin = temperature_degc + _KELVIN
        found: Array = _TEN ** (_TEN ** (self._a - self._b * np.log10(kelvin))) - _WALTHER
        return found


ENGINE_OIL = Oil(110.0, 14.5)  # assumption: data sheet values of an SAE 15W-40
HYDRAULIC_OIL = Oil(46.0, 6.8)  # ISO VG 46 (ISO 3448) of viscosity index 100


def viscosity_ratio(temperature_degc: Array, reference_degc: float) -> Array:
    """Return oil viscosity over its value at the reference: exp(-0.03 (T - T0)).

    Assumption: 3 % a kelvin, the mean slope of the Walther equation (class `Oil`) from 40 to 100 degC for common oils.
    """
    return np.exp(_THINNER_PER_K * (temperature_degc - reference_degc))


def gear_pump_bar(at_rated_bar: Array, speed: Array, relief_bar: Array) -> Array:
    """Return pressure (bar) of a gear pump behind its relief valve: p = min(p_relief, p_r (n / n_r) nu / nu_r).

    p_r pressure at rated speed n_r with oil of viscosity nu_r; `at_rated_bar` is p_r nu / nu_r, `speed` n / n_r. A displacement pump's flow goes with speed,
    and bearings pass it as narrow gaps do, Q = G p / nu. Source: laminar flow between parallel plates, F. M. White,
    Fluid Mechanics, section 4.10 (flow proportional to pressure over viscosity); that the gaps stay as they are is an
    assumption.
    """
    return np.minimum(at_rated_bar * speed, relief_bar)


def operating_flow(head_m: Array, static_m: Array, pump_loss: Array, system_loss: Array) -> Array:
    """Return flow (m3/s) where the pump's curve H = H0 - a Q^2 meets the system's H = Hs + R Q^2.

    `head_m` is H0 at the speed that is turned (m), `static_m` Hs (m), `pump_loss` a and `system_loss` R (s2/m5).

    Source: operating point at the intersection of both curves, I. J. Karassik et al., Pump Handbook, chapter 2;
    a parabola as the pump's curve is an assumption that fits radial impellers near their best point.
    """
    return np.sqrt(np.maximum(head_m - static_m, ZERO) / (pump_loss + system_loss))


def head_to_bar(head_m: Array) -> Array:
    """Return the pressure of a column of water, p = rho g H, in bar. Source: hydrostatics (definition of head)."""
    return head_m * _BAR_PER_M


def suction_head_m(static_m: float, loss_m: Array, water_degc: float) -> Array:
    """Return the net positive suction head available (m): (p_atm - p_v) / (rho g) + z - h_f.

    `static_m` is the water level above the pump (z, m; negative under suction lift), `loss_m` the friction in the
    suction line (h_f, m). Source: definition of NPSH, ISO 17769-1.
    """
    vapour = float(saturation_pressure_hpa(water_degc))
    return (ATMOSPHERE_HPA - vapour) * _HPA_TO_M + static_m - loss_m


def required_suction_head_m(
    speed_squared: Array, flow_share: Array, still_m: Array | float, flowing_m: Array | float
) -> Array:
    """Return the net positive suction head required (m): NPSHr = N0 (n / n_r)^2 + b (Q / Q_n)^2.

    N0 (m) at rated speed n_r without flow, b (m) what nominal flow Q_n adds; `speed_squared` is (n / n_r)^2.

    Source: NPSHr varies about with the square of speed, McNally Institute, Centrifugal pump affinity laws; that at a
    given speed it grows with the square of flow is an assumption.
    """
    return still_m * speed_squared + flowing_m * flow_share * flow_share


def cavitation(available_m: Array, required_m: Array) -> Array:
    """Return how much a pump cavitates, 0..1: from half a metre of margin to one metre short.

    Assumption: a linear onset. Source of the margin: NPSH required is defined where 3 % of the head is lost already,
    ISO 17769-1, so that cavitation begins above it.
    """
    short = (required_m + _NPSH_MARGIN - available_m) * _PER_NPSH
    return np.minimum(np.maximum(short, ZERO), ONE)


def saturation_pressure_hpa(temperature_degc: Array | float) -> Array:
    """Return the saturation vapour pressure over water (hPa): Magnus form 6.112 exp(17.62 T / (243.12 + T)).

    Source: WMO-No. 8, Guide to Instruments and Methods of Observation, annex 4.B (coefficients as there).
    """
    found: Array = _MAGNUS_HPA * np.exp(_MAGNUS_SLOPE * temperature_degc / (_MAGNUS_DEGC + temperature_degc))
    return found

"""List the physics parameters of each family, with their defaults and bounds."""

from collections.abc import Mapping
from dataclasses import dataclass

from plant.entities import Family


@dataclass(frozen=True, slots=True)
class Parameter:
    """One number of the physics; defaults are assumptions, typical of the machine's size."""

    default: float
    low: float
    high: float
    meaning: str


_DRIVE: Mapping[str, Parameter] = {
    "rated_kw": Parameter(7.5, 0.01, 5000.0, "rated shaft power of the main drive, kW"),
    "nominal_speed": Parameter(1500.0, 0.01, 60000.0, "setpoint at which the drive turns at speed 1.0"),
    "spin_up_s": Parameter(2.0, 0.05, 600.0, "time constant of run-up, s"),
    "coast_s": Parameter(6.0, 0.05, 600.0, "time constant of coasting down, s"),
    "brake_s": Parameter(1.0, 0.05, 600.0, "time constant of slowing down under emergency stop, s"),
    "start_s": Parameter(4.0, 0.1, 600.0, "duration of the start sequence, s"),
    "inrush": Parameter(1.5, 1.0, 8.0, "starting current over rated current"),
    "tau_winding_s": Parameter(180.0, 1.0, 36000.0, "time constant of the inner thermal node, s"),
    "tau_body_s": Parameter(1500.0, 1.0, 360000.0, "time constant of the outer thermal node, s"),
    "rise_winding_k": Parameter(20.0, 0.1, 300.0, "rise of the inner over the outer node at rated heat, K"),
    "rise_body_k": Parameter(20.0, 0.1, 300.0, "rise of the outer node over ambient at rated heat, K"),
    "vibration_mm_s": Parameter(1.2, 0.001, 50.0, "velocity RMS at full load and nominal speed, mm/s"),
    "idle_load": Parameter(0.12, 0.0, 1.0, "load while waiting for work"),
    "run_load": Parameter(0.62, 0.0, 1.0, "load while working"),
    "peak_load": Parameter(0.86, 0.0, 1.0, "load during heavy work"),
    "dwell_s": Parameter(150.0, 1.0, 36000.0, "median time between changes of load, s"),
    "spread": Parameter(0.04, 0.0, 0.2, "standard deviation of differences between machines of one type"),
}

_OWN: Mapping[Family, Mapping[str, Parameter]] = {
    Family.CNC: {
        "coolant_bar": Parameter(20.0, 1.0, 100.0, "coolant feed pressure, bar"),
        "specific_force_n_mm2": Parameter(2000.0, 100.0, 10000.0, "specific cutting force, N/mm2"),
        "removal_cm3_min": Parameter(280.0, 0.1, 10000.0, "removal rate of the full cut, cm3/min"),
        "coolant_l_min": Parameter(25.0, 1.0, 200.0, "coolant flow at that pressure, l/min"),
    },
    Family.ROBOT_ARM: {
        "air_share": Parameter(1.0, 0.2, 1.0, "gripper pressure over the plant's air pressure"),
        "following_error_mm": Parameter(0.06, 0.001, 5.0, "path error at full load and nominal speed, mm"),
    },
    Family.PRESS: {
        "nominal_bar": Parameter(180.0, 10.0, 500.0, "hydraulic pressure at which the motor is sized, bar"),
        "relief_bar": Parameter(260.0, 20.0, 600.0, "setting of the relief valve, bar"),
    },
    Family.DRILL: {
        "coolant_bar": Parameter(6.0, 0.5, 100.0, "coolant feed pressure, bar"),
    },
    Family.CONVEYOR: {
        "tension_bar": Parameter(5.0, 0.5, 20.0, "tensioner pressure, bar"),
        "belt_length_m": Parameter(30.0, 1.0, 10000.0, "distance of the end drums, m"),
        "lift_m": Parameter(1.8, 0.0, 500.0, "height by which the load is lifted, m"),
        "belt_kg_m": Parameter(12.0, 0.1, 200.0, "mass of the belt, one strand, kg/m"),
        "idler_kg_m": Parameter(15.0, 0.1, 200.0, "mass of the idlers' turning parts, kg/m"),
        "load_kg_m": Parameter(60.0, 0.1, 2000.0, "mass of the load at full load, kg/m"),
        "sound_db": Parameter(62.0, 30.0, 120.0, "sound level at nominal speed, dB"),
    },
    Family.PUMP: {
        "shutoff_head_m": Parameter(62.0, 1.0, 1000.0, "head at no flow and nominal speed, m"),
        "static_head_m": Parameter(12.0, 0.0, 1000.0, "static head of the system, m"),
        "nominal_flow_m3_h": Parameter(80.0, 0.1, 10000.0, "flow at nominal speed and mean demand, m3/h"),
    },
    Family.PROCESS_MACHINE: {
        "heater_kw": Parameter(18.0, 0.1, 1000.0, "heater power, kW"),
        "heater_rise_k": Parameter(110.0, 1.0, 1000.0, "temperature rise at full heater power, K"),
        "vessel_tau_s": Parameter(600.0, 1.0, 36000.0, "time constant of the vessel, s"),
        "base_bar": Parameter(58.0, 1.0, 400.0, "vessel pressure at 65 degC, bar"),
        "dominant_hz": Parameter(95.0, 1.0, 5000.0, "frequency that carries most of the vibration, Hz"),
    },
    Family.GENERATOR: {
        "inertia_s": Parameter(1.5, 0.1, 20.0, "inertia constant H, s"),
        "droop": Parameter(0.04, 0.005, 0.2, "governor droop"),
        "governor_s": Parameter(0.35, 0.05, 10.0, "time constant of governor and fuel rack, s"),
        "reset_s": Parameter(6.0, 0.5, 600.0, "time constant of the return to nominal frequency, s"),
        "reactance": Parameter(0.2, 0.01, 1.0, "transient reactance, per unit"),
        "avr_s": Parameter(0.8, 0.05, 10.0, "recovery time constant of the voltage regulator, s"),
        "rated_v": Parameter(400.0, 50.0, 40000.0, "line voltage, V"),
        "poles": Parameter(4.0, 2.0, 100.0, "number of poles"),
        "oil_bar": Parameter(4.6, 0.5, 20.0, "oil pressure at nominal speed, hot, bar"),
        "relief_bar": Parameter(5.6, 0.5, 20.0, "setting of the oil relief valve, bar"),
        "coolant_degc": Parameter(84.0, 20.0, 120.0, "coolant temperature held by the thermostat, degC"),
        "price_eur_kwh": Parameter(0.12, 0.0, 10.0, "what a kilowatt hour earns, EUR"),
    },
    Family.COMPONENT_CELL: {
        "heater_kw": Parameter(6.0, 0.1, 1000.0, "heater power, kW"),
        "heater_rise_k": Parameter(85.0, 1.0, 1000.0, "temperature rise at full heater power, K"),
        "cell_tau_s": Parameter(1500.0, 1.0, 36000.0, "time constant of the cell, s"),
        "humidity_percent": Parameter(44.0, 1.0, 99.0, "relative humidity held by the humidifier, %"),
        "sound_db": Parameter(61.0, 30.0, 120.0, "sound level of fan and air, dB"),
    },
    Family.EDGE_GATEWAY: {
        "requests_per_s": Parameter(320.0, 1.0, 1e6, "requests that arrive at full load, 1/s"),
        "cpu_percent_per_request": Parameter(0.16, 1e-4, 100.0, "CPU use of one request per second, %"),
        "kbit_per_request": Parameter(180.0, 0.01, 1e6, "traffic of one request, kbit"),
        "rise_k_per_percent": Parameter(0.32, 0.01, 10.0, "temperature rise per percent of CPU use, K"),
    },
}


def parameters_of(family: Family) -> dict[str, Parameter]:
    """Return the parameters that a plant file may set for a family."""
    if family is Family.REPLAY:
        return {}
    return dict(_DRIVE) | dict(_OWN.get(family, {}))

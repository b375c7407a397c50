"""Data sets in the shape of five well-known kinds of monitoring system: their columns, units, rate and labels."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from plant.entities import Family

Columns = Mapping[str, NDArray[np.float64]]
Rule = Callable[[Columns], NDArray[np.bool_]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column of a data set: the tag that fills it in each family, and its decimals.

    A family without an entry leaves the cell empty.
    """

    name: str
    tags: Mapping[Family, str]
    precision: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DataSet:
    """What one table holds: a row a machine and moment.

    `rule` is how the system of that kind labels its own rows, under the name `rule_name`; what was truly wrong stands in the
    columns behind it: `true_fault`, `failed`, `rul_h`. `companion` is a family whose machines stand beside those of the
    table, one each, in turn.
    """

    description: str
    families: tuple[Family, ...]
    every_s: float
    columns: tuple[Column, ...]
    companion: Family | None = None
    rule_name: str = ""
    rule: Rule | None = None


def _of(family: Family, *entries: tuple[str, str, int]) -> tuple[Column, ...]:
    return tuple(Column(name=name, tags={family: tag}, precision=digits) for name, tag, digits in entries)


def _is_fault(read: Columns) -> NDArray[np.bool_]:
    """Label a fault as dashboards of that kind do: above 80 degC, 4.0 m/s2 or 90 bar."""
    return (read["temperature"] > 80.0) | (read["vibration"] > 4.0) | (read["pressure"] > 90.0)


def _is_oil_leak(read: Columns) -> NDArray[np.bool_]:
    """Label a critical oil leak: it turns faster than 500 rpm on less than 2.0 bar."""
    return (read["rpm"] > 500.0) & (read["oil_pressure"] < 2.0)


_F = Family
_MACHINES = (_F.CNC, _F.ROBOT_ARM, _F.PRESS, _F.DRILL, _F.CONVEYOR)

DATA_SETS: Final[Mapping[str, DataSet]] = {
    "process-monitoring": DataSet(
        description="Temperature (degC), vibration (m/s2) and pressure (bar) of process machines, every 2 s, labelled by "
        "three thresholds",
        families=(_F.PROCESS_MACHINE,),
        every_s=2.0,
        columns=_of(
            _F.PROCESS_MACHINE,
            ("temperature", "Temperature", 1),
            ("vibration", "Vibration", 2),
            ("pressure", "Pressure", 1),
        ),
        rule_name="fault",
        rule=_is_fault,
    ),
    "energy-tracking": DataSet(
        description="Current (A), power (kW) and energy (kWh) of CNC machines, robot arms, presses, drills and conveyors, "
        "with temperature (degC), vibration (mm/s) and pressure (bar), every 10 s",
        families=_MACHINES,
        every_s=10.0,
        columns=(
            Column(
                name="temperature",
                tags={
                    _F.CNC: "SpindleTemperature",
                    _F.ROBOT_ARM: "JointTemperature",
                    _F.PRESS: "OilTemperature",
                    _F.DRILL: "SpindleTemperature",
                    _F.CONVEYOR: "DrumTemperature",
                },
                precision=1,
            ),
            Column(
                name="vibration",
                tags={_F.CNC: "Vibration", _F.PRESS: "Vibration", _F.DRILL: "Vibration"},
                precision=2,
            ),
            Column(
                name="pressure",
                tags={
                    _F.CNC: "CoolantPressure",
                    _F.ROBOT_ARM: "GripperPressure",
                    _F.PRESS: "HydraulicPressure",
                    _F.DRILL: "CoolantPressure",
                    _F.CONVEYOR: "TensionerPressure",
                },
                precision=2,
            ),
            Column(name="current", tags=dict.fromkeys(_MACHINES, "Current"), precision=1),
            Column(name="power", tags=dict.fromkeys(_MACHINES, "Power"), precision=2),
            Column(name="energy", tags=dict.fromkeys(_MACHINES, "Energy"), precision=3),
            Column(name="load", tags=dict.fromkeys(_MACHINES, "Load"), precision=1),
        ),
    ),
    "predictive-maintenance": DataSet(
        description="Temperature (degC), vibration (m/s2) and pressure (bar) of process machines and the CPU use (%) of "
        "the gateway beside each, every 5 s, with the remaining life",
        families=(_F.PROCESS_MACHINE,),
        companion=_F.EDGE_GATEWAY,
        every_s=5.0,
        columns=(
            *_of(
                _F.PROCESS_MACHINE,
                ("temperature", "Temperature", 1),
                ("vibration", "Vibration", 2),
                ("pressure", "Pressure", 1),
            ),
            *_of(_F.EDGE_GATEWAY, ("cpu_usage", "CpuUsage", 1)),
        ),
    ),
    "smart-generator": DataSet(
        description="A three-phase generator: rpm, voltages (V), currents (A), frequency (Hz), power factor, oil pressure "
        "(bar), temperatures (degC), power (kW), torque (Nm), revenue (EUR), every second, labelled by the oil leak rule",
        families=(_F.GENERATOR,),
        every_s=1.0,
        columns=_of(
            _F.GENERATOR,
            ("rpm", "Speed", 0),
            ("voltage_l1", "VoltageL1", 1),
            ("voltage_l2", "VoltageL2", 1),
            ("voltage_l3", "VoltageL3", 1),
            ("current_l1", "CurrentL1", 1),
            ("current_l2", "CurrentL2", 1),
            ("current_l3", "CurrentL3", 1),
            ("frequency", "Frequency", 2),
            ("power_factor", "PowerFactor", 3),
            ("oil_pressure", "OilPressure", 2),
            ("coolant_temperature", "CoolantTemperature", 1),
            ("winding_temperature", "WindingTemperature", 1),
            ("power", "Power", 2),
            ("torque", "Torque", 1),
            ("revenue", "Revenue", 2),
        ),
        rule_name="critical_oil_leak",
        rule=_is_oil_leak,
    ),
    "component-production": DataSet(
        description="Temperature, humidity, sound and vibration of cells that make wind turbine components, every 10 s, "
        "with the truth whether something was wrong",
        families=(_F.COMPONENT_CELL,),
        every_s=10.0,
        columns=_of(
            _F.COMPONENT_CELL,
            ("Temperature_C", "Temperature", 1),
            ("Humidity_%", "Humidity", 1),
            ("Sound_Volume_dB", "SoundVolume", 1),
            ("Vibration_mm_s", "Vibration", 2),
        ),
    ),
}

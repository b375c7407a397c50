"""A plant model shaped like the default plant: 108 devices, for tests of the screen."""

from typing import Final

from hmi.link.types import DeviceInfo, PlantModel, TagInfo

RUNNING_STATES: Final = ("Stopped", "Starting", "Running", "Stopping", "Stopped by e-stop", "Offline")
_NS: Final = "nsu=urn:andon:factory;s="

# name, display, unit, low, high, normal low, normal high, precision, typical, limits
M = tuple[str, str, str, float, float, float, float, int, float, dict[str, float]]
_CURRENT: M = ("Current", "Current", "A", 0, 60, 8, 30, 1, 18.4, {})
_POWER: M = ("Power", "Power", "kW", 0, 25, 4, 15, 1, 10.4, {"High": 18.0})
FAMILIES: Final[dict[str, tuple[str, tuple[M, ...], M | None]]] = {
    "CNC": (
        "CncMachineType",
        (
            ("SpindleSpeed", "Spindle speed", "rpm", 0, 5000, 1000, 4000, 0, 2398, {"High": 4000}),
            ("SpindleLoad", "Spindle load", "%", 0, 120, 20, 90, 0, 62, {"High": 95}),
            ("SpindleTemperature", "Spindle temperature", "°C", 20, 90, 35, 62, 1, 49.7, {"High": 70}),
            ("Vibration", "Vibration", "mm/s", 0, 10, 0.5, 2.8, 1, 1.9, {"High": 7.1}),
            ("CoolantPressure", "Coolant pressure", "bar", 0, 60, 35, 50, 1, 42.2, {"Low": 30}),
            _CURRENT,
            _POWER,
        ),
        ("SpindleSpeedSetpoint", "Spindle speed", "rpm", 500, 4000, 0, 0, 0, 2400, {}),
    ),
    "ROBOT": (
        "RobotArmType",
        (
            ("JointTemperature", "Joint temperature", "°C", 10, 90, 25, 55, 1, 46.8, {"High": 70}),
            ("GripperPressure", "Gripper pressure", "bar", 0, 10, 5, 7, 1, 5.9, {"Low": 4}),
            ("FollowingError", "Following error", "mm", 0, 2, 0, 0.6, 2, 0.21, {"High": 1.2}),
            _CURRENT,
            ("Power", "Power", "kW", 0, 10, 1, 6, 1, 3.9, {}),
        ),
        ("SpeedOverride", "Speed override", "%", 10, 100, 0, 0, 0, 80, {}),
    ),
    "PRESS": (
        "PressType",
        (
            ("OilTemperature", "Oil temperature", "°C", 10, 100, 40, 70, 1, 61.3, {"High": 80}),
            ("HydraulicPressure", "Hydraulic pressure", "bar", 0, 300, 150, 210, 1, 182.4, {"High": 250}),
            ("Vibration", "Vibration", "mm/s", 0, 10, 0.2, 2.5, 1, 0.7, {"High": 7.1}),
            _CURRENT,
            _POWER,
        ),
        ("PressureSetpoint", "Pressure", "bar", 80, 240, 0, 0, 0, 180, {}),
    ),
    "DRILL": (
        "DrillType",
        (
            ("SpindleTemperature", "Spindle temperature", "°C", 20, 90, 35, 62, 1, 52.6, {"High": 70}),
            ("CoolantPressure", "Coolant pressure", "bar", 0, 10, 4, 7, 1, 5.8, {"Low": 3}),
            ("Vibration", "Vibration", "mm/s", 0, 10, 0.4, 2.5, 1, 1.4, {"High": 7.1}),
            _CURRENT,
            ("Power", "Power", "kW", 0, 12, 2, 8, 1, 4.7, {}),
        ),
        ("SpindleSpeedSetpoint", "Spindle speed", "rpm", 500, 6000, 0, 0, 0, 3200, {}),
    ),
    "CONV": (
        "ConveyorType",
        (
            ("DrumTemperature", "Drum temperature", "°C", 10, 90, 25, 50, 1, 38.2, {"High": 65}),
            ("TensionerPressure", "Tensioner pressure", "bar", 0, 10, 3, 6, 1, 4.4, {"Low": 2}),
            ("BeltSpeed", "Belt speed", "m/s", 0, 2, 0.4, 1.2, 2, 0.80, {}),
            _CURRENT,
            ("Power", "Power", "kW", 0, 8, 0.8, 4, 1, 2.1, {}),
        ),
        ("BeltSpeedSetpoint", "Belt speed", "m/s", 0.1, 1.5, 0, 0, 2, 0.80, {}),
    ),
    "PUMP": (
        "PumpType",
        (
            ("DischargePressure", "Discharge pressure", "bar", 0, 10, 3, 5, 2, 4.10, {"Low": 2}),
            ("Flow", "Flow", "m³/h", 0, 80, 30, 55, 1, 42.0, {}),
            ("BearingTemperature", "Bearing temperature", "°C", 10, 110, 30, 65, 1, 44.0, {"High": 85}),
            ("Vibration", "Vibration", "mm/s", 0, 12, 0.4, 2.8, 1, 1.6, {"High": 7.1}),
            _CURRENT,
            ("Power", "Power", "kW", 0, 15, 3, 9, 1, 5.5, {}),
        ),
        ("SpeedSetpoint", "Speed", "rpm", 600, 3000, 0, 0, 0, 1450, {}),
    ),
    "PROC": (
        "ProcessMachineType",
        (
            ("Temperature", "Temperature", "°C", 0, 100, 50, 75, 1, 62.4, {"High": 80}),
            ("Vibration", "Vibration", "m/s²", 0, 8, 0.5, 3.2, 1, 2.1, {"High": 4}),
            ("Pressure", "Pressure", "bar", 0, 120, 50, 80, 1, 61.0, {"High": 90}),
            _CURRENT,
            _POWER,
        ),
        ("TemperatureSetpoint", "Temperature", "°C", 20, 78, 0, 0, 1, 62.0, {}),
    ),
    "GEN": (
        "GeneratorType",
        (
            ("Speed", "Speed", "rpm", 0, 1800, 1450, 1550, 0, 1498, {"High": 1650}),
            ("VoltageL1", "Voltage L1", "V", 0, 480, 380, 420, 1, 398.2, {"Low": 360, "High": 440}),
            ("VoltageL2", "Voltage L2", "V", 0, 480, 380, 420, 1, 399.0, {}),
            ("VoltageL3", "Voltage L3", "V", 0, 480, 380, 420, 1, 397.6, {}),
            ("CurrentL1", "Current L1", "A", 0, 900, 300, 700, 0, 612, {}),
            ("CurrentL2", "Current L2", "A", 0, 900, 300, 700, 0, 608, {}),
            ("CurrentL3", "Current L3", "A", 0, 900, 300, 700, 0, 615, {}),
            ("Frequency", "Frequency", "Hz", 45, 55, 49.8, 50.2, 2, 50.01, {"Low": 49, "High": 51}),
            ("PowerFactor", "Power factor", "", 0.5, 1, 0.85, 0.98, 2, 0.88, {}),
            ("OilPressure", "Oil pressure", "bar", 0, 8, 3, 6, 2, 4.42, {"LowLow": 2.0}),
            ("CoolantTemperature", "Coolant temperature", "°C", 20, 120, 70, 95, 1, 81.7, {"High": 105}),
            ("WindingTemperature", "Winding temperature", "°C", 20, 180, 60, 120, 1, 94.1, {"High": 150}),
            ("Power", "Power", "kW", 0, 600, 200, 500, 0, 412, {}),
            ("Torque", "Torque", "Nm", 0, 4000, 1000, 3200, 0, 2626, {}),
            ("Revenue", "Revenue", "€", 0, 100000, float("nan"), float("nan"), 2, 1290.6, {}),
        ),
        ("LoadSetpoint", "Load", "kW", 50, 550, 0, 0, 0, 410, {}),
    ),
    "CELL": (
        "ComponentCellType",
        (
            ("Temperature", "Temperature", "°C", 0, 100, 18, 60, 1, 23.9, {}),
            ("Humidity", "Humidity", "%", 0, 100, 30, 60, 0, 46, {}),
            ("SoundVolume", "Sound volume", "dB", 30, 110, 50, 70, 0, 58, {}),
            ("Vibration", "Vibration", "mm/s", 0, 10, 0.1, 2, 1, 0.3, {}),
            ("Power", "Power", "kW", 0, 5, 0.4, 2.5, 1, 1.2, {}),
        ),
        ("TemperatureSetpoint", "Temperature", "°C", 15, 60, 0, 0, 1, 24.0, {}),
    ),
    "EDGE": (
        "EdgeGatewayType",
        (
            ("CpuUsage", "CPU usage", "%", 0, 100, 5, 70, 0, 34, {"High": 90}),
            ("Temperature", "Temperature", "°C", 10, 100, 30, 65, 1, 48.2, {"High": 80}),
            ("NetworkTraffic", "Network traffic", "Mbit/s", 0, 1000, 20, 600, 0, 182, {}),
        ),
        ("RequestLimit", "Request limit", "1/s", 10, 1000, 0, 0, 0, 200, {}),
    ),
    "RIG": (
        "ReplayDeviceType",
        (
            ("Accelerometer1RMS", "Accelerometer 1 RMS", "g", 0, 1, 0.01, 0.2, 3, 0.027, {}),
            ("Current", "Current", "A", 0, 5, 0.4, 2, 2, 1.10, {}),
            ("Pressure", "Pressure", "bar", -1, 3, 0, 1, 2, 0.38, {}),
            ("Temperature", "Temperature", "°C", 0, 100, 40, 90, 1, 71.2, {}),
            ("VolumeFlowRate", "Volume flow rate", "l/min", 0, 140, 20, 130, 1, 76.0, {}),
        ),
        None,
    ),
}
_LINES: Final = (
    ("Machining", "Line 1", {"CNC": 13, "ROBOT": 6, "DRILL": 4, "CONV": 5}),
    ("Machining", "Line 2", {"CNC": 13, "ROBOT": 5, "DRILL": 4, "CONV": 4}),
    ("Forming", "Line 3", {"PRESS": 14, "ROBOT": 5, "CONV": 4}),
    ("Assembly", "Line 4", {"DRILL": 6, "ROBOT": 6, "CONV": 5}),
    ("Utilities", "Energy", {"GEN": 1, "PUMP": 2, "EDGE": 4}),
    ("Process", "Cells", {"PROC": 1, "CELL": 6}),
)
_PLANT_TAGS: Final = (
    ("Plant/EmergencyStopLatched", False), ("Plant/Heartbeat", False), ("Simulation/PlantTime", False),
    ("Simulation/Speed", False), ("Diagnostics/Sessions", False), ("Diagnostics/PublishLag", False),
    ("Diagnostics/TickOverruns", False), ("Diagnostics/StepTime", False), ("Diagnostics/JournalQueue", False),
    ("Diagnostics/JournalState", True), ("Diagnostics/WorkerState", True), ("Diagnostics/ServerVersion", True),
    ("Diagnostics/PlantFile", True), ("Diagnostics/Nodes", False), ("Diagnostics/MonitoredItems", False),
    ("Energy/PowerDrawn", False), ("Energy/PowerIdle", False), ("Energy/PowerGenerated", False),
    ("Energy/Price", False),
)  # fmt: skip
_PLANT_UNITS: Final = {
    "PublishLag": "ms",
    "StepTime": "ms",
    "Speed": "×",
    "PowerDrawn": "kW",
    "PowerIdle": "kW",
    "PowerGenerated": "kW",
    "Price": "€",
}
METHODS: Final = ("Start", "Shutdown", "Restart", "EmergencyStop", "ResetEmergencyStop", "Maintain")


class PlantShape:
    """Builds the model, and remembers each tag's typical value."""

    def __init__(self, *, replay: bool = False) -> None:
        self.tags: list[TagInfo] = []
        self.typical: list[float] = []
        self.devices: list[DeviceInfo] = []
        numbers: dict[str, int] = {}
        lines = (*_LINES, ("Test bed", "Rig", {"RIG": 1})) if replay else _LINES
        for area, line, members in lines:
            for prefix, count in members.items():
                for _ in range(count):
                    numbers[prefix] = numbers.get(prefix, 0) + 1
                    self._add_device(f"{prefix}-{numbers[prefix]:03d}", prefix, area, line)
        for path, is_text in _PLANT_TAGS:
            group, _, name = path.partition("/")
            self._add("", group, name, unit=_PLANT_UNITS.get(name, ""), text=is_text, node=path, precision=0)

    def model(self) -> PlantModel:
        """Return the whole plant."""
        return PlantModel(
            plant_name="Factory",
            devices=tuple(self.devices),
            tags=tuple(self.tags),
            methods={"EmergencyStopAll": _NS + "Plant/EmergencyStopAll"},
        )

    def _add_device(self, tag: str, prefix: str, area: str, line: str) -> None:
        type_name, measurements, setpoint = FAMILIES[prefix]
        first = len(self.tags)
        for m in measurements:
            self._add_measurement(tag, "Measurements", m)
            if m[0] in {"Power", "Vibration"}:
                self._add_expected(tag, m)
        if setpoint is not None:
            self._add_measurement(tag, "Setpoints", setpoint)
        self._add_states(tag)
        if setpoint is None:
            self._add_playback(tag)
        names = METHODS if setpoint is not None else ("Play", "Pause", "SetSpeed")
        self.devices.append(
            DeviceInfo(
                tag=tag,
                node_id=_NS + tag,
                type_name=type_name,
                display_name=tag,
                area=area,
                line=line,
                manufacturer="Andon Works",
                model="VMC-650",
                serial=f"2019-{first:04d}",
                tags=tuple(range(first, len(self.tags))),
                methods={n: f"{_NS}{tag}/{n}" for n in names},
            )
        )

    def _add_expected(self, device: str, m: M) -> None:
        """What a twin expects: the typical value."""
        name, display, unit, *_, precision, typical, _ = m
        self._add(
            device,
            "Expected",
            name,
            display=f"Expected {display}",
            unit=unit,
            precision=precision,
            typical=typical,
            node=f"{device}/Measurements/{name}/Expected",
        )

    def _add_states(self, tag: str) -> None:
        self._add(tag, "State", "RunningState", states=RUNNING_STATES, typical=2.0)
        self._add(tag, "State", "EmergencyStopLatched", states=("Released", "Latched"))
        self._add(tag, "State", "Load", unit="%", typical=70.0)
        self._add(tag, "State", "Heartbeat", typical=1.0)
        self._add(tag, "Health", "FailureProbability", unit="%", typical=4.0, precision=0)
        self._add(tag, "Health", "AnomalyScore", typical=0.12, precision=2)
        self._add(tag, "Health", "Anomaly", states=("No", "Yes"))
        self._add(tag, "Health", "HealthGrade", states=("Healthy", "Anomaly", "Unknown", "Learning"))
        self._add(tag, "Health", "Recommendation", text=True)
        self._add(tag, "Health", "IdlePower", unit="kW", typical=0.0)
        self._add(tag, "Health", "IdleCost", unit="EUR/day")
        self._add(tag, "Health", "ContributionNames", text=True)
        self._add(tag, "Health", "Contributions", text=True)
        self._add(tag, "Counters", "RunHours", unit="h", typical=1874.0, precision=0)
        self._add(tag, "Counters", "Energy", unit="kWh", typical=9120.0, precision=0)
        self._add(tag, "Counters", "Starts", typical=312.0, precision=0)
        self._add(tag, "Counters", "IdleHours", unit="h", typical=41.0, precision=0)

    def _add_playback(self, tag: str) -> None:
        self._add(tag, "Playback", "RecordedTime", text=True)
        self._add(tag, "Playback", "Speed", unit="×", typical=20.0)
        self._add(tag, "Playback", "Position", typical=412.0, precision=0)
        self._add(tag, "Playback", "Playing", states=("No", "Yes"), typical=1.0)

    def _add_measurement(self, device: str, group: str, m: M) -> None:
        name, display, unit, low, high, normal_low, normal_high, precision, typical, limits = m
        is_setpoint = group == "Setpoints"
        self._add(
            device,
            group,
            name,
            display=display,
            unit=unit,
            low=low,
            high=high,
            normal_low=float("nan") if is_setpoint else normal_low,
            normal_high=float("nan") if is_setpoint else normal_high,
            precision=precision,
            typical=typical,
            limits=limits,
            writable=is_setpoint,
        )

    def _add(
        self,
        device: str,
        group: str,
        name: str,
        *,
        display: str = "",
        unit: str = "",
        low: float = float("nan"),
        high: float = float("nan"),
        normal_low: float = float("nan"),
        normal_high: float = float("nan"),
        precision: int = 1,
        typical: float = 0.0,
        limits: dict[str, float] | None = None,
        states: tuple[str, ...] = (),
        text: bool = False,
        writable: bool = False,
        node: str = "",
    ) -> None:
        path = node or f"{device}/{group}/{name}"
        self.tags.append(
            TagInfo(
                tag_id=len(self.tags),
                node_id=_NS + path,
                device=device,
                group=group,
                name=name,
                display_name=display or name,
                unit=unit,
                low=low,
                high=high,
                normal_low=normal_low,
                normal_high=normal_high,
                precision=precision,
                writable=writable,
                is_text=text,
                states=states,
                limits=limits or {},
                limit_nodes={k: f"{_NS}{path}/{k}Limit" for k in limits or {}},
            )
        )
        self.typical.append(typical)

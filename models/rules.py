"""Apply the source systems' fixed rules, as the baseline that detectors are measured against."""

import numpy as np
from numpy.typing import NDArray

from models.layout import Layout

HOT_DEGC = 80.0  # source system S0
SHAKING_M_S2 = 4.0
PRESSED_BAR = 90.0
TURNING_RPM = 500.0  # source system S3
OIL_BAR = 2.0

FloatArray = NDArray[np.float64]


class SourceRules:
    """The rules on the families that they were made for: process machines and generators."""

    def __init__(self, layout: Layout) -> None:
        self._n = layout.n_devices
        self._columns = {
            (int(device), layout.tag_name[column]): column
            for column, device in enumerate(layout.tag_device_index)
            if layout.tag_group[column] == "Measurements"
        }
        self._process = [i for i, family in enumerate(layout.families) if family == "process_machine"]
        self._generators = [i for i, family in enumerate(layout.families) if family == "generator"]

    def fire(self, values: FloatArray) -> NDArray[np.bool_]:
        """Return on which devices a rule fires, shape (n_devices,)."""
        fired = np.zeros(self._n, dtype=np.bool_)
        for device in self._process:
            fired[device] = (
                self._read(values, device, "Temperature") > HOT_DEGC
                or self._read(values, device, "Vibration") > SHAKING_M_S2
                or self._read(values, device, "Pressure") > PRESSED_BAR
            )
        for device in self._generators:
            turning = self._read(values, device, "Speed") > TURNING_RPM
            fired[device] = turning and self._read(values, device, "OilPressure") < OIL_BAR
        return fired

    def _read(self, values: FloatArray, device: int, name: str) -> float:
        column = self._columns.get((device, name))
        return float("nan") if column is None else float(values[column])

"""Show the plant's energy now: drawn, idle, generated, earned."""

import math

import numpy as np
from PySide6.QtWidgets import QHBoxLayout, QWidget

from hmi.state.console import ConsoleState
from hmi.state.families import GENERATOR
from hmi.state.plant_summary import power_sum
from hmi.theme.numbers import MISSING, number
from hmi.theme.tokens import FIGURE, SMALL
from hmi.widgets.decimate import DRAWABLE
from hmi.widgets.facts import FactList
from hmi.widgets.panel import Panel, Text, rule
from hmi.widgets.scale_bar import BarState, ScaleBar


class EnergyPanel(Panel):
    """Total power on its scale, then where it comes from and what idles."""

    def __init__(self, state: ConsoleState, parent: QWidget | None = None) -> None:
        super().__init__("Energy now", parent=parent)
        self._state = state
        self._total = Text(MISSING, size=FIGURE, strong=True)
        self._unit = Text("kW drawn", size=SMALL, role="dim")
        self._bar = ScaleBar("Power drawn by the plant")
        self._facts = FactList(("Generator", "Idle", "Revenue"), figures=True)
        head = QHBoxLayout()
        head.addWidget(self._total)
        head.addWidget(self._unit)
        head.addStretch(1)
        self.body.setSpacing(4)
        self.add(head)
        self.add(self._bar)
        self.add(rule())
        self.add(self._facts)
        self.body.addStretch(1)

    def set_compact(self, compact: bool) -> None:
        """Leave the scale out where the page is low."""
        self._bar.setVisible(not compact)

    def refresh(self) -> None:
        """Show the newest values."""
        columns = self._state.columns
        power = power_sum(columns, tuple(range(len(columns))))
        fault = self._state.session.stale_reason()
        known = power.missing < len(columns) and power.high > 0
        self._total.show_text(number(power.total, 0) if known else MISSING)
        self.aside.show_text(f"{power.missing} missing" if power.missing else "")
        self._bar.show_state(
            BarState(
                value=power.total if known else math.nan,
                low=0.0,
                high=max(power.high, 1.0),
                normal_low=power.normal_low,
                normal_high=power.normal_high,
                fault=fault,
            )
        )
        self._facts.show_fact("Generator", self._generator("Power"))
        self._facts.show_fact("Idle", self._idle())
        self._facts.show_fact("Revenue", self._generator("Revenue"))

    def _generator(self, name: str) -> str:
        devices = [d for d in self._state.catalogue.devices if d.type_name == GENERATOR]
        tags = [
            t for d in devices if (t := self._state.catalogue.find(d.tag, "Measurements", name)) is not None
        ]
        if not tags:
            return MISSING
        total = sum(float(self._state.store.values[t.tag_id]) for t in tags)
        unit = "€" if tags[0].unit in {"EUR", "€"} else tags[0].unit
        precision = tags[0].precision if abs(total) < 1000 else 0
        return f"{number(total, precision)} {unit}" if not math.isnan(total) else MISSING

    def _idle(self) -> str:
        idle = self._state.columns.idle_kw
        known = idle[np.abs(idle) < DRAWABLE]
        return f"{number(float(known.sum()), 1)} kW" if known.size else MISSING

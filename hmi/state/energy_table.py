"""Show lines and actions of the energy page as tables."""

import math

from PySide6.QtCore import QObject

from hmi.state.energy import EnergyAction, LineEnergy
from hmi.state.row_table import Column, RowTable
from hmi.theme.numbers import MISSING, number
from hmi.theme.roles import Tone


class ActionTable(RowTable[EnergyAction]):
    """What would lower consumption, the largest saving first."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(
            (
                Column("Device", lambda a: a.device, tone=Tone.STRONG),
                Column("What to do", lambda a: a.what),
                Column("Because it", lambda a: a.why, tone=Tone.DIM),
                Column("Saves kW", lambda a: _figure(a.saving_kw, 1), right=True, tone=Tone.STRONG),
                Column("€ a day", lambda a: _figure(a.saving_eur_day, 2), right=True),
            ),
            lambda a: a.device,
            parent,
        )


class LineTable(RowTable[LineEnergy]):
    """Where the power goes, the line that draws most first."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(
            (
                Column("Line", lambda a: a.line, tone=Tone.STRONG),
                Column("Area", lambda a: a.area, tone=Tone.DIM),
                Column("Drawn kW", lambda a: _figure(a.drawn_kw, 1), right=True, tone=Tone.STRONG),
                Column("Share", lambda a: f"{_figure(a.share * 100.0, 0)} %", right=True),
                Column("Idle kW", lambda a: _figure(a.idle_kw, 1), right=True),
                Column("Counted kWh", lambda a: _figure(a.consumed_kwh, 0), right=True),
            ),
            lambda a: a.line,
            parent,
        )


def _figure(value: float, precision: int) -> str:
    return MISSING if math.isnan(value) else number(value, precision)

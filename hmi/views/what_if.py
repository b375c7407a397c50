"""Show, before a setpoint is written, what would become of the device.

objectNames: `whatif.curve`, `whatif.chart`, `whatif.reason`.
"""

import math
from typing import Final

from PySide6.QtCore import QObject, QTimer
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from hmi.link.types import Forecast, ForecastCurve, Reply, TagInfo
from hmi.state.catalogue import MEASUREMENTS
from hmi.state.console import ConsoleState
from hmi.state.forecast import MINUTES, comparison, curves_of, event_words, new_trip
from hmi.theme.tokens import GRID, SMALL
from hmi.views.faces import pen_of, setpoint_for, title_of, unit_of
from hmi.widgets.forecast import ForecastChart, ForecastPlot, ForecastRow, ForecastTable
from hmi.widgets.panel import Text, rule
from hmi.widgets.setpoint_dialog import SetpointDialog

_TYPING_MS: Final = 350  # a question is put once the typing has paused
_WIDTH: Final = 640  # px
_SHORTEST_REASON: Final = 5  # characters


class ForecastView(QWidget):
    """The prediction: one measurement's two futures, the comparison, a field for the reason."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.curve = QComboBox()
        self.curve.setObjectName("whatif.curve")
        self.curve.setAccessibleName("Measurement shown")
        self.chart = ForecastChart()
        self.chart.setObjectName("whatif.chart")
        self.table = ForecastTable()
        self.warning = Text("", size=SMALL, strong=True)
        self.warning.wrap(2)
        self.reason = QLineEdit()
        self.reason.setObjectName("whatif.reason")
        self.reason.setPlaceholderText("Reason for writing it all the same; it goes into the journal")
        self.reason.setAccessibleName("Reason for writing it although a trip is predicted")
        self.reason.setMaxLength(200)
        head = QHBoxLayout()
        head.setSpacing(GRID)
        head.addWidget(Text(f"What if: the next {MINUTES:g} minutes", size=SMALL, strong=True))
        head.addStretch(1)
        head.addWidget(self.curve)
        self.setMinimumWidth(_WIDTH)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(GRID)
        layout.addWidget(rule())
        layout.addLayout(head)
        layout.addWidget(self.chart, 1)
        layout.addWidget(Text("dashed: do nothing · solid: the new value", size=SMALL, role="dim"))
        layout.addWidget(self.table)
        layout.addWidget(self.warning)
        layout.addWidget(self.reason)


class WhatIfDesk(QObject):
    """Asks the server for the prediction of what is typed, and holds back what would end in a trip without a reason."""

    def __init__(self, state: ConsoleState, tag: TagInfo, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._state, self._tag = state, tag
        self._dialog: SetpointDialog | None = None
        self._asked = 0
        self._curves: tuple[tuple[ForecastCurve, TagInfo], ...] = ()
        self._forecast: Forecast | None = None
        self._needs_reason = False
        self.view: ForecastView | None = None
        self.reason = ""
        self._pause = QTimer(self)
        self._pause.setSingleShot(True)
        self._pause.setInterval(_TYPING_MS)
        self._pause.timeout.connect(self._ask)
        state.replied.connect(self._on_replied)

    def attach(self, dialog: SetpointDialog) -> None:
        """Put the prediction into a dialog."""
        self._dialog = dialog
        view = self.view = ForecastView()
        view.curve.currentIndexChanged.connect(self._show_curve)
        view.reason.textChanged.connect(self._on_reason)
        dialog.set_preview(view)
        dialog.value_changed.connect(self._on_value)
        self._on_value(dialog.value)

    def _on_value(self, value: float) -> None:
        assert self.view is not None
        self._asked = 0
        self._set_need(needed=False)
        if math.isfinite(value):
            self.view.chart.show_waiting("Predicting…")
            self._pause.start()
        else:
            self._pause.stop()
            self.view.chart.show_waiting("Type a value to see what it would do")

    def _ask(self) -> None:
        if self._dialog is not None and math.isfinite(self._dialog.value):
            tag = self._tag
            self._asked = self._state.link.what_if(tag.device, tag.name, self._dialog.value, MINUTES)

    def _on_replied(self, reply: Reply) -> None:
        if self.view is None or not self._asked or reply.request_id != self._asked:
            return
        self._asked = 0
        if not reply.ok or not isinstance(reply.payload, Forecast):
            self.view.chart.show_waiting(f"No prediction: {reply.error}".rstrip(": "))
            return
        self._forecast = reply.payload
        self._curves = curves_of(reply.payload, self._state.catalogue, self._tag.device, self._aimed_at())
        self._fill_choice()
        self.view.table.show_rows(
            tuple(
                ForecastRow(c.label, c.nothing, c.proposed, c.is_worse)
                for c in comparison(reply.payload, self._tag.device, self._title)
            )
        )
        self._judge(reply.payload)

    def _aimed_at(self) -> str:
        """Return the name of the measurement that follows this setpoint, "" where none does."""
        catalogue = self._state.catalogue
        found = catalogue.tags_of(self._tag.device, MEASUREMENTS)
        aims = (setpoint_for(catalogue, tag) for tag in found)
        return next((t.name for t, aim in zip(found, aims, strict=True) if aim == self._tag), "")

    def _fill_choice(self) -> None:
        assert self.view is not None
        choice = self.view.curve
        chosen = choice.currentData()
        names = [tag.name for _, tag in self._curves]
        choice.blockSignals(True)
        choice.clear()
        for _, tag in self._curves:
            choice.addItem(title_of(tag), tag.name)
        choice.setCurrentIndex(names.index(chosen) if chosen in names else (0 if names else -1))
        choice.blockSignals(False)
        self._show_curve(choice.currentIndex())

    def _show_curve(self, place: int) -> None:
        if self.view is None or self._forecast is None or not 0 <= place < len(self._curves):
            return
        curve, tag = self._curves[place]
        self.view.chart.show_plot(
            ForecastPlot(
                unit=unit_of(tag),
                precision=tag.precision,
                minutes=self._forecast.times_s / 60.0,
                nothing=curve.nothing,
                proposed=curve.proposed,
                limits=pen_of(tag).limits,
            )
        )

    def _judge(self, forecast: Forecast) -> None:
        assert self.view is not None
        trip = new_trip(forecast)
        self._set_need(needed=trip is not None)
        if trip is not None:
            words = event_words(trip, trip.proposed_s, self._title)
            self.view.warning.show_text(
                f"With this value a trip is predicted: {words}. It is written only with a reason."
            )

    def _title(self, source: str) -> str:
        """Return what an operator calls a tag, "Spindle temperature"; another device's with its name."""
        device, _, name = source.partition("/")
        tag = self._state.catalogue.find(device, MEASUREMENTS, name)
        title = source if tag is None else title_of(tag)
        return title if tag is None or device == self._tag.device else f"{device} {title.lower()}"

    def _set_need(self, *, needed: bool) -> None:
        assert self.view is not None
        self._needs_reason = needed
        self.view.reason.setVisible(needed)
        if not needed:
            self.view.warning.show_text("")
        self._on_reason(self.view.reason.text())

    def _on_reason(self, text: str) -> None:
        self.reason = text.strip() if self._needs_reason else ""
        if self._dialog is not None:
            self._dialog.hold_back(
                "give a reason first" if self._needs_reason and len(self.reason) < _SHORTEST_REASON else ""
            )

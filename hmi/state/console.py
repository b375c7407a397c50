"""Build everything the screen knows, and connect it to the link once."""

import math
import time
from collections.abc import Callable

from PySide6.QtCore import QObject, Signal

from hmi.link.types import ConditionEvent, LinkStatus, PlantModel, Reply, SampleBatch
from hmi.state.alarms import AlarmBook
from hmi.state.catalogue import Catalogue
from hmi.state.clock import ScreenClock
from hmi.state.commands import CommandBook
from hmi.state.device_columns import DeviceColumns
from hmi.state.device_table import DeviceTableModel
from hmi.state.operator import Operator
from hmi.state.port import LinkPort
from hmi.state.session import SessionState
from hmi.state.tags import TagStore


class ConsoleState(QObject):
    """The models of the console; the pages read them, the link feeds them."""

    model_replaced = Signal()
    replied = Signal(object)  # Reply

    def __init__(
        self,
        link: LinkPort,
        *,
        read_only: bool = False,
        monotonic_s: Callable[[], float] = time.monotonic,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self.link = link
        self._monotonic_s = monotonic_s
        self.catalogue = Catalogue()
        self.store = TagStore(self)
        self.alarms = AlarmBook(self)
        self.commands = CommandBook(self)
        self.session = SessionState(monotonic_s, self)
        self.clock = ScreenClock(parent=self)
        self.columns = DeviceColumns()
        self.devices = DeviceTableModel(self.columns, self.clock, self)
        self.operator = Operator(link, self.store, self.session, read_only=read_only, parent=self)
        self._seen_revision = -1
        self._connect(link)

    def _connect(self, link: LinkPort) -> None:
        link.status_changed.connect(self._on_status_changed)
        link.model_arrived.connect(self._on_model_arrived)
        link.samples_arrived.connect(self._on_samples_arrived)
        link.texts_arrived.connect(self._on_texts_arrived)
        link.conditions_arrived.connect(self._on_conditions_arrived)
        link.conditions_refreshed.connect(self._on_conditions_refreshed)
        link.command_changed.connect(self.commands.take)
        link.replied.connect(self._on_replied)
        self.alarms.changed.connect(self._on_alarms_changed)
        self.session.liveness_changed.connect(self._on_liveness_changed)

    def _on_status_changed(self, status: LinkStatus) -> None:
        self.session.take(status)

    def _on_liveness_changed(self, live: bool) -> None:
        if not live:
            self.store.note_silence()

    def _on_model_arrived(self, model: PlantModel) -> None:
        self.catalogue = Catalogue(model)
        self.operator.catalogue = self.catalogue
        self.store.replace_model(model)
        self.columns.attach(self.catalogue)
        self.columns.update_alarms(self.alarms)
        self.devices.reset()
        self.model_replaced.emit()

    def _on_samples_arrived(self, batch: SampleBatch) -> None:
        self.store.store(batch)

    def _on_texts_arrived(self, samples: object) -> None:
        self.store.store_texts(samples if isinstance(samples, tuple) else ())

    def _on_conditions_arrived(self, events: tuple[ConditionEvent, ...]) -> None:
        self.alarms.take(events)

    def _on_conditions_refreshed(self, events: tuple[ConditionEvent, ...]) -> None:
        self.alarms.refresh(events)

    def _on_replied(self, reply: Reply) -> None:
        self.replied.emit(reply)

    def _on_alarms_changed(self) -> None:
        self.columns.update_alarms(self.alarms)
        self.devices.refresh()

    def drill_speed(self) -> float | None:
        """Return the plant's speed in simulated seconds a second where that is not real time, else None."""
        tag = self.catalogue.find_path("Simulation/Speed")
        if tag is None:
            return None
        speed = self.store.reading(tag.tag_id).value
        return speed if math.isfinite(speed) and speed != 1.0 else None

    def refresh(self) -> bool:
        """Bring the device columns up to date; returns whether anything but heartbeats has changed."""
        if self.store.revision == self._seen_revision:
            return False
        self._seen_revision = self.store.revision
        self.columns.update(self.store, self._monotonic_s())
        self.devices.refresh()
        return True

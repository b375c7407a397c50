"""Frame the pages: header, alarm banner, navigation, command bar.

    window = MainWindow(link, ViewSettings(...))   # after `apply_theme(app, settings.palette)`
    window.show_page("alarms"); window.show_device("CNC-014"); window.select_device("CNC-014")
    window.page_name(); window.state                # the models, for tests and the demo

Pages: overview, devices, device, alarms, trends, energy, simulation, diagnostics.
objectNames: `navButton` (property `page`), `header.place`, `header.link`, `header.lock`, `header.drill`, `header.zone.utc|local`, `banner.row.0..2`,
`banner.ack.0..2`, `banner.showAll`, and those of the command bar and the pages (see their modules).
"""

from typing import Final

from PySide6.QtCore import QTimer
from PySide6.QtGui import QCloseEvent
from PySide6.QtWidgets import QHBoxLayout, QMainWindow, QStackedWidget, QVBoxLayout, QWidget

from hmi.link.types import CommandStage, LinkState, Reply
from hmi.state.console import ConsoleState
from hmi.state.frame_clock import FrameClock
from hmi.state.port import LinkPort
from hmi.theme.badges import Badge, BadgeState
from hmi.theme.tokens import FLASH_MS, REFRESH_MS
from hmi.views.alarms import AlarmsPage
from hmi.views.command_bar import CommandBar
from hmi.views.device import DevicePage
from hmi.views.devices import DevicesPage
from hmi.views.diagnostics import DiagnosticsPage
from hmi.views.energy import EnergyPage
from hmi.views.faces import banner_line, strip_state
from hmi.views.login import LoginDesk
from hmi.views.overview import OverviewPage
from hmi.views.page import Page
from hmi.views.pages import Make, Pages
from hmi.views.settings import ViewSettings
from hmi.views.simulation import SimulationPage
from hmi.views.trends import TrendsPage
from hmi.widgets.alarm_banner import AlarmBanner
from hmi.widgets.banner_row import BannerLine
from hmi.widgets.header import Header
from hmi.widgets.nav_rail import NavRail

DEFAULT_SIZE: Final = (1600, 1000)
SMALLEST_SIZE: Final = (1280, 760)
_IN_NAV: Final[tuple[type[Page], ...]] = (
    OverviewPage,
    DevicesPage,
    AlarmsPage,
    TrendsPage,
    EnergyPage,
    SimulationPage,
    DiagnosticsPage,
)
_LINKED: Final = frozenset({LinkState.LIVE, LinkState.STALE})


class MainWindow(QMainWindow):
    """The console's one window; it owns the models and the one timer that repaints."""

    def __init__(self, link: LinkPort, settings: ViewSettings, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.settings = settings
        self.state = ConsoleState(link, read_only=settings.read_only, parent=self)
        self.state.clock.utc = settings.utc
        self.setWindowTitle("Andon")
        self.setObjectName("mainWindow")
        self.resize(*DEFAULT_SIZE)
        self.setMinimumSize(*SMALLEST_SIZE)
        self.header = Header(self)
        self.login = LoginDesk(self.state, self.header, settings.user, self)
        self.banner = AlarmBanner(self)
        self.command_bar = CommandBar(self.state, self)
        self.nav = NavRail([(page.name, page.title) for page in _IN_NAV], self)
        self._frames = FrameClock(REFRESH_MS)
        self._stack = QStackedWidget(self)
        self.pages = Pages(self._makers(), self._take_page)
        self._lit = True
        self._dirty = True
        self._asked: dict[int, str] = {}
        self._lay_out()
        self._connect()
        self._start_timers()
        self.show_page("overview")

    def _makers(self) -> dict[str, Make]:
        state, settings = self.state, self.settings
        return {
            OverviewPage.name: lambda: OverviewPage(state, self),
            DevicesPage.name: lambda: DevicesPage(state, self),
            DevicePage.name: lambda: DevicePage(state, self),
            AlarmsPage.name: lambda: AlarmsPage(state, settings, self),
            TrendsPage.name: lambda: TrendsPage(state, self),
            EnergyPage.name: lambda: EnergyPage(state, self),
            SimulationPage.name: lambda: SimulationPage(state, self),
            DiagnosticsPage.name: lambda: DiagnosticsPage(state, settings, self._frames, self),
        }

    def _take_page(self, page: Page) -> None:
        self._stack.addWidget(page)
        page.device_opened.connect(self.show_device)
        page.device_selected.connect(self.select_device)
        page.message_said.connect(self.command_bar.say)
        if self.state.catalogue.devices:
            page.rebuild()  # the plant is known already

    def _lay_out(self) -> None:
        body = QHBoxLayout()
        body.setSpacing(0)
        body.addWidget(self.nav)
        body.addWidget(self._stack, 1)
        root = QWidget(self)
        root.setObjectName("page")
        column = QVBoxLayout(root)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.header)
        column.addWidget(self.banner)
        column.addLayout(body, 1)
        column.addWidget(self.command_bar)
        self.setCentralWidget(root)

    def _connect(self) -> None:
        self.nav.page_chosen.connect(self.show_page)
        self.header.zone_chosen.connect(self.state.clock.set_utc)
        self.banner.acknowledge_wanted.connect(self._on_acknowledge_wanted)
        self.banner.opened.connect(self._on_alarm_opened)
        self.banner.list_wanted.connect(self._on_list_wanted)
        self.state.model_replaced.connect(self._on_model_replaced)
        self.state.session.changed.connect(self._on_session_changed)
        self.state.alarms.changed.connect(self._on_alarms_changed)
        self.state.clock.zone_changed.connect(self._on_alarms_changed)
        self.state.commands.changed.connect(self._on_command_changed)
        self.state.replied.connect(self._on_replied)

    def _start_timers(self) -> None:
        self._refresh = QTimer(self)
        self._refresh.setInterval(REFRESH_MS)
        self._refresh.timeout.connect(self.refresh)
        self._refresh.start()
        self._flash = QTimer(self)
        self._flash.setInterval(FLASH_MS)
        self._flash.timeout.connect(self._on_flash)
        if not self.settings.reduced_motion:
            self._flash.start()

    # what others may ask

    def page_name(self) -> str:
        """Return the name of the page that is open."""
        page = self._stack.currentWidget()
        assert isinstance(page, Page)
        return page.name

    def show_page(self, name: str) -> None:
        """Open a page.

        Raises:
            KeyError: There is no page of that name.
        """
        page = self.pages[name]
        self._stack.setCurrentWidget(page)
        self.nav.mark("devices" if name == "device" else name)
        self._dirty = True
        wanted = page.tags_wanted()
        if wanted:
            self.state.link.show_first(wanted)
        self.refresh()

    def show_device(self, tag: str) -> None:
        """Open a device's page."""
        page = self.pages["device"]
        if isinstance(page, DevicePage) and page.show_device(tag):
            self.select_device(tag)
            self.show_page("device")

    def select_device(self, tag: str) -> None:
        """Take a device as the one that the command bar is for."""
        self.command_bar.select(tag)

    def refresh(self) -> None:
        """Bring what is visible up to date; called ten times a second, paints only what has changed."""
        self._frames.tick()
        self.state.store.settle()
        changed = self.state.refresh() or self._dirty
        self._show_frame()
        if changed:
            self._dirty = False
            self.header.show_drill(self.state.drill_speed())
            page = self._stack.currentWidget()
            if isinstance(page, Page):
                page.refresh()
                title = page.title if page.name != "device" else self.pages["device"].windowTitle()
                self.header.show_place(title, page.place())
            self.command_bar.refresh()

    # inside

    def _show_frame(self) -> None:
        self.header.show_time(self.state.clock.full(self.state.clock.now_ns()))
        if not self.state.session.is_live or self._has_countdown():
            self._show_banner()

    def _has_countdown(self) -> bool:
        return any(row.line is not None and row.line.respond for row in self.banner.rows)

    def _show_banner(self) -> None:
        state = self.state
        may_ack = state.session.is_live and not state.operator.read_only
        lines: list[BannerLine | None] = [
            banner_line(e, state.clock, state.catalogue, may_ack=may_ack)
            for e in state.alarms.process_banner()
        ]
        comms = state.session.comms_message()
        if comms:
            lines.insert(0, self._comms_line(comms))
        predicted = state.alarms.predicted_banner()
        third = banner_line(predicted, state.clock, state.catalogue, may_ack=may_ack) if predicted else None
        padded = [*lines, None, None]
        self.banner.show_lines((padded[0], padded[1], third))
        counts = state.alarms.counts()
        found = (counts[1], counts[2] + bool(comms), counts[3], counts[4])
        active, waiting = state.alarms.active() + bool(comms), state.alarms.unacknowledged() + bool(comms)
        self.banner.counts.show_counts(found, active, waiting)

    def _comms_line(self, message: str) -> BannerLine:
        return BannerLine(
            key="",
            badge=Badge(2, BadgeState.UNACKED),
            time=self.state.clock.of_day(
                self.state.clock.now_ns() - int(self.state.session.silent_s() * 1e9)
            ),
            device="Console",
            source="Link",
            message=message,
            action="check server and network; it reconnects by itself",
            state="UNACK",
        )

    def _on_flash(self) -> None:
        self._lit = not self._lit
        self.banner.set_lit(self._lit)
        page = self._stack.currentWidget()
        if isinstance(page, Page):
            page.set_lit(self._lit)

    def _on_model_replaced(self) -> None:
        for page in self.pages.made():
            page.rebuild()
        self._dirty = True
        self.nav.note.show_text(f"{self.state.catalogue.model.plant_name}\nsimulated plant")
        wanted = self.pages[self.page_name()].tags_wanted()
        if wanted:
            self.state.link.show_first(wanted)

    def _on_session_changed(self) -> None:
        status = self.state.session.status
        live = self.state.session.is_live
        words = f"OPC UA · {status.url}"
        if status.state is not LinkState.LIVE:
            words += f" · {status.state.value}"
        elif status.latency_ms is not None:
            words += f" · {max(round(status.latency_ms), 1)} ms"
        self.header.show_link(words, live=live)
        self.header.show_lock(status.encryption if status.state in _LINKED else None)
        self._show_banner()
        self._dirty = True

    def _on_alarms_changed(self) -> None:
        self._show_banner()
        self._dirty = True

    def _on_acknowledge_wanted(self, condition_id: str) -> None:
        event = self.state.alarms.get(condition_id)
        if event is not None:
            for request in self.state.operator.acknowledge((event,)):
                self._asked[request] = f"{event.device} {event.name}".strip()

    def _on_replied(self, reply: Reply) -> None:
        what = self._asked.pop(reply.request_id, None)
        if what is not None:
            self.command_bar.say(
                f"{what}: acknowledged" if reply.ok else f"{what}: not acknowledged, {reply.error}"
            )

    def _on_alarm_opened(self, condition_id: str) -> None:
        event = self.state.alarms.get(condition_id)
        if event is not None and self.state.catalogue.device(event.device) is not None:
            self.show_device(event.device)
        elif event is not None:
            self.show_page("alarms")

    def _on_list_wanted(self) -> None:
        self.show_page("alarms")

    def _on_command_changed(self, device: str) -> None:
        shown = strip_state(self.state.commands.newest(device), self.state.clock)
        life = self.state.commands.newest(device)
        if shown is not None and life is not None:
            prefix = f"{device} · " if device else ""
            self.command_bar.say(prefix + shown.sentence)
        self._dirty = True
        if life is not None and life.stage is CommandStage.REFUSED:
            self.command_bar.refresh()

    def closeEvent(self, event: QCloseEvent) -> None:
        self._refresh.stop()
        self._flash.stop()
        self.setUpdatesEnabled(
            False
        )  # values still arrive; nothing may be painted once the native window is gone
        super().closeEvent(event)

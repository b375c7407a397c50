"""A screen without a display, and a console over a scripted link."""

import os

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from collections.abc import Callable, Iterator

import pytest
from PySide6.QtCore import QEvent, Qt, QtMsgType
from PySide6.QtWidgets import QApplication

from hmi.state.console import ConsoleState
from hmi.theme.current import apply_theme
from hmi.views.main_window import MainWindow
from hmi.views.settings import ViewSettings
from hmi.views.simulation import SimulationPage
from hmi.views.trends import TrendsPage
from tests.fakes.link import FakeLink

OURS = ("theme", "state", "widgets", "views")
ALLOWED = (
    "This plugin does not support propagateSizeHints",
    "This plugin does not support raise()",
)  # offscreen
MakeWindow = Callable[..., tuple[MainWindow, FakeLink]]


@pytest.fixture(autouse=True)
def _no_qt_warnings(request: pytest.FixtureRequest) -> Iterator[None]:
    """Fail a test of the screen in which Qt complains."""
    if request.path.parent.name not in OURS:
        yield
        return
    log = request.getfixturevalue("qtlog")
    yield
    said = [
        r.message for r in log.records if r.type != QtMsgType.QtDebugMsg and r.type != QtMsgType.QtInfoMsg
    ]
    assert not [m for m in said if not m.startswith(ALLOWED)]


@pytest.fixture(scope="session")
def themed(qapp: QApplication) -> QApplication:
    """The application in its light dress, put on once: it restyles every widget alive."""
    apply_theme(qapp)
    return qapp


@pytest.fixture
def link(qapp: QApplication) -> FakeLink:
    """A link to a plant of 108 devices."""
    return FakeLink(now_s=1_795_000_000.0)


@pytest.fixture
def state(link: FakeLink) -> ConsoleState:
    """The models of a console that is connected, with two seconds of values."""
    made = ConsoleState(link)
    link.connect_plant()
    made.refresh()
    return made


class WindowPool:
    """One connected window for all tests, brought back to its first state between them: building costs 0.7 s."""

    def __init__(self) -> None:
        self._kept: tuple[MainWindow, FakeLink] | None = None
        self._extra: list[MainWindow] = []

    def build(
        self, *, replay: bool = False, connect: bool = True, **settings: object
    ) -> tuple[MainWindow, FakeLink]:
        """Return a window of 1600 x 1000 and its link; a fresh one where the test asks for something special."""
        special = replay or not connect or bool(settings)
        if not special and self._kept is not None:
            _start_over(*self._kept)
            return self._kept
        link = FakeLink(replay=replay)
        window = MainWindow(link, ViewSettings(reduced_motion=True, **settings))  # type: ignore[arg-type]
        window.show()
        QApplication.processEvents()
        if connect:
            link.connect_plant()
            window.refresh()
        if special:
            self._extra.append(window)
        else:
            self._kept = window, link
        return window, link

    def close_extra(self) -> None:
        """Close the special windows."""
        for window in self._extra:
            window.close()
            window.deleteLater()
        self._extra.clear()
        QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)

    def close(self) -> None:
        """Close all windows."""
        if self._kept is not None:
            self._extra.append(self._kept[0])
        self.close_extra()


def _start_over(window: MainWindow, link: FakeLink) -> None:
    link.reset()
    window.state.alarms._seen.clear()
    window.state.commands._lives.clear()
    window.state.commands._newest.clear()
    window.state.devices._sort = None
    window.state.clock.set_utc(True)
    window.resize(1600, 1000)
    for name in ("overview", "devices"):
        panel = window.pages[name].devices  # type: ignore[attr-defined]
        panel.search.clear()
        panel.chips.choose("All")
        panel._sorted = (-1, Qt.SortOrder.AscendingOrder)
    trends = window.pages["trends"]
    assert isinstance(trends, TrendsPage)
    trends._pens, trends._touched = [], False
    trends.search.clear()
    trends.trend.set_follow(True)
    for page in window.pages.made():
        if isinstance(page, SimulationPage):
            page.desk._asked.clear()  # the link's numbers begin anew
    if window.state.catalogue.model is link.model:
        link.go_live()
        link.tick()
        link.conditions_refreshed.emit(())
    else:
        link.connect_plant()
    window.select_device("")
    window.command_bar.say("")
    window.show_page("overview")


@pytest.fixture(scope="session")
def _windows(themed: QApplication) -> Iterator[WindowPool]:
    pool = WindowPool()
    yield pool
    pool.close()


@pytest.fixture
def make_window(_windows: WindowPool) -> Iterator[MakeWindow]:
    """Build a connected window of 1600 x 1000."""
    yield _windows.build
    _windows.close_extra()

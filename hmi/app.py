"""Build the console once, link and window, run it, and take it down in reverse."""

import getpass
import logging
import logging.handlers
import os
import signal
import socket
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import PackageNotFoundError, version

import shiboken6
from PySide6.QtCore import QCoreApplication, QObject, QSocketNotifier, QTimer, Signal
from PySide6.QtWidgets import QApplication

from hmi.account import default_config_dir, make_account
from hmi.link.link import KeyPlace, Link
from hmi.settings import ConsoleSettings
from hmi.theme.current import apply_theme
from hmi.views.main_window import MainWindow
from hmi.views.settings import ViewSettings

LOG_BYTES = 2_000_000
LOG_FILES = 3
LAST_RESORT_S = 5.0  # after the launcher's death a console that hangs is ended all the same

_log = logging.getLogger(__name__)


def run(settings: ConsoleSettings) -> int:
    """Show the console until its window is closed; returns the exit status."""
    start_logging(settings)
    app = QApplication.instance() or QApplication(["andon"])
    assert isinstance(app, QApplication)
    app.setApplicationName("Andon")
    app.setApplicationVersion(console_version())
    with quitting_on_signals(app), ending_with_parent(app, wanted=settings.exit_with_parent):
        return _show(app, settings)


def _show(app: QApplication, settings: ConsoleSettings) -> int:
    view = ViewSettings(
        user=_user(),
        read_only=settings.read_only,
        console_version=console_version(),
        state_dir=str(settings.state),
    )
    apply_theme(app, view.palette)
    link = make_link(settings)
    window = MainWindow(link, view)
    window.show_page(settings.page)
    if settings.fullscreen:
        window.showFullScreen()
    else:
        window.show()
    _log.info("the window is up; connecting to %s", settings.url)
    if settings.hint:
        window.command_bar.say(settings.hint)
    _FirstValues(link, window)
    link.open()  # the window first: connecting and browsing take their seconds
    try:
        return int(app.exec())
    finally:
        link.close()  # first, so that nothing is drawn on a window that is going
        window.close()
        # Now, not by deleteLater: a repaint that is still queued would flush a window without a handle.
        shiboken6.delete(window)


def make_link(settings: ConsoleSettings) -> Link:
    """Return the link to the server, not opened; logged in by the local account where the server is this user's own."""
    folder = default_config_dir()
    try:
        make_account(folder)
    except OSError as error:
        _log.warning("there is no local account: %s: %s", folder, error.strerror)
    return Link(settings.url, keys=KeyPlace(folder=folder, own_server=settings.own_server))


class _FirstValues(QObject):
    """Brings the first values to the screen at once, and notes when they are there: the log is where start-up is timed."""

    def __init__(self, link: Link, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        self._seen = False
        link.samples_arrived.connect(self._on_samples_arrived)

    def _on_samples_arrived(self, _batch: object) -> None:
        if not self._seen:
            self._seen = True
            QTimer.singleShot(0, self, self._show)

    def _show(self) -> None:
        self._window.refresh()
        self._window.repaint()
        QTimer.singleShot(
            0, self, lambda: _log.info("the first values are shown")
        )  # after what refresh has queued


def console_version() -> str:
    """Return the version of the installed package."""
    try:
        return version("andon")
    except PackageNotFoundError:
        return "0"


def start_logging(settings: ConsoleSettings) -> None:
    """Log to the state directory, warnings also to standard error."""
    screen = logging.StreamHandler(sys.stderr)
    screen.setLevel(logging.WARNING)
    screen.setFormatter(logging.Formatter("andon console: %(message)s"))
    handlers: list[logging.Handler] = [screen]
    try:
        settings.state.mkdir(parents=True, exist_ok=True, mode=0o700)
        file = logging.handlers.RotatingFileHandler(
            settings.log, maxBytes=LOG_BYTES, backupCount=LOG_FILES, encoding="utf-8"
        )
    except OSError as error:
        sys.stderr.write(f"andon console: no log is kept: {settings.log}: {error.strerror}\n")
    else:
        file.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
        handlers.append(file)
    logging.basicConfig(level=logging.INFO, handlers=handlers)


@contextmanager
def quitting_on_signals(app: QCoreApplication) -> Iterator[None]:
    """Quit on SIGINT and SIGTERM, at once: Python alone sees a signal only when Qt happens to call it."""
    reading, writing = socket.socketpair()
    writing.setblocking(False)
    before_fd = signal.set_wakeup_fd(writing.fileno(), warn_on_full_buffer=False)
    numbers = (signal.SIGINT, signal.SIGTERM)
    # exit, not quit: quit closes the window first, and a repaint still queued would flush one that is gone.
    before = [signal.signal(number, lambda *_: app.exit(0)) for number in numbers]
    notifier = QSocketNotifier(reading.fileno(), QSocketNotifier.Type.Read)
    notifier.activated.connect(lambda: reading.recv(64))  # running any Python lets the handlers run
    try:
        yield
    finally:
        notifier.setEnabled(False)
        signal.set_wakeup_fd(before_fd)
        for number, handler in zip(numbers, before, strict=True):
            signal.signal(number, handler)
        reading.close()
        writing.close()


class _Parent(QObject):
    """Tells, from its thread, that standard input has ended."""

    gone = Signal()


@contextmanager
def ending_with_parent(app: QCoreApplication, *, wanted: bool) -> Iterator[None]:
    """Quit when standard input ends: whoever started this console is gone."""
    if not wanted:
        yield
        return
    parent = _Parent()
    parent.gone.connect(lambda: app.exit(0))
    threading.Thread(target=_wait_for_end, args=(parent,), name="andon-parent", daemon=True).start()
    yield


def _wait_for_end(parent: _Parent) -> None:
    # os.read, not sys.stdin: a thread inside a buffered read would abort the interpreter at its end.
    while os.read(0, 1024):
        continue
    parent.gone.emit()
    threading.Event().wait(LAST_RESORT_S)
    _log.error("the console did not end by itself after its launcher had gone")
    os._exit(1)


def _user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return "operator"

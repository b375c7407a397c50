"""PySide6: the pin that keeps the process alive on Python 3.11."""

import sys
from importlib.metadata import version

from PySide6.QtCore import QObject, Signal

EMITS = 200  # PySide6 6.12.0 takes a reference to True with every one, and aborts the process after about 560


class Bell(QObject):
    """Something that emits."""

    rung = Signal(bool)


def test_that_emitting_takes_no_references_to_true() -> None:
    bell = Bell()
    heard: list[int] = []
    bell.rung.connect(lambda _: heard.append(1))
    bell.rung.emit(True)  # the first one fills caches
    before = sys.getrefcount(True)

    for _ in range(EMITS):
        bell.rung.emit(True)

    after = sys.getrefcount(True)
    assert len(heard) == EMITS + 1
    assert after == before


def test_that_disconnecting_takes_no_references_to_none() -> None:
    bell = Bell()
    before = sys.getrefcount(None)

    for _ in range(EMITS):
        connection = bell.rung.connect(print)
        bell.rung.disconnect(connection)

    after = sys.getrefcount(None)
    # Other threads and caches move this count by a few; the fault moves it by one a call.
    assert abs(after - before) < EMITS // 4


def test_that_the_pinned_library_is_installed() -> None:
    major, minor, patch = (int(part) for part in version("PySide6_Essentials").split("."))

    assert (6, 11, 3) <= (major, minor, patch) < (6, 12, 0)

"""Tests of the frame: pages, banner, stop, what happens when the server falls silent."""

import math
from collections.abc import Callable
from typing import cast

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from hmi.link.types import CommandRequest, CommandStage, CommandUpdate, LinkState
from hmi.views.alarms import AlarmsPage
from hmi.views.device import DevicePage
from hmi.views.diagnostics import DiagnosticsPage
from hmi.views.main_window import MainWindow
from hmi.views.settings import ViewSettings
from hmi.widgets.hold_button import NOT_AVAILABLE, HoldButton
from tests.fakes.link import FakeLink

MakeWindow = Callable[..., tuple[MainWindow, FakeLink]]
LEFT = Qt.MouseButton.LeftButton
PAGES = ("overview", "devices", "device", "alarms", "trends", "energy", "simulation", "diagnostics")


def _press(window: MainWindow, name: str) -> None:
    button = window.findChild(QAbstractButton, name)
    assert button is not None
    QTest.mouseClick(button, LEFT)


@pytest.mark.slow
def test_that_every_page_can_be_shown(make_window: MakeWindow) -> None:
    window, _ = make_window()

    for name in PAGES:
        window.show_page(name)
        assert window.page_name() == name
        assert not window.grab().isNull()


def test_that_a_page_is_built_when_it_is_opened_and_knows_what_was_before(
    themed: QApplication, link: FakeLink, qtbot: QtBot
) -> None:
    window = MainWindow(link, ViewSettings(user="somebody"))
    qtbot.addWidget(window)
    link.connect_plant()
    assert [page.name for page in window.pages.made()] == ["overview"]
    link.command_changed.emit(
        CommandUpdate(command_id="1", device="CNC-014", label="Start", stage=CommandStage.SENT)
    )
    link.alarm("CNC-014/Vibration", "High", 2)

    window.show_page("diagnostics")
    window.show_page("alarms")
    window.show_device("CNC-014")

    shown = {page.name: page for page in window.pages.made()}
    assert set(shown) == {"overview", "diagnostics", "alarms", "device"}
    assert cast("DiagnosticsPage", shown["diagnostics"]).commands.rowCount() == 1
    assert cast("AlarmsPage", shown["alarms"]).table.model().rowCount() == 1
    assert cast("DevicePage", shown["device"]).occurrences.rowCount() == 1


def test_that_a_plant_at_another_speed_than_real_time_is_marked_as_a_drill(make_window: MakeWindow) -> None:
    window, link = make_window()
    assert not window.header.drill.isVisibleTo(window)

    link.send([link.tag("Simulation/Speed")], [20.0])
    window.refresh()
    assert (window.header.drill.isVisibleTo(window), window.header.drill.text()) == (True, "DRILL 20×")

    link.send([link.tag("Simulation/Speed")], [1.0])
    window.refresh()
    assert not window.header.drill.isVisibleTo(window)


@pytest.mark.parametrize(
    ("policy", "words", "how"),
    [
        ("Aes256_Sha256_RsaPss", "Encrypted", "Aes256 Sha256 RsaPss"),
        ("", "Not encrypted", "Not encrypted"),
    ],
)
def test_that_the_frame_says_whether_the_link_is_encrypted(
    make_window: MakeWindow, policy: str, words: str, how: str
) -> None:
    window, link = make_window()
    lock = window.header.lock

    link.go_live(encryption=policy)
    window.show_page("diagnostics")
    window.refresh()
    diagnostics = window.pages["diagnostics"]
    assert isinstance(diagnostics, DiagnosticsPage)
    assert (lock.isVisibleTo(window), lock.accessibleName()) == (True, words)
    assert lock.toolTip().startswith(words)
    assert diagnostics.facts("link").fact("Encryption") == how

    link.go_silent(9.0, LinkState.LOST)
    window.refresh()
    assert not lock.isVisibleTo(window)
    assert diagnostics.facts("link").fact("Encryption") == "–"


def test_that_an_unknown_page_is_refused(make_window: MakeWindow) -> None:
    window, _ = make_window()

    with pytest.raises(KeyError):
        window.show_page("lunch")


def test_that_the_tags_of_the_visible_page_are_asked_for_first(make_window: MakeWindow) -> None:
    window, link = make_window()
    device = window.state.catalogue.device("CNC-014")
    assert device is not None

    window.show_device("CNC-014")

    assert link.asked[-1] == ("show_first", device.tags)


def test_that_an_alarm_is_acknowledged_from_the_banner(make_window: MakeWindow) -> None:
    window, link = make_window()
    event = link.alarm("GEN-001/OilLeak", "Critical oil leak", 1)

    _press(window, "banner.ack.0")
    link.answer(1, error="the event is too old")

    assert link.asked[-1] == ("acknowledge", event.condition_id, event.event_id, "")
    assert window.command_bar.message.whole() == "GEN-001 OilLeak: not acknowledged, the event is too old"


def test_that_the_banner_keeps_its_third_row_for_predictions(make_window: MakeWindow) -> None:
    window, link = make_window()
    for i in range(4):
        link.alarm(f"CNC-00{i + 1}/Vibration", "High", 2)
    link.alarm("CNC-014/Wear", "Bearing wear likely", 4)

    shown = [row.line.device if row.line else "" for row in window.banner.rows]

    assert shown[2] == "CNC-014"
    assert all(d.startswith("CNC-00") for d in shown[:2])


def test_that_a_silent_server_hatches_everything_with_one_alarm(make_window: MakeWindow) -> None:
    window, link = make_window()
    link.alarm("GEN-001/OilLeak", "Critical oil leak", 1)

    link.go_silent(1.2)
    window.refresh()

    first, second, _ = (row.line for row in window.banner.rows)
    assert first is not None
    assert first.message.startswith("No data from the server for 1.")
    assert first.message.endswith("values are the last known")
    assert second is not None
    assert second.device == "GEN-001"
    assert not any(row.ack.isVisible() for row in window.banner.rows)
    overview = window.pages["overview"]
    faults = {i.shown.fault for line in overview._lines for i in line._metrics.values()}  # type: ignore[attr-defined]
    assert faults == {"last known"}


def test_that_a_live_server_again_takes_the_alarm_and_the_hatching_away(make_window: MakeWindow) -> None:
    window, link = make_window()
    link.go_silent()
    link.go_live()
    window.refresh()

    assert window.banner.rows[0].line is None
    overview = window.pages["overview"]
    assert overview.devices.table.cells.fault == ""  # type: ignore[attr-defined]


def test_that_a_stop_names_its_scope_and_reaches_the_link(make_window: MakeWindow, qtbot: QtBot) -> None:
    window, link = make_window()
    window.select_device("CNC-014")
    device, plant = window.findChild(HoldButton, "stop.device"), window.findChild(HoldButton, "stop.plant")
    assert isinstance(device, HoldButton)
    assert isinstance(plant, HoldButton)

    for button in (device, plant):
        with qtbot.waitSignal(button.stop_requested, timeout=2000):
            QTest.mousePress(button, LEFT)
        QTest.mouseRelease(button, LEFT)

    assert (device.label, plant.label) == ("STOP CNC-014", "STOP PLANT")
    assert [a for a in link.asked if a[0] == "stop"] == [("stop", "CNC-014"), ("stop", None)]


def test_that_a_stop_without_its_session_says_so(make_window: MakeWindow) -> None:
    window, link = make_window()
    window.select_device("CNC-014")

    link.go_silent(state=LinkState.LOST)
    window.refresh()

    assert window.command_bar.stop_plant.label == NOT_AVAILABLE
    assert window.command_bar.stop_device.label == NOT_AVAILABLE


def test_that_a_recording_has_no_stop_of_its_own(make_window: MakeWindow) -> None:
    window, _ = make_window(replay=True)

    window.show_device("RIG-001")

    assert not window.command_bar.stop_device.isVisible()
    assert window.command_bar.stop_plant.isVisible()


def test_that_a_latched_plant_can_be_reset(make_window: MakeWindow, monkeypatch: pytest.MonkeyPatch) -> None:
    window, link = make_window()
    monkeypatch.setattr("hmi.views.actions.ConfirmDialog.ask", lambda *_: True)
    before = window.command_bar.reset.isVisible()
    link.send([link.tag("Plant/EmergencyStopLatched"), 0], [1, 5])
    window.refresh()

    _press(window, "commandBar.reset")

    assert not before
    assert link.asked[-1] == ("reset_stop", None)


def test_that_a_read_only_console_shows_only_the_stop(make_window: MakeWindow) -> None:
    window, _ = make_window(read_only=True)
    window.show_device("CNC-014")

    names = ("setpoint", "start", "shutdown", "restart", "acknowledge")
    hidden = [window.findChild(QPushButton, f"commandBar.{n}") for n in names]

    assert [b.isVisible() for b in hidden if b is not None] == [False] * 5
    assert window.command_bar.stop_device.isVisible()
    assert "read-only" in window.header.user.whole()


def test_that_a_commands_outcome_is_told_in_the_frame(make_window: MakeWindow) -> None:
    window, link = make_window()
    request = CommandRequest(command_id="1", device="CNC-014", target="x", label="Start")

    link.advance(request, CommandStage.SENT)
    link.advance(request, CommandStage.REFUSED, "it is stopped by e-stop")

    assert window.command_bar.message.whole() == "CNC-014 · Start: refused: it is stopped by e-stop"


def test_that_an_alarm_leads_to_its_device_in_one_click(make_window: MakeWindow) -> None:
    window, link = make_window()
    link.alarm("GEN-001/OilLeak", "Critical oil leak", 1)

    QTest.mouseClick(window.banner.rows[0], LEFT)

    assert window.page_name() == "device"
    assert window.header.place.whole() == "GEN-001"


def test_that_nothing_repaints_when_nothing_but_heartbeats_came(make_window: MakeWindow) -> None:
    window, link = make_window()
    window.refresh()
    seen: list[int] = []
    window.state.devices.dataChanged.connect(lambda *_: seen.append(1))

    link.send([link.tag("Plant/Heartbeat")], [9])
    window.refresh()

    assert seen == []


@pytest.mark.slow
@pytest.mark.parametrize("page", PAGES)
def test_that_a_normal_plant_is_grey(make_window: MakeWindow, page: str) -> None:
    window, link = make_window()
    for _ in range(30):
        link.tick()
    window.show_device("CNC-003")
    window.show_page(page)
    window.refresh()

    assert _saturated_share(window) < 0.005  # look.md: 0.5 % of the pixels, stop buttons and trend pens apart


@pytest.mark.slow
def test_that_an_alarm_is_seen_in_colour(make_window: MakeWindow) -> None:
    window, link = make_window()
    calm = _saturated_share(window)
    link.alarm("GEN-001/OilLeak", "Critical oil leak", 1, source="GEN-001/OilPressure")
    window.refresh()

    assert _saturated_share(window) > calm + 0.0005  # frame, badges, stripe


def _saturated_share(window: MainWindow) -> float:
    picture = window.grab().toImage()
    picture = picture.convertToFormat(picture.Format.Format_RGB32)
    flat = np.frombuffer(bytes(picture.constBits()), np.uint8)
    colours = flat.reshape(picture.height(), picture.width(), 4)[:, :, :3].astype(float)
    top = colours.max(axis=2)
    saturated = (top - colours.min(axis=2)) / np.maximum(top, 1) > 0.35
    for area in window.findChildren(QWidget):
        if area.objectName() == "stopArea" or type(area).__name__ == "_Canvas":
            corner = area.mapTo(window, area.rect().topLeft())
            saturated[corner.y() : corner.y() + area.height(), corner.x() : corner.x() + area.width()] = False
    return float(saturated.mean())


@pytest.mark.slow
@pytest.mark.parametrize("odd", [math.nan, math.inf, -math.inf, 1e308, -1e308])
def test_that_every_page_draws_a_plant_of_odd_values(make_window: MakeWindow, odd: float) -> None:
    window, link = make_window()
    numbers = [t.tag_id for t in link.model.tags if not t.is_text]
    link.send(numbers, np.full(len(numbers), odd))
    window.show_device("GEN-001")

    for name in PAGES:
        window.show_page(name)
        window.refresh()
        assert not window.grab().isNull()


def test_that_every_control_has_a_name(make_window: MakeWindow) -> None:
    window, _ = make_window()
    window.show_device("CNC-014")

    unnamed = []
    for name in PAGES:
        window.show_page(name)
        window.refresh()
        unnamed += [
            button.objectName() or type(button).__name__
            for button in window.findChildren(QAbstractButton)
            if button.isVisible() and not (button.accessibleName() or button.text())
        ]

    assert unnamed == []


@pytest.mark.parametrize("size", [(1600, 1000), (1280, 800)])
def test_that_no_button_is_too_small_for_its_text(
    make_window: MakeWindow, qtbot: QtBot, size: tuple[int, int]
) -> None:
    window, link = make_window()
    link.alarm("GEN-001/OilLeak", "Critical oil leak", 1)
    window.resize(*size)
    window.show_device("CNC-014")

    def cut() -> list[tuple[str, int]]:
        return [
            (button.text(), button.width())
            for button in window.findChildren(QPushButton)
            if button.isVisible()
            and button.fontMetrics().horizontalAdvance(button.text()) > button.width() - 2
        ]

    def nothing_is_cut() -> None:
        assert cut() == []

    for name in PAGES:
        window.show_page(name)
        qtbot.waitUntil(nothing_is_cut)  # a page that has just been built is laid out a moment later


def test_that_an_unconnected_console_says_what_would_be_here(make_window: MakeWindow) -> None:
    window, _ = make_window(connect=False)

    for name in PAGES:
        window.show_page(name)
        assert not window.grab().isNull()
    assert window.pages["overview"].waiting.isVisibleTo(window.pages["overview"])  # type: ignore[attr-defined]
    assert window.banner.rows[0].line is None or window.banner.rows[0].line.message.startswith(
        "No connection"
    )


def test_that_another_plant_replaces_the_first(make_window: MakeWindow) -> None:
    window, link = make_window()
    other = FakeLink(replay=True)

    link.model_arrived.emit(other.model)
    window.refresh()

    assert len(window.state.columns) == 109
    assert len(window.pages["overview"]._lines) == 7  # type: ignore[attr-defined]

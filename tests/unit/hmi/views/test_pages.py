"""Tests of the pages' own behaviour."""

from collections.abc import Callable
from typing import cast

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QPushButton, QWidget

from hmi.link.types import LinkState
from hmi.state.device_table import DeviceColumn
from hmi.views.actions import limit_room
from hmi.views.alarms import AlarmsPage
from hmi.views.device import DevicePage
from hmi.views.diagnostics import DiagnosticsPage
from hmi.views.energy import EnergyPage
from hmi.views.faces import setpoint_for
from hmi.views.main_window import MainWindow
from hmi.views.overview import OverviewPage
from hmi.views.trends import TrendsPage
from hmi.widgets.command_strip import Verdict
from tests.fakes.link import FakeLink, journal_row

MakeWindow = Callable[..., tuple[MainWindow, FakeLink]]
LEFT = Qt.MouseButton.LeftButton


def _device(window: MainWindow, tag: str) -> DevicePage:
    window.show_device(tag)
    window.refresh()
    return cast("DevicePage", window.pages["device"])


def _button(parent: QWidget, name: str) -> QAbstractButton:
    found = parent.findChild(QAbstractButton, name)
    assert found is not None, name
    return found


def test_that_the_overview_plots_the_tag_in_the_worst_alarm(make_window: MakeWindow) -> None:
    window, link = make_window()
    link.alarm("CNC-014/Vibration", "Wear likely", 4, source="CNC-014/Vibration")
    link.alarm("GEN-001/OilLeak", "Leak", 1, source="GEN-001/OilPressure")
    window.refresh()

    overview = cast("OverviewPage", window.pages["overview"])

    assert overview.trend_panel.title.whole() == "GEN-001 Oil pressure"


def test_that_a_double_click_in_a_table_opens_the_device(make_window: MakeWindow) -> None:
    window, _ = make_window()
    window.show_page("devices")
    table = window.pages["devices"].devices.table  # type: ignore[attr-defined]
    spot = table.visualRect(table.model().index(3, 1)).center()

    QTest.mouseClick(table.viewport(), LEFT, pos=spot)
    QTest.mouseDClick(table.viewport(), LEFT, pos=spot)

    assert window.page_name() == "device"
    assert window.command_bar.device == cast("DevicePage", window.pages["device"]).device != ""


def test_that_enter_in_a_table_opens_the_device(make_window: MakeWindow) -> None:
    window, _ = make_window()
    window.show_page("devices")
    table = window.pages["devices"].devices.table  # type: ignore[attr-defined]
    table.setCurrentIndex(table.model().index(0, 1))

    QTest.keyClick(table, Qt.Key.Key_Return)

    assert window.page_name() == "device"


def test_that_a_header_click_sorts_and_a_second_turns_it_round(make_window: MakeWindow) -> None:
    window, link = make_window()
    link.send([link.tag("CNC-003/Measurements/Vibration")], [9.0])
    window.show_page("devices")
    window.refresh()
    head = window.pages["devices"].devices.table.horizontalHeader()  # type: ignore[attr-defined]
    first = []

    for _ in range(2):
        head.sectionClicked.emit(8)
        found = window.state.devices.device_at(0)
        first.append(found.tag if found else "")

    assert first[0] == "CNC-003"
    assert first[1] != "CNC-003"


def test_that_the_two_device_tables_keep_their_own_filters(make_window: MakeWindow) -> None:
    window, _ = make_window()
    window.show_page("devices")
    QTest.keyClicks(window.pages["devices"].devices.search, "cnc-01")  # type: ignore[attr-defined]
    on_devices = window.state.devices.rowCount()

    window.show_page("overview")

    assert on_devices == 10
    assert window.state.devices.rowCount() == 108


def test_that_a_setpoint_is_changed_from_the_device_page(
    make_window: MakeWindow, monkeypatch: pytest.MonkeyPatch
) -> None:
    window, link = make_window()
    monkeypatch.setattr("hmi.views.actions.SetpointDialog.ask", lambda *_: 2200.0)
    page = _device(window, "CNC-014")

    QTest.mouseClick(_button(page, "device.setpoint.SpindleSpeedSetpoint"), LEFT)

    assert link.asked[-1][1].value == 2200.0
    assert page.commands.strip.state is not None
    assert page.commands.strip.state.verdict is Verdict.VERIFIED


@pytest.mark.parametrize(("confirmed", "sent"), [(True, 1), (False, 0)])
def test_that_a_method_is_sent_only_when_confirmed(
    make_window: MakeWindow, monkeypatch: pytest.MonkeyPatch, confirmed: bool, sent: int
) -> None:
    window, link = make_window()
    monkeypatch.setattr("hmi.views.actions.ConfirmDialog.ask", lambda *_: confirmed)
    page = _device(window, "CNC-014")

    QTest.mouseClick(_button(page, "device.Shutdown"), LEFT)

    assert len([a for a in link.asked if a[0] == "execute"]) == sent


def test_that_a_barred_command_tells_why(make_window: MakeWindow) -> None:
    window, _ = make_window()
    page = _device(window, "CNC-014")

    assert not _button(page, "device.Start").isEnabled()
    assert page.commands.why.whole() == "Start: it is running already"


def test_that_a_lost_link_bars_every_command_with_one_reason(make_window: MakeWindow) -> None:
    window, link = make_window()
    page = _device(window, "CNC-014")
    link.go_silent(state=LinkState.LOST)
    window.refresh()

    assert page.commands.why.whole() == "no connection to the server"


def test_that_a_recording_is_played_not_commanded(make_window: MakeWindow) -> None:
    window, link = make_window(replay=True)
    page = _device(window, "RIG-001")

    QTest.mouseClick(_button(page, "device.pause"), LEFT)
    link.answer(1)

    assert not page.commands.control.isVisible()
    assert page.commands.playback.isVisible()
    assert link.asked[-1] == ("playback", "RIG-001", "pause", None)
    assert page.commands._said.whole() == "Pause: done"


def test_that_an_indicator_chooses_the_trend(make_window: MakeWindow) -> None:
    window, _ = make_window()
    page = _device(window, "CNC-014")
    indicator = page.findChild(QWidget, "device.indicator.Power")
    assert indicator is not None

    QTest.mouseClick(indicator, LEFT)

    assert page.measurements.picked is not None
    assert page.measurements.picked.name == "Power"


def test_that_the_measurement_in_alarm_is_chosen_first(make_window: MakeWindow) -> None:
    window, link = make_window()
    link.alarm("CNC-014/Vibration", "High", 2, source="CNC-014/Vibration")

    page = _device(window, "CNC-014")

    assert page.measurements.picked is not None
    assert page.measurements.picked.name == "Vibration"


def test_that_health_is_told_in_words(make_window: MakeWindow) -> None:
    window, link = make_window()
    link.say("CNC-014/Health/Recommendation", "High failure risk: Inspect machine within 24 hours.")
    link.say("CNC-014/Health/ContributionNames", '["Vibration", "Power"]')
    link.say("CNC-014/Health/Contributions", "[0.7, NaN]")
    link.send([link.tag("CNC-014/Measurements/Vibration"), link.tag("CNC-014/Health/HealthGrade")], [5.2, 1])
    page = _device(window, "CNC-014")

    assert page.health.advice.whole() == "High failure risk: Inspect machine within 24 hours."
    assert page.health.bars._rows[0] == ("Vibration", 0.7, "5.2 mm/s over normal")
    assert page.health.grade.accessibleName() == "Health: Anomaly"


@pytest.mark.parametrize(
    ("grade", "words", "hint"),
    [
        (0, "Healthy", ""),
        (2, "Unknown", "The detectors cannot judge"),
        (3, "Learning", "Not enough data yet"),
        (9, "Unknown", "The detectors cannot judge"),
    ],
)
def test_that_a_grade_that_is_no_verdict_says_why(
    make_window: MakeWindow, grade: int, words: str, hint: str
) -> None:
    window, link = make_window()
    link.send([link.tag("CNC-014/Health/HealthGrade")], [grade])
    page = _device(window, "CNC-014")
    row = window.state.devices.row_of("CNC-014")
    index = window.state.devices.index(row, DeviceColumn.HEALTH)

    assert page.health.grade.accessibleName() == f"Health: {words}"
    assert page.health.grade.toolTip().startswith(hint)
    assert page.head.facts.fact("Health") == words
    assert index.data() == words
    assert str(index.data(Qt.ItemDataRole.ToolTipRole) or "").startswith(hint)
    assert bool(page.health.grade.toolTip()) is bool(hint)


def test_that_neighbours_lead_through_all_devices(make_window: MakeWindow) -> None:
    window, _ = make_window()
    page = _device(window, "CNC-001")

    first = _button(page, "device.previous").isEnabled()
    QTest.mouseClick(_button(page, "device.next"), LEFT)

    assert not first
    assert page.device == "CNC-002"


def test_that_a_limit_may_lie_only_between_its_neighbours(make_window: MakeWindow) -> None:
    window, _ = make_window()
    tag = window.state.catalogue.find("GEN-001", "Measurements", "VoltageL1")
    assert tag is not None

    assert limit_room(tag, "Low") == (0.0, 440.0)  # the scale's end below, the Hi limit above
    assert limit_room(tag, "High") == (360.0, 480.0)


def test_that_a_limit_is_changed_through_its_node(
    make_window: MakeWindow, monkeypatch: pytest.MonkeyPatch
) -> None:
    window, link = make_window()
    monkeypatch.setattr("hmi.views.actions.SetpointDialog.ask", lambda *_: 7.5)
    page = _device(window, "CNC-014")

    QTest.mouseClick(_button(page, "limit.Vibration.High"), LEFT)

    assert link.asked[-1][1].target.endswith("CNC-014/Measurements/Vibration/HighLimit")


@pytest.mark.parametrize(
    ("device", "measurement", "setpoint"),
    [
        ("CNC-001", "SpindleSpeed", "SpindleSpeedSetpoint"),
        ("PRESS-001", "HydraulicPressure", "PressureSetpoint"),
        ("CELL-001", "Temperature", "TemperatureSetpoint"),
        ("CNC-001", "Vibration", None),
        ("GEN-001", "VoltageL1", None),
    ],
)
def test_that_a_setpoint_is_marked_on_its_measurement(
    make_window: MakeWindow, device: str, measurement: str, setpoint: str | None
) -> None:
    window, _ = make_window()
    tag = window.state.catalogue.find(device, "Measurements", measurement)
    assert tag is not None

    found = setpoint_for(window.state.catalogue, tag)

    assert (found.name if found else None) == setpoint


def test_that_selected_alarms_are_acknowledged_with_a_comment(
    make_window: MakeWindow, monkeypatch: pytest.MonkeyPatch
) -> None:
    window, link = make_window()
    monkeypatch.setattr("hmi.views.alarms.ConfirmDialog.ask_comment", lambda *_: "seen")
    link.alarm("GEN-001/OilLeak", "Leak", 1)
    link.alarm("CNC-001/Vibration", "High", 2)
    window.show_page("alarms")
    page = cast("AlarmsPage", window.pages["alarms"])

    page.table.selectRow(1)
    QTest.mouseClick(page.ack_selected, LEFT)
    QTest.mouseClick(page.ack_all, LEFT)

    acked = [(a[2], a[3]) for a in link.asked if a[0] == "acknowledge"]
    assert acked == [
        (b"CNC-001/Vibration", "seen"),
        (b"GEN-001/OilLeak", "seen"),
        (b"CNC-001/Vibration", "seen"),
    ]


def test_that_a_new_alarm_leaves_the_selection_alone(make_window: MakeWindow) -> None:
    window, link = make_window()
    link.alarm("CNC-001/Vibration", "High", 2)
    window.show_page("alarms")
    page = cast("AlarmsPage", window.pages["alarms"])
    page.table.selectRow(0)

    link.alarm("GEN-001/OilLeak", "Leak", 1)

    assert [e.device for e in page.selected()] == ["CNC-001"]


def test_that_the_journal_is_asked_shown_and_exported(
    make_window: MakeWindow, monkeypatch: pytest.MonkeyPatch
) -> None:
    window, link = make_window()
    monkeypatch.setattr("hmi.views.journal.ask_path", lambda *_: "/tmp/out.csv")
    window.show_page("alarms")
    journal = cast("AlarmsPage", window.pages["alarms"]).journal

    journal.ask()
    link.answer(1, {"rows": (journal_row(1), journal_row(2)), "last_seq": 2, "more": True})
    QTest.mouseClick(journal.more, LEFT)
    journal._on_more()
    link.answer(3, {"rows": (journal_row(3),), "last_seq": 3, "more": False})
    journal._on_export()
    link.answer(4, {"path": "/tmp/out.csv", "bytes": 1234})

    assert [a[0] for a in link.asked[-3:]] == ["query_journal", "query_journal", "export_journal"]
    assert link.asked[-2][3] == 2  # after the last row shown
    assert journal.model.rowCount() == 3
    assert journal.message.whole() == "Written: /tmp/out.csv, 1,234 bytes"


def test_that_an_empty_range_is_one_clear_sentence(make_window: MakeWindow) -> None:
    window, link = make_window()
    journal = cast("AlarmsPage", window.pages["alarms"]).journal
    asked = len(link.asked)

    journal.set_range(journal.end.dateTime(), journal.begin.dateTime())
    journal.ask()

    assert journal.message.whole() == "The range is empty: “from” must lie before “to”."
    assert len(link.asked) == asked


def test_that_a_failed_question_is_told(make_window: MakeWindow) -> None:
    window, link = make_window()
    journal = cast("AlarmsPage", window.pages["alarms"]).journal

    journal.presets.choose("1 h")
    journal.ask()
    link.answer(1, error="This server keeps no journal.")

    assert journal.message.whole() == "Not done: This server keeps no journal."


def test_that_tags_are_found_plotted_and_removed(make_window: MakeWindow) -> None:
    window, _ = make_window()
    window.show_page("trends")
    page = cast("TrendsPage", window.pages["trends"])
    QTest.mouseClick(page.clear, LEFT)

    QTest.keyClicks(page.search, "cnc-014 vibration")
    QTest.mouseClick(page.add_button, LEFT)
    plotted = [t.node_id.partition("s=")[2] for t in page.pens()]
    QTest.mouseClick(_button(page, f"trends.remove.{page.pens()[0].tag_id}"), LEFT)

    assert plotted == ["CNC-014/Measurements/Vibration"]
    assert page.pens() == ()
    assert page.empty.isVisible()


def test_that_a_ninth_tag_is_refused_in_words(make_window: MakeWindow) -> None:
    window, _ = make_window()
    page = cast("TrendsPage", window.pages["trends"])
    page._on_clear()

    added = [page.add_tag(t) for t in window.state.catalogue.tags_of("GEN-001", "Measurements")[:9]]

    assert added == [True] * 8 + [False]
    assert window.command_bar.message.whole() == "The plot holds 8 tags: remove one first"


def test_that_pausing_holds_the_plot_still(make_window: MakeWindow) -> None:
    window, link = make_window()
    window.show_page("trends")
    page = cast("TrendsPage", window.pages["trends"])

    QTest.mouseClick(page.follow, LEFT)
    held = page.trend._view.viewRange()[0]
    link.tick()
    window.refresh()

    assert page.follow.text() == "Follow"
    assert page.trend._view.viewRange()[0] == held


def test_that_diagnostics_shows_server_link_and_console(make_window: MakeWindow) -> None:
    window, link = make_window(console_version="9.9")
    window.show_page("diagnostics")
    page = cast("DiagnosticsPage", window.pages["diagnostics"])

    assert page.facts("server").fact("Nodes") == "8\u2009464"
    assert page.facts("timing").fact("Publish lag") == "3 ms"
    assert page.facts("journal").fact("Journal") == "ok"
    assert page.facts("link").fact("Stop session") == "ready, 3.0 ms"
    assert page.facts("console").fact("Version") == "9.9"
    link.go_silent(2.0)
    window.refresh()
    assert page.facts("link").fact("State") == "Stale"


def test_that_times_follow_the_zone_on_every_page(make_window: MakeWindow) -> None:
    window, _ = make_window()

    QTest.mouseClick(_button(window, "header.zone.local"), LEFT)

    assert not window.state.clock.utc
    assert isinstance(_button(window, "header.zone.utc"), QPushButton)


def test_that_the_energy_page_says_what_is_drawn_and_what_to_do_about_it(make_window: MakeWindow) -> None:
    window, link = make_window()
    link.set_plant("CNC-003/Health/IdlePower", 2.0)
    link.tick()
    window.show_page("energy")
    window.refresh()
    page = cast("EnergyPage", window.pages["energy"])

    assert page.drawn.figure() == "640 kW"
    assert page.savings.figure() == "2.0 kW"
    rows = page.action_rows
    assert [rows.index(0, column).data() for column in (0, 3, 4)] == ["CNC-003", "2.0", "12.00"]

    page.advice.opened.emit("CNC-003")

    assert window.page_name() == "device"


def test_that_a_trend_shows_what_was_expected_and_how_far_off_the_value_is(make_window: MakeWindow) -> None:
    window, link = make_window()
    link.set_plant("CNC-014/Measurements/Vibration", 3.0)
    for _ in range(5):
        link.tick()
    page = _device(window, "CNC-014")
    page.measurements._pick(page.measurements._indicators["Vibration"][1])
    link.tick()
    window.refresh()

    words = page.measurements.trend_panel.remark.whole()
    expected = page.measurements.trend._expected

    assert words.startswith("mm/s · dashed: expected")
    assert words.endswith("above")
    assert expected is not None
    assert expected._shade.polygon().size() > 4

    page.measurements._pick(page.measurements._indicators["SpindleSpeed"][1])
    link.tick()
    window.refresh()

    assert expected._shade.polygon().size() == 0


def test_that_the_energy_page_shows_no_sum_of_a_server_that_is_silent(make_window: MakeWindow) -> None:
    window, link = make_window()
    window.show_page("energy")
    window.refresh()
    page = cast("EnergyPage", window.pages["energy"])
    before = page.drawn.figure()

    link.go_silent()
    window.refresh()

    assert (before, page.drawn.figure()) == ("640 kW", "–")
    assert page.lines.cells.fault
    assert page.advice.cells.fault

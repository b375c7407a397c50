"""Tests of the device columns and their table."""

import math

import numpy as np
import pytest
from PySide6.QtCore import QPersistentModelIndex, Qt
from pytestqt.modeltest import ModelTester

from hmi.state.catalogue import Metric
from hmi.state.console import ConsoleState
from hmi.state.device_columns import Running
from hmi.state.device_table import DeviceColumn, DeviceFilter
from hmi.state.plant_summary import counts, highest, line_summaries, power_sum
from hmi.theme.roles import Lamp, Role, Tone
from tests.fakes.link import FakeLink


def _text(state: ConsoleState, device: str, column: DeviceColumn) -> str:
    row = state.devices.row_of(device)
    return str(state.devices.index(row, column).data())


def _tick(state: ConsoleState, link: FakeLink) -> None:
    link.tick()
    state.refresh()


def test_that_the_device_table_is_a_sound_model(state: ConsoleState, qtmodeltester: ModelTester) -> None:
    qtmodeltester.check(state.devices)  # type: ignore[no-untyped-call]

    assert state.devices.rowCount() == 108


def test_that_a_tick_is_one_signal(state: ConsoleState, link: FakeLink) -> None:
    seen: list[object] = []
    state.devices.dataChanged.connect(lambda *_: seen.append(1))

    _tick(state, link)

    assert len(seen) == 1


def test_that_a_device_in_alarm_comes_first_and_offline_next(state: ConsoleState, link: FakeLink) -> None:
    link.set_state("CONV-017", 5)
    link.alarm("PRESS-007/OilTemperature", "High", 3)
    _tick(state, link)

    assert [d.tag for r in (0, 1) if (d := state.devices.device_at(r))] == ["PRESS-007", "CONV-017"]


def test_that_an_offline_device_says_since_when(state: ConsoleState, link: FakeLink) -> None:
    link.set_state("CONV-017", 5)
    _tick(state, link)
    index = state.devices.index(state.devices.row_of("CONV-017"), DeviceColumn.HEALTH)

    assert str(index.data(Role.ROW_NOTE)).startswith("no communication since ")
    assert _text(state, "CONV-017", DeviceColumn.STATE) == "Offline"
    assert state.columns.lamp(state.catalogue.index("CONV-017")) is Lamp.OFFLINE


@pytest.mark.parametrize(
    ("value", "text"),
    [(math.nan, "not a number"), (math.inf, "∞"), (1e308, "1.0e308"), (-1e308, "−1.0e308"), (5.16, "5.2")],
)
def test_that_odd_values_are_shown_as_what_they_are(
    state: ConsoleState, link: FakeLink, value: float, text: str
) -> None:
    link.send([link.tag("CNC-001/Measurements/Vibration")], [value])
    state.refresh()

    assert _text(state, "CNC-001", DeviceColumn.VIBRATION) == text


def test_that_a_device_without_a_metric_shows_a_dash(state: ConsoleState) -> None:
    assert _text(state, "ROBOT-001", DeviceColumn.VIBRATION) == "–"
    assert _text(state, "CNC-001", DeviceColumn.RUL) == "–"


def test_that_a_value_in_another_unit_carries_it(state: ConsoleState) -> None:
    assert _text(state, "PROC-001", DeviceColumn.VIBRATION).endswith("m/s²")
    assert "mm/s" not in _text(state, "CNC-001", DeviceColumn.VIBRATION)


def test_that_sorting_puts_unknown_values_last_both_ways(state: ConsoleState, link: FakeLink) -> None:
    link.send([link.tag("CNC-003/Measurements/Vibration")], [9.0])
    state.refresh()

    ends = []
    for order in (Qt.SortOrder.DescendingOrder, Qt.SortOrder.AscendingOrder):
        state.devices.sort(DeviceColumn.VIBRATION, order)
        ends.append((state.devices.device_at(0), _text_at(state, state.devices.rowCount() - 1)))

    assert ends[0][0] is not None
    assert ends[0][0].tag == "CNC-003"
    assert [e[1] for e in ends] == ["–", "–"]


def _text_at(state: ConsoleState, row: int) -> str:
    return str(state.devices.index(row, DeviceColumn.VIBRATION).data())


def test_that_names_sort_both_ways(state: ConsoleState) -> None:
    firsts = []
    for order in (Qt.SortOrder.AscendingOrder, Qt.SortOrder.DescendingOrder):
        state.devices.sort(DeviceColumn.DEVICE, order)
        first = state.devices.device_at(0)
        firsts.append(first.tag if first else "")

    assert firsts == ["CELL-001", "ROBOT-022"]


def test_that_a_selected_row_is_followed_when_rows_move(state: ConsoleState, link: FakeLink) -> None:
    held = QPersistentModelIndex(state.devices.index(state.devices.row_of("DRILL-004"), 0))

    link.alarm("DRILL-004/Vibration", "High", 1)

    assert held.row() == 0
    assert held.data(Role.KEY) == "DRILL-004"


def test_that_a_row_filtered_out_is_no_longer_held(state: ConsoleState) -> None:
    held = QPersistentModelIndex(state.devices.index(state.devices.row_of("DRILL-004"), 0))

    state.devices.set_filter(DeviceFilter.ALL, "cnc")

    assert not held.isValid()
    assert state.devices.rowCount() == 26


@pytest.mark.parametrize(
    ("kind", "expected"),
    [(DeviceFilter.ALL, 108), (DeviceFilter.ALARM, 1), (DeviceFilter.STOPPED, 2), (DeviceFilter.OFFLINE, 1)],
)
def test_that_each_chip_shows_its_devices(
    state: ConsoleState, link: FakeLink, kind: DeviceFilter, expected: int
) -> None:
    link.alarm("GEN-001/OilLeak", "Leak", 1)
    link.set_state("CNC-009", 0)
    link.set_state("CNC-010", 4)
    link.set_state("CONV-001", 5)
    _tick(state, link)

    state.devices.set_filter(kind, "")

    assert state.devices.rowCount() == expected
    assert int(state.devices.masks()[kind].sum()) == expected


def test_that_the_blamed_value_and_a_low_rul_stand_out(state: ConsoleState, link: FakeLink) -> None:
    link.alarm("PRESS-007/OilTemperature", "High", 3)
    state.columns.rul[:] = 18.0
    row = state.devices.row_of("PRESS-007")

    tones = {c: state.devices.index(row, c).data(Role.TONE) for c in DeviceColumn}

    assert tones[DeviceColumn.TEMPERATURE] == Tone.STRONG
    assert tones[DeviceColumn.PRESSURE] == Tone.NORMAL
    assert tones[DeviceColumn.RUL] == Tone.RUL


def test_that_the_average_is_over_the_values_seen(state: ConsoleState, link: FakeLink) -> None:
    for _ in range(5):
        _tick(state, link)
    row = state.catalogue.index("CNC-001")

    assert state.columns.average[row] == pytest.approx(
        state.columns.metrics[Metric.TEMPERATURE][row], rel=0.05
    )


def test_that_a_line_shows_its_highest_device_but_one_in_alarm_first(
    state: ConsoleState, link: FakeLink
) -> None:
    line = next(s for s in line_summaries(state.columns) if s.line == "Line 3")
    link.send([link.tag("PRESS-002/Measurements/OilTemperature")], [79.0])
    state.refresh()
    calm = highest(state.columns, line, Metric.TEMPERATURE)
    link.alarm("PRESS-007/OilTemperature", "High", 3)
    alarmed = highest(state.columns, line, Metric.TEMPERATURE)

    assert calm is not None
    assert calm.device == "PRESS-002"
    assert alarmed is not None
    assert alarmed.device == "PRESS-007"


def test_that_units_of_a_line_are_never_mixed(state: ConsoleState, link: FakeLink) -> None:
    line = next(s for s in line_summaries(state.columns) if s.line == "Cells")
    link.send([link.tag("CELL-001/Measurements/Vibration")], [9.0])  # mm/s, above the process machine's m/s²
    state.refresh()

    shown = highest(state.columns, line, Metric.VIBRATION)

    assert shown is not None
    assert shown.unit == "m/s²"


def test_that_the_line_with_the_generator_stands_first_and_its_power_is_not_drawn_power(
    state: ConsoleState,
) -> None:
    first = line_summaries(state.columns)[0]
    power = power_sum(state.columns, first.rows)

    assert first.generator is not None
    assert power.total == pytest.approx(11.0, rel=0.2)  # two pumps at 5.5 kW; gateways have no power tag
    assert power.missing == 0


def test_that_odd_power_is_missing_rather_than_summed(state: ConsoleState, link: FakeLink) -> None:
    link.send([link.tag("PUMP-001/Measurements/Power")], [math.inf])
    state.refresh()

    power = power_sum(state.columns, line_summaries(state.columns)[0].rows)

    assert power.missing == 1
    assert np.isfinite(power.total)


def test_that_counts_add_up(state: ConsoleState, link: FakeLink) -> None:
    link.set_state("CNC-001", 0)
    link.set_state("CNC-002", 5)
    _tick(state, link)

    found = counts(state.columns)

    assert (found.total, found.running, found.stopped, found.offline) == (108, 106, 1, 1)
    assert state.columns.running[state.catalogue.index("CNC-001")] == Running.STOPPED

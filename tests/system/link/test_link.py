"""The link against a real server: what it finds, hears, asks and survives."""

import threading
from collections.abc import Callable

import pytest
from asyncua import ua
from pytestqt.qtbot import QtBot

from hmi.link.link import Link
from hmi.link.types import LinkState
from tests.system.link.conftest import Heard
from tests.system.link.mini_plant import RUNNING, TEMPERATURE, MiniPlant


def test_that_values_arrive_as_batches_with_their_quality(
    heard: Heard, shared_plant: MiniPlant, qtbot: QtBot
) -> None:
    shared_plant.write("CNC-001/Measurements/Temperature", 33.25)
    qtbot.waitUntil(lambda: heard.value(TEMPERATURE) == 33.25, timeout=3000)

    shared_plant.write("CNC-001/Measurements/Temperature", 34.0, status=ua.StatusCodes.BadSensorFailure)
    qtbot.waitUntil(
        lambda: any((b.status == ua.StatusCodes.BadSensorFailure).any() for b in heard.batches), timeout=3000
    )

    assert heard.batches[-1].source_ns.max() > 1_700_000_000 * 10**9


def test_that_texts_and_arrays_arrive_as_text(heard: Heard, shared_plant: MiniPlant, qtbot: QtBot) -> None:
    shared_plant.write("CNC-001/Health/Recommendation", "Inspect", ua.VariantType.String)

    qtbot.waitUntil(lambda: {"Inspect", "[0.5, 0.25]"} <= {t.text for t in heard.texts}, timeout=3000)


def test_that_the_model_says_what_the_server_shows(heard: Heard) -> None:
    model = heard.models[-1]
    (device,) = model.devices
    tags = {tag.node_id: tag for tag in model.tags}

    assert (device.tag, device.area, device.line) == ("CNC-001", "Machining", "Line 1")
    assert device.manufacturer == "Acme"
    assert set(device.methods) == {"Start", "EmergencyStop", "ResetEmergencyStop"}
    assert set(model.methods) >= {"EmergencyStopAll", "Execute", "Predict", "QueryJournal"}
    temperature = tags[TEMPERATURE]
    assert (temperature.unit, temperature.low, temperature.high, temperature.precision) == (
        "°C",
        0.0,
        120.0,
        2,
    )
    assert (temperature.normal_low, temperature.normal_high) == (20.0, 70.0)
    assert temperature.limits == {"High": 80.0}
    assert temperature.limit_nodes["High"].endswith("s=CNC-001/Alarms/Temperature/HighLimit")
    assert tags[TEMPERATURE.replace("Temperature", "Pressure")].high == 9.0  # its range lies elsewhere
    assert tags[RUNNING].states == ("Stopped", "Starting", "Running")
    assert heard.statuses[-1].server_version == "9.9"


def test_that_only_devices_measurements_and_plant_wide_values_become_tags(heard: Heard) -> None:
    groups = {(tag.device, tag.group) for tag in heard.models[0].tags}

    assert groups == {
        ("CNC-001", "Measurements"),
        ("CNC-001", "Expected"),
        ("CNC-001", "Setpoints"),
        ("CNC-001", "State"),
        ("CNC-001", "Health"),
        ("", "Plant"),
        ("", "Diagnostics"),
    }


def test_that_what_is_expected_of_a_measurement_comes_once_a_page_asks_for_it(
    heard: Heard, qtbot: QtBot
) -> None:
    tags = {tag.node_id: tag for tag in heard.models[0].tags}
    expected = tags[f"{TEMPERATURE}/Expected"]
    assert (expected.on_demand, expected.unit, expected.name) == (True, "°C", "Temperature")
    qtbot.waitUntil(lambda: heard.value(TEMPERATURE) is not None, timeout=4000)
    assert heard.value(expected.node_id) is None

    heard.link.show_first((expected.tag_id,))

    qtbot.waitUntil(lambda: heard.value(expected.node_id) == 20.5, timeout=4000)


def test_that_a_frozen_server_is_stale_within_a_second_and_then_live_again(
    heard: Heard, shared_plant: MiniPlant, qtbot: QtBot
) -> None:
    shared_plant.freeze(2.0)

    qtbot.waitUntil(lambda: heard.state is LinkState.STALE, timeout=1200)
    assert "No sign of life" in heard.statuses[-1].reason
    qtbot.waitUntil(heard.is_live, timeout=4000)

    assert not any(status.state is LinkState.LOST for status in heard.statuses)


def test_that_a_long_silence_ends_in_a_new_connection(
    heard: Heard,
    shared_plant: MiniPlant,
    qtbot: QtBot,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr("hmi.link.session.GIVE_UP_S", 1.0)

    shared_plant.freeze(1.8)
    qtbot.waitUntil(lambda: heard.state is LinkState.LOST, timeout=2500)
    assert heard.statuses[-1].reason == "The server has been silent for 1 s."

    qtbot.waitUntil(heard.is_live, timeout=6000)


def test_that_predict_and_the_journal_answer(heard: Heard, qtbot: QtBot) -> None:
    hot = heard.link.call_predict(72.5, 40.0, 62.0, 5.3)
    page = heard.link.query_journal("2026-01-01T00:00:00Z", "2026-01-02", 1, 3)
    reversed_range = heard.link.query_journal("2026-01-02", "2026-01-01", 0, 3)

    qtbot.waitUntil(lambda: {hot, page, reversed_range} <= set(heard.replies), timeout=3000)

    assert heard.replies[hot].payload == {"score": -0.2, "is_anomaly": True, "reason": "too hot"}
    found = heard.replies[page].payload
    assert isinstance(found, dict)
    assert [row.seq for row in found["rows"]] == [2, 3, 4]
    assert (found["last_seq"], found["more"]) == (4, True)
    assert not heard.replies[reversed_range].ok
    assert "empty or reversed" in heard.replies[reversed_range].error


def test_that_a_question_without_a_server_gets_a_plain_answer(qtbot: QtBot) -> None:
    heard = Heard(Link("opc.tcp://127.0.0.1:9"))

    number = heard.link.call_predict(1.0, 2.0, 3.0, 4.0)

    assert heard.replies[number].error == "There is no connection to the server."


def test_that_close_ends_the_thread_also_while_nobody_answers(
    linked: Callable[..., Heard], qtbot: QtBot
) -> None:
    heard = linked("opc.tcp://127.0.0.1:9", wait=False)
    qtbot.waitUntil(lambda: heard.state is LinkState.LOST, timeout=3000)

    before = set(threading.enumerate())

    heard.link.close()

    assert [t.name for t in before - set(threading.enumerate())] == ["andon-link"]
    assert heard.statuses[-1].reason == "No server answers at this address."

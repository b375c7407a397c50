"""Predict, PredictJson and LatestReadings, called by foreign clients."""

import json

import pytest

from tests.support.bundle import require_bundle
from tests.support.foreign_client import ForeignClient

SAMPLE = {"Temperature_C": 72.5, "Humidity_%": 40, "Sound_Volume_dB": 62, "Vibration_mm_s": 5.3}  # anomalous


@pytest.fixture(scope="module", autouse=True)
def _detectors_are_ready(client: ForeignClient) -> None:
    """The worker takes some seconds to load them."""
    client.wait_for(
        lambda: client.read("Diagnostics/WorkerState").startswith("Running"), 30.0, "the scoring worker"
    )


def arguments(sample: dict[str, float]) -> list[tuple[str, object]]:
    return [("Double", value) for value in sample.values()]


def test_that_predict_calls_the_sample_anomalous(client: ForeignClient) -> None:
    require_bundle()

    answer = client.call("Plant/Predict", *arguments(SAMPLE))

    score, is_anomaly, reason = answer["outputs"]
    assert answer["status"] == "Good"
    assert score < 0.0
    assert is_anomaly == 1
    assert reason


def test_that_predict_json_says_the_same(client: ForeignClient) -> None:
    require_bundle()
    score, is_anomaly, reason = client.call("Plant/Predict", *arguments(SAMPLE))["outputs"]

    answer = client.call("Plant/PredictJson", ("String", json.dumps(SAMPLE)))

    told = json.loads(answer["outputs"][0])
    assert answer["status"] == "Good"
    assert told == {"Anomaly_Score": round(score, 4), "Is_Anomaly": is_anomaly, "Reason": reason}


def test_that_what_a_healthy_cell_measures_is_no_anomaly(client: ForeignClient) -> None:
    require_bundle()
    names = ("Temperature", "Humidity", "SoundVolume", "Vibration")
    readings = client.read_all([f"CELL-001/Measurements/{name}" for name in names])

    answer = client.call("Plant/Predict", *(("Double", reading) for reading in readings))

    score, is_anomaly, reason = answer["outputs"]
    assert score > 0.0, f"{readings}: {reason}"
    assert is_anomaly == 0


@pytest.mark.parametrize("field", list(SAMPLE))
@pytest.mark.parametrize("value", ["NaN", "Infinity"])
def test_that_predict_names_the_field_that_is_no_number(
    client: ForeignClient, field: str, value: str
) -> None:
    inputs = [("Double", value if name == field else given) for name, given in SAMPLE.items()]

    answer = client.call("Plant/Predict", *inputs)

    assert answer["status"] == "BadInvalidArgument"
    assert answer["reasons"][0].startswith(f"{field}: ")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (json.dumps({k: v for k, v in SAMPLE.items() if k != "Humidity_%"}), "Humidity_%: missing."),
        (json.dumps(SAMPLE | {"Pressure_bar": 3.0}), "Pressure_bar: there is no such field"),
        (json.dumps(SAMPLE | {"Humidity_%": None}), "Humidity_%: missing."),
        (json.dumps(SAMPLE | {"Sound_Volume_dB": "62"}), "Sound_Volume_dB: '62' is not a number."),
        (json.dumps(SAMPLE | {"Sound_Volume_dB": True}), "Sound_Volume_dB: True is not a number."),
        (
            json.dumps(SAMPLE | {"Vibration_mm_s": float("nan")}),
            "Vibration_mm_s: nan is not a finite number.",
        ),
        (json.dumps([1, 2, 3, 4]), "Sample: not a JSON object."),
        ("{", "Sample: not JSON"),
        (" " * 5000, "Sample: 5000 characters"),
        ("[" * 4000, "Sample: not JSON"),
    ],
)
def test_that_predict_json_names_what_is_wrong(client: ForeignClient, text: str, reason: str) -> None:
    answer = client.call("Plant/PredictJson", ("String", text))

    assert answer["status"] == "BadInvalidArgument"
    assert answer["reasons"][0].startswith(reason)


def test_that_latest_readings_are_the_newest_oldest_first(client: ForeignClient) -> None:
    client.wait_for(
        lambda: (
            len(client.call("Plant/LatestReadings", ("String", "PROC-001"), ("UInt32", 3))["outputs"][0]) == 3
        ),
        6.0,
        "three readings",
    )

    answer = client.call("Plant/LatestReadings", ("String", "PROC-001"), ("UInt32", 3))

    times, temperatures, vibrations, pressures = answer["outputs"]
    assert answer["status"] == "Good"
    assert len(times) == len(temperatures) == len(vibrations) == len(pressures) == 3
    assert times == sorted(set(times))
    assert all(20.0 < each < 80.0 for each in temperatures)
    assert all(0.0 < each < 4.0 for each in vibrations)
    assert all(20.0 < each < 90.0 for each in pressures)


def test_that_ten_readings_come_unless_told_otherwise_the_newest(client: ForeignClient) -> None:
    def times(count: int) -> list[str]:
        answer = client.call("Plant/LatestReadings", ("String", "CNC-001"), ("UInt32", count))
        return list(answer["outputs"][0])

    whole = client.wait_for(lambda: len(found := times(600)) > 10 and found, 20.0, "more than ten readings")

    newest = times(0)

    assert len(newest) == 10
    assert newest[-1] >= whole[-1]


def test_that_a_reading_a_device_has_not_is_no_number(client: ForeignClient) -> None:
    outputs = client.call("Plant/LatestReadings", ("String", "EDGE-001"), ("UInt32", 1))["outputs"]

    assert isinstance(outputs[1][0], float | int)
    assert outputs[2] == outputs[3] == ["NaN"]


@pytest.mark.parametrize(("device", "count", "field"), [("CNC-999", 1, "Device"), ("CNC-001", 601, "Count")])
def test_that_latest_readings_name_the_wrong_argument(
    client: ForeignClient, device: str, count: int, field: str
) -> None:
    answer = client.call("Plant/LatestReadings", ("String", device), ("UInt32", count))

    assert answer["status"] == "BadInvalidArgument"
    assert answer["reasons"][0].startswith(f"{field}: ")

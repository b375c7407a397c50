"""A minute of the default plant, left alone, and of two recordings with a fault, watched by console and foreign client."""

import csv
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray
from PySide6.QtWidgets import QApplication

import resources
from hmi.link.types import ConditionEvent
from models.novelty import LEARNING_ROWS, NoveltyDetector
from tests.support.bundle import require_bundle
from tests.support.console import Console, console
from tests.support.foreign_client import Answer, ForeignClient, node_id, node_operator
from tests.support.plant import DEVICES, journal_rows
from tests.support.servers import ROOT, RunningServer, data_dir, require_recordings, running_server

pytestmark = [pytest.mark.node, pytest.mark.timeout(180)]
RIGS = {"RIG-001": "other/5.csv", "RIG-002": "valve1/8.csv"}
SPEED = 20.0
LEFT_ALONE_S = 60.0
FOUND_WITHIN_S = 60.0  # of recorded time, after the first row that is labelled as anomalous
LEFT_OUT = {"datetime", "anomaly", "changepoint", "Temperature", "Thermocouple"}  # labels, and what drifts
RIG_PLANT = """
[[devices]]
tags = "{rig}"
family = "replay"
area = "Testbed"
line = "Rig"

[devices.replay]
file = "{file}"
time_column = "datetime"
delimiter = ";"
speed = {speed}
loop = false
gap_s = 5.0
"""


@dataclass(frozen=True)
class Recording:
    """One recording: its times, its first anomalous row, the row at which a detector that sees every row alarms."""

    time_s: NDArray[np.float64]
    fault_row: int
    alarm_row: int

    @property
    def fault_s(self) -> float:
        return float(self.time_s[self.fault_row])


@dataclass(frozen=True)
class Sighting:
    """The moment when the console showed a rig's alarm: the event, and the recorded time played by then."""

    event: ConditionEvent
    recorded_s: float


@dataclass
class Minute:
    """What was seen in a minute."""

    server: RunningServer
    console: Console
    client: ForeignClient
    recordings: dict[str, Recording]
    sightings: dict[str, Sighting] = field(default_factory=dict)


def read_recording(path: Path) -> Recording:
    frame = pd.read_csv(path, sep=";", parse_dates=["datetime"])
    since = (frame["datetime"] - pd.Timestamp(0)).dt.total_seconds()
    channels = [name for name in frame.columns if name not in LEFT_OUT]
    rows = NoveltyDetector(channels).feed(frame[channels].to_numpy())
    return Recording(
        time_s=np.asarray(since, dtype=np.float64),
        fault_row=int(np.argmax(frame["anomaly"].to_numpy() > 0)),
        alarm_row=next(index for index, row in enumerate(rows) if row.alarm),
    )


def write_plant(path: Path, *, with_rigs: bool) -> Path:
    """Write the default plant, with the two rigs where there are recordings."""
    text = resources.path("plants", "factory.toml").read_text(encoding="utf-8")
    if with_rigs:
        testbed = resources.path("plants", "testbed.toml").read_text(encoding="utf-8")
        family = testbed[testbed.index("[family.replay]") : testbed.index("[[devices]]")]
        rigs = [RIG_PLANT.format(rig=rig, file=file, speed=SPEED) for rig, file in RIGS.items()]
        text = "\n".join([text, family, *rigs])
    path.write_text(text, encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def minute(tmp_path_factory: pytest.TempPathFactory, qapp: QApplication) -> Iterator[Minute]:
    """Watch a server for a minute."""
    assert qapp is not None
    require_bundle()
    folder = data_dir() / "skab"
    recordings = {
        rig: read_recording(folder / file) for rig, file in RIGS.items() if (folder / file).is_file()
    }
    base = tmp_path_factory.mktemp("minute")
    plant = write_plant(base / "factory.toml", with_rigs=bool(recordings))
    options = ["--plant", str(plant), *(["--recordings", str(folder)] if recordings else [])]
    with running_server(base / "state", *options) as server, node_operator(server) as client:
        client.listen(kind="ConditionType")
        client.refresh()
        with console(server) as watching:
            seen = Minute(server=server, console=watching, client=client, recordings=recordings)
            watching.state.alarms.changed.connect(lambda: look(seen))
            watching.run_until(lambda: False, LEFT_ALONE_S)
            yield seen


def look(minute: Minute) -> None:
    """Note the first moment at which a rig's alarm stands in the console's list."""
    for rig, recording in minute.recordings.items():
        events = minute.console.state.alarms.of_device(rig)
        if events and rig not in minute.sightings:
            row, at_s = minute.console.value(rig, "Playback", "Position")
            since_s = time.time() - at_s  # the row is published once a second
            played_s = recording.time_s[int(row)] + SPEED * since_s
            minute.sightings[rig] = Sighting(event=events[0], recorded_s=float(played_s))


@pytest.fixture(params=list(RIGS))
def rig(request: pytest.FixtureRequest, minute: Minute) -> str:
    """One of the rigs."""
    require_recordings(RIGS[request.param])
    assert request.param in minute.recordings
    return str(request.param)


# ---- the plant, left alone -------------------------------------------------------------------------------------------


def test_that_the_default_plant_left_alone_for_a_minute_raises_no_alarm(minute: Minute) -> None:
    heard = {
        event["Message"]
        for event in minute.client.events()
        if event["Retain"] is not None and event["ConditionId"] not in rig_alarms()
    }
    listed = [event.message for event in minute.console.state.alarms.ranked() if event.device not in RIGS]

    assert heard == set()
    assert listed == []


def test_that_every_device_is_live_on_the_console(minute: Minute) -> None:
    ages = {device: time.time() - minute.console.value(device, "State", "Heartbeat")[1] for device in DEVICES}

    assert max(ages.values()) < 5.0, max(ages, key=lambda device: ages[device])


def rig_alarms() -> set[str]:
    return {node_id(f"{rig}/Alarms/Novelty") for rig in RIGS}


# ---- the recorded faults ---------------------------------------------------------------------------------------------


def events_of(minute: Minute, rig: str) -> list[Answer]:
    return [
        event
        for event in minute.client.events()
        if event["ConditionId"] == node_id(f"{rig}/Alarms/Novelty") and event["ActiveState.Id"]
    ]


def rows_of(minute: Minute, rig: str) -> list[dict[str, object]]:
    return [row for row in journal_rows(minute.client) if row["kind"] == "alarm" and row["device"] == rig]


def test_that_no_alarm_comes_before_the_fault(minute: Minute, rig: str) -> None:
    sighting, recording = minute.sightings[rig], minute.recordings[rig]

    assert recording.fault_row > LEARNING_ROWS
    assert sighting.recorded_s >= recording.fault_s
    assert len(events_of(minute, rig)) == 1
    assert len([event for event in minute.console.events if event.device == rig and event.active]) == 1


def test_that_the_fault_is_in_the_banner_within_a_recorded_minute(minute: Minute, rig: str) -> None:
    sighting, recording = minute.sightings[rig], minute.recordings[rig]

    assert sighting.recorded_s - recording.fault_s <= FOUND_WITHIN_S
    assert minute.console.state.alarms.predicted_banner() is not None


def test_that_the_detector_saw_every_row(minute: Minute, rig: str) -> None:
    """It alarms at the row at which one does that is fed the whole file."""
    recording = minute.recordings[rig]

    message = minute.sightings[rig].event.message

    moment = datetime.fromtimestamp(recording.time_s[recording.alarm_row], UTC)
    assert f"(recorded {moment:%Y-%m-%d %H:%M:%S}, row {recording.alarm_row + 1})" in message


def test_that_event_console_journal_and_exports_tell_the_same(
    minute: Minute, rig: str, tmp_path: Path
) -> None:
    message = minute.sightings[rig].event.message
    end = datetime.now(UTC) - timedelta(seconds=2.0)  # what lies before is on the disk and changes no more
    begin = end - timedelta(hours=1.0)
    exported, offline = tmp_path / "console.csv", tmp_path / "command.csv"

    link = minute.console.link
    page = minute.console.ask(link.query_journal(begin.isoformat(), end.isoformat(), 0, 5000)).payload
    minute.console.ask(link.export_journal(begin.isoformat(), end.isoformat(), "csv", str(exported)))
    command = [sys.executable, "-m", "opcua_server", "journal-export", "--state", str(minute.server.state)]
    options = ["--from", begin.isoformat(), "--to", end.isoformat(), "--out", str(offline)]
    subprocess.run([*command, *options], cwd=ROOT, check=True)

    assert [event["Message"] for event in events_of(minute, rig)] == [message]
    assert [row["message"] for row in rows_of(minute, rig)][:1] == [message]
    assert isinstance(page, dict)
    assert [row.message for row in page["rows"] if row.device == rig and row.kind == "alarm"][:1] == [message]
    assert exported.read_bytes() == offline.read_bytes()
    with exported.open(encoding="utf-8", newline="") as file:
        told = [
            row["message"] for row in csv.DictReader(file) if row["device"] == rig and row["kind"] == "alarm"
        ]
    assert told[:1] == [message]


def test_that_labels_never_become_tags(minute: Minute, rig: str) -> None:
    names = {tag.name for tag in minute.console.state.catalogue.tags_of(rig, "Measurements")}

    assert names.isdisjoint({"anomaly", "changepoint", "Anomaly", "Changepoint"})
    assert "FlowRate" in names

"""What the console relies on is what the server shows: the real link's browse, of the real server."""

import asyncio
from pathlib import Path

import numpy as np
import pytest

from hmi.account import default_config_dir, make_account
from hmi.link.browse import browse
from hmi.link.catalogue import Catalogue as Browsed
from hmi.link.connection import opened
from hmi.link.security import Keyring
from hmi.state.catalogue import Catalogue, Metric
from tests.support.plant import DEVICES
from tests.support.servers import running_server

PLANT_WIDE_TAGS = (
    "Plant/EmergencyStopLatched",
    "Plant/Heartbeat",
    "Simulation/PlantTime",
    "Simulation/Speed",
    *(
        f"Diagnostics/{name}"
        for name in (
            "Sessions",
            "PublishLag",
            "TickOverruns",
            "StepTime",
            "JournalQueue",
            "JournalState",
            "WorkerState",
            "ServerVersion",
            "PlantFile",
            "Nodes",
            "MonitoredItems",
        )
    ),
)
PLANT_WIDE_METHODS = {
    "EmergencyStopAll",
    "ResetEmergencyStopAll",
    "Predict",
    "PredictJson",
    "LatestReadings",
    "Execute",
    "InjectFault",
    "ClearFaults",
    "QueryJournal",
    "ExportJournal",
}
EVERY_DEVICE = (
    ("State", "RunningState"),
    ("State", "Heartbeat"),
    ("State", "Load"),
    ("State", "EmergencyStopLatched"),
    ("State", "CommandSequence"),
    ("Health", "FailureProbability"),
    ("Health", "AnomalyScore"),
    ("Health", "Anomaly"),
    ("Health", "HealthGrade"),
    ("Health", "Recommendation"),
    ("Health", "IdlePower"),
    ("Health", "IdleCost"),
    ("Health", "ContributionNames"),
    ("Health", "Contributions"),
    ("Counters", "RunHours"),
    ("Counters", "Energy"),
    ("Counters", "Starts"),
    ("Counters", "IdleHours"),
)
COMMANDS = {"Start", "Shutdown", "Restart", "EmergencyStop", "ResetEmergencyStop", "Maintain"}


@pytest.fixture(scope="module")
def browsed(tmp_path_factory: pytest.TempPathFactory) -> Browsed:
    """What one walk over the server finds."""
    folder = default_config_dir()
    make_account(folder)
    with running_server(tmp_path_factory.mktemp("link")) as server:
        return asyncio.run(walk(server.endpoint, folder, server.state / "pki" / "own" / "andon.der"))


async def walk(url: str, folder: Path, own_server: Path) -> Browsed:
    """Look around as the local operator: what a node lets one write depends on who asks."""
    async with opened(url, "values", Keyring(folder, own_server)) as connection:
        return await browse(connection)


def test_that_the_link_finds_what_the_console_relies_on(browsed: Browsed) -> None:
    model = browsed.model
    catalogue = Catalogue(model)

    assert browsed.is_andon
    assert model.plant_name == "Factory"
    assert {device.tag for device in model.devices} == set(DEVICES)
    assert len(model.devices) == 108
    assert [path for path in PLANT_WIDE_TAGS if catalogue.find_path(path) is None] == []
    assert set(model.methods) >= PLANT_WIDE_METHODS
    for group, name in EVERY_DEVICE:
        assert np.all(catalogue.column(group, name) >= 0), f"{group}/{name}"


def test_that_every_device_comes_with_its_place_plate_and_commands(browsed: Browsed) -> None:
    for device in browsed.model.devices:
        assert device.area
        assert device.line
        assert device.type_name.endswith("Type")
        assert device.manufacturer
        assert device.model
        assert device.serial
        assert set(device.methods) >= COMMANDS, device.tag


def test_that_measurements_come_with_unit_range_band_and_precision(browsed: Browsed) -> None:
    measured = [tag for tag in browsed.model.tags if tag.group == "Measurements"]

    assert len(measured) > 500
    for tag in measured:
        assert tag.unit or tag.name in ("PowerFactor", "VibrationKurtosis"), tag.node_id  # shares have none
        assert tag.low < tag.high, tag.node_id
        assert tag.low <= tag.normal_low < tag.normal_high <= tag.high, tag.node_id
        assert tag.description, tag.node_id
        assert not tag.writable, tag.node_id


def test_that_setpoints_are_writable_and_limits_are_found(browsed: Browsed) -> None:
    catalogue = Catalogue(browsed.model)
    temperature = catalogue.find("CNC-014", "Measurements", "SpindleTemperature")
    setpoint = catalogue.find("CNC-014", "Setpoints", "SpindleSpeedSetpoint")

    assert setpoint is not None
    assert temperature is not None
    assert setpoint.writable
    assert dict(temperature.limits).keys() == dict(temperature.limit_nodes).keys() == {"High", "HighHigh"}
    assert temperature.limits["High"] < temperature.limits["HighHigh"]


def test_that_states_come_with_their_words(browsed: Browsed) -> None:
    catalogue = Catalogue(browsed.model)
    running = catalogue.find("CNC-014", "State", "RunningState")
    latch = catalogue.find_path("Plant/EmergencyStopLatched")

    assert running is not None
    assert latch is not None
    assert running.states[:3] == ("Stopped", "Starting", "Running")
    assert latch.states == ("Clear", "Latched")


def test_that_every_family_but_the_gateway_has_its_metrics(browsed: Browsed) -> None:
    catalogue = Catalogue(browsed.model)

    assert np.all(catalogue.metric_column(Metric.TEMPERATURE) >= 0)
    powered = catalogue.metric_column(Metric.POWER)
    assert {device.tag[:4] for device, tag in zip(catalogue.devices, powered, strict=True) if tag < 0} <= {
        "EDGE"
    }

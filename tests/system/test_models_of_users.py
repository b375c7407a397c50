"""The integrator's commands: a list of tags, a model in, a model out."""

import csv
import io
import json
import subprocess
import sys
from pathlib import Path

import pytest
from asyncua import Client, Server, ua

from tests.conformance.conftest import OWN_MODEL
from tests.conformance.small_plant import write_small_plant
from tests.support.node_client import require_node
from tests.support.servers import ROOT, running_server

LOAD_IN_NODE = """
const o = require('%s/tests/interop/node_modules/node-opcua');
(async () => {
  const s = new o.OPCUAServer({port: 0, nodeset_filename: [o.nodesets.standard, process.argv[1]]});
  await s.initialize();
  const a = s.engine.addressSpace, i = a.getNamespaceIndex('urn:andon:factory');
  const range = a.findNode(`ns=${i};s=CNC-001/Measurements/SpindleTemperature/EURange`).readValue().value.value;
  const inputs = a.findNode(`ns=${i};s=Plant/LatestReadings`).getInputArguments().map(x => x.name);
  console.log(JSON.stringify({high: range.high, inputs}));
  await s.shutdown();
})();
"""


def andon(*words: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "hmi", *words],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.fixture(scope="module")
def plant(tmp_path_factory: pytest.TempPathFactory) -> str:
    return str(write_small_plant(tmp_path_factory.mktemp("plant") / "small.toml"))


@pytest.fixture(scope="module")
def state(tmp_path_factory: pytest.TempPathFactory, plant: str) -> Path:
    """A state directory to which a user's model was added."""
    found = tmp_path_factory.mktemp("state")
    added = andon("nodeset", "add", str(OWN_MODEL), "--state", str(found), "--plant", plant)
    assert added.returncode == 0, added.stderr
    return found


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory, plant: str) -> Path:
    path = tmp_path_factory.mktemp("out") / "plant.xml"
    done = andon("nodeset", "export", str(path), "--plant", plant)
    assert done.returncode == 0, done.stderr
    return path


async def test_that_an_added_model_is_served_and_listed_as_tags(state: Path, plant: str) -> None:
    with running_server(state, "--plant", plant) as server:
        online = andon("tags", "export", "--url", server.endpoint)
        client = Client(server.endpoint, timeout=10)
        client.session_timeout = 60_000
        async with client:
            index = await client.get_namespace_index("urn:example:own")
            children = await client.get_node(ua.NodeId("Own", index)).get_children()

    offline = andon("tags", "export", "--plant", plant, "--state", str(state))
    assert len(children) == 7
    assert online.returncode == offline.returncode == 0, online.stderr + offline.stderr
    assert online.stdout == offline.stdout


def test_that_the_tag_list_says_what_an_integrator_asks(state: Path, plant: str) -> None:
    done = andon("tags", "export", "--plant", plant, "--state", str(state))

    rows = {row["NodeId"]: row for row in csv.DictReader(io.StringIO(done.stdout))}
    temperature = rows["nsu=urn:andon:factory;s=CNC-001/Measurements/SpindleTemperature"]
    assert temperature["BrowsePath"] == "/Plant/Machining/Line 1/CNC-001/Measurements/SpindleTemperature"
    assert (temperature["Unit"], temperature["RangeLow"], temperature["RangeHigh"]) == ("°C", "0", "120")
    assert (temperature["HighLimit"], temperature["HighHighLimit"]) == ("68", "78")
    assert (temperature["Type"], temperature["Writable"], temperature["RoleThatMayWrite"]) == (
        "Double",
        "no",
        "",
    )
    assert temperature["Description"] == "Temperature of the front spindle bearing"
    setpoint = rows["nsu=urn:andon:factory;s=CNC-001/Setpoints/SpindleSpeedSetpoint"]
    assert (setpoint["Writable"], setpoint["RoleThatMayWrite"]) == ("yes", "Operator")
    limit = rows["nsu=urn:andon:factory;s=CNC-001/Alarms/SpindleTemperature/HighLimit"]
    assert limit["RoleThatMayWrite"] == "Engineer"
    assert rows["nsu=urn:example:own;s=Own/Array"]["BrowsePath"] == "/Own/Array"


def test_that_no_cell_of_the_tag_list_is_a_formula(plant: str) -> None:
    done = andon("tags", "export", "--plant", plant)

    cells = [cell for row in csv.reader(io.StringIO(done.stdout)) for cell in row]
    assert not [cell for cell in cells if cell[:1] in ("=", "+", "@", "\t")]


def test_that_a_server_that_is_not_there_is_told_in_a_sentence() -> None:
    done = andon("tags", "export", "--url", "opc.tcp://127.0.0.1:9")

    assert done.returncode == 1
    assert done.stderr.startswith("andon tags export: opc.tcp://127.0.0.1:9 does not answer")
    assert len(done.stderr.splitlines()) == 1


async def test_that_an_exported_model_loads_in_a_stock_server(exported: Path) -> None:
    server = Server()
    await server.init()
    try:
        nodes = await server.import_xml(exported)

        index = await server.get_namespace_index("urn:andon:factory")
        of = server.get_node(ua.NodeId("CNC-001/Measurements/SpindleTemperature/EURange", index))
        assert await of.read_value() == ua.Range(Low=0.0, High=120.0)
        assert len(nodes) > 1000
    finally:
        await server.iserver.stop()


@pytest.mark.node
def test_that_an_exported_model_loads_in_node_opcua(exported: Path) -> None:
    program = LOAD_IN_NODE % ROOT
    done = subprocess.run(
        [require_node(), "-e", program, str(exported)],
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
    )

    assert done.returncode == 0, done.stderr[-500:]
    told = next(line for line in done.stdout.splitlines() if line.startswith('{"high"'))
    assert json.loads(told) == {"high": 120, "inputs": ["Device", "Count"]}


WRONG = {
    "not well-formed": ("</UAObject>", "</UAObjec>", "line 27: not well-formed XML"),
    "another document": ("<UANodeSet ", "<Something ", "the root element is 'Something'"),
    "our own namespace": ("urn:example:own", "urn:andon:factory", "this server's own namespace"),
    "a missing model": (
        'PublicationDate="2026-01-01T00:00:00Z"/>',
        'PublicationDate="2026-01-01T00:00:00Z"><RequiredModel ModelUri="urn:example:base" Version="2.0"/></Model>',
        "it needs the model urn:example:base 2.0, which is not there",
    ),
    "a node twice": (
        'NodeId="ns=1;s=Own/Scalar"',
        'NodeId="ns=1;s=Own/Array"',
        "is there twice, first in line 28",
    ),
    "an unnamed namespace": ('NodeId="ns=1;s=Own/Off"', 'NodeId="ns=4;s=Own/Off"', "does not name"),
    "a reference to nowhere": (
        '<Reference ReferenceType="HasTypeDefinition">i=58</Reference>',
        '<Reference ReferenceType="HasTypeDefinition">i=58</Reference><Reference ReferenceType="HasComponent">ns=1;s=Gone</Reference>',
        "which is not there",
    ),
    "a document type": (
        "<UANodeSet ",
        '<!DOCTYPE x [<!ENTITY a "aaaa">]><UANodeSet ',
        "a document type declaration is not taken",
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_that_a_model_that_is_wrong_is_not_taken_and_told_in_a_sentence(
    tmp_path: Path, plant: str, name: str
) -> None:
    old, new, sentence = WRONG[name]
    text = OWN_MODEL.read_text(encoding="utf-8")
    assert old in text
    file = tmp_path / "wrong.xml"
    file.write_text(text.replace(old, new, 1), encoding="utf-8")

    done = andon("nodeset", "add", str(file), "--state", str(tmp_path), "--plant", plant)

    assert done.returncode == 1
    assert sentence in done.stderr
    assert str(file) in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert not (tmp_path / "nodesets").exists()


def test_that_a_model_is_added_once_listed_and_removed(tmp_path: Path, plant: str) -> None:
    words = ("--state", str(tmp_path))
    first = andon("nodeset", "add", str(OWN_MODEL), "--plant", plant, *words)
    again = andon("nodeset", "add", str(OWN_MODEL), "--plant", plant, *words)
    listed = andon("nodeset", "list", *words)
    removed = andon("nodeset", "remove", listed.stdout.split()[0], *words)

    assert (first.returncode, again.returncode, removed.returncode) == (0, 1, 0)
    assert "has been added already" in again.stderr
    assert "urn:example:own" in listed.stdout
    assert andon("nodeset", "list", *words).stdout == ""

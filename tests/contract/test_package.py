"""What is shipped and installed: the wheel's content, and locks that name versions and hashes but no addresses."""

import json
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.support.servers import ROOT

PACKAGES = {"hmi", "models", "opcua_server", "plant", "resources"}
ADDRESS = re.compile(
    r"[a-z+]+://|^\s*(-i|--index-url|--extra-index-url|--find-links)\b|^[^#]*\s@\s", re.MULTILINE
)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """The names of the files in the wheel, built as an installer builds it, without a network."""
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True, timeout=100)
    (built,) = folder.glob("*.whl")
    with zipfile.ZipFile(built) as archive:
        return archive.namelist()


def test_that_the_wheel_holds_the_packages_and_nothing_else(wheel: list[str]) -> None:
    top = {Path(name).parts[0] for name in wheel}

    assert {name for name in top if not name.endswith(".dist-info")} == PACKAGES


@pytest.mark.parametrize(
    "name", ["resources/plants/factory.toml", "resources/plants/testbed.toml", "resources/alarms/rules.toml"]
)
def test_that_the_wheel_holds_the_data_that_the_server_needs(wheel: list[str], name: str) -> None:
    assert name in wheel


def test_that_the_wheel_holds_no_tests_and_no_leftovers(wheel: list[str]) -> None:
    assert [name for name in wheel if "test" in Path(name).parts or "__pycache__" in name] == []
    assert [name for name in wheel if Path(name).name.startswith("test_")] == []


@pytest.mark.parametrize("name", ["requirements.lock", "requirements-dev.lock"])
def test_that_a_lock_holds_no_addresses(name: str) -> None:
    found = ADDRESS.search((ROOT / name).read_text(encoding="utf-8"))

    assert found is None, found


@pytest.mark.parametrize("name", ["requirements.lock", "requirements-dev.lock"])
def test_that_every_locked_package_has_a_version_and_a_hash(name: str) -> None:
    entries = re.split(r"\n(?=[A-Za-z0-9])", (ROOT / name).read_text(encoding="utf-8").strip())

    assert len(entries) > 20
    assert [entry.split()[0] for entry in entries if "==" not in entry or "--hash=sha256:" not in entry] == []


def test_that_the_foreign_client_s_lock_holds_no_addresses_and_the_pinned_client() -> None:
    lock = json.loads((ROOT / "tests" / "interop" / "package-lock.json").read_text(encoding="utf-8"))

    packages = lock["packages"]
    assert [name for name, entry in packages.items() if "resolved" in entry] == []
    assert [name for name, entry in packages.items() if name and "integrity" not in entry] == []
    assert packages["node_modules/node-opcua"]["version"] == "2.182.2"

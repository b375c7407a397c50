"""One small bundle for all tests of this folder."""

from pathlib import Path

import pytest

from models.bundle import Bundle, load_bundle
from models.train import train
from tests.unit.models import recordings_made


@pytest.fixture(scope="session")
def bundle_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a bundle trained on three small recordings."""
    root = tmp_path_factory.mktemp("bundle")
    made = [
        recordings_made.recording(1000),
        recordings_made.recording(1001, wears=True),
        recordings_made.recording(1002, wears=True),
        recordings_made.recording(2000),
    ]
    paths = [recordings_made.write(root / each.name, each) for each in made]
    train(paths, root / "factory")
    return root / "factory"


@pytest.fixture(scope="session")
def bundle(bundle_folder: Path) -> Bundle:
    return load_bundle(bundle_folder)

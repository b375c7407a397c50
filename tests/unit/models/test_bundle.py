"""What a bundle's loader accepts."""

import json
import shutil
from pathlib import Path

import pytest

from models import bundle as files
from models.bundle import FILES, MANIFEST, MANIFEST_DIGEST, load_bundle
from models.errors import BundleError, RecordingError
from models.train import train
from tests.unit.models import recordings_made

pytestmark = pytest.mark.slow


@pytest.fixture
def copy(bundle_folder: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(bundle_folder, tmp_path / "copy"))


def fail_if_parsed(*_: object) -> None:
    pytest.fail("an altered bundle was parsed")


@pytest.mark.parametrize("place", [0.0, 0.5, 0.999])
@pytest.mark.parametrize("name", [*FILES, MANIFEST, MANIFEST_DIGEST])
def test_that_one_altered_byte_anywhere_is_refused_before_anything_is_parsed(
    copy: Path, name: str, place: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = bytearray((copy / name).read_bytes())
    data[int(place * len(data))] ^= 0x01
    (copy / name).write_bytes(data)
    monkeypatch.setattr(files, "_parse", fail_if_parsed)

    with pytest.raises(BundleError, match="SHA-256"):
        load_bundle(copy)


@pytest.mark.parametrize("name", [*FILES, MANIFEST, MANIFEST_DIGEST])
def test_that_a_missing_file_is_named(copy: Path, name: str) -> None:
    (copy / name).unlink()

    with pytest.raises(BundleError, match=f"{name}: cannot be read"):
        load_bundle(copy)


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("format", 99, "format 99 is not 1"),
        ("features", ["temperature.fast"], "other features"),
        ("libraries", {"xgboost": "99.0.0"}, "made with xgboost 99.0.0"),
    ],
)
def test_that_a_bundle_of_another_version_is_refused(
    copy: Path, key: str, value: object, message: str
) -> None:
    manifest = json.loads((copy / MANIFEST).read_text())
    facts = {k: v for k, v in manifest.items() if k != "files"} | {key: value}
    files.write_bundle(copy, {name: (copy / name).read_bytes() for name in FILES}, facts)

    with pytest.raises(BundleError, match=message):
        load_bundle(copy)


def test_that_a_file_with_the_right_digest_but_other_content_is_refused(copy: Path) -> None:
    manifest = json.loads((copy / MANIFEST).read_text())
    content = {name: (copy / name).read_bytes() for name in FILES} | {files.COMPONENT: b"no archive"}
    files.write_bundle(copy, content, {k: v for k, v in manifest.items() if k != "files"})

    with pytest.raises(BundleError, match="not the content"):
        load_bundle(copy)


@pytest.mark.slow
def test_that_the_same_recordings_and_seed_give_the_same_bytes(bundle_folder: Path, tmp_path: Path) -> None:
    paths = sorted(bundle_folder.parent.glob("made-*.npz"))

    train(paths, tmp_path / "again")

    for name in (*FILES, MANIFEST):
        assert (tmp_path / "again" / name).read_bytes() == (bundle_folder / name).read_bytes(), name


def test_that_frozen_seeds_are_not_trained_on(tmp_path: Path) -> None:
    path = recordings_made.write(tmp_path / "frozen.npz", recordings_made.recording(9003))

    with pytest.raises(RecordingError, match="seed 9003 is kept for judging"):
        train([path], tmp_path / "out")

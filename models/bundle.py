"""Keep trained detectors in a folder that is verified before anything in it is parsed."""

import hashlib
import io
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.component_model import ComponentModel
from models.detectors import boosting
from models.detectors.boosting import Booster
from models.detectors.isolation import IsolationArrays
from models.errors import BundleError
from models.expected import Expectation
from models.features import feature_names
from models.slots import FAMILIES

FORMAT = 1
MANIFEST = "manifest.json"
MANIFEST_DIGEST = "manifest.sha256"
CLASSIFIER, FOREST, NAMER = "classifier.ubj", "forest.ubj", "namer.ubj"
EXPECTATION, ISOLATION, COMPONENT = "expectation.npz", "isolation.npz", "component.npz"
FILES = (CLASSIFIER, FOREST, NAMER, EXPECTATION, ISOLATION, COMPONENT)

_LARGEST_FILE = 5_000_000
_DIGEST = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Bundle:
    """Everything that scoring needs.

    Attributes:
        name: Folder name and the first digits of the manifest's digest.
        classifier: Gradient-boosted trees, probability that a machine is failing.
        forest: Random forest for the same question.
        namer: Names the fault; one class per entry of `fault_names`.
        expectation: What each reading should be.
        isolation: Isolation Forest over the readings' changes.
        component: What a component cell's readings should be, for `Predict`.
        fault_names: Names of the namer's classes.
        can_have: shape (n_families, n_faults), which family can have which fault.
        limit: Failure probability from which a machine counts as failing.
        manifest: The whole manifest.
    """

    name: str
    classifier: Booster
    forest: Booster
    namer: Booster
    expectation: Expectation
    isolation: IsolationArrays
    component: ComponentModel
    fault_names: tuple[str, ...]
    can_have: NDArray[np.bool_]
    limit: float
    manifest: Mapping[str, Any]


def load_bundle(folder: Path) -> Bundle:
    """Return the detectors in a folder.

    Raises:
        BundleError: Something is missing, altered or of another version; nothing altered has been parsed.
    """
    manifest, digest = _verified_manifest(folder)
    _check_versions(folder, manifest)
    content = {name: _verified_file(folder, name, manifest) for name in FILES}
    try:
        return _parse(f"{folder.name}-{digest[:12]}", manifest, content)
    except (KeyError, ValueError, TypeError, OSError) as error:
        raise BundleError(f"{folder}: a file has not the content that its name promises: {error}") from error


def write_bundle(folder: Path, content: Mapping[str, bytes], facts: Mapping[str, Any]) -> None:
    """Write files, manifest and the manifest's digest.

    Args:
        folder: Made if it is not there; files of the same name are replaced.
        content: The bytes of each of `FILES`.
        facts: What else the manifest says; must be plain JSON types.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for name, data in content.items():
        (folder / name).write_bytes(data)
    manifest = {
        "format": FORMAT,
        "features": list(feature_names()),
        "families": list(FAMILIES),
        "files": {name: _sha256(data) for name, data in sorted(content.items())},
        **facts,
    }
    text = (json.dumps(manifest, indent=1, sort_keys=True) + "\n").encode()
    (folder / MANIFEST).write_bytes(text)
    (folder / MANIFEST_DIGEST).write_text(f"{_sha256(text)}\n", encoding="ascii")


def npz_bytes(arrays: Mapping[str, NDArray[Any]]) -> bytes:
    """Return arrays as the bytes of an npz file; equal arrays give equal bytes."""
    buffer = io.BytesIO()
    np.savez_compressed(buffer, allow_pickle=False, **dict(arrays))
    return buffer.getvalue()


def _verified_manifest(folder: Path) -> tuple[Mapping[str, Any], str]:
    text = _read(folder, MANIFEST)
    digest = _read(folder, MANIFEST_DIGEST).decode("ascii", "replace").removesuffix("\n")
    if not _DIGEST.fullmatch(digest) or _sha256(text) != digest:
        raise BundleError(f"{folder / MANIFEST}: its SHA-256 is not the one in {MANIFEST_DIGEST}")
    try:
        manifest = json.loads(text)
    except ValueError as error:
        raise BundleError(f"{folder / MANIFEST}: not JSON: {error}") from error
    if not isinstance(manifest, dict):
        raise BundleError(f"{folder / MANIFEST}: not a JSON object")
    return manifest, digest


def _check_versions(folder: Path, manifest: Mapping[str, Any]) -> None:
    if manifest.get("format") != FORMAT:
        raise BundleError(f"{folder}: format {manifest.get('format')} is not {FORMAT}")
    if manifest.get("features") != list(feature_names()) or manifest.get("families") != list(FAMILIES):
        raise BundleError(f"{folder}: it was trained on other features than this version computes")
    trained, here = str(manifest.get("libraries", {}).get("xgboost")), boosting.library_version()
    if _numbers(trained)[:1] != _numbers(here)[:1] or _numbers(trained) > _numbers(here):
        raise BundleError(f"{folder}: made with xgboost {trained}, which {here} does not read")


def _verified_file(folder: Path, name: str, manifest: Mapping[str, Any]) -> bytes:
    data = _read(folder, name)
    if _sha256(data) != manifest.get("files", {}).get(name):
        raise BundleError(f"{folder / name}: its SHA-256 is not the one in {MANIFEST}")
    return data


def _read(folder: Path, name: str) -> bytes:
    try:
        with (folder / name).open("rb") as stream:
            data = stream.read(_LARGEST_FILE + 1)
    except OSError as error:
        raise BundleError(f"{folder / name}: cannot be read: {error.strerror}") from error
    if len(data) > _LARGEST_FILE:
        raise BundleError(f"{folder / name}: larger than {_LARGEST_FILE} bytes")
    return data


def _parse(name: str, manifest: Mapping[str, Any], content: Mapping[str, bytes]) -> Bundle:
    expectation = _arrays(content[EXPECTATION])
    faults = tuple(manifest["faults"])
    can_have = np.array(
        [[f in manifest["family_faults"].get(family, ()) for f in faults] for family in FAMILIES]
    )
    return Bundle(
        name=name,
        classifier=boosting.load(content[CLASSIFIER]),
        forest=boosting.load(content[FOREST]),
        namer=boosting.load(content[NAMER]),
        expectation=Expectation(**expectation),
        isolation=IsolationArrays.from_arrays(_arrays(content[ISOLATION])),
        component=ComponentModel.from_arrays(_arrays(content[COMPONENT])),
        fault_names=faults,
        can_have=can_have,
        limit=float(manifest["limit"]),
        manifest=manifest,
    )


def _arrays(data: bytes) -> dict[str, NDArray[Any]]:
    with np.load(io.BytesIO(data), allow_pickle=False) as archive:
        return {name: archive[name] for name in archive.files}


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", version)[:2])

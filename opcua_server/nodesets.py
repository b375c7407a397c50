"""Users' own models: NodeSet2 files in the state directory, loaded beside the plant when the server starts."""

import logging
import shutil
from collections.abc import Collection, Iterable
from pathlib import Path
from typing import Final

from asyncua import Server, ua
from asyncua.common.xmlimporter import XmlImporter

from opcua_server.model.namespaces import DI_URI, MACHINERY_URI, TYPES_URI
from opcua_server.model.nodeset_file import UA_URI, NodesetError, NodesetFile, read_nodeset
from opcua_server.services.internal import AndonInternalServer

_log = logging.getLogger(__name__)

_FOLDER: Final = "nodesets"
_OURS: Final = (UA_URI, DI_URI, MACHINERY_URI, TYPES_URI)


def folder(state: Path) -> Path:
    """Return where the files lie; it may not exist."""
    return state / _FOLDER


def kept(state: Path) -> list[NodesetFile]:
    """Return the files of a state directory, in the order in which they were added."""
    found = sorted(folder(state).glob("*.xml"), key=lambda path: path.name)
    return [read_nodeset(path) for path in found]


def check_namespaces(file: NodesetFile, others: Iterable[NodesetFile], plant_uri: str) -> None:
    """Refuse a file that puts nodes where others are, or needs a model that is not there.

    Raises:
        NodesetError: One sentence says which.
    """
    others = list(others)
    taken = {uri: str(other.path.name) for other in others for uri in other.brings}
    for uri in file.brings:
        if uri in (*_OURS, plant_uri) or uri.startswith("urn:andon:"):
            raise NodesetError(f"{file.path}: its nodes are in {uri}, which is this server's own namespace.")
        if uri in taken:
            raise NodesetError(f"{file.path}: {uri} has been added already, by {taken[uri]}.")
    there = {*_OURS, plant_uri, *taken, *(model for other in others for model in other.models), *file.models}
    for uri, (version, _) in file.required.items():
        if uri not in there:
            raise NodesetError(
                f"{file.path}: it needs the model {uri}{f' {version}' if version else ''}, which is not there: add that first."
            )


async def load(server: Server, inner: AndonInternalServer, file: NodesetFile) -> int:
    """Make a file's nodes; their variables are written in memory. Returns how many.

    Raises:
        NodesetError: The library cannot make them, or a reference leads nowhere.
    """
    importer = XmlImporter(server, strict_mode=True)
    try:
        nodes = await importer.import_xml(str(file.path))
    except (
        ua.UaError,
        ValueError,
        KeyError,
        RuntimeError,
        NotImplementedError,
        AttributeError,
        TypeError,
    ) as problem:
        raise NodesetError(f"{file.path} cannot be loaded: {_reason(problem)}.") from problem
    if importer.refs:
        lost = importer.refs[0]
        raise NodesetError(
            f"{file.path}: {lost.SourceNodeId.to_string()} refers to {lost.TargetNodeId.to_string()}, which is not there."
        )
    uris = await server.get_namespace_array()
    for method in file.off:  # the library does not look at that
        node = ua.NodeId.from_string(method)
        local = ua.NodeId(node.Identifier, uris.index(file.uri_of(method)), node.NodeIdType)
        off = ua.DataValue(ua.Variant(False, ua.VariantType.Boolean))
        inner.aspace[local].attributes[ua.AttributeIds.Executable].value = off
    inner.attributes.in_memory |= {uris.index(uri) for uri in file.brings}
    return len(nodes)


def _reason(problem: Exception) -> str:
    text = str(problem).strip().splitlines()
    return f"{type(problem).__name__}: {text[0][:200]}" if text else type(problem).__name__


async def load_all(server: Server, inner: AndonInternalServer, state: Path, plant_uri: str) -> int:
    """Load every file of a state directory; one that cannot be loaded is told in the log and left out."""
    count = 0
    done: list[NodesetFile] = []
    for path in sorted(folder(state).glob("*.xml"), key=lambda path: path.name):
        try:
            file = read_nodeset(path)
            check_namespaces(file, done, plant_uri)
            count += await load(server, inner, file)
        except NodesetError as problem:
            _log.warning("a model of the user's is left out: %s", problem)
        else:
            done.append(file)
    return count


def keep(file: NodesetFile, state: Path, names: Collection[str]) -> Path:
    """Copy a checked file into a state directory, after those that are there; returns the copy."""
    target = folder(state)
    target.mkdir(parents=True, exist_ok=True, mode=0o700)
    number = 1 + max((int(name[:3]) for name in names if name[:3].isdigit()), default=0)
    copy = target / f"{number:03}-{file.path.name}"
    shutil.copyfile(file.path, copy)
    return copy

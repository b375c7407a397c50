"""The list of all tags of a server, as a table for whoever connects something to it."""

import csv
import io
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

from asyncua import ua
from asyncua.server.address_space import AddressSpace

from opcua_server.alarms.export import neutral
from opcua_server.model.namespaces import DI_URI, MACHINERY_URI, TYPES_URI, Namespaces
from opcua_server.security.node_rights import NodeRules
from opcua_server.security.permissions import roles_with

_ID = ua.ObjectIds
_A = ua.AttributeIds
_BATCH: Final = 200  # operations a request: what small servers take
_DOWN: Final = ua.NodeId(_ID.HierarchicalReferences)
_PROPERTY: Final = _ID.HasProperty
_SKIPPED: Final = frozenset((_ID.HasSubtype, _ID.HasNotifier, _ID.HasEventSource))
_TWICE: Final = "Thresholds"  # a device's folder that lists the limits of its alarms once more
_LIMITS: Final = ("HighHighLimit", "HighLimit", "LowLimit", "LowLowLimit")
_NAMES: Final = {value: name for name, value in vars(_ID).items() if isinstance(value, int) and value < 26}  # fmt: skip
COLUMNS: Final = (
    "NodeId", "BrowsePath", "Type", "Unit", "RangeLow", "RangeHigh", "HighHighLimit", "HighLimit", "LowLimit",
    "LowLowLimit", "Description", "Writable", "RoleThatMayWrite",
)  # fmt: skip


class Session(Protocol):
    """A session of the library's, inside a server or over the network."""

    async def browse(self, parameters: ua.BrowseParameters) -> list[ua.BrowseResult]:
        """Browse nodes, all references at once."""
        ...

    async def read(self, parameters: ua.ReadParameters) -> list[ua.DataValue]:
        """Read attributes."""
        ...


@dataclass(slots=True)
class Tag:
    """A variable on its way to a row."""

    node: ua.NodeId
    path: str
    properties: dict[str, ua.NodeId] = field(default_factory=dict)


async def rows(session: Session) -> list[dict[str, object]]:
    """Return one row a variable, those of the server's own description left out, sorted by browse path."""
    uris: list[str] = await _value(session, ua.NodeId(_ID.Server_NamespaceArray))
    role_of = _roles(uris)
    machines = ua.NodeId(1001, uris.index(MACHINERY_URI)) if MACHINERY_URI in uris else None
    tags = await _collect(session, machines)
    described = await _read(
        session, [tag.node for tag in tags], (_A.DataType, _A.Description, _A.AccessLevel)
    )
    wanted = [node for tag in tags for node in tag.properties.values()]
    wanted += [tag.node for tag in tags if tag.path.endswith(_LIMITS)]
    values = dict(zip(wanted, (each[0] for each in await _read(session, wanted, (_A.Value,))), strict=True))
    limits = _limits_of(tags, values)
    found = []
    for tag, (kind, text, access) in zip(tags, described, strict=True):
        properties = {name: values[node] for name, node in tag.properties.items()}
        scale, unit = properties.get("EURange"), properties.get("EngineeringUnits")
        is_writable = bool((access or 0) & 2)
        found.append(
            {
                "NodeId": printed(tag.node, uris),
                "BrowsePath": tag.path,
                "Type": _type_name(kind, uris),
                "Unit": unit.DisplayName.Text if unit is not None else None,
                "RangeLow": None if scale is None else scale.Low,
                "RangeHigh": None if scale is None else scale.High,
                **{name: limits.get(tag.path, {}).get(name) for name in _LIMITS},
                "Description": text.Text if text is not None else None,
                "Writable": "yes" if is_writable else "no",
                "RoleThatMayWrite": role_of(tag.node) if is_writable else None,
            }
        )
    return sorted(found, key=lambda row: str(row["BrowsePath"]))


def printed(node: ua.NodeId, uris: Sequence[str]) -> str:
    """Return a NodeId with its namespace's URI, which is the same on every start: `nsu=urn:andon:factory;s=…`."""
    _, _, identifier = str(ua.NodeId(node.Identifier, 0, node.NodeIdType).to_string()).rpartition(";")
    return f"nsu={uris[node.NamespaceIndex]};{identifier}" if node.NamespaceIndex else identifier


def as_csv(found: Iterable[Mapping[str, object]]) -> str:
    """Return rows as comma-separated text, with cells that no spreadsheet takes for a formula."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for row in found:
        writer.writerow("" if row[name] is None else neutral(_cell(row[name])) for name in COLUMNS)
    return out.getvalue()


def _cell(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


async def _collect(session: Session, machines: ua.NodeId | None) -> list[Tag]:
    """Walk down from Objects, past the Server object and the folder that lists all machines once more."""
    tags: list[Tag] = []
    seen = {ua.NodeId(_ID.Server), machines}
    level: list[tuple[ua.NodeId, str]] = [(ua.NodeId(_ID.ObjectsFolder), "")]
    while level:
        below: list[tuple[ua.NodeId, str]] = []
        children = await _children(session, [node for node, _ in level])
        for (_, path), references in zip(level, children, strict=True):
            for reference in references:
                node = reference.NodeId
                if node in seen or reference.ReferenceTypeId.Identifier in _SKIPPED:
                    continue
                seen.add(node)
                here = f"{path}/{reference.BrowseName.Name}"
                if reference.NodeClass == ua.NodeClass.Object and reference.BrowseName.Name != _TWICE:
                    below.append((node, here))
                elif reference.NodeClass == ua.NodeClass.Variable and _is_tag(reference, path):
                    tags.append(Tag(node, here))
        level = below
    for tag, references in zip(tags, await _children(session, [tag.node for tag in tags]), strict=True):
        tag.properties = {
            reference.BrowseName.Name: reference.NodeId
            for reference in references
            if reference.ReferenceTypeId.Identifier == _PROPERTY
            and reference.BrowseName.Name in ("EURange", "EngineeringUnits")
        }
    return tags


def _is_tag(reference: ua.ReferenceDescription, path: str) -> bool:
    """Leave out what only describes, and the states of alarms; their limits are tags, for they are written."""
    if reference.BrowseName.Name in _LIMITS:
        return True
    return reference.ReferenceTypeId.Identifier != _PROPERTY and "/Alarms/" not in f"{path}/"


def _limits_of(tags: Sequence[Tag], values: Mapping[ua.NodeId, Any]) -> dict[str, dict[str, Any]]:
    """Return the alarm limits by the path of the measurement that they judge: `…/Alarms/X/HighLimit` is of `…/Measurements/X`."""
    found: dict[str, dict[str, Any]] = {}
    for tag in tags:
        owner, _, name = tag.path.rpartition("/")
        device, is_alarm, measurement = owner.rpartition("/Alarms/")
        if is_alarm and name in _LIMITS:
            found.setdefault(f"{device}/Measurements/{measurement}", {})[name] = values.get(tag.node)
    return found


async def _children(session: Session, nodes: Sequence[ua.NodeId]) -> list[list[ua.ReferenceDescription]]:
    found: list[list[ua.ReferenceDescription]] = []
    for start in range(0, len(nodes), _BATCH):
        wanted = [
            ua.BrowseDescription(
                NodeId=node,
                BrowseDirection=ua.BrowseDirection.Forward,
                ReferenceTypeId=_DOWN,
                IncludeSubtypes=True,
                ResultMask=63,
            )
            for node in nodes[start : start + _BATCH]
        ]
        results = await session.browse(ua.BrowseParameters(NodesToBrowse=wanted))
        found += [list(result.References or []) for result in results]
    return found


async def _read(
    session: Session, nodes: Sequence[ua.NodeId], attributes: Sequence[ua.AttributeIds]
) -> list[list[Any]]:
    """Return the attributes of each node, None for what cannot be read."""
    wanted = [
        ua.ReadValueId(NodeId=node, AttributeId=attribute) for node in nodes for attribute in attributes
    ]
    values: list[Any] = []
    for start in range(0, len(wanted), _BATCH):
        answers = await session.read(ua.ReadParameters(NodesToRead=wanted[start : start + _BATCH]))
        values += [None if answer.Value is None else answer.Value.Value for answer in answers]
    size = len(attributes)
    return [values[start : start + size] for start in range(0, len(values), size)]


async def _value(session: Session, node: ua.NodeId) -> Any:
    return (await _read(session, [node], (_A.Value,)))[0][0]


def _type_name(kind: ua.NodeId | None, uris: Sequence[str]) -> str | None:
    if kind is None:
        return None
    if kind.NamespaceIndex == 0 and kind.Identifier in _NAMES:
        return _NAMES[kind.Identifier]
    return next(
        (name for name, value in vars(_ID).items() if kind.NamespaceIndex == 0 and value == kind.Identifier),
        printed(kind, uris),
    )


def _roles(uris: Sequence[str]) -> Callable[[ua.NodeId], str | None]:
    """Return what says which role may write a node of our server; of another server nothing is known."""
    plant = next((uri for uri in uris if _is_plant(uri)), None)
    if plant is None or TYPES_URI not in uris or DI_URI not in uris or MACHINERY_URI not in uris:
        return lambda _: None
    ns = Namespaces(
        di=uris.index(DI_URI),
        machinery=uris.index(MACHINERY_URI),
        types=uris.index(TYPES_URI),
        plant=uris.index(plant),
        plant_uri=plant,
    )
    rules = NodeRules(AddressSpace(), ns)

    def role_of(node: ua.NodeId) -> str | None:
        action = rules.of(node).write
        return None if action is None else next((role.value for role in roles_with(action)), None)

    return role_of


def _is_plant(uri: str) -> bool:
    return uri.startswith("urn:andon:") and uri != TYPES_URI and not uri.startswith("urn:andon:server:")

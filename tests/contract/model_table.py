"""The information model as a table: every node with its class, type, unit and range.

Devices of one family share one block of rows in which `{device}` stands for the tag, so that the golden file stays short and
still holds every NodeId. Make it anew with `python -m tests.contract.model_table`.
"""

import asyncio
import csv
import io
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

from asyncua import ua
from asyncua.server.address_space import AddressSpace

import resources
from opcua_server.assembly import Assembly, assemble
from opcua_server.model.bulk import HAS_TYPE_DEFINITION
from opcua_server.settings import Settings
from opcua_server.statedir import StateDir

GOLDEN = Path(__file__).parent / "golden" / "factory.csv"
COLUMNS = ("family", "path", "class", "type", "data_type", "access", "unit", "range")
Row = tuple[str, ...]
_A = ua.AttributeIds


def collect(parts: Assembly, aspace: AddressSpace, plant_ns: int) -> dict[str, Row]:
    """Return every node of the plant's namespace: path -> (class, type, data type, access, unit, range)."""
    found: dict[str, Row] = {}
    for node, data in aspace._nodes.items():
        if node.NamespaceIndex != plant_ns:
            continue
        found[str(node.Identifier)] = (
            ua.NodeClass(_value(aspace, node, _A.NodeClass)).name,
            _type(aspace, data.references),
            _name(aspace, _value(aspace, node, _A.DataType)),
            str(_value(aspace, node, _A.AccessLevel) or ""),
            _unit(aspace, node),
            _range(aspace, node),
        )
    assert parts.node_count >= len(found)
    return found


def fold(rows: dict[str, Row], families: dict[str, str]) -> list[Row]:
    """Return the rows with each family's devices folded into one block where they agree."""
    members: dict[tuple[str, Row], set[str]] = defaultdict(set)
    out: set[Row] = set()
    sizes: dict[str, int] = defaultdict(int)
    for family in families.values():
        sizes[family] += 1
    for path, row in rows.items():
        device, _, rest = path.partition("/")
        if device in families:
            members[families[device], (rest, *row)].add(device)
        else:
            out.add(("", path, *row))
    for (family, row), devices in members.items():
        if len(devices) == sizes[family]:
            out.add((family, "/".join(("{device}", row[0])).rstrip("/"), *row[1:]))
        else:
            out.update((family, f"{device}/{row[0]}".rstrip("/"), *row[1:]) for device in devices)
    out.update(("device", device, family, "", "", "", "", "") for device, family in families.items())
    return sorted(out)


def render(rows: Iterable[Row]) -> str:
    """Return the table as CSV."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows(rows)
    return text.getvalue()


async def table() -> str:
    """Build the default plant's server, without a network, and return its table."""
    with tempfile.TemporaryDirectory() as directory, StateDir(Path(directory)) as state:
        settings = Settings(plant=resources.path("plants", "factory.toml"), state=Path(directory), port=0)
        parts = await assemble(settings, state)
        try:
            families = {device.tag: str(device.family) for device in parts.engine.definition.devices}
            return render(fold(collect(parts, parts.aspace, parts.ns.plant), families))
        finally:
            await parts.close()


def _value(aspace: AddressSpace, node: ua.NodeId, attribute: ua.AttributeIds) -> object:
    found = aspace.read_attribute_value(node, attribute)
    return found.Value.Value if found.Value is not None else None


def _type(aspace: AddressSpace, references: Iterable[ua.ReferenceDescription]) -> str:
    for reference in references:
        if reference.ReferenceTypeId == HAS_TYPE_DEFINITION:
            return _name(aspace, reference.NodeId)
    return ""


def _name(aspace: AddressSpace, node: object) -> str:
    if not isinstance(node, ua.NodeId):
        return ""
    name = _value(aspace, node, _A.BrowseName)
    return name.Name if isinstance(name, ua.QualifiedName) else str(node.to_string())


def _unit(aspace: AddressSpace, node: ua.NodeId) -> str:
    value = _value(aspace, ua.NodeId(f"{node.Identifier}/EngineeringUnits", node.NamespaceIndex), _A.Value)
    return f"{value.UnitId} {value.DisplayName.Text}" if isinstance(value, ua.EUInformation) else ""


def _range(aspace: AddressSpace, node: ua.NodeId) -> str:
    texts = []
    for name in ("EURange", "NormalRange"):
        value = _value(aspace, ua.NodeId(f"{node.Identifier}/{name}", node.NamespaceIndex), _A.Value)
        if isinstance(value, ua.Range):
            texts.append(f"{value.Low:g}..{value.High:g}")
    return " normal ".join(texts)


if __name__ == "__main__":
    GOLDEN.parent.mkdir(exist_ok=True)
    GOLDEN.write_text(asyncio.run(table()), encoding="utf-8")
    sys.stdout.write(f"wrote {GOLDEN}\n")

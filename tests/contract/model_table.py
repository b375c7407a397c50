"""The information model as a table: every node of ours with its class, type, access, unit, range and fixed texts.

Devices of one family share one block of rows in which `{device}` stands for the tag, so that the golden file stays short and
still holds every NodeId. A path without a prefix lies in the plant's own namespace; `types:`, `di:` and `machinery:` are the
others. Make it anew with `python -m tests.contract.model_table`.
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
from opcua_server.model.bulk import HAS_SUBTYPE, HAS_TYPE_DEFINITION
from opcua_server.settings import Settings
from opcua_server.statedir import StateDir

GOLDEN = Path(__file__).parent / "golden" / "factory.csv"
COLUMNS = ("family", "path", "class", "type", "data_type", "access", "unit", "range", "detail")
Row = tuple[str, ...]
_A = ua.AttributeIds


def collect(parts: Assembly, aspace: AddressSpace) -> dict[str, Row]:
    """Return every node of our namespaces: path -> (class, type, data type, access, unit, range, detail)."""
    ns = parts.ns
    prefixes = {ns.plant: "", ns.types: "types:", ns.di: "di:", ns.machinery: "machinery:"}
    found: dict[str, Row] = {}
    for node, data in aspace._nodes.items():
        if node.NamespaceIndex not in prefixes:
            continue
        found[f"{prefixes[node.NamespaceIndex]}{node.Identifier}"] = (
            ua.NodeClass(_value(aspace, node, _A.NodeClass)).name,
            _type(aspace, data.references),
            _name(aspace, _value(aspace, node, _A.DataType)),
            _access(aspace, node),
            _unit(aspace, node),
            _range(aspace, node),
            _detail(aspace, node),
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
    out.update(("device", device, family, *[""] * (len(COLUMNS) - 3)) for device, family in families.items())
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
            return render(fold(collect(parts, parts.aspace), families))
        finally:
            await parts.close()


def _value(aspace: AddressSpace, node: ua.NodeId, attribute: ua.AttributeIds) -> object:
    found = aspace.read_attribute_value(node, attribute)
    return found.Value.Value if found.Value is not None else None


def _type(aspace: AddressSpace, references: Iterable[ua.ReferenceDescription]) -> str:
    """Return the name of an instance's type, or of a type's supertype."""
    for reference in references:
        if reference.ReferenceTypeId == HAS_TYPE_DEFINITION:
            return _name(aspace, reference.NodeId)
        if reference.ReferenceTypeId == HAS_SUBTYPE and not reference.IsForward:
            return _name(aspace, reference.NodeId)
    return ""


def _access(aspace: AddressSpace, node: ua.NodeId) -> str:
    """Return "r" or "rw" of a variable, "events" of a notifier."""
    level = _value(aspace, node, _A.AccessLevel)
    if isinstance(level, int):
        return {1: "r", 3: "rw"}[level]
    return "events" if _value(aspace, node, _A.EventNotifier) else ""


def _detail(aspace: AddressSpace, node: ua.NodeId) -> str:
    """Return what of a value is part of the contract: arguments, states, limits, precision; the name of a numeric id."""
    name = _name(aspace, node)
    if isinstance(node.Identifier, int):
        return name
    value = _value(aspace, node, _A.Value)
    if name in ("InputArguments", "OutputArguments") and isinstance(value, list):
        return ", ".join(
            f"{each.Name} {_name(aspace, each.DataType)}{'[]' if each.ValueRank == 1 else ''}"
            for each in value
        )
    if name == "EnumStrings" and isinstance(value, list):
        return " | ".join(str(each.Text) for each in value)
    if name in ("TrueState", "FalseState") and isinstance(value, ua.LocalizedText):
        return str(value.Text)
    is_limit = "/Alarms/" in str(node.Identifier) and name.endswith("Limit")
    if (is_limit or name == "ValuePrecision") and isinstance(value, int | float):
        return f"{value:g}"
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

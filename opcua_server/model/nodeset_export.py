"""Write our namespaces as a NodeSet2 file (OPC 10000-6, annex F) that other stacks load.

Values are written where they describe (properties: units, scales, names of states, arguments); what a measurement reads is
left out.
"""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final
from xml.etree import ElementTree as ET

from asyncua import ua
from asyncua.server.address_space import AddressSpace, NodeData

from opcua_server.model.companions import TYPES_DATE, TYPES_VERSION
from opcua_server.model.namespaces import DI_URI, MACHINERY_URI, TYPES_URI, Namespaces
from opcua_server.model.nodeset_file import UA_URI
from opcua_server.model.nodeset_values import value_element

_A = ua.AttributeIds
_BASE: Final = {
    "Version": "1.04",
    "PublicationDate": "2019-05-01T00:00:00Z",
}  # the oldest that has what we use
_SCHEMA: Final = "http://opcfoundation.org/UA/2011/03/UANodeSet.xsd"
_HIERARCHICAL: Final = frozenset(
    ua.NodeId(number)
    for number in (
        ua.ObjectIds.Organizes,
        ua.ObjectIds.HasComponent,
        ua.ObjectIds.HasProperty,
        ua.ObjectIds.HasSubtype,
        ua.ObjectIds.HasAddIn,
    )
)
_PROPERTY: Final = ua.NodeId(ua.ObjectIds.PropertyType)

# Node class -> its element, and the attributes that are written when they differ from the schema's default.
_CLASSES: Final[Mapping[int, tuple[str, Mapping[str, tuple[ua.AttributeIds, object]]]]] = {
    1: ("UAObject", {"EventNotifier": (_A.EventNotifier, 0)}),
    2: (
        "UAVariable",
        {
            "DataType": (_A.DataType, None),
            "ValueRank": (_A.ValueRank, -1),
            "AccessLevel": (_A.AccessLevel, 1),
            "UserAccessLevel": (_A.UserAccessLevel, 1),
            "MinimumSamplingInterval": (_A.MinimumSamplingInterval, 0),
            "Historizing": (_A.Historizing, False),
        },
    ),
    4: ("UAMethod", {"Executable": (_A.Executable, True), "UserExecutable": (_A.UserExecutable, True)}),
    8: ("UAObjectType", {"IsAbstract": (_A.IsAbstract, False)}),
    16: (
        "UAVariableType",
        {
            "DataType": (_A.DataType, None),
            "ValueRank": (_A.ValueRank, -1),
            "IsAbstract": (_A.IsAbstract, False),
        },
    ),
    32: ("UAReferenceType", {"IsAbstract": (_A.IsAbstract, False), "Symmetric": (_A.Symmetric, False)}),
    64: ("UADataType", {"IsAbstract": (_A.IsAbstract, False)}),
}


class Exporter:
    """Turns nodes into elements, with the file's own namespace indexes."""

    def __init__(self, aspace: AddressSpace, ns: Namespaces) -> None:
        self._aspace = aspace
        uris = {ns.plant: ns.plant_uri, ns.types: TYPES_URI, ns.di: DI_URI, ns.machinery: MACHINERY_URI}
        self.uris = list(uris.values())
        self._index = {0: 0, **{number: place for place, number in enumerate(uris, start=1)}}
        # The namespaces' own descriptions belong to a server, not to a model.
        self.nodes = [
            node
            for node in aspace.keys()  # noqa: SIM118  # it is no mapping: it cannot be iterated over
            if node.NamespaceIndex in uris and not str(node.Identifier).startswith("NamespaceMetadata/")
        ]
        self._known = set(self.nodes)

    def tree(self) -> ET.ElementTree:
        """Return the whole document."""
        root = ET.Element("UANodeSet", {"xmlns": _SCHEMA})
        uris = ET.SubElement(root, "NamespaceUris")
        models = ET.SubElement(root, "Models")
        for place, uri in enumerate(self.uris):
            ET.SubElement(uris, "Uri").text = uri
            model = ET.SubElement(
                models,
                "Model",
                {
                    "ModelUri": uri,
                    "Version": TYPES_VERSION,
                    "PublicationDate": f"{TYPES_DATE:%Y-%m-%dT%H:%M:%SZ}",
                },
            )
            if place == 0:  # once: asyncua's importer misses a model that is required twice
                ET.SubElement(model, "RequiredModel", {"ModelUri": UA_URI, **_BASE})
        for node in self._in_order():
            root.append(self._element(self._aspace[node]))
        ET.indent(root, " ")
        return ET.ElementTree(root)

    def _in_order(self) -> Iterable[ua.NodeId]:
        """Return types before instances, so that a reader who goes line by line knows every type."""
        return sorted(
            self.nodes, key=lambda node: (_class(self._aspace[node]) in (1, 2, 4), self._place(node))
        )

    def _place(self, node: ua.NodeId) -> tuple[int, str]:
        identifier = node.Identifier
        return self._index[node.NamespaceIndex], f"{identifier:010}" if isinstance(identifier, int) else str(
            identifier
        )

    def id(self, node: ua.NodeId) -> str:
        """Return a NodeId with the file's namespace index."""
        kind = "i" if isinstance(node.Identifier, int) else "s"
        index = self._index[node.NamespaceIndex]
        return f"{f'ns={index};' if index else ''}{kind}={node.Identifier}"

    def _element(self, data: NodeData) -> ET.Element:
        tag, defaults = _CLASSES[_class(data)]
        name = _value(data, _A.BrowseName)
        index = self._index[name.NamespaceIndex]
        element = ET.Element(
            tag, {"NodeId": self.id(data.nodeid), "BrowseName": f"{f'{index}:' if index else ''}{name.Name}"}
        )
        parent = self._parent(data)
        if parent is not None and tag in ("UAObject", "UAVariable", "UAMethod"):
            element.set("ParentNodeId", self.id(parent))
        for attribute, (number, default) in defaults.items():
            value = _value(data, number)
            if value is not None and value != default:
                element.set(attribute, self._text(value))
        for text, number in (("DisplayName", _A.DisplayName), ("Description", _A.Description)):
            found = _value(data, number)
            if found is not None and found.Text:
                ET.SubElement(element, text).text = found.Text
        self._references(element, data, parent)
        if tag == "UAVariable" and self._describes(data):
            self._add_value(element, data)
        return element

    def _text(self, value: Any) -> str:
        if isinstance(value, ua.NodeId):
            return self.id(value)
        if isinstance(value, bool):
            return "true" if value else "false"
        return str(int(value) if isinstance(value, int) else value)

    def _references(self, element: ET.Element, data: NodeData, parent: ua.NodeId | None) -> None:
        """Write each reference once: to the parent and to the standard's nodes from here, else from its source."""
        references = ET.SubElement(element, "References")
        written: set[tuple[str, bool, str]] = set()
        for reference in data.references:
            target, forward = reference.NodeId, reference.IsForward
            is_up = not forward and (target == parent or target.NamespaceIndex == 0)
            if not (is_up or (forward and self._is_source(data.nodeid, reference))):
                continue
            kind, number = self.id(reference.ReferenceTypeId), self.id(target)
            if (kind, forward, number) in written:
                continue
            written.add((kind, forward, number))
            attributes = {"ReferenceType": kind} if forward else {"ReferenceType": kind, "IsForward": "false"}
            ET.SubElement(references, "Reference", attributes).text = number

    def _is_source(self, node: ua.NodeId, reference: ua.ReferenceDescription) -> bool:
        """Return whether a forward reference is not written by its target, as the way to its parent."""
        target = reference.NodeId
        if target not in self._known:
            return bool(target.NamespaceIndex == 0)
        return self._parent(self._aspace[target]) != node or reference.ReferenceTypeId not in _HIERARCHICAL

    @staticmethod
    def _parent(data: NodeData) -> ua.NodeId | None:
        for reference in data.references:
            if not reference.IsForward and reference.ReferenceTypeId in _HIERARCHICAL:
                found: ua.NodeId = reference.NodeId
                return found
        return None

    @staticmethod
    def _describes(data: NodeData) -> bool:
        return any(reference.NodeId == _PROPERTY and reference.IsForward for reference in data.references)

    def _add_value(self, element: ET.Element, data: NodeData) -> None:
        found = data.attributes[_A.Value].value
        if found is None or found.Value is None or found.Value.Value is None:
            return
        inner = value_element(found.Value, self.id)
        if inner is not None:
            ET.SubElement(element, "Value").append(inner)


def _class(data: NodeData) -> int:
    return int(_value(data, _A.NodeClass))


def _value(data: NodeData, attribute: ua.AttributeIds) -> Any:
    found = data.attributes.get(attribute)
    return (
        None if found is None or found.value is None or found.value.Value is None else found.value.Value.Value
    )


def write_nodeset(aspace: AddressSpace, ns: Namespaces, path: Path) -> int:
    """Write our namespaces to a file; returns how many nodes there are.

    Raises:
        OSError: The file cannot be written.
    """
    exporter = Exporter(aspace, ns)
    exporter.tree().write(path, encoding="utf-8", xml_declaration=True)
    return len(exporter.nodes)

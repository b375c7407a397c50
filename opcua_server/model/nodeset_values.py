"""Values as XML elements (OPC 10000-6, 5.3): those that properties of ours have."""

import base64
from collections.abc import Callable
from datetime import datetime
from typing import Any, Final
from xml.etree import ElementTree as ET

from asyncua import ua

_TYPES: Final = "http://opcfoundation.org/UA/2008/02/Types.xsd"
_NodeText = Callable[[ua.NodeId], str]
_PLAIN: Final = frozenset(
    ua.VariantType[name]
    for name in (
        "Boolean", "SByte", "Byte", "Int16", "UInt16", "Int32", "UInt32", "Int64", "UInt64", "Float", "Double", "String",
        "DateTime", "ByteString",
    )
)  # fmt: skip
# Structure -> the NodeId of its XML encoding
_STRUCTURES: Final[dict[type, int]] = {
    ua.Argument: ua.ObjectIds.Argument_Encoding_DefaultXml,
    ua.Range: ua.ObjectIds.Range_Encoding_DefaultXml,
    ua.EUInformation: ua.ObjectIds.EUInformation_Encoding_DefaultXml,
    ua.EnumValueType: ua.ObjectIds.EnumValueType_Encoding_DefaultXml,
}


def value_element(value: ua.Variant, node_text: _NodeText) -> ET.Element | None:
    """Return a value as an element, or None for a type that is not written; `node_text` writes NodeIds."""
    kind = value.VariantType
    if not isinstance(value.Value, list):
        return _one(kind, value.Value, node_text)
    items = [_one(kind, each, node_text) for each in value.Value]
    if any(item is None for item in items):
        return None
    array = ET.Element(f"ListOf{kind.name}", {"xmlns": _TYPES})
    array.extend(item for item in items if item is not None)
    return array


def _one(kind: ua.VariantType, value: Any, node_text: _NodeText) -> ET.Element | None:
    if kind in _PLAIN:
        element = _made(kind.name)
        element.text = _text(value)
        return element
    if kind == ua.VariantType.LocalizedText:
        return _localized(kind.name, value)
    if kind == ua.VariantType.NodeId:
        element = _made(kind.name)
        ET.SubElement(element, "Identifier").text = node_text(value)
        return element
    if kind == ua.VariantType.ExtensionObject and type(value) in _STRUCTURES:
        element = _made("ExtensionObject")
        identifier = ET.SubElement(ET.SubElement(element, "TypeId"), "Identifier")
        identifier.text = f"i={_STRUCTURES[type(value)]}"
        ET.SubElement(element, "Body").append(_structure(value, node_text))
        return element
    return None


def _structure(value: Any, node_text: _NodeText) -> ET.Element:
    body = ET.Element(type(value).__name__)
    if isinstance(value, ua.Range):
        _fields(body, Low=value.Low, High=value.High)
    elif isinstance(value, ua.EUInformation):
        _fields(body, NamespaceUri=value.NamespaceUri, UnitId=value.UnitId)
        body.extend(
            (_localized("DisplayName", value.DisplayName), _localized("Description", value.Description))
        )
    elif isinstance(value, ua.EnumValueType):
        _fields(body, Value=value.Value)
        body.extend(
            (_localized("DisplayName", value.DisplayName), _localized("Description", value.Description))
        )
    else:
        _fields(body, Name=value.Name)
        ET.SubElement(ET.SubElement(body, "DataType"), "Identifier").text = node_text(value.DataType)
        _fields(body, ValueRank=int(value.ValueRank))
        ET.SubElement(body, "ArrayDimensions")
        body.append(_localized("Description", value.Description))
    return body


def _made(name: str) -> ET.Element:
    return ET.Element(name, {"xmlns": _TYPES})


def _fields(body: ET.Element, **fields: object) -> None:
    for name, value in fields.items():
        ET.SubElement(body, name).text = _text(value)


def _localized(name: str, value: ua.LocalizedText | None) -> ET.Element:
    element = _made(name) if name == "LocalizedText" else ET.Element(name)
    if value is not None:
        if value.Locale:
            ET.SubElement(element, "Locale").text = value.Locale
        ET.SubElement(element, "Text").text = value.Text or ""
    return element


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%dT%H:%M:%SZ")
    if isinstance(value, bytes):
        return base64.b64encode(value).decode("ascii")
    if isinstance(value, int):
        return str(int(value))
    return "" if value is None else str(value)

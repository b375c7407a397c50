"""Engineering units and ranges as OPC UA sees them."""

from asyncua import ua

from plant.definition import TagDefinition
from plant.units import UNITS

UNECE_URI = "http://www.opcfoundation.org/UA/units/un/cefact"
EURO = 978  # ISO 4217 numeric code


def unit_id(code: str) -> int:
    """Return the UnitId of a UNECE common code: its ASCII characters as one number (OPC 10000-8, 5.6.4.3)."""
    return int.from_bytes(code.encode("ascii"), "big")


def engineering_units(unit: str) -> ua.Variant:
    """Return the EUInformation of one of the plant's units."""
    found = UNITS[unit]
    information = ua.EUInformation(
        NamespaceUri=UNECE_URI,
        UnitId=found.unece_code,
        DisplayName=ua.LocalizedText(found.symbol, "en"),
        Description=ua.LocalizedText(found.description, "en"),
    )
    return ua.Variant(information, ua.VariantType.ExtensionObject)


def currency_unit() -> ua.Variant:
    """Return the euro as CurrencyUnitType (OPC 10000-3, 8.61)."""
    euro = ua.CurrencyUnitType(
        NumericCode=EURO, Exponent=2, AlphabeticCode="EUR", Currency=ua.LocalizedText("Euro", "en")
    )
    return ua.Variant(euro, ua.VariantType.ExtensionObject)


def span(low: float, high: float) -> ua.Variant:
    """Return a Range."""
    return ua.Variant(ua.Range(Low=low, High=high), ua.VariantType.ExtensionObject)


def variant_type(tag: TagDefinition) -> ua.VariantType:
    """Return the wire type of a tag."""
    return ua.VariantType[tag.data_type]

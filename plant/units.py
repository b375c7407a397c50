"""List the engineering units that a tag may carry."""

from dataclasses import dataclass

NO_UNECE_CODE = -1  # OPC 10000-8, 5.6.3: unitId -1 when the unit has no code


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit:
    """One engineering unit as OPC UA's EUInformation wants it.

    `unece_code` is the UNECE Recommendation 20 common code read as a number (OPC 10000-8, 5.6.3.4).
    """

    key: str
    symbol: str
    unece_code: int
    description: str


def unece_number(common_code: str) -> int:
    """Return the OPC UA unitId of a UNECE common code: its ASCII characters as one big-endian number.

    Source: OPC 10000-8, 5.6.3.4 ("CEL" is 4408652).
    """
    number = 0
    for character in common_code:
        number = number << 8 | ord(character)
    return number


def _unit(key: str, symbol: str, common_code: str, description: str) -> Unit:
    code = unece_number(common_code) if common_code else NO_UNECE_CODE
    return Unit(key=key, symbol=symbol, unece_code=code, description=description)


UNITS: dict[str, Unit] = {
    unit.key: unit
    for unit in (
        _unit("rpm", "rpm", "RPM", "revolutions per minute"),
        _unit("percent", "%", "P1", "percent"),
        _unit("degC", "°C", "CEL", "degree Celsius"),
        _unit("mm/s", "mm/s", "C16", "millimetre per second"),
        _unit("m/s2", "m/s²", "MSK", "metre per second squared"),
        _unit("m/s", "m/s", "MTS", "metre per second"),
        _unit("mm", "mm", "MMT", "millimetre"),
        _unit("bar", "bar", "BAR", "bar"),
        _unit("A", "A", "AMP", "ampere"),
        _unit("V", "V", "VLT", "volt"),
        _unit("kW", "kW", "KWT", "kilowatt"),
        _unit("kWh", "kWh", "KWH", "kilowatt hour"),
        _unit("Hz", "Hz", "HTZ", "hertz"),
        _unit("Nm", "N·m", "NU", "newton metre"),
        _unit("m3/h", "m³/h", "MQH", "cubic metre per hour"),
        _unit("l/min", "l/min", "L2", "litre per minute"),
        _unit("dB", "dB", "2N", "decibel"),
        _unit("Mbit/s", "Mbit/s", "E20", "megabit per second"),
        _unit("1/s", "1/s", "C97", "reciprocal second"),
        _unit("h", "h", "HUR", "hour"),
        _unit("s", "s", "SEC", "second"),
        _unit("ms", "ms", "C26", "millisecond"),
        _unit("MB", "MB", "4L", "megabyte"),
        _unit("MOhm", "MΩ", "B75", "megaohm"),
        _unit("EUR", "€", "", "euro"),
        _unit("g", "g", "K40", "standard acceleration of free fall"),
        _unit("1", "", "C62", "one"),
        _unit("count", "", "C62", "count"),
        _unit("x", "×", "C62", "times"),
    )
}

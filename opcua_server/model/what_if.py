"""The arguments of `WhatIf`: parallel arrays of simple types, so that every client can read them."""

from collections.abc import Sequence
from typing import Final

from asyncua import ua

_ID = ua.ObjectIds
_Argument = tuple[str, int, str] | tuple[str, int, str, bool]

WHAT_IF: Final = (
    "Run the plant ahead, once with the proposed setpoints and once without, and say what becomes of it; "
    "the plant itself is not touched"
)

WHAT_IF_INPUTS: Final[Sequence[_Argument]] = (
    ("Devices", _ID.String, "Device tag of each proposed setpoint; empty asks how things go on", True),
    ("Setpoints", _ID.String, "Name of each, SpindleSpeedSetpoint", True),
    ("Values", _ID.Double, "Proposed value of each, in the setpoint's unit", True),
    ("Minutes", _ID.Double, "How far ahead, up to 240"),
    ("Curves", _ID.String, "Devices whose measurements are wanted; empty takes those of the setpoints", True),
    ("Points", _ID.UInt32, "Moments of a curve, 1 to 600; 0 means 100"),
)

WHAT_IF_OUTPUTS: Final[Sequence[_Argument]] = (
    ("Time_s", _ID.Double, "Moments of the curves, seconds from now", True),
    ("Tags", _ID.String, "One curve each: CNC-001/SpindleTemperature", True),
    ("Nothing", _ID.Double, "Curves if nothing is done: every moment of the first tag, then the next", True),
    ("Proposed", _ID.Double, "The same with the setpoints written now", True),
    ("NothingPower_kW", _ID.Double, "What the plant takes at those moments if nothing is done", True),
    ("ProposedPower_kW", _ID.Double, "The same with the setpoints", True),
    ("Figures", _ID.String, "Names of the figures, with their units", True),
    ("NothingFigures", _ID.Double, "Their values if nothing is done", True),
    ("ProposedFigures", _ID.Double, "Their values with the setpoints", True),
    ("AlarmTags", _ID.String, "Tags that go beyond a limit", True),
    ("AlarmLimits", _ID.String, "Which one: LowLow, Low, High, HighHigh", True),
    ("AlarmNothing_s", _ID.Double, "When, seconds from now, if nothing is done; NaN: never", True),
    ("AlarmProposed_s", _ID.Double, "The same with the setpoints", True),
    ("TripDevices", _ID.String, "Devices that stop by themselves", True),
    ("TripCauses", _ID.String, "Because of which fault; empty: another cause", True),
    ("TripNothing_s", _ID.Double, "When, seconds from now, if nothing is done; NaN: never", True),
    ("TripProposed_s", _ID.Double, "The same with the setpoints", True),
    ("RulDevices", _ID.String, "Devices whose remaining life follows", True),
    ("RulModes", _ID.String, "The way in which each life ends", True),
    ("RulNothing_h", _ID.Double, "Hours left at the wear of these minutes; infinite without wear", True),
    ("RulProposed_h", _ID.Double, "The same with the setpoints", True),
)

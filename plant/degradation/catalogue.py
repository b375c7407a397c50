"""All laws of degradation, for those who choose among them."""

from plant.degradation.abrasion import ABRASION, GEAR
from plant.degradation.bearing import BEARING
from plant.degradation.chance import BATTERY, RANDOM
from plant.degradation.crack import BREAKAGE, CRACK
from plant.degradation.fouling import CAVITATION, FOULING
from plant.degradation.insulation import INSULATION
from plant.degradation.leak import LEAK
from plant.degradation.memory import MEMORY
from plant.degradation.tool import TOOL

__all__ = [
    "ABRASION",
    "BATTERY",
    "BEARING",
    "BREAKAGE",
    "CAVITATION",
    "CRACK",
    "FOULING",
    "GEAR",
    "INSULATION",
    "LAWS",
    "LEAK",
    "MEMORY",
    "RANDOM",
    "TOOL",
]

LAWS = (
    BEARING,
    TOOL,
    ABRASION,
    GEAR,
    LEAK,
    INSULATION,
    FOULING,
    CAVITATION,
    CRACK,
    BREAKAGE,
    RANDOM,
    BATTERY,
    MEMORY,
)

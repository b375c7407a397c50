"""Hold every colour, size and spacing of the console: one file, three palettes with the same roles."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

GRID: Final = 8  # px; margins and gaps are multiples of it
ROW: Final = 26  # px; height of a table row
HEADER_HEIGHT: Final = 48
BANNER_ROW: Final = 32
COMMAND_BAR: Final = 56
RADIUS: Final = 2

TINY: Final = 11  # px; the type scale, nothing between
SMALL: Final = 12
BODY: Final = 13
TITLE: Final = 16
FIGURE: Final = 20

STOP_HOLD_MS: Final = 500  # the one deliberate gesture; look.md, "Stop"
FLASH_MS: Final = 500  # half of the 1 Hz flash of an unacknowledged alarm; look.md
REFRESH_MS: Final = 100  # coalesced repaint, 10 Hz; look.md allows 20


class PaletteName(StrEnum):
    """The three looks."""

    LIGHT = "light"
    DARK = "dark"
    HIGH_CONTRAST = "high-contrast"


@dataclass(frozen=True, slots=True, kw_only=True)
class Palette:
    """One look: a colour (`#rrggbb`) per role.

    Every alarm colour stands on any ground because its badge carries a dark `outline` (or a light one
    in the dark looks), so shape and digit stay readable where the fill alone would not.
    """

    name: PaletteName
    background: str
    panel: str
    field: str
    line: str
    line_strong: str
    text: str
    dim: str
    band: str
    track: str
    live: str
    setpoint: str
    row_alt: str
    selection: str
    raised: str
    raised_hover: str
    unacked_row: str
    lamp_on: str
    lamp_off: str
    hatch: str
    p1: str
    p2: str
    p3: str
    p4: str
    p1_digit: str
    p2_digit: str
    p3_digit: str
    p4_digit: str
    outline: str
    rul: str
    header: str
    header_text: str
    header_dim: str
    header_line: str
    stop: str
    stop_text: str
    stop_quiet: str
    stop_quiet_text: str
    pens: tuple[str, ...]

    def priority(self, priority: int) -> str:
        """Return the fill of an alarm priority, 1..4."""
        return (self.p1, self.p2, self.p3, self.p4)[min(max(priority, 1), 4) - 1]

    def digit(self, priority: int) -> str:
        """Return the colour of the digit on that fill."""
        return (self.p1_digit, self.p2_digit, self.p3_digit, self.p4_digit)[min(max(priority, 1), 4) - 1]


# Eight hues of saturation <= 0.35 (look.md), told apart further by their dashes.
_LIGHT_PENS: Final = (
    "#3F4D61", "#614641", "#44614A", "#5F4461", "#61593F", "#3F5F61", "#4B4B4B", "#616141",
)  # fmt: skip
_DARK_PENS: Final = (
    "#A6BCE0", "#E0B0A6", "#A6E0B3", "#DBA6E0", "#E0D2A6", "#A6DCE0", "#D0D0D0", "#D8E0A6",
)  # fmt: skip

LIGHT: Final = Palette(
    name=PaletteName.LIGHT,
    background="#C9CCCE",
    panel="#D6D9DB",
    field="#E3E5E6",
    line="#A9AEB2",
    line_strong="#7C848A",
    text="#2B3135",
    dim="#495157",  # look.md's dim was 4.2:1 on panel; this is 5.7
    band="#B9C8D3",
    track="#C3C7CA",
    live="#1F3A5F",
    setpoint="#3A6B4F",
    row_alt="#DCDFE0",
    selection="#BDCAD4",
    raised="#E9EBEC",
    raised_hover="#F4F5F5",
    unacked_row="#F1F2F2",
    lamp_on="#F4F5F6",
    lamp_off="#7E868B",
    hatch="#8E959A",
    p1="#C8102E",
    p2="#E87722",
    p3="#F2C037",
    p4="#8E6FB5",
    p1_digit="#FFFFFF",
    p2_digit="#1E2124",
    p3_digit="#1E2124",
    p4_digit="#FFFFFF",
    outline="#2B3135",
    rul="#B00E28",
    header="#3B444A",
    header_text="#F1F3F4",
    header_dim="#C3C9CD",
    header_line="#5E686F",
    stop="#8F1020",
    stop_text="#FFFFFF",
    stop_quiet="#F3ECED",
    stop_quiet_text="#8F1020",
    pens=_LIGHT_PENS,
)

DARK: Final = Palette(
    name=PaletteName.DARK,
    background="#24282B",
    panel="#2D3236",
    field="#383E42",
    line="#4C5358",
    line_strong="#79828A",
    text="#E3E6E8",
    dim="#BEC5CA",
    band="#43525E",
    track="#3F464B",
    live="#A9C4EA",
    setpoint="#9CCDB0",
    row_alt="#32373B",
    selection="#435260",
    raised="#454C51",
    raised_hover="#525A60",
    unacked_row="#3E454A",
    lamp_on="#D5D9DB",
    lamp_off="#5B6368",
    hatch="#6B7379",
    p1="#D9203C",
    p2="#EE8433",
    p3="#F4C84A",
    p4="#9D82C2",
    p1_digit="#FFFFFF",
    p2_digit="#1B1D1F",
    p3_digit="#1B1D1F",
    p4_digit="#1B1D1F",
    outline="#E3E6E8",
    rul="#FF8C98",
    header="#171A1C",
    header_text="#F1F3F4",
    header_dim="#B4BBC0",
    header_line="#4A5257",
    stop="#A31527",
    stop_text="#FFFFFF",
    stop_quiet="#3A2A2D",
    stop_quiet_text="#FFFFFF",
    pens=_DARK_PENS,
)

HIGH_CONTRAST: Final = Palette(
    name=PaletteName.HIGH_CONTRAST,
    background="#FFFFFF",
    panel="#FFFFFF",
    field="#FFFFFF",
    line="#000000",
    line_strong="#000000",
    text="#000000",
    dim="#1C1C1C",
    band="#C9D3DB",
    track="#E4E4E4",
    live="#00163A",
    setpoint="#0B3B20",
    row_alt="#F2F2F2",
    selection="#C7D6E4",
    raised="#FFFFFF",
    raised_hover="#E9E9E9",
    unacked_row="#FFFFFF",
    lamp_on="#FFFFFF",
    lamp_off="#3A3A3A",
    hatch="#5A5A5A",
    p1="#B30022",
    p2="#E87722",
    p3="#FFCB2E",
    p4="#6E4A9E",
    p1_digit="#FFFFFF",
    p2_digit="#000000",
    p3_digit="#000000",
    p4_digit="#FFFFFF",
    outline="#000000",
    rul="#A0001C",
    header="#000000",
    header_text="#FFFFFF",
    header_dim="#E6E6E6",
    header_line="#8C8C8C",
    stop="#7A0015",
    stop_text="#FFFFFF",
    stop_quiet="#FFFFFF",
    stop_quiet_text="#7A0015",
    pens=_LIGHT_PENS,
)

PALETTES: Final = {p.name: p for p in (LIGHT, DARK, HIGH_CONTRAST)}


def contrast(one: str, other: str) -> float:
    """Return the contrast ratio of two colours, 1..21.

    Source: WCAG 2.2, definitions of relative luminance and contrast ratio.
    """
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue

"""Say how this console is set up."""

from dataclasses import dataclass

from hmi.theme.tokens import PaletteName


@dataclass(frozen=True, slots=True, kw_only=True)
class ViewSettings:
    """What the start-up decides about the screen."""

    user: str = "local operator"  # the acting name, as the header shows it
    palette: str = PaletteName.LIGHT
    read_only: bool = False
    reduced_motion: bool = False  # badges do not flash
    utc: bool = True
    console_version: str = ""
    state_dir: str = ""  # where exports are offered to be saved

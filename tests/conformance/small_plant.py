"""A plant of three machines in two areas: the same families as the shipped one, and a start in a second or two."""

from pathlib import Path

import resources

_DEVICES = """
[[devices]]
tags = "CNC-001..002"
family = "cnc"
area = "Machining"
line = "Line 1"

[[devices]]
tags = "GEN-001"
family = "generator"
area = "Utilities"
line = "Energy"
"""


def write_small_plant(path: Path) -> Path:
    """Write the plant's definition; its id stays `factory`, so that NodeIds are those of the shipped plant."""
    shipped = resources.path("plants", "factory.toml").read_text(encoding="utf-8")
    families, _, _ = shipped.partition("[[devices]]")
    path.write_text(families + _DEVICES, encoding="utf-8")
    return path

"""Data that the product ships: plants, alarm texts, trained bundles, icons, documents."""

from pathlib import Path

_ROOT = Path(__file__).parent


def path(*parts: str) -> Path:
    """Return the path of a shipped file or folder.

    Raises:
        FileNotFoundError: Nothing of that name is shipped.
    """
    found = _ROOT.joinpath(*parts)
    if not found.exists():
        raise FileNotFoundError(f"resources: {'/'.join(parts)} is not shipped")
    return found

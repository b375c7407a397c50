"""Write resources/docs/physics.md, or with --check say whether it is up to date."""

import sys
from pathlib import Path

import resources
from plant.docs.page import page

PATH: Path = resources.path("docs") / "physics.md"


def main(arguments: list[str]) -> int:
    """Return 0, or 1 when `--check` finds the page out of date."""
    text = page()
    if arguments == ["--check"]:
        is_same = PATH.exists() and PATH.read_text(encoding="utf-8") == text
        print(f"{PATH.name} is {'up to date' if is_same else 'out of date: run python -m plant.docs'}")
        return 0 if is_same else 1
    PATH.write_text(text, encoding="utf-8")
    print(f"wrote {PATH}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

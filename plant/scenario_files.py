"""Find scenarios by name: those that are shipped, and a user's own in a folder."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import resources
from plant.errors import DefinitionError
from plant.scenarios import Scenario, load_scenario

ENDING: Final = ".toml"


@dataclass(frozen=True, slots=True)
class ScenarioShelf:
    """The scenarios that can be run by name; a file of the user's own folder goes before a shipped one of its name."""

    own: Path | None = None

    def files(self) -> Mapping[str, Path]:
        """Return every scenario's file by its name, that of the file without its ending."""
        found = {path.stem: path for path in _in(resources.path("plants", "scenarios"))}
        if self.own is not None:
            found |= {path.stem: path for path in _in(self.own)}
        return dict(sorted(found.items()))

    def load(self, name: str) -> Scenario:
        """Return the scenario of a name.

        Raises:
            DefinitionError: There is none of that name, or its file is wrong.
        """
        path = self.files().get(name)
        if path is None:
            raise DefinitionError(f"scenario: {name!r} is not one of {', '.join(self.files())}")
        return load_scenario(path)

    def find(self, name_or_file: str) -> Scenario:
        """Return the scenario of a name, or of a file.

        Raises:
            DefinitionError: It is neither, or its file is wrong.
        """
        if name_or_file in self.files():
            return self.load(name_or_file)
        path = Path(name_or_file)
        if path.suffix != ENDING and not path.exists():
            raise DefinitionError(
                f"scenario: {name_or_file!r} is neither a file nor one of {', '.join(self.files())}"
            )
        return load_scenario(path)


def _in(folder: Path) -> list[Path]:
    try:
        return sorted(folder.glob(f"*{ENDING}"))
    except OSError:
        return []

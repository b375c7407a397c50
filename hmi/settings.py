"""What the console is told when it starts."""

import argparse
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import platformdirs

ENVIRONMENT = "ANDON_STATE"


def default_state_dir() -> Path:
    """Return where state lies unless told otherwise: `ANDON_STATE`, else the user's data directory."""
    named = os.environ.get(ENVIRONMENT)
    return Path(named) if named else Path(platformdirs.user_data_dir("andon", appauthor=False))


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsoleSettings:
    """Settings of one console run."""

    url: str
    state: Path
    fullscreen: bool = False
    read_only: bool = False
    page: str = "overview"
    hint: str = ""  # a sentence to show at first
    exit_with_parent: bool = False  # end when standard input closes

    @classmethod
    def from_options(cls, options: argparse.Namespace) -> Self:
        """Return the settings of parsed command line options."""
        return cls(
            url=options.url,
            state=Path(options.state) if options.state else default_state_dir(),
            fullscreen=options.fullscreen,
            read_only=options.read_only,
            page=options.page,
            hint=options.hint,
            exit_with_parent=options.exit_with_parent,
        )

    @property
    def own_server(self) -> Path:
        """The certificate of the server that uses the same state directory, if one does."""
        return self.state / "pki" / "own" / "andon.der"

    @property
    def log(self) -> Path:
        """The console's log file."""
        return self.state / "console.log"

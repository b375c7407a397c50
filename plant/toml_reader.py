"""Read a TOML table key by key, so that every mistake is told with file, key, value and bound."""

import math
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NoReturn

from plant.errors import DefinitionError


def read_toml(path: Path) -> "Table":
    """Return the top table of a TOML file.

    Raises:
        DefinitionError: The file is missing, not UTF-8, or not TOML.
    """
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise DefinitionError(f"{path.name}: cannot be read: {error.strerror or error}") from error
    except UnicodeDecodeError as error:
        raise DefinitionError(f"{path.name}: byte {error.start} is not UTF-8 text") from error
    except tomllib.TOMLDecodeError as error:
        raise DefinitionError(f"{path.name}: not valid TOML: {error}") from error
    return Table(path.name, "", content)


class Table:
    """A TOML table that remembers where it stands and which keys were asked for."""

    def __init__(self, file: str, place: str, content: dict[str, Any]) -> None:
        self.file = file
        self.place = place
        self._content = content
        self._asked: set[str] = set()

    def __contains__(self, key: str) -> bool:
        return key in self._content

    @property
    def whereabouts(self) -> str:
        """Return file and place, for messages about the table as a whole."""
        return f"{self.file}: {self.place}" if self.place else self.file

    def refuse(self, key: str, value: object, bound: str) -> NoReturn:
        """Raise a DefinitionError about one key of this table."""
        raise DefinitionError(f"{self.file}: {self._path(key)}: {value!r} {bound}")

    def close(self) -> None:
        """Refuse keys that nobody asked for."""
        for key, value in self._content.items():
            if key not in self._asked:
                known = ", ".join(sorted(self._asked))
                self.refuse(key, value, f"belongs to an unknown key; known here: {known}")

    def text(self, key: str, default: str | None = None) -> str:
        """Return a text that is not empty."""
        value = self._get(key, default)
        if not isinstance(value, str):
            self.refuse(key, value, "is not text")
        if not value.strip():
            self.refuse(key, value, "is empty")
        return value

    def choice(self, key: str, allowed: Iterator[str] | list[str], default: str | None = None) -> str:
        """Return one of the allowed words."""
        value, words = self.text(key, default), list(allowed)
        if value not in words:
            self.refuse(key, value, f"is not one of {', '.join(words)}")
        return value

    def flag(self, key: str, *, default: bool) -> bool:
        """Return true or false."""
        value = self._get(key, default)
        if not isinstance(value, bool):
            self.refuse(key, value, "is neither true nor false")
        return value

    def number(
        self, key: str, low: float = -math.inf, high: float = math.inf, default: float | None = None
    ) -> float:
        """Return a finite number within `low`..`high`."""
        return self._check_number(key, self._get(key, default), low, high)

    def optional_number(self, key: str, low: float = -math.inf, high: float = math.inf) -> float | None:
        """Return a finite number, or None where the key is absent."""
        if key not in self._content:
            self._asked.add(key)
            return None
        return self.number(key, low, high)

    def integer(self, key: str, low: int, high: int, default: int | None = None) -> int:
        """Return a whole number within `low`..`high`."""
        value = self._get(key, default)
        if isinstance(value, bool) or not isinstance(value, int):
            self.refuse(key, value, "is not a whole number")
        return int(self._check_number(key, value, low, high))

    def pair(self, key: str) -> tuple[float, float]:
        """Return two finite numbers, the first below the second."""
        value = self._get(key, None)
        if not isinstance(value, list) or len(value) != 2:
            self.refuse(key, value, "is not a pair [low, high]")
        low, high = (self._check_number(key, each, -math.inf, math.inf) for each in value)
        if low >= high:
            self.refuse(key, value, f"has low {low:g} that is not below high {high:g}")
        return low, high

    def texts(self, key: str) -> tuple[str, ...]:
        """Return a list of texts, empty where the key is absent."""
        value = self._get(key, [])
        if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
            self.refuse(key, value, "is not a list of texts")
        return tuple(value)

    def table(self, key: str, *, optional: bool = False) -> "Table":
        """Return a table inside this one."""
        value = self._get(key, {} if optional else None)
        if not isinstance(value, dict):
            self.refuse(key, value, "is not a table")
        return Table(self.file, self._path(key), value)

    def subtables(self) -> list[tuple[str, "Table"]]:
        """Return every key of this table with its table."""
        return [(key, self.table(key)) for key in self._content]

    def tables(self, key: str) -> "list[Table]":
        """Return an array of tables, with at least one in it."""
        value = self._get(key, None)
        if not isinstance(value, list) or not value or not all(isinstance(each, dict) for each in value):
            self.refuse(key, value, "is not a list of tables")
        return [Table(self.file, f"{self._path(key)}[{i}]", each) for i, each in enumerate(value)]

    def _get(self, key: str, default: object) -> Any:
        self._asked.add(key)
        if key in self._content:
            return self._content[key]
        if default is None:
            raise DefinitionError(f"{self.file}: {self._path(key)}: is missing")
        return default

    def _check_number(self, key: str, value: object, low: float, high: float) -> float:
        if isinstance(value, bool) or not isinstance(value, int | float):
            self.refuse(key, value, "is not a number")
        if not math.isfinite(value):
            self.refuse(key, value, "is not a finite number")
        if value < low:
            self.refuse(key, value, f"is below {low:g}")
        if value > high:
            self.refuse(key, value, f"is above {high:g}")
        return float(value)

    def _path(self, key: str) -> str:
        return f"{self.place}.{key}" if self.place else key

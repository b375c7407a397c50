"""Read a TOML table key by key, so that every mistake is told with file, key, value and bound."""

import math
import re
from typing import Any, NoReturn

from opcua_server.alarms.errors import RulesError

_IDENTIFIER = re.compile(r"[A-Za-z][A-Za-z0-9]*")


class RulesTable:
    """A TOML table that remembers where it stands and which keys were asked for."""

    def __init__(self, file: str, place: str, content: dict[str, Any]) -> None:
        self.file = file
        self._place = place
        self._content = content
        self._asked: set[str] = set()

    def __contains__(self, key: str) -> bool:
        return key in self._content

    def refuse(self, key: str, value: object, bound: str) -> NoReturn:
        """Raise a RulesError about one key of this table."""
        raise RulesError(f"{self.file}: {self._path(key)}: {value!r} {bound}")

    def close(self) -> None:
        """Refuse keys that nobody asked for."""
        for key, value in self._content.items():
            if key not in self._asked:
                self.refuse(
                    key, value, f"belongs to an unknown key; known here: {', '.join(sorted(self._asked))}"
                )

    def text(self, key: str) -> str:
        """Return a text that is not empty."""
        value = self._get(key)
        if not isinstance(value, str) or not value.strip():
            self.refuse(key, value, "is not a text")
        return value

    def identifier(self, key: str) -> str:
        """Return a name of letters and digits, as keys and tags are."""
        value = self.text(key)
        if not _IDENTIFIER.fullmatch(value):
            self.refuse(key, value, "may hold letters and digits only")
        return value

    def number(
        self, key: str, *, low: float = -math.inf, high: float = math.inf, default: float | None = None
    ) -> float:
        """Return a finite number within low..high, an integer where the file has one."""
        value = self._get(key, default)
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
            self.refuse(key, value, "is not a finite number")
        if not low <= value <= high:
            self.refuse(key, value, f"is outside {low:g}..{high:g}")
        return value

    def names(self, key: str) -> frozenset[str]:
        """Return a list of texts as a set; empty where the key is missing."""
        value = self._get(key, [])
        if not isinstance(value, list) or not all(isinstance(name, str) and name for name in value):
            self.refuse(key, value, "is not a list of texts")
        return frozenset(value)

    def table(self, key: str) -> "RulesTable":
        """Return a table within this one."""
        value = self._get(key)
        if not isinstance(value, dict):
            self.refuse(key, value, "is not a table")
        return RulesTable(self.file, self._path(key), value)

    def tables(self, key: str) -> list["RulesTable"]:
        """Return a list of tables, at least one."""
        value = self._get(key)
        if not isinstance(value, list) or not value or not all(isinstance(part, dict) for part in value):
            self.refuse(key, value, "is not a list of tables")
        return [RulesTable(self.file, f"{self._path(key)}[{i}]", part) for i, part in enumerate(value)]

    def _get(self, key: str, default: object = None) -> Any:
        self._asked.add(key)
        value = self._content.get(key, default)
        if value is None:
            raise RulesError(f"{self.file}: {self._path(key)}: is missing")
        return value

    def _path(self, key: str) -> str:
        return f"{self._place}.{key}" if self._place else key

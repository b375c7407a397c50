"""The bounds in security.md are those of the code; `python -m tests.unit.opcua_server.services.test_limits_doc` writes them anew."""

import inspect
import re
from pathlib import Path
from typing import Final

import resources
from opcua_server.services.limits import LIMITS, Limits

DOC: Final = Path(resources.__file__).parent / "docs" / "security.md"
BEGIN: Final = "<!-- bounds, made by the tests from the code -->"
END: Final = "<!-- end of bounds -->"
_FIELD: Final = re.compile(r"^    (\w+): (?:int|float) = (?:\(\s*)?[^#\n]*(?:# (.*))?$")


def table() -> str:
    """Return every bound with its value and what the code says of it."""
    rows = ["| bound | value | |", "|---|---|---|"]
    source = inspect.getsource(Limits).replace("= (\n        ", "= (").replace("\n    )\n", "\n")
    for line in source.splitlines():
        if line.startswith("    # "):
            rows.append(f"| **{line[6:]}** | | |")
        elif found := _FIELD.match(line):
            name, remark = found.groups()
            rows.append(f"| `{name}` | {_readable(getattr(LIMITS, name))} | {remark or ''} |")
    return "\n".join(rows)


def _readable(value: float) -> str:
    return f"{value:,.0f}" if value == int(value) else f"{value:g}"


def replaced(text: str) -> str:
    """Return the document with the table of now."""
    before, mark, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    assert mark
    assert end
    return f"{before}{mark}\n{table()}\n{end}{after}"


def test_that_the_bounds_are_those_of_the_code() -> None:
    text = DOC.read_text(encoding="utf-8")

    assert text == replaced(text)


def test_that_no_bound_is_left_out() -> None:
    assert all(f"| `{name}` |" in table() for name in Limits.__slots__)


if __name__ == "__main__":
    DOC.write_text(replaced(DOC.read_text(encoding="utf-8")), encoding="utf-8")

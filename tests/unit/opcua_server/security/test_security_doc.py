"""The tables in security.md are those of the code; `python -m tests.unit.opcua_server.security.test_security_doc` writes them anew."""

from pathlib import Path
from typing import Final

import resources
from opcua_server.security.identity import Role
from opcua_server.security.node_rights import DEVICE_METHODS, PLANT_METHODS
from opcua_server.security.permissions import MATRIX, Action, roles_with

DOC: Final = Path(resources.__file__).parent / "docs" / "security.md"
BEGIN: Final = "<!-- made by the tests from the code: {} -->"
END: Final = "<!-- end -->"


def roles_table() -> str:
    head = "| may | " + " | ".join(Role) + " |"
    rows = [
        f"| {action} | " + " | ".join("yes" if action in MATRIX[role] else "" for role in Role) + " |"
        for action in Action
    ]
    return "\n".join([head, "|---" * (len(Role) + 1) + "|", *rows])


def methods_table() -> str:
    methods = {**PLANT_METHODS, **{f"(device)/{name}": action for name, action in DEVICE_METHODS.items()}}
    rows = [f"| `{name}` | {action} | {next(iter(roles_with(action)))} |" for name, action in methods.items()]
    return "\n".join(["| method | asks for | first role that has it |", "|---|---|---|", *rows])


TABLES: Final = {"roles": roles_table, "methods": methods_table}


def replaced(text: str) -> str:
    for name, make in TABLES.items():
        before, mark, rest = text.partition(BEGIN.format(name))
        _, end, after = rest.partition(END)
        assert mark, f"{name}: no mark"
        assert end, f"{name}: no end"
        text = f"{before}{mark}\n{make()}\n{end}{after}"
    return text


def test_that_the_tables_are_those_of_the_code() -> None:
    text = DOC.read_text(encoding="utf-8")

    assert text == replaced(text)


if __name__ == "__main__":
    DOC.write_text(replaced(DOC.read_text(encoding="utf-8")), encoding="utf-8")

"""The table of services in conformance.md is that of the tests; `python -m tests.conformance.test_rows` writes it anew."""

from pathlib import Path
from typing import Final

import pytest

import resources
from opcua_server.model.profiles import PROFILES
from tests.conformance.profiles import UNITS
from tests.conformance.rows import ROWS, Row, exists, marked

DOC: Final = Path(resources.__file__).parent / "docs" / "conformance.md"
_ROWS_BEGIN, _ROWS_END = "<!-- rows, made by the tests -->", "<!-- end of rows -->"
_UNITS_BEGIN, _UNITS_END = "<!-- profiles, made by the tests -->", "<!-- end of profiles -->"


def rows_table() -> str:
    """Return each row with its tests."""
    lines = ["| # | behaviour | proved by | not served |", "|---|---|---|---|"]
    for row in ROWS:
        proofs = "<br>".join(f"`{each}`" for each in proofs_of(row)) or "–"
        lines.append(f"| {row.number} | {row.behaviour} | {proofs} | {row.missing or '–'} |")
    return "\n".join(lines)


def units_table() -> str:
    """Return each profile with its units and their tests."""
    lines = ["| profile | unit | proved by |", "|---|---|---|"]
    for profile, units in UNITS.items():
        name = profile.removeprefix("http://opcfoundation.org/UA-Profile/")
        for unit, proofs in units.items():
            lines.append(f"| {name} | {unit} | {'<br>'.join(f'`{each}`' for each in proofs)} |")
    return "\n".join(lines)


def proofs_of(row: Row) -> list[str]:
    return sorted(marked().get(row.number, ())) + list(row.elsewhere)


def replaced(text: str) -> str:
    """Return the document with the tables of now."""
    for begin, end, table in (
        (_ROWS_BEGIN, _ROWS_END, rows_table()),
        (_UNITS_BEGIN, _UNITS_END, units_table()),
    ):
        before, mark, rest = text.partition(begin)
        _, last, after = rest.partition(end)
        assert mark
        assert last
        text = f"{before}{mark}\n{table}\n{last}{after}"
    return text


def test_that_the_tables_are_those_of_the_tests() -> None:
    text = DOC.read_text(encoding="utf-8")

    assert text == replaced(text), "run `python -m tests.conformance.test_rows`"


def test_that_every_row_has_a_test_or_says_what_is_missing() -> None:
    assert [row.number for row in ROWS] == list(range(1, 34))
    assert [row.number for row in ROWS if not row.missing and not proofs_of(row)] == []
    assert set(marked()) <= {row.number for row in ROWS}


@pytest.mark.parametrize("row", ROWS, ids=lambda row: str(row.number))
def test_that_what_proves_a_row_is_there(row: Row) -> None:
    assert [each for each in row.elsewhere if not exists(each)] == []


def test_that_a_profile_is_claimed_when_each_of_its_units_is_tested() -> None:
    assert tuple(UNITS) == PROFILES
    assert all(UNITS.values())
    claims = {(unit, proof) for units in UNITS.values() for unit, proofs in units.items() for proof in proofs}
    assert all(proofs for units in UNITS.values() for proofs in units.values())
    assert [claim for claim in sorted(claims) if not exists(claim[1])] == []


if __name__ == "__main__":
    DOC.write_text(replaced(DOC.read_text(encoding="utf-8")), encoding="utf-8")

"""Write journal rows as CSV or JSON lines, the same bytes whoever asks.

CSV is that of RFC 4180: a header, records that end in CR LF, fields quoted where they hold a comma, a quote or a line
break, UTF-8 without a byte order mark. Cells that a spreadsheet would take for a formula begin with an apostrophe. JSON
lines are one object a line, ended by LF, with the texts as they are.
"""

import csv
import io
import json
import os
import re
import secrets
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import BinaryIO, Final

from opcua_server.alarms.entries import JournalRow
from opcua_server.alarms.ranges import RangeError, check_range, iso, nothing_between, parse_range

__all__ = [
    "COLUMNS", "CSV_HEADER", "ExportFormat", "RangeError", "Table", "check_range", "export_file", "header", "json_line", "lines",
    "neutral", "nothing_between", "parse_range", "text_of", "write_csv", "write_jsonl",
]  # fmt: skip

COLUMNS: Final = (
    "seq", "time", "kind", "device", "source", "condition", "priority", "state", "message", "user", "comment", "evidence",
)  # fmt: skip
CSV_HEADER: Final = ",".join(COLUMNS) + "\r\n"

# OWASP, "CSV Injection": these begin a formula, also in their full-width forms, which some spreadsheets fold.
_FORMULA: Final = frozenset("=+-@\t\r\n|%＝＋－＠")
_NUMBER: Final = re.compile(r"[+-]?\d+([.,]\d+)?([eE][+-]?\d+)?")


class ExportFormat(StrEnum):
    """How an export is written."""

    CSV = "csv"
    JSONL = "jsonl"


def neutral(text: str) -> str:
    """Return a cell that no spreadsheet takes for a formula: a leading apostrophe where needed; numbers stay numbers.

    Blanks and invisible characters before the sign do not hide it, for some programs skip them.
    """
    seen = next((c for c in text if c.isprintable() and not c.isspace()), "")
    if not text or (text[0] not in _FORMULA and seen not in _FORMULA):
        return text
    return text if _NUMBER.fullmatch(text) else f"'{text}"


@dataclass(frozen=True, slots=True)
class Table:
    """What of a row is exported, and in which order."""

    columns: tuple[str, ...]
    fields: Callable[[JournalRow], Mapping[str, object]]


def header(form: ExportFormat, table: Table | None = None) -> str:
    """Return what stands before the rows."""
    return ",".join((table or JOURNAL).columns) + "\r\n" if form is ExportFormat.CSV else ""


def lines(rows: Iterable[JournalRow], form: ExportFormat, table: Table | None = None) -> Iterator[str]:
    """Yield one text a row, its line end included."""
    line = _csv_line if form is ExportFormat.CSV else _jsonl_line
    fields = (table or JOURNAL).fields
    return (line(fields(row)) for row in rows)


def text_of(rows: Iterable[JournalRow], form: ExportFormat) -> str:
    """Return the rows as one text, without header: a page of an export."""
    return "".join(lines(rows, form))


def json_line(row: JournalRow) -> str:
    """Return a row as one JSON object, without line end."""
    return _json(_fields(row))


def write_csv(rows: Iterable[JournalRow], out: BinaryIO) -> int:
    """Write header and rows; return how many rows."""
    return _write(rows, ExportFormat.CSV, out)


def write_jsonl(rows: Iterable[JournalRow], out: BinaryIO) -> int:
    """Write the rows; return how many."""
    return _write(rows, ExportFormat.JSONL, out)


def export_file(
    rows: Iterable[JournalRow], form: ExportFormat, path: Path, table: Table | None = None
) -> int:
    """Write a file, whole or not at all; return how many rows.

    Raises:
        OSError: It cannot be written; what stood there before still does.
    """
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        with draft.open("xb") as out:
            count = _write(rows, form, out, table)
            out.flush()
            os.fsync(out.fileno())
        draft.replace(path)
    except BaseException:
        with suppress(OSError):
            draft.unlink()
        raise
    return count


def _write(rows: Iterable[JournalRow], form: ExportFormat, out: BinaryIO, table: Table | None = None) -> int:
    out.write(header(form, table).encode("utf-8"))
    count = 0
    for line in lines(rows, form, table):
        out.write(line.encode("utf-8"))
        count += 1
    return count


def _fields(row: JournalRow) -> Mapping[str, object]:
    return {name: iso(row.time) if name == "time" else getattr(row, name) for name in COLUMNS}


JOURNAL: Final = Table(COLUMNS, _fields)


def _json(fields: Mapping[str, object]) -> str:
    return json.dumps(fields, ensure_ascii=False, separators=(",", ":"))


def _csv_line(fields: Mapping[str, object]) -> str:
    out = io.StringIO()
    cells = ["" if value is None else neutral(str(value)) for value in fields.values()]
    csv.writer(out, lineterminator="\r\n").writerow(cells)
    return out.getvalue()


def _jsonl_line(fields: Mapping[str, object]) -> str:
    return _json(fields) + "\n"

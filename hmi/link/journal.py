"""Read the server's journal page by page, as rows for the screen or as the ready text of an export."""

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from asyncua import ua

from hmi.link.connection import Connection, opened
from hmi.link.errors import LinkError
from hmi.link.types import JournalRow

FORMATS: Final = ("csv", "jsonl")
EXPORT_PAGE: Final = 1000
EARLIEST: Final = datetime(1970, 1, 1, tzinfo=UTC)
LATEST: Final = datetime(2999, 12, 31, tzinfo=UTC)
_FIELDS: Final = tuple(name for name in JournalRow.__dataclass_fields__ if name != "seq")


async def query(
    connection: Connection, from_iso: str, to_iso: str, after_seq: int, limit: int
) -> dict[str, object]:
    """Return one page: {"rows": tuple[JournalRow, ...], "last_seq": int, "more": bool}.

    Raises:
        LinkError: The range is no range, or the server does not answer.
    """
    rows, last_seq, more = await _call(
        connection,
        "Alarms/QueryJournal",
        *_range(from_iso, to_iso),
        ua.Variant(after_seq, ua.VariantType.Int64),
        ua.Variant(limit, ua.VariantType.UInt32),
    )
    return {"rows": tuple(_row(text) for text in rows or ()), "last_seq": int(last_seq), "more": bool(more)}


async def export_pages(connection: Connection, from_iso: str, to_iso: str, fmt: str) -> AsyncIterator[str]:
    """Yield the export's text: header first, then page by page.

    Raises:
        LinkError: Unknown format, no range, or the server does not answer.
    """
    if fmt not in FORMATS:
        raise LinkError(f"{fmt!r} is not a format of the export: choose {' or '.join(FORMATS)}.")
    span = _range(from_iso, to_iso)
    after_seq, more, is_first = 0, True, True
    while more:
        text, last_seq, more, header = await _call(
            connection,
            "Alarms/ExportJournal",
            *span,
            ua.Variant(fmt, ua.VariantType.String),
            ua.Variant(after_seq, ua.VariantType.Int64),
            ua.Variant(EXPORT_PAGE, ua.VariantType.UInt32),
        )
        if is_first and header:
            yield str(header)
        is_first = False
        if text:
            yield str(text)
        if more and int(last_seq) <= after_seq:
            raise LinkError("The server's journal does not go on: the export is not complete.")
        after_seq = int(last_seq)


async def export_to_file(connection: Connection, from_iso: str, to_iso: str, fmt: str, path: str) -> int:
    """Write the export to a file, whole or not at all; returns its size in bytes.

    Raises:
        LinkError: As `export_pages`, or the file cannot be written.
    """
    chunks = [page.encode() async for page in export_pages(connection, from_iso, to_iso, fmt)]
    try:
        await asyncio.to_thread(_replace, Path(path), b"".join(chunks))
    except OSError as error:
        raise LinkError(f"The file {path} cannot be written: {error.strerror}.") from error
    return sum(map(len, chunks))


async def export_from(url: str, from_iso: str, to_iso: str, fmt: str) -> bytes:
    """Open a session for one export (the command line's way in)."""
    async with opened(url, "export") as connection:
        chunks = [page.encode() async for page in export_pages(connection, from_iso, to_iso, fmt)]
    return b"".join(chunks)


def parse_time(text: str) -> datetime:
    """Return an ISO-8601 time as UTC; one without a zone is taken as UTC.

    Raises:
        LinkError: The text is no time.
    """
    try:
        when = datetime.fromisoformat(text)
    except ValueError as error:
        raise LinkError(f"{text!r} is not a time: write it like 2026-07-30T14:00:00Z.") from error
    return when.replace(tzinfo=UTC) if when.tzinfo is None else when.astimezone(UTC)


def _range(from_iso: str, to_iso: str) -> tuple[ua.Variant, ua.Variant]:
    begin = parse_time(from_iso) if from_iso else EARLIEST
    end = parse_time(to_iso) if to_iso else LATEST
    if begin >= end:
        raise LinkError(f"The range is empty or reversed: from {begin.isoformat()} to {end.isoformat()}.")
    return ua.Variant(begin, ua.VariantType.DateTime), ua.Variant(end, ua.VariantType.DateTime)


async def _call(connection: Connection, path: str, *arguments: ua.Variant) -> list[Any]:
    method = connection.namespaces.of_plant(path)
    if method is None:
        raise LinkError("This server keeps no journal.")
    owner = ua.NodeId(path.rpartition("/")[0], connection.namespaces.plant)
    return await connection.call(owner, method, *arguments)


def _row(text: str) -> JournalRow:
    found = json.loads(text)
    values = {name: "" if found.get(name) is None else str(found[name]) for name in _FIELDS}
    return JournalRow(seq=int(found.get("seq", 0)), **values)


def _replace(path: Path, content: bytes) -> None:
    part = path.with_name(f"{path.name}.part")
    part.write_bytes(content)
    part.replace(path)

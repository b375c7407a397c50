"""The journal, read page by page by foreign clients."""

import csv
import io
import json
import subprocess
import sys
from datetime import UTC, datetime, timedelta

import pytest

from tests.support.accounts import NAME
from tests.support.foreign_client import Answer, ForeignClient
from tests.support.servers import ROOT, RunningServer

DEVICES = {"node-opcua": "CONV-001", "python-opcua": "CONV-002"}
WRITES = 6
LONG_AGO = "2000-01-01T00:00:00+00:00"


@pytest.fixture(scope="module")
def device(client: ForeignClient) -> str:
    """The device that this client writes to."""
    return DEVICES[client.name]


@pytest.fixture(scope="module")
def until(client: ForeignClient, device: str) -> str:
    """A moment before which the journal holds some rows and changes no more."""
    setpoint = f"{device}/Setpoints/BeltSpeedSetpoint"
    before = client.read(setpoint)
    for number in range(1, WRITES):  # each tells another value
        assert client.write(setpoint, before + 0.01 * number) == "Good"
    assert client.write(setpoint, before) == "Good"

    def are_recorded() -> bool:
        rows = query(client, LONG_AGO, moment(60.0), limit=5000)[0]
        return len([row for row in rows if row["device"] == device and row["state"] == "done"]) == WRITES

    client.wait_for(are_recorded, 5.0, "the last result in the journal")
    return moment(0.0)


def moment(ahead_s: float) -> str:
    return (datetime.now(UTC) + timedelta(seconds=ahead_s)).isoformat()


def query(
    client: ForeignClient, begin: str, end: str, after: int = 0, limit: int = 0
) -> tuple[list[Answer], int, bool]:
    """Return rows, last sequence number and whether there are more."""
    answer = client.call(
        "Alarms/QueryJournal", ("DateTime", begin), ("DateTime", end), ("Int64", after), ("UInt32", limit)
    )
    assert answer["status"] == "Good", answer
    rows, last, more = answer["outputs"]
    return [json.loads(row) for row in rows], last, more


def export(client: ForeignClient, end: str, form: str, after: int = 0, limit: int = 0) -> list[object]:
    """Return text, last sequence number, whether there are more, and the header."""
    answer = client.call(
        "Alarms/ExportJournal",
        ("DateTime", LONG_AGO),
        ("DateTime", end),
        ("String", form),
        ("Int64", after),
        ("UInt32", limit),
    )
    assert answer["status"] == "Good", answer
    return list(answer["outputs"])


def exported_in_pages(client: ForeignClient, end: str, form: str) -> str:
    """Return an export of small pages put together."""
    text, after, more, parts, head = "", 0, True, [], ""
    while more:
        text, after, more, head = export(client, end, form, after, 3)  # type: ignore[assignment]
        parts.append(text)
    return head + "".join(parts)


def test_that_pages_hold_every_row_once_in_order(client: ForeignClient, until: str) -> None:
    whole, _, more = query(client, LONG_AGO, until, limit=5000)
    assert not more

    pages: list[list[Answer]] = []
    after, more = 0, True
    while more:
        rows, after, more = query(client, LONG_AGO, until, after, 4)
        pages.append(rows)

    assert [row for page in pages for row in page] == whole
    assert [len(page) for page in pages[:-1]] == [4] * (len(pages) - 1)
    assert len(pages) > 2


def test_that_every_write_is_told_before_and_after_it_acts(
    client: ForeignClient, until: str, device: str
) -> None:
    rows = [row for row in query(client, LONG_AGO, until, limit=5000)[0] if row["device"] == device]

    for message in {row["message"] for row in rows}:
        assert [row["state"] for row in rows if row["message"] == message][:2] == ["requested", "done"]
    assert [row["state"] for row in rows].count("done") == WRITES
    assert {row["user"] for row in rows} == {NAME}
    assert {row["kind"] for row in rows} == {"command"}


def test_that_a_range_leaves_out_what_lies_before_and_after(client: ForeignClient, until: str) -> None:
    whole = query(client, LONG_AGO, until, limit=5000)[0]
    times = sorted(row["time"] for row in whole)
    first, last = times[2], times[-3]

    rows = query(client, first, last, limit=5000)[0]

    # Times are told to the millisecond and kept to the microsecond, so the last of the range may fall out of it.
    inside = {row["seq"] for row in whole if first <= row["time"] < last}
    assert inside <= {row["seq"] for row in rows}
    assert all(first <= row["time"] <= last for row in rows)


@pytest.mark.parametrize("form", ["csv", "jsonl"])
def test_that_an_export_in_pages_is_the_command_line_s_bytes(
    client: ForeignClient, server: RunningServer, until: str, form: str
) -> None:
    text = exported_in_pages(client, until, form)

    command = [sys.executable, "-m", "opcua_server", "journal-export", "--state", str(server.state)]
    options = ["--from", LONG_AGO, "--to", until, "--format", form]
    run = subprocess.run([*command, *options], cwd=ROOT, capture_output=True, check=True)
    assert text.encode() == run.stdout


def test_that_a_csv_export_holds_the_rows_of_the_query(client: ForeignClient, until: str) -> None:
    rows = query(client, LONG_AGO, until, limit=5000)[0]

    text = exported_in_pages(client, until, "csv")

    found = list(csv.DictReader(io.StringIO(text, newline="")))
    assert [int(each["seq"]) for each in found] == [row["seq"] for row in rows]
    assert [each["message"] for each in found] == [row["message"] for row in rows]


@pytest.mark.parametrize(
    ("begin", "end", "limit"),
    [
        ("2026-01-02T00:00:00+00:00", "2026-01-01T00:00:00+00:00", 10),
        ("2026-01-01T00:00:00+00:00", "2026-01-01T00:00:00+00:00", 10),
        ("2026-01-01T00:00:00+00:00", "2026-01-02T00:00:00+00:00", 5001),
    ],
)
def test_that_a_senseless_range_or_page_is_refused(
    client: ForeignClient, begin: str, end: str, limit: int
) -> None:
    answer = client.call(
        "Alarms/QueryJournal", ("DateTime", begin), ("DateTime", end), ("Int64", 0), ("UInt32", limit)
    )

    assert answer["status"] == "BadInvalidArgument"
    assert answer["reasons"][0].endswith(".")


def test_that_an_unknown_format_is_refused_by_name(client: ForeignClient) -> None:
    inputs = (
        ("DateTime", LONG_AGO),
        ("DateTime", moment(0)),
        ("String", "xlsx"),
        ("Int64", 0),
        ("UInt32", 0),
    )

    answer = client.call("Alarms/ExportJournal", *inputs)

    assert answer["status"] == "BadInvalidArgument"
    assert "xlsx" in answer["reasons"][0]

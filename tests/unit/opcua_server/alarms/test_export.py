"""Exports: the same bytes for everybody, no formulas, whole files, clear ranges."""

import csv
import io
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from opcua_server.alarms import JournalRow
from opcua_server.alarms.export import (
    COLUMNS,
    ExportFormat,
    RangeError,
    export_file,
    header,
    neutral,
    nothing_between,
    parse_range,
    text_of,
    write_csv,
    write_jsonl,
)

WHEN = datetime(2026, 1, 5, 6, 0, 0, 123_999, tzinfo=UTC)

FORMULAS = (
    "=1+1", "=cmd|' /C calc'!A0", "+1+1", "-1+1", "@SUM(A1:A9)", "\t=1+1", "\r=1+1", "=HYPERLINK(\"http://x\")",
    "-2+3+cmd|' /C calc'!D2", "+cmd|' /C notepad'!A1", "=IMPORTXML(\"http://x\")", "@A1", "=A1", "-A1", "+A1",
    "=DDE(\"cmd\";\"/C calc\";\"x\")", " =1+1", "\n=1+1", "\u200b=1+1", "\ufeff=1+1", "\u00a0=1+1", "＝1+1", "＋1+1",
    "－1+1", "＠SUM(1)", "-", "+", "=", "--5", "-5bar", "=1\n+2", "|calc", "%00=1",
)  # fmt: skip
NUMBERS = ("-5", "+5", "-5.25", "+0.5", "-1e5", "-1.5E-7", "-5,5", "0", "12")
TEXTS = ("", "Spindle 5 °C above 4", "a=b", "5-3", "'quoted", "GEN-001/OilLeak", "local:ann", "x@y")


def row(seq: int = 1, **fields: str) -> JournalRow:
    texts = dict.fromkeys(
        ("device", "source", "condition", "state", "message", "user", "comment", "evidence"), ""
    )
    return JournalRow(seq=seq, time=WHEN, kind="alarm", priority=1, detail={}, **{**texts, **fields})


def cells(data: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(data.decode("utf-8"), newline="")))


@pytest.mark.parametrize("text", FORMULAS)
def test_that_a_formula_becomes_a_text(text: str) -> None:
    out = io.BytesIO()

    write_csv([row(comment=text)], out)

    assert cells(out.getvalue())[1][COLUMNS.index("comment")] == "'" + text


@pytest.mark.parametrize("text", NUMBERS + TEXTS)
def test_that_numbers_and_plain_texts_stay(text: str) -> None:
    assert neutral(text) == text


def test_that_csv_has_the_named_columns_and_times_in_utc_with_milliseconds() -> None:
    out = io.BytesIO()

    count = write_csv(
        [row(device="GEN-001", message="Critical oil leak: 1.62 bar", evidence='say "no", twice')], out
    )

    assert count == 1
    assert out.getvalue().decode() == (
        "seq,time,kind,device,source,condition,priority,state,message,user,comment,evidence\r\n"
        '1,2026-01-05T06:00:00.123Z,alarm,GEN-001,,,1,,Critical oil leak: 1.62 bar,,,"say ""no"", twice"\r\n'
    )


def test_that_json_lines_keep_texts_as_they_are() -> None:
    out = io.BytesIO()

    write_jsonl([row(1, comment="=1+1"), row(2, comment="a\nb °C")], out)

    lines = out.getvalue().decode("utf-8").splitlines()
    assert [json.loads(line)["comment"] for line in lines] == ["=1+1", "a\nb °C"]
    assert list(json.loads(lines[0])) == list(COLUMNS)
    assert json.loads(lines[0])["priority"] == 1


@pytest.mark.parametrize("form", list(ExportFormat))
def test_that_pages_put_together_are_the_bytes_of_the_whole(form: ExportFormat) -> None:
    rows = [row(seq, message=f"message {seq}, °C") for seq in range(1, 8)]
    out = io.BytesIO()
    (write_csv if form is ExportFormat.CSV else write_jsonl)(rows, out)

    pages = header(form) + text_of(rows[:3], form) + text_of(rows[3:], form)

    assert pages.encode("utf-8") == out.getvalue()


@given(st.text())
def test_that_any_text_comes_back_from_csv_as_one_harmless_cell(text: str) -> None:
    clean = text.encode("utf-8", "replace").decode()
    out = io.BytesIO()

    write_csv([row(comment=clean)], out)

    (cell,) = [line[COLUMNS.index("comment")] for line in cells(out.getvalue())[1:]]
    assert cell in {clean, "'" + clean}
    assert not cell.startswith(("=", "@", "\t", "\r"))


def test_that_a_file_is_written_whole_or_not_at_all(tmp_path: Path) -> None:
    path = tmp_path / "alarms.csv"
    export_file([row(1)], ExportFormat.CSV, path)
    before = path.read_bytes()

    def breaks() -> Iterator[JournalRow]:
        yield row(2)
        raise OSError("the link is gone")

    with pytest.raises(OSError, match="gone"):
        export_file(breaks(), ExportFormat.CSV, path)

    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def test_that_a_file_holds_the_same_bytes_as_a_stream(tmp_path: Path) -> None:
    out = io.BytesIO()
    write_csv([row(1), row(2)], out)

    count = export_file([row(1), row(2)], ExportFormat.CSV, tmp_path / "alarms.csv")

    assert count == 2
    assert (tmp_path / "alarms.csv").read_bytes() == out.getvalue()


@pytest.mark.parametrize(
    ("begin", "end", "expected"),
    [
        ("2026-01-05T06:00:00Z", "2026-01-05T07:00:00Z", (6, 7)),
        ("2026-01-05T06:00:00", "2026-01-05T07:00:00", (6, 7)),
        ("2026-01-05T08:00:00+02:00", "2026-01-05T09:00+02:00", (6, 7)),
        (" 2026-01-05 06:00 ", "2026-01-05T07:00:00.000Z", (6, 7)),
    ],
)
def test_that_times_are_read_in_any_zone(begin: str, end: str, expected: tuple[int, int]) -> None:
    found = parse_range(begin, end)

    assert [(time.hour, time.utcoffset()) for time in found] == [(hour, timedelta(0)) for hour in expected]


def test_that_a_date_as_the_end_means_the_whole_day_and_nothing_means_everything() -> None:
    begin, end = parse_range("2026-01-05", "2026-01-05")
    assert end - begin == timedelta(days=1) - timedelta(microseconds=1)

    begin, end = parse_range("", "")
    assert begin.year == 1970
    assert end.year == 9999


@pytest.mark.parametrize(
    ("begin", "end", "sentence"),
    [
        (
            "2026-01-05T07:00Z",
            "2026-01-05T07:00Z",
            "The range is empty: it begins and ends at 2026-01-05T07:00:00.000Z.",
        ),
        (
            "2026-01-05T07:00Z",
            "2026-01-05T06:00Z",
            "The range is reversed: it begins at 2026-01-05T07:00:00.000Z, after its end at 2026-01-05T06:00:00.000Z.",
        ),
        (
            "yesterday",
            "",
            "The begin of the range, 'yesterday', is no time: write it like 2026-01-05T14:00:00Z.",
        ),
        (
            "",
            "2026-13-01",
            "The end of the range, '2026-13-01', is no time: write it like 2026-01-05T14:00:00Z.",
        ),
        (
            "0001-01-01T00:00+14:00",
            "",
            "The begin of the range, '0001-01-01T00:00+14:00', is no time: write it like ",
        ),
    ],
)
def test_that_a_range_that_holds_nothing_is_one_clear_sentence(begin: str, end: str, sentence: str) -> None:
    with pytest.raises(RangeError) as caught:
        parse_range(begin, end)

    assert str(caught.value).startswith(sentence)


def test_that_a_range_without_rows_is_told_in_a_sentence() -> None:
    zone = timezone(timedelta(hours=2))

    sentence = nothing_between(WHEN.astimezone(zone), WHEN + timedelta(hours=1))

    assert sentence == (
        "The journal holds nothing between 2026-01-05T06:00:00.123Z and 2026-01-05T07:00:00.123Z."
    )

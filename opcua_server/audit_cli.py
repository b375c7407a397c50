"""`andon audit verify` and `andon audit export`: the audit log of a state directory, with or without its server running."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from opcua_server.alarms.anchor import Head
from opcua_server.alarms.errors import JournalError
from opcua_server.alarms.export import ExportFormat, export_file, header, lines
from opcua_server.alarms.journal_read import JournalReader
from opcua_server.alarms.ranges import EARLIEST, LATEST, RangeError, iso, parse_range
from opcua_server.audit.log import FILE_NAME
from opcua_server.audit.records import AUDIT_TABLE
from opcua_server.statedir import default_state_dir


def main(arguments: Sequence[str]) -> int:
    """Run the command line; returns the exit status."""
    options = _parser().parse_args(arguments)
    path = (options.state or default_state_dir()) / FILE_NAME
    if not path.exists():
        return _complain(f"There is no audit log at {path}: name its directory with --state DIR.")
    try:
        return _verify(path, options.head) if options.command == "verify" else _export(path, options)
    except (RangeError, JournalError) as problem:
        return _complain(str(problem))
    except BrokenPipeError:
        return 0  # whoever read has read enough
    except OSError as problem:
        return _complain(f"{options.out}: {problem.strerror}")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="andon audit", description="Check or export who did what: the audit log of a state directory."
    )
    parser.add_argument("--state", type=Path, metavar="DIR", help="state directory (default: the user's)")
    commands = parser.add_subparsers(dest="command", metavar="command", required=True)
    verify = commands.add_parser(
        "verify", help="say whether every row is as it was written and none is missing"
    )
    verify.add_argument(
        "--head",
        type=_head,
        action="append",
        default=[],
        metavar="NUMBER:HASH",
        help="a head that an earlier `verify` printed: the log must still contain it",
    )
    export = commands.add_parser("export", help="write the log as a table")
    export.add_argument("--from", dest="start", help="earliest time, ISO-8601 (default: the first row)")
    export.add_argument("--to", dest="end", help="latest time, ISO-8601 (default: the last row)")
    export.add_argument("--format", choices=("csv", "jsonl"), default="csv", help="default: csv")
    export.add_argument("--out", type=Path, metavar="FILE", help="file to write (default: standard output)")
    for command in (verify, export):
        command.add_argument("--state", type=Path, metavar="DIR", default=argparse.SUPPRESS, help="the same")
    return parser


def _head(text: str) -> Head:
    found = Head.parse(text)
    if found is None:
        raise argparse.ArgumentTypeError(
            f"{text!r} is no head: NUMBER:HASH, as `andon audit verify` prints it"
        )
    return found


def _verify(path: Path, heads: Sequence[Head]) -> int:
    reader = JournalReader(path)
    bad = reader.verify(*heads)
    if bad is not None:
        return _complain(f"The audit log {path} is not whole: at row {bad.seq} {bad.reason}.")
    head = reader.head()
    sys.stdout.write(f"The audit log is whole: {head.seq} rows.\nhead {head}\n")
    return 0


def _export(path: Path, options: argparse.Namespace) -> int:
    form = ExportFormat(options.format)
    begin, end = parse_range(options.start or iso(EARLIEST), options.end or iso(LATEST))
    rows = JournalReader(path).rows(begin, end)
    if options.out is not None:
        export_file(rows, form, options.out, AUDIT_TABLE)
        return 0
    out = sys.stdout.buffer
    out.write(header(form, AUDIT_TABLE).encode("utf-8"))
    for line in lines(rows, form, AUDIT_TABLE):
        out.write(line.encode("utf-8"))
    out.flush()
    return 0


def _complain(sentence: str) -> int:
    sys.stderr.write(f"andon audit: {sentence}\n")
    return 1

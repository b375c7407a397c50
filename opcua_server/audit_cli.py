"""`andon audit verify`, `export` and `archive`: the audit log of a state directory, with or without its server running."""

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from opcua_server.alarms.anchor import Head
from opcua_server.alarms.errors import JournalError
from opcua_server.alarms.export import ExportFormat, export_file, header, lines
from opcua_server.alarms.journal_read import BadRow
from opcua_server.alarms.ranges import EARLIEST, LATEST, RangeError, iso, parse_range
from opcua_server.audit.archive import archive
from opcua_server.audit.chain import AuditChain
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
        return _COMMANDS[options.command](path, options)
    except (RangeError, JournalError) as problem:
        return _complain(str(problem))
    except BrokenPipeError:
        return 0  # whoever read has read enough
    except OSError as problem:
        return _complain(f"{problem.filename or path}: {problem.strerror}")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="andon audit",
        description="Check, export or archive who did what: the audit log of a state directory.",
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
    archived = commands.add_parser("archive", help="move older rows, in closed files, to another folder")
    archived.add_argument(
        "folder", type=Path, metavar="DIR", help="where they go; keep it safe, nothing else has them"
    )
    for command in (verify, export):
        command.add_argument(
            "--archive",
            type=Path,
            action="append",
            default=[],
            metavar="DIR",
            help="a folder that `archive` moved older rows to: look at them too",
        )
    for command in (verify, export, archived):
        command.add_argument("--state", type=Path, metavar="DIR", default=argparse.SUPPRESS, help="the same")
    return parser


def _head(text: str) -> Head:
    found = Head.parse(text)
    if found is None:
        raise argparse.ArgumentTypeError(
            f"{text!r} is no head: NUMBER:HASH, as `andon audit verify` prints it"
        )
    return found


def _verify(path: Path, options: argparse.Namespace) -> int:
    found = AuditChain(path, options.archive).verify(*options.head)
    if isinstance(found, BadRow):
        return _complain(f"The audit log {path} is not whole: at row {found.seq} {found.reason}.")
    if found.archived is None:
        said = f"The audit log is whole: {found.head.seq} rows."
    else:
        last = found.archived.seq
        said = (
            f"The audit log is whole from row {last + 1} to {found.head.seq}. Rows 1 to {last} are archived: "
            "name their folder with --archive DIR to look at them too."
        )
    sys.stdout.write(f"{said}\nhead {found.head}\n")
    return 0


def _export(path: Path, options: argparse.Namespace) -> int:
    form = ExportFormat(options.format)
    begin, end = parse_range(options.start or iso(EARLIEST), options.end or iso(LATEST))
    rows = AuditChain(path, options.archive).rows(begin, end)
    if options.out is not None:
        export_file(rows, form, options.out, AUDIT_TABLE)
        return 0
    out = sys.stdout.buffer
    out.write(header(form, AUDIT_TABLE).encode("utf-8"))
    for line in lines(rows, form, AUDIT_TABLE):
        out.write(line.encode("utf-8"))
    out.flush()
    return 0


def _archive(path: Path, options: argparse.Namespace) -> int:
    moved = archive(path, options.folder)
    if moved:
        said = f"Rows {moved[0].first} to {moved[-1].last} of the audit log are in {options.folder} now: {len(moved)} files."
    else:
        said = "There is nothing to archive: the audit log has no closed files yet."
    sys.stdout.write(f"{said}\n")
    return 0


_COMMANDS: Final[dict[str, Callable[[Path, argparse.Namespace], int]]] = {
    "verify": _verify,
    "export": _export,
    "archive": _archive,
}


def _complain(sentence: str) -> int:
    sys.stderr.write(f"andon audit: {sentence}\n")
    return 1

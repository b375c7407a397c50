"""Export the journal of a state directory, with or without its server running."""

import argparse
import sys

from opcua_server.alarms.errors import JournalError
from opcua_server.alarms.export import ExportFormat, export_file, header, lines
from opcua_server.alarms.journal_read import JournalReader
from opcua_server.alarms.ranges import RangeError, parse_range
from opcua_server.statedir import default_state_dir


def export(options: argparse.Namespace) -> int:
    """Write the journal's rows; returns the exit status."""
    form = ExportFormat(options.format)
    path = (options.state or default_state_dir()) / "journal.db"
    if not path.exists():
        return _complain(f"There is no journal at {path}: name its directory with --state DIR.")
    try:
        begin, end = parse_range(options.start, options.end)
        rows = JournalReader(path).rows(begin, end)
        if options.out is not None:
            export_file(rows, form, options.out)
            return 0
        out = sys.stdout.buffer
        out.write(header(form).encode("utf-8"))
        for line in lines(rows, form):
            out.write(line.encode("utf-8"))
        out.flush()
    except (RangeError, JournalError) as problem:
        return _complain(str(problem))
    except BrokenPipeError:
        return 0  # whoever read has read enough
    except OSError as problem:
        return _complain(f"{options.out}: {problem.strerror}")
    return 0


def _complain(sentence: str) -> int:
    sys.stderr.write(f"andon journal export: {sentence}\n")
    return 1

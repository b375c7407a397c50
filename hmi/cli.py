"""The `andon` command: hand each subcommand to whoever does it, importing none of them before.

This file is also read by a Python that is too old, which it tells so in one sentence: no syntax newer than 3.7 here.
"""

import argparse
import importlib
import os
import sys

OLDEST = (3, 11)
NO_SCREEN = (
    69  # exit status of a console that cannot open its window and has said why (EX_UNAVAILABLE of sysexits.h)
)
PAGES = ("overview", "devices", "alarms", "trends", "energy", "simulation", "diagnostics")
DESCRIPTION = "Start the plant server and the operator console, connected; Ctrl-C stops both."
COMMANDS = {
    "server": "run the plant server alone, without a screen",
    "console": "open the operator console on a running server",
    "journal": "export the journal of alarms, commands and events (journal export)",
    "export-alarms": "the same as `journal export`",
    "user": "say who may log in: add, passwd, role, disable, enable, list",
    "audit": "check or export who did what: verify, export",
    "trust": "say which client certificates may open a channel: list, add, remove",
    "tags": "write the list of all tags as a table (tags export)",
    "nodeset": "load your own model, or write the plant's out, as NodeSet2: add, list, remove, export",
    "certificate": "show or renew the server's own certificate: show, renew",
    "simulate": "break and script the plant of a running server: inject, run, speed, truth and more",
    "doctor": "say what is wrong with this installation and what to do",
    "demo": "run the console off screen through a script and keep pictures of it",
}


def main(arguments: "list[str] | None" = None) -> int:
    """Run the command line; returns the exit status."""
    if sys.version_info < OLDEST:
        found = "{}.{}".format(*sys.version_info[:2])
        return complain("Andon needs Python 3.11 or newer, this is Python " + found + ".")
    return _main(list(sys.argv[1:] if arguments is None else arguments))


def _main(arguments: "list[str]") -> int:
    handlers = {
        "server": _server,
        "console": _console,
        "journal": _journal,
        "export-alarms": _export,
        "user": lambda words: _server(["user", *words]),
        "audit": lambda words: _server(["audit", *words]),
        "trust": lambda words: _server(["trust", *words]),
        "tags": lambda words: _server(["tags", *words]),
        "nodeset": lambda words: _server(["nodeset", *words]),
        "certificate": lambda words: _server(["certificate", *words]),
        "simulate": _simulate,
        "doctor": _doctor,
        "demo": _demo,
    }
    if arguments and arguments[0] in handlers:
        return handlers[arguments[0]](arguments[1:])
    return _both(arguments)


def complain(sentence: str) -> int:
    """Say on standard error, in one sentence, why it does not go on; returns the exit status."""
    sys.stderr.write("andon: " + sentence + "\n")
    return 1


def _both(arguments: "list[str]") -> int:
    """Start server and console, or the headless demo where there is no display."""
    options = _both_parser().parse_args(arguments)
    from hmi.display import has_display  # noqa: PLC0415

    if not has_display():
        sys.stdout.write("There is no display: running the headless demo instead (pictures in snapshots/).\n")
        sys.stdout.flush()
        return _demo(["--recordings", options.recordings] if options.recordings else [])
    from hmi.launcher import launch  # noqa: PLC0415

    return launch(options)


def _both_parser() -> argparse.ArgumentParser:
    width = max(map(len, COMMANDS)) + 2
    listing = "\n".join("  " + name.ljust(width) + text for name, text in COMMANDS.items())
    parser = argparse.ArgumentParser(
        prog="andon",
        description=DESCRIPTION,
        usage="andon [options] | andon COMMAND [options]",
        epilog="commands (each has its own --help):\n" + listing,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version="andon " + _version())
    parser.add_argument("--state", metavar="DIR", help="where alarms, history and logs are kept")
    parser.add_argument("--recordings", metavar="DIR", help="add the recorded test rig that lies in DIR")
    parser.add_argument("--plant", metavar="FILE", help="another plant than the shipped factory (TOML)")
    parser.add_argument("--port", type=int, help="TCP port of the server (default 4840, or a free one)")
    parser.add_argument("--scenario", metavar="FILE", help="a scenario to run: its name, or a file (TOML)")
    parser.add_argument("--speed", type=float, help="simulated seconds a second (default 1)")
    parser.add_argument("--seed", type=int, help="seed of the plant's randomness")
    _add_screen_options(parser)
    return parser


def _add_screen_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--fullscreen", action="store_true", help="fill the screen")
    parser.add_argument("--read-only", action="store_true", help="show everything, command nothing")
    parser.add_argument("--page", choices=PAGES, default="overview", help="the page to open first")


def _server(arguments: "list[str]") -> int:
    """Become the server: the same process, so that signals and exit status are its own."""
    os.execv(sys.executable, [sys.executable, "-m", "opcua_server", *arguments])  # noqa: S606


def _simulate(arguments: "list[str]") -> int:
    from hmi.simulate import main as simulate  # noqa: PLC0415

    return simulate(arguments)


def _console(arguments: "list[str]") -> int:
    parser = argparse.ArgumentParser(
        prog="andon console", description="Open the operator console on a running OPC UA server."
    )
    parser.add_argument(
        "--url", default="opc.tcp://127.0.0.1:4840", help="the server's address (default: %(default)s)"
    )
    parser.add_argument("--state", metavar="DIR", help="where the console keeps its log")
    parser.add_argument("--hint", default="", help="a sentence to show at the foot of the window at first")
    parser.add_argument("--exit-with-parent", action="store_true", help="end when standard input closes")
    _add_screen_options(parser)
    options = parser.parse_args(arguments)
    from hmi.display import has_display, qt_problem  # noqa: PLC0415

    if not has_display():
        return complain("There is no display to open the console on: set DISPLAY, or run `andon demo`.")
    problem = qt_problem()
    if problem:
        complain(problem)
        return NO_SCREEN
    from hmi.app import run  # noqa: PLC0415
    from hmi.settings import ConsoleSettings  # noqa: PLC0415

    return run(ConsoleSettings.from_options(options))


def _journal(arguments: "list[str]") -> int:
    parser = argparse.ArgumentParser(
        prog="andon journal", description="Export the journal of alarms, commands and events."
    )
    parser.add_argument("command", choices=["export"], help="write the journal of a span of time as a table")
    if not arguments or arguments[0] != "export":
        parser.parse_args(arguments)
    return _export(arguments[1:])


def _export(arguments: "list[str]") -> int:
    parser = argparse.ArgumentParser(
        prog="andon journal export",
        description="Write the journal of a span of time, from a running server (--url) or from its state directory.",
    )
    parser.add_argument(
        "--from", dest="start", required=True, help="earliest time, ISO-8601 (2026-07-30T14:00:00Z)"
    )
    parser.add_argument("--to", dest="end", required=True, help="latest time, ISO-8601")
    parser.add_argument("--format", choices=("csv", "jsonl"), default="csv", help="default: csv")
    parser.add_argument("--out", metavar="FILE", help="file to write (default: standard output)")
    source = parser.add_mutually_exclusive_group()
    source.add_argument("--url", help="ask the server at this address")
    source.add_argument("--state", metavar="DIR", help="read this state directory")
    options = parser.parse_args(arguments)
    if not options.url:
        return _export_offline(options)
    from hmi.export import export_online  # noqa: PLC0415

    return export_online(options)


def _export_offline(options: argparse.Namespace) -> int:
    command = ["journal-export", "--from", options.start, "--to", options.end, "--format", options.format]
    command += ["--state", options.state] if options.state else []
    command += ["--out", options.out] if options.out else []
    return _server(command)


def _doctor(arguments: "list[str]") -> int:
    from hmi.doctor import main as doctor  # noqa: PLC0415

    return doctor(arguments)


def _demo(arguments: "list[str]") -> int:
    try:
        demo = importlib.import_module("hmi.demo")
    except ModuleNotFoundError as error:
        if error.name != "hmi.demo":
            raise
        return complain("This installation has no headless demo.")
    return int(demo.main(arguments))


def _version() -> str:
    from importlib.metadata import PackageNotFoundError, version  # noqa: PLC0415

    try:
        return version("andon")
    except PackageNotFoundError:
        return "(not installed)"

"""The server's command line."""

import argparse
import asyncio
import importlib
import logging
import logging.handlers
import os
import signal
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import resources
from opcua_server.diagnostics import product_version
from opcua_server.security.station import default_config_dir
from opcua_server.settings import Settings
from opcua_server.statedir import StateDir, StateDirError, default_state_dir

if TYPE_CHECKING:
    from opcua_server.runtime import Runtime

LOG_BYTES = 5_000_000
LOG_FILES = 3
_NOISY = ("asyncua",)  # tells of policies, certificates and every lost client; our own lines say what matters

# What works on a state directory and needs no server: command -> the module whose `main` does it.
_TOOLS = {
    "user": "opcua_server.user_cli",
    "audit": "opcua_server.audit_cli",
    "nodeset": "opcua_server.nodeset_cli",
    "tags": "opcua_server.tags_cli",
    "trust": "opcua_server.trust_cli",
    "certificate": "opcua_server.certificate_cli",
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit status."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    if words and words[0] in _TOOLS:
        return int(importlib.import_module(_TOOLS[words[0]]).main(words[1:]))
    options = _parser().parse_args(words)
    if options.command == "journal-export":
        from opcua_server.export_cli import export  # noqa: PLC0415  # the server proper is not needed for this

        return export(options)
    return _serve(options)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="andon server", description="Run the simulated plant and serve it over OPC UA, without a screen."
    )
    parser.add_argument("--version", action="version", version=product_version())
    parser.add_argument("--plant", type=Path, help="plant definition (TOML); default: the shipped factory")
    parser.add_argument(
        "--recordings",
        type=Path,
        metavar="DIR",
        help="folder of recordings; without replayed devices of its own the plant gets the test rig",
    )
    parser.add_argument(
        "--state", type=Path, metavar="DIR", help="state directory (default: ANDON_STATE or the user's)"
    )
    parser.add_argument(
        "--port", type=_port, default=4840, help="TCP port; 0 takes a free one (default 4840)"
    )
    parser.add_argument(
        "--listen",
        metavar="ADDRESS",
        default="127.0.0.1",
        help="address to listen on; 0.0.0.0 for all (default: this machine alone, 127.0.0.1)",
    )
    parser.add_argument(
        "--security",
        choices=("auto", "required", "optional"),
        default="auto",
        help="whether sessions must be signed or encrypted; auto: required but on this machine alone",
    )
    parser.add_argument(
        "--speed", type=_speed, default=1.0, help="simulated seconds a second, 0.1 to 1000 (default 1)"
    )
    parser.add_argument("--seed", type=int, help="seed of the plant's randomness (default: the plant file's)")
    parser.add_argument(
        "--scenario",
        metavar="NAME",
        help="scenario to run: its name, or a file (TOML); `andon simulate scenarios`",
    )
    parser.add_argument(
        "--devices", type=_count, metavar="N", help="scale the plant to N machines, in the same proportions"
    )
    parser.add_argument(
        "--truth", type=Path, metavar="FILE", help="keep the ground truth about faults in a file (CSV)"
    )
    parser.add_argument("--exit-with-parent", action="store_true", help="end when standard input closes")
    commands = parser.add_subparsers(dest="command", metavar="command")
    export = commands.add_parser("journal-export", help="export the journal of a state directory")
    export.add_argument("--state", type=Path, metavar="DIR", help="state directory")
    export.add_argument("--from", dest="start", required=True, help="earliest time, ISO-8601")
    export.add_argument("--to", dest="end", required=True, help="latest time, ISO-8601")
    export.add_argument("--format", choices=("csv", "jsonl"), default="csv")
    export.add_argument("--out", type=Path, help="file to write (default: standard output)")
    return parser


def _port(text: str) -> int:
    return int(_within(text, 0, 65535))


def _count(text: str) -> int:
    number = _within(text, 1, 20_000)
    if number != int(number):
        raise argparse.ArgumentTypeError(f"{text} is no whole number")
    return int(number)


def _speed(text: str) -> float:
    return _within(text, 0.1, 1000.0)


def _within(text: str, low: float, high: float) -> float:
    try:
        number = float(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no number") from None
    if not low <= number <= high:
        raise argparse.ArgumentTypeError(f"{text} is outside {low:g} to {high:g}")
    return number


def _serve(options: argparse.Namespace) -> int:
    from opcua_server.assembly import StartError, assemble  # noqa: PLC0415  # after the arguments are known to be good
    from opcua_server.runtime import Runtime  # noqa: PLC0415

    settings = Settings(
        plant=options.plant or resources.path("plants", "factory.toml"),
        state=options.state or default_state_dir(),
        recordings=options.recordings,
        host=options.listen,
        port=options.port,
        offer_none={"auto": None, "required": False, "optional": True}[options.security],
        speed=options.speed,
        seed=options.seed,
        scenario=options.scenario,
        devices=options.devices,
        truth=options.truth,
        exit_with_parent=options.exit_with_parent,
        console=default_config_dir(),
    )

    if settings.exit_with_parent:
        _watch_parent()

    async def run(state: StateDir) -> None:
        parts = await assemble(settings, state)
        runtime = Runtime(parts)
        _stop_on_signals(runtime)
        await runtime.run(_announce)

    try:
        with StateDir(settings.state) as state:
            _start_logging(state.log)
            asyncio.run(run(state))
    except (StateDirError, StartError) as problem:
        return _complain(str(problem))
    except KeyboardInterrupt:
        return 130
    return 0


def _announce(endpoint: str) -> None:
    try:
        print(endpoint, flush=True)  # noqa: T201  # the first line of output is the endpoint: the launcher reads it
    except BrokenPipeError:
        logging.getLogger(__name__).info("nobody reads the endpoint any more")


def _stop_on_signals(runtime: "Runtime") -> None:
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, runtime.stop)


def _watch_parent() -> None:
    """End this process when standard input reaches its end: whoever started it is gone.

    A signal to ourselves works at any moment: before the loop runs it ends the process at once, later it ends it in order.
    """

    def watch() -> None:
        while os.read(
            0, 1024
        ):  # not sys.stdin: a thread inside a buffered read would abort the interpreter at its end
            continue
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=watch, name="andon-parent", daemon=True).start()


def _start_logging(path: Path) -> None:
    file = logging.handlers.RotatingFileHandler(
        path, maxBytes=LOG_BYTES, backupCount=LOG_FILES, encoding="utf-8"
    )
    file.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    screen = logging.StreamHandler(sys.stderr)
    screen.setLevel(logging.WARNING)
    screen.setFormatter(logging.Formatter("andon server: %(message)s"))
    logging.basicConfig(level=logging.INFO, handlers=[file, screen])
    for name in _NOISY:
        logging.getLogger(name).setLevel(logging.ERROR)


def _complain(sentence: str) -> int:
    print(f"andon server: {sentence}", file=sys.stderr)  # noqa: T201
    return 1

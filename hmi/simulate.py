"""`andon simulate …`: the trainer's commands for a running server, from the command line."""

import argparse
import asyncio
import getpass
import logging
import math
import sys
from collections.abc import Sequence
from pathlib import Path

from hmi.account import Account, default_config_dir, make_account
from hmi.link.connection import Connection, connect
from hmi.link.errors import LinkError, RefusedError
from hmi.link.methods import simulate
from hmi.link.security import Keyring
from hmi.settings import ConsoleSettings, default_state_dir

Argument = str | float | bool
_ACCESS_DENIED = 0x801F0000  # BadUserAccessDenied


def main(arguments: Sequence[str]) -> int:
    """Run the command line; returns the exit status."""
    options = _parser().parse_args(arguments)
    logging.getLogger("asyncua").setLevel(logging.CRITICAL)  # what is wrong is said below, in one sentence
    try:
        return asyncio.run(_run(options))
    except LinkError as problem:
        return _complain(str(problem))
    except OSError as problem:
        return _complain(f"{problem.filename or options.url}: {problem.strerror or problem}")
    except (KeyboardInterrupt, EOFError):
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="andon simulate",
        description="Break and script a simulated plant that runs. It takes an engineer: on this machine the user who "
        "started the server is one, elsewhere name one with --user.",
    )
    parser.add_argument(
        "--url", default="opc.tcp://127.0.0.1:4840", help="the server's address (default: %(default)s)"
    )
    parser.add_argument(
        "--state", type=Path, metavar="DIR", help="state directory of the server, if it is not the user's own"
    )
    parser.add_argument(
        "--user", help="log in as this user; the password is asked for, or read from standard input"
    )
    commands = parser.add_subparsers(dest="command", metavar="command", required=True)
    inject = commands.add_parser("inject", help="let a device develop a fault")
    inject.add_argument("device", help="device tag, CNC-014; Utilities for what all machines share")
    inject.add_argument("fault", help="a name that `faults` lists; sensor_drift/Vibration names the tag")
    inject.add_argument("--severity", type=_number, default=1.0, help="0 to 1 (default 1)")
    inject.add_argument(
        "--onset", type=_number, default=0.0, metavar="S", help="seconds from now (default 0)"
    )
    inject.add_argument(
        "--life", type=_number, default=0.0, metavar="S", help="seconds from onset to failure or end"
    )
    clear = commands.add_parser("clear", help="take faults away")
    clear.add_argument("device", nargs="?", default="", help="of this device; default: of all")
    faults = commands.add_parser("faults", help="list the faults that a device can have")
    faults.add_argument("device", help="device tag, or Utilities")
    commands.add_parser("scenarios", help="list the scenarios, and which run")
    commands.add_parser("run", help="begin a scenario").add_argument(
        "name", help="a name that `scenarios` lists"
    )
    stop = commands.add_parser("stop", help="end a scenario and take away its faults")
    stop.add_argument("name", nargs="?", default="", help="default: all")
    speed = commands.add_parser("speed", help="set how fast simulated time goes")
    speed.add_argument("speed", type=_number, help="simulated seconds a second, 0.1 to 1000")
    chaos = commands.add_parser("chaos", help="drop clients' sessions at random; 0 ends it")
    chaos.add_argument("interval", type=_number, help="mean seconds between two drops, 1 to 86400")
    truth = commands.add_parser("truth", help="show what is truly wrong")
    truth.add_argument("--past", action="store_true", help="also faults that are over")
    return parser


async def _run(options: argparse.Namespace) -> int:
    folder = default_config_dir()
    make_account(folder)
    settings = ConsoleSettings(url=options.url, state=options.state or default_state_dir())
    keyring = Keyring(folder, settings.own_server)
    if options.user is not None:
        keyring.credentials = Account(options.user, _password(options.user))
    connection = await _connected(options, keyring)
    try:
        columns = await simulate(connection, *_call(options))
    finally:
        await connection.close()
    for row in zip(*columns, strict=True):
        sys.stdout.write("\t".join(_text(cell) for cell in row) + "\n")
    return 0


async def _connected(options: argparse.Namespace, keyring: Keyring) -> Connection:
    try:
        return await connect(options.url, "simulate", keyring)
    except RefusedError as refusal:
        if refusal.status == _ACCESS_DENIED and options.user is not None:
            raise LinkError("The user name or the password is wrong.") from refusal
        raise


def _call(options: argparse.Namespace) -> tuple[str, list[Argument]]:
    """Return the method of the server and its arguments."""
    match options.command:
        case "inject":
            numbers = [options.severity, options.onset, options.life]
            return "InjectFault", [options.device, options.fault, *numbers]
        case "clear":
            return "ClearFaults", [options.device]
        case "faults":
            return "ListFaults", [options.device]
        case "scenarios":
            return "ListScenarios", []
        case "run":
            return "RunScenario", [options.name]
        case "stop":
            return "StopScenario", [options.name]
        case "speed":
            return "SetSpeed", [options.speed]
        case "chaos":
            return "SetChaos", [options.interval]
        case _:
            return "GroundTruth", [bool(options.past)]


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number") from None


def _password(user: str) -> str:
    if sys.stdin.isatty():
        return getpass.getpass(f"Password of {user}: ")
    return sys.stdin.readline().rstrip("\r\n")


def _text(cell: object) -> str:
    if isinstance(cell, float):
        return "" if math.isnan(cell) else f"{cell:.6g}"
    return str(cell)


def _complain(sentence: str) -> int:
    sys.stderr.write(f"andon simulate: {sentence}\n")
    return 1

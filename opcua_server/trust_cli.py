"""`andon trust …`: the client certificates that may open a channel, with or without the server running."""

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from opcua_server.alarms.errors import JournalError
from opcua_server.audit.local import audited
from opcua_server.audit.records import Deed
from opcua_server.security.trust import Entry, TrustError, TrustList
from opcua_server.statedir import StateDir, default_state_dir


def main(arguments: Sequence[str]) -> int:
    """Run the command line; returns the exit status."""
    options = _parser().parse_args(arguments)
    state = StateDir(options.state or default_state_dir())
    trust = TrustList(state.pki)
    try:
        if options.command == "list":
            return _list(trust)
        deed: Callable[[str], Entry] = trust.add if options.command == "add" else trust.remove
        state.path.mkdir(parents=True, exist_ok=True, mode=0o700)
        with audited(state.path, Deed.TRUST, options.certificate, options.command):
            entry = deed(options.certificate)
    except (TrustError, JournalError) as problem:
        return _complain(str(problem))
    except OSError as problem:
        return _complain(f"The state directory {state.path} cannot be used: {problem.strerror}.")
    verb = "Trusted from now on" if options.command == "add" else "Trusted no more"
    sys.stdout.write(f"{verb}: {described(entry)}\n")
    return 0


def described(entry: Entry) -> str:
    """Return a certificate in one line: thumbprint, name, end."""
    subject = entry.certificate.subject.rfc4514_string()
    shown = "".join(c if c.isprintable() else "?" for c in subject[:200])
    return f"{entry.thumbprint}  {shown}  until {entry.certificate.not_valid_after_utc:%Y-%m-%d}"


def _list(trust: TrustList) -> int:
    for name in ("trusted", "issuers", "rejected"):
        for entry in trust.entries(name):
            sys.stdout.write(f"{name:9} {described(entry)}\n")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="andon trust",
        description="Say which clients may open a signed or encrypted channel, by their certificates. A running server "
        "notices the change at the next channel.",
    )
    parser.add_argument("--state", type=Path, metavar="DIR", help="state directory (default: the user's)")
    commands = parser.add_subparsers(dest="command", metavar="command", required=True)
    add = commands.add_parser("add", help="trust a client that was rejected, or a certificate file")
    remove = commands.add_parser("remove", help="trust a client no more")
    add.add_argument("certificate", help="thumbprint of a rejected certificate, or a file (DER or PEM)")
    remove.add_argument("certificate", help="thumbprint of a trusted certificate")
    for command in (add, remove, commands.add_parser("list", help="show trusted and rejected certificates")):
        command.add_argument("--state", type=Path, metavar="DIR", default=argparse.SUPPRESS, help="the same")
    return parser


def _complain(sentence: str) -> int:
    sys.stderr.write(f"andon trust: {sentence}\n")
    return 1

"""`andon certificate …`: the server's own certificate."""

import argparse
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from cryptography import x509

from opcua_server.alarms.errors import JournalError
from opcua_server.audit.local import audited
from opcua_server.audit.records import Deed
from opcua_server.security.certificates import (
    CertificateFileError,
    OwnCertificate,
    OwnFiles,
    make,
    names_of,
    reasons_to_renew,
    uris,
)
from opcua_server.statedir import StateDir, default_state_dir


def main(arguments: Sequence[str]) -> int:
    """Run the command line; returns the exit status."""
    options = _parser().parse_args(arguments)
    state = StateDir(options.state or default_state_dir())
    files = OwnFiles(state.pki)
    try:
        found = _load(files, lenient=options.command == "renew")
        if options.command == "renew":
            state.path.mkdir(parents=True, exist_ok=True, mode=0o700)
            uri = next(iter(uris(found.certificate)), "") if found else ""
            # Without one to renew, the plant's is not known here: the server makes its own at its next start.
            if not uri:
                with audited(state.path, Deed.CERTIFICATE, "the server's own", "renew"):
                    files.certificate.unlink(missing_ok=True)
                    files.key.unlink(missing_ok=True)
                sys.stdout.write("The server makes a new one at its next start.\n")
                return 0
            found = make(uri, names_of(options.addresses))
            with audited(state.path, Deed.CERTIFICATE, "the server's own", "renew"):
                files.store(found)
            sys.stdout.write("The server uses it from its next start on; clients must then trust it anew.\n")
    except (CertificateFileError, JournalError) as problem:
        return _complain(str(problem))
    except OSError as problem:
        return _complain(f"The certificate cannot be kept in {files.folder}: {problem.strerror}.")
    if found is None:
        return _complain(
            f"There is no certificate in {files.folder} yet: the server makes one at its first start."
        )
    _show(found)
    return 0


def _load(files: OwnFiles, *, lenient: bool) -> OwnCertificate | None:
    try:
        return files.load()
    except CertificateFileError:
        if lenient:
            return None
        raise


def _show(own: OwnCertificate) -> None:
    names = own.certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    lines = [
        f"thumbprint  {own.thumbprint}",
        f"application {', '.join(uris(own.certificate))}",
        f"hosts       {', '.join(names.get_values_for_type(x509.DNSName))}",
        f"addresses   {', '.join(map(str, names.get_values_for_type(x509.IPAddress)))}",
        f"valid until {own.certificate.not_valid_after_utc:%Y-%m-%d}",
        *reasons_to_renew(own.certificate, datetime.now(UTC)),
    ]
    sys.stdout.write("\n".join(lines) + "\n")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="andon certificate", description="Show or renew the server's certificate."
    )
    commands = parser.add_subparsers(dest="command", metavar="command", required=True)
    renew = commands.add_parser("renew", help="make a new one, as after a change of the host name")
    renew.add_argument(
        "addresses", nargs="*", metavar="ADDRESS", help="addresses and names the server is reached by"
    )
    for command in (renew, commands.add_parser("show", help="show its thumbprint, names and end")):
        command.add_argument(
            "--state", type=Path, metavar="DIR", help="state directory (default: the user's)"
        )
    return parser


def _complain(sentence: str) -> int:
    sys.stderr.write(f"andon certificate: {sentence}\n")
    return 1

"""The trust list on disk: which client certificates open a channel, and which knocked in vain.

pki/own       the server's certificate and key
pki/trusted   certificates of applications, or of issuers of applications
pki/issuers   further certificates of chains, not trusted by themselves
pki/crl       revocation lists of the issuers
pki/rejected  what was not trusted, kept for review: the newest hundred
"""

import logging
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from asyncua import ua
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from opcua_server.security.certificates import thumbprint
from opcua_server.security.certificates_check import CertificateRefusedError, Trusted, check, named
from plant.atomic_file import atomic_path

MAX_REJECTED: Final = 100
MAX_FILE_BYTES: Final = 1_000_000
SHORTEST_THUMBPRINT: Final = 8
_ENDINGS: Final = frozenset({".der", ".cer", ".crt", ".pem", ".crl"})

_log = logging.getLogger(__name__)


class TrustError(Exception):
    """A request about trust that cannot be met; the message is one sentence."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One certificate on the list."""

    path: Path
    certificate: x509.Certificate

    @property
    def thumbprint(self) -> str:
        return thumbprint(self.certificate.public_bytes(Encoding.DER))


@dataclass(slots=True)
class TrustList:
    """The folder `pki`. Files may come and go while the server runs: they are looked at with each channel."""

    folder: Path
    stations: list[Path] = field(default_factory=list)  # certificates of consoles of this machine's user
    where: str = ""  # what the command line needs to find this folder
    on_refused: Callable[[CertificateRefusedError, str], None] = lambda _refusal, _address: None
    # Hears of every channel: the peer's address, its certificate, policy, mode (0 where it was refused), status.
    on_channel: Callable[[str, bytes, str, int, int], None] = lambda _a, _c, _p, _m, _s: None
    _seen: tuple[object, ...] = ()
    _known: Trusted = field(default_factory=lambda: Trusted({}, (), ()))

    def prepare(self) -> None:
        """Make the folders."""
        for name in ("trusted", "rejected", "issuers", "crl"):
            (self.folder / name).mkdir(parents=True, exist_ok=True, mode=0o700)

    def check(self, sent: bytes | None, address: str) -> x509.Certificate:
        """Return the certificate that a client opens a channel with.

        Raises:
            CertificateRefusedError: It opens none. Said in the log, kept for review where trusting it would help.
        """
        try:
            return check(sent, self.known(), datetime.now(UTC))
        except CertificateRefusedError as refusal:
            self._refuse(refusal, address)
            raise

    def known(self) -> Trusted:
        """Return what the folders hold now."""
        seen = tuple(self._look())
        if seen != self._seen:
            trusted = {
                each.certificate.public_bytes(Encoding.DER): each.certificate
                for each in (*self.entries("trusted"), *self._station_entries())
            }
            issuers = [each.certificate for each in self.entries("issuers")]
            self._known, self._seen = Trusted(trusted, issuers, list(self._lists())), seen
        return self._known

    def entries(self, name: str) -> list[Entry]:
        """Return the certificates in one of the folders, those that can be read."""
        return list(_entries(_files(self.folder / name)))

    def add(self, what: str) -> Entry:
        """Trust a certificate: one that was rejected, by its thumbprint, or a file.

        Raises:
            TrustError: There is none such.
        """
        self.prepare()
        if Path(what).is_file():
            found = next(_entries([Path(what)]), None)
            if found is None:
                raise TrustError(f"{what} is no certificate.")
            return self._keep("trusted", found.certificate)
        entry = self._find("rejected", what)
        kept = self._keep("trusted", entry.certificate)
        entry.path.unlink(missing_ok=True)
        return kept

    def remove(self, what: str) -> Entry:
        """Trust a certificate no more; it is kept among the rejected ones.

        Raises:
            TrustError: None such is trusted.
        """
        entry = self._find("trusted", what)
        self._keep("rejected", entry.certificate)
        entry.path.unlink(missing_ok=True)
        return entry

    # ---- inside --------------------------------------------------------------------------------------------------

    def _find(self, name: str, wanted: str) -> Entry:
        digits = wanted.replace(":", "").replace(" ", "").lower()
        if len(digits) < SHORTEST_THUMBPRINT or not re.fullmatch(r"[0-9a-f]+", digits):
            raise TrustError(
                f"{wanted!r} is neither a file nor a thumbprint (at least {SHORTEST_THUMBPRINT} hexadecimal digits)."
            )
        found = [each for each in self.entries(name) if each.thumbprint.startswith(digits)]
        if len(found) != 1:
            many = "No" if not found else "More than one"
            raise TrustError(f"{many} {name} certificate has a thumbprint that begins with {digits}.")
        return found[0]

    def _keep(self, name: str, certificate: x509.Certificate) -> Entry:
        der = certificate.public_bytes(Encoding.DER)
        path = self.folder / name / f"{_file_name(certificate)} [{thumbprint(der)}].der"
        with atomic_path(path) as unfinished:
            unfinished.write_bytes(der)
        return Entry(path, certificate)

    def _refuse(self, refusal: CertificateRefusedError, address: str) -> None:
        advice = ""
        if refusal.status == ua.StatusCodes.BadCertificateUntrusted:
            advice = f" To trust it: andon trust add {thumbprint(refusal.leaf)}{self.where}"
            try:
                self._reject(x509.load_der_x509_certificate(refusal.leaf))
            except (OSError, ValueError) as problem:
                _log.warning("a rejected certificate could not be kept for review: %s", problem)
        _log.warning(
            "refused a channel to %s: the certificate %s was not accepted: %s.%s",
            address,
            named(refusal.leaf),
            refusal,
            advice,
        )
        self.on_refused(refusal, address)

    def _reject(self, certificate: x509.Certificate) -> None:
        self._keep("rejected", certificate)
        kept = sorted(_files(self.folder / "rejected"), key=_age)
        for path in kept[: max(0, len(kept) - MAX_REJECTED)]:
            path.unlink(missing_ok=True)

    def _station_entries(self) -> Iterator[Entry]:
        return _entries(path for path in self.stations if path.is_file())

    def _lists(self) -> Iterator[x509.CertificateRevocationList]:
        for path in _files(self.folder / "crl"):
            content = path.read_bytes()
            try:
                is_text = content.startswith(b"-----")
                yield x509.load_pem_x509_crl(content) if is_text else x509.load_der_x509_crl(content)
            except ValueError as problem:
                _log.warning("%s is no revocation list: %s", path, problem)

    def _look(self) -> Iterator[tuple[str, int, int]]:
        """Yield what tells whether anything has changed."""
        folders = (_files(self.folder / name) for name in ("trusted", "issuers", "crl"))
        for path in (*(each for files in folders for each in files), *self.stations):
            try:
                found = path.stat()
            except OSError:
                continue
            yield str(path), found.st_mtime_ns, found.st_size


def _files(folder: Path) -> list[Path]:
    if not folder.is_dir():
        return []
    return sorted(each for each in folder.iterdir() if each.suffix.lower() in _ENDINGS and each.is_file())


def _entries(files: Iterator[Path] | list[Path]) -> Iterator[Entry]:
    for path in files:
        try:
            if path.stat().st_size > MAX_FILE_BYTES:
                continue
            content = path.read_bytes()
            is_text = content.startswith(b"-----")
            load = x509.load_pem_x509_certificate if is_text else x509.load_der_x509_certificate
            yield Entry(path, load(content))
        except (OSError, ValueError) as problem:
            _log.warning("%s is no certificate: %s", path, problem)


def _age(path: Path) -> int:
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return 0


def _file_name(certificate: x509.Certificate) -> str:
    names = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    text = str(names[0].value) if names else "no name"
    return re.sub(r"[^A-Za-z0-9 ._-]", "_", text)[:60].strip(". ") or "no name"

"""The server's own application instance certificate: made at the first start, kept in the state directory (OPC 10000-6, 6.2.2)."""

import hashlib
import os
import socket
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address, IPv6Address, ip_address
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from plant.atomic_file import atomic_path

KEY_BITS: Final = 3072
VALID_DAYS: Final = 1826  # five years
WARN_DAYS: Final = 30
SKEW: Final = timedelta(hours=1)  # clocks of clients that run behind
NAME_LOOKUP_S: Final = 1.0
RENEW_COMMAND: Final = "andon certificate renew"


class CertificateFileError(Exception):
    """The certificate or its key cannot be read; the message is one sentence."""


@dataclass(frozen=True, slots=True)
class OwnCertificate:
    """A certificate with its private key."""

    certificate: x509.Certificate
    key: rsa.RSAPrivateKey

    @property
    def der(self) -> bytes:
        return self.certificate.public_bytes(Encoding.DER)

    @property
    def thumbprint(self) -> str:
        return thumbprint(self.der)


def thumbprint(der: bytes) -> str:
    """Return the SHA-1 digest of a certificate as OPC UA names it: 40 hexadecimal digits."""
    return hashlib.sha1(der, usedforsecurity=False).hexdigest()


@dataclass(frozen=True, slots=True)
class OwnFiles:
    """Where certificate and key lie."""

    folder: Path

    @property
    def certificate(self) -> Path:
        return self.folder / "own" / "andon.der"

    @property
    def key(self) -> Path:
        return self.folder / "own" / "andon.pem"  # the library reads a key as PEM by this ending alone

    def load(self) -> OwnCertificate | None:
        """Return what lies there, None where nothing does.

        Raises:
            CertificateFileError: It cannot be read, or the key is not the certificate's.
        """
        try:
            certificate = x509.load_der_x509_certificate(self.certificate.read_bytes())
            key = load_pem_private_key(
                self.key.read_bytes(),
                password=None,
                unsafe_skip_rsa_key_validation=True,  # it is our own, and the check takes 0.1 s
            )
        except FileNotFoundError:
            return None
        except (OSError, ValueError, TypeError) as problem:
            raise CertificateFileError(
                f"The server's certificate in {self.folder / 'own'} cannot be read ({problem}): `{RENEW_COMMAND}` makes a new one."
            ) from problem
        if not isinstance(key, rsa.RSAPrivateKey) or key.public_key() != certificate.public_key():
            raise CertificateFileError(
                f"The key in {self.key} is not that of {self.certificate.name}: `{RENEW_COMMAND}` makes a new pair."
            )
        return OwnCertificate(certificate, key)

    def store(self, own: OwnCertificate) -> None:
        """Keep a certificate: the key first, readable by its owner alone."""
        self.key.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        pem = own.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        with atomic_path(self.key) as path:
            write_private(path, pem)
        with atomic_path(self.certificate) as path:
            path.write_bytes(own.der)


def write_private(path: Path, content: bytes) -> None:
    """Write a new file that its owner alone may read, and have it on the disk."""
    number = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(number, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def load_or_make(files: OwnFiles, application_uri: str, bound: Sequence[str]) -> OwnCertificate:
    """Return the certificate that lies there, or make one for this machine and the addresses that are listened on.

    Raises:
        CertificateFileError: There is one that cannot be read, or it cannot be kept.
    """
    found = files.load()
    if found is not None and application_uri in uris(found.certificate):
        return found
    own = make(application_uri, names_of(bound))
    try:
        files.store(own)
    except OSError as problem:
        raise CertificateFileError(
            f"The server's certificate cannot be kept in {files.folder}: {problem.strerror}."
        ) from problem
    return own


def make(
    application_uri: str,
    names: Sequence[x509.GeneralName],
    *,
    common_name: str = "Andon server",
    key: rsa.RSAPrivateKey | None = None,
) -> OwnCertificate:
    """Make a self-signed certificate; takes about half a second for a new key."""
    key = key or rsa.generate_private_key(public_exponent=65537, key_size=KEY_BITS)
    now = datetime.now(UTC)
    name = x509.Name(
        [
            x509.NameAttribute(NameOID.COMMON_NAME, common_name),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Andon"),
        ]
    )
    serial = x509.random_serial_number()
    key_id = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    builder = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .serial_number(serial)
        .public_key(key.public_key())
        .not_valid_before(now - SKEW)
        .not_valid_after(now + timedelta(days=VALID_DAYS))
        .add_extension(key_id, critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier(key_id.digest, [x509.DirectoryName(name)], serial), critical=False
        )
        .add_extension(
            x509.SubjectAlternativeName([x509.UniformResourceIdentifier(application_uri), *names]),
            critical=False,
        )
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_KEY_USAGE, critical=True)
        .add_extension(
            x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]),
            critical=False,
        )
    )
    return OwnCertificate(builder.sign(key, hashes.SHA256()), key)


_KEY_USAGE: Final = x509.KeyUsage(
    digital_signature=True,
    content_commitment=True,
    key_encipherment=True,
    data_encipherment=True,
    key_agreement=False,
    key_cert_sign=True,  # self-signed
    crl_sign=False,
    encipher_only=False,
    decipher_only=False,
)


def names_of(bound: Sequence[str]) -> list[x509.GeneralName]:
    """Return how this machine is named by clients: host name, FQDN, localhost, and the addresses listened on."""
    hosts = dict.fromkeys((socket.gethostname(), _fqdn(), "localhost"))
    addresses: dict[IPv4Address | IPv6Address, None] = {}
    for text in ("127.0.0.1", *bound):
        try:
            address = ip_address(text)
        except ValueError:
            hosts[text] = None
            continue
        for each in _own_addresses() if address.is_unspecified else (address,):
            addresses[each] = None
    named = [x509.DNSName(host) for host in hosts if host and host.isascii()]
    return [*named, *(x509.IPAddress(address) for address in addresses)]


def uris(certificate: x509.Certificate) -> list[str]:
    """Return the application URIs that a certificate is for."""
    names = _alternative_names(certificate)
    return [] if names is None else names.get_values_for_type(x509.UniformResourceIdentifier)


def reasons_to_renew(certificate: x509.Certificate, now: datetime) -> list[str]:
    """Return why a new certificate is due: the machine has another name, or the end is near; one sentence each."""
    reasons = []
    host = socket.gethostname()
    names = _alternative_names(certificate)
    known = [] if names is None else names.get_values_for_type(x509.DNSName)
    if host.lower() not in (name.lower() for name in known):
        reasons.append(f"This machine is called {host} now, which the server's certificate does not say.")
    left = (certificate.not_valid_after_utc - now).days
    if left < 0:
        reasons.append(f"The server's certificate has expired on {certificate.not_valid_after_utc:%Y-%m-%d}.")
    elif left <= WARN_DAYS:
        reasons.append(f"The server's certificate expires in {left} days.")
    return reasons


def _alternative_names(certificate: x509.Certificate) -> x509.SubjectAlternativeName | None:
    try:
        return certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return None


def _fqdn() -> str:
    """Return the full host name; a name server that does not answer is not waited for."""
    found: list[str] = []
    asking = threading.Thread(target=lambda: found.append(socket.getfqdn()), name="andon-fqdn", daemon=True)
    asking.start()
    asking.join(NAME_LOOKUP_S)
    return found[0] if found else ""


def _own_addresses() -> list[IPv4Address | IPv6Address]:
    try:
        found = socket.getaddrinfo(socket.gethostname(), None, type=socket.SOCK_STREAM)
    except OSError:
        return []
    return [ip_address(str(each[4][0]).partition("%")[0]) for each in found]

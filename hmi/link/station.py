"""The certificate of this console, made at its first connection (OPC 10000-6, 6.2.2)."""

import hashlib
import socket
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
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

from hmi.account import write_private
from hmi.link.errors import LinkError

CERTIFICATE: Final = "console.der"  # the server looks for this name
KEY: Final = "console.pem"
KEY_BITS: Final = 3072
VALID_DAYS: Final = 1826
RENEW_DAYS: Final = 30
SKEW: Final = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Station:
    """The console's certificate and key."""

    certificate: x509.Certificate
    key: rsa.RSAPrivateKey

    @property
    def uri(self) -> str:
        """The application URI that the certificate is for."""
        names = self.certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        return names.get_values_for_type(x509.UniformResourceIdentifier)[0]

    @property
    def thumbprint(self) -> str:
        return thumbprint(self.certificate.public_bytes(Encoding.DER))


def thumbprint(der: bytes) -> str:
    """Return a certificate's SHA-1 digest, as `andon trust` takes it."""
    return hashlib.sha1(der, usedforsecurity=False).hexdigest()


def load_or_make(folder: Path) -> Station:
    """Return the certificate that lies there, or make one, which takes about half a second.

    Raises:
        LinkError: It cannot be kept.
    """
    found = _load(folder)
    if found is not None:
        return found
    made = _make()
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        pem = made.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        write_private(folder / KEY, pem)
        write_private(folder / CERTIFICATE, made.certificate.public_bytes(Encoding.DER))
    except OSError as error:
        raise LinkError(f"The console's certificate cannot be kept in {folder}: {error.strerror}.") from error
    return made


def _load(folder: Path) -> Station | None:
    try:
        certificate = x509.load_der_x509_certificate((folder / CERTIFICATE).read_bytes())
        key = load_pem_private_key(
            (folder / KEY).read_bytes(),
            password=None,
            unsafe_skip_rsa_key_validation=True,  # it is our own
        )
    except (OSError, ValueError, TypeError):
        return None
    if not isinstance(key, rsa.RSAPrivateKey) or key.public_key() != certificate.public_key():
        return None
    if certificate.not_valid_after_utc - datetime.now(UTC) < timedelta(days=RENEW_DAYS):
        return None
    return Station(certificate, key)


def _make() -> Station:
    key = rsa.generate_private_key(public_exponent=65537, key_size=KEY_BITS)
    host = socket.gethostname()
    now = datetime.now(UTC)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"Andon console on {host}"[:64])])
    key_id = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    serial = x509.random_serial_number()
    usage = x509.KeyUsage(
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
    names = [x509.UniformResourceIdentifier(f"urn:andon:console:{host}"), x509.DNSName(host)]
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
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH]), critical=False)
    )
    return Station(builder.sign(key, hashes.SHA256()), key)

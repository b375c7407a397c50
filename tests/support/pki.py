"""Certificates for tests: a client's own, and those that must open nothing."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any, Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding as asymmetric_padding
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

CLIENT_URI: Final = "urn:tests:client"
_USES: Final = ("digital_signature", "content_commitment", "key_encipherment", "data_encipherment")
_ALL_USES: Final = (
    *_USES,
    "key_agreement",
    "key_cert_sign",
    "crl_sign",
    "encipher_only",
    "decipher_only",
)


@cache
def key(number: int = 0, bits: int = 2048) -> rsa.RSAPrivateKey:
    """Return one of the tests' keys; made once a run."""
    del number
    return rsa.generate_private_key(public_exponent=65537, key_size=bits)


@dataclass(frozen=True)
class Identity:
    """A certificate and its key, also as files."""

    certificate: x509.Certificate
    key: rsa.RSAPrivateKey

    @property
    def der(self) -> bytes:
        return self.certificate.public_bytes(Encoding.DER)

    def store(self, folder: Path, name: str = "client") -> tuple[Path, Path]:
        """Write certificate and key; returns where."""
        folder.mkdir(parents=True, exist_ok=True)
        certificate, private = folder / f"{name}.der", folder / f"{name}.pem"
        certificate.write_bytes(self.der)
        private.write_bytes(self.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        return certificate, private


def certificate(
    *,
    name: str = "test client",
    uri: str = CLIENT_URI,
    signed_by: Identity | None = None,
    issuer_name: str = "",
    private: rsa.RSAPrivateKey | None = None,
    days: tuple[int, int] = (-1, 30),
    uses: tuple[str, ...] = _USES,
    extended: Any = ExtendedKeyUsageOID.CLIENT_AUTH,
    is_ca: bool = False,
    hash_with: Any = None,
    padding: int = 0,
) -> Identity:
    """Make a certificate, by default a good self-signed one for a client."""
    own = private or key()
    now = datetime.now(UTC)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    issuer = signed_by.certificate.subject if signed_by else subject
    if issuer_name:
        issuer = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, issuer_name)])
    names: list[x509.GeneralName] = [x509.UniformResourceIdentifier(uri), x509.DNSName("localhost")]
    names += [x509.DNSName(f"{'x' * 60}.{index}.example") for index in range(padding)]
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .serial_number(x509.random_serial_number())
        .public_key(own.public_key())
        .not_valid_before(now + timedelta(days=days[0]))
        .not_valid_after(now + timedelta(days=days[1]))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=is_ca, path_length=None), critical=True)
        .add_extension(x509.KeyUsage(**{use: use in uses for use in _ALL_USES}), critical=True)
        .add_extension(x509.ExtendedKeyUsage([extended]), critical=False)
    )
    return Identity(builder.sign(signed_by.key if signed_by else own, hash_with or hashes.SHA256()), own)


def authority(name: str = "test authority", number: int = 1) -> Identity:
    """Make an issuer of certificates."""
    return certificate(name=name, private=key(number), uses=("key_cert_sign", "crl_sign"), is_ca=True)


def revocations(issuer: Identity, *revoked: Identity) -> bytes:
    """Return an issuer's revocation list, DER."""
    now = datetime.now(UTC)
    builder = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(issuer.certificate.subject)
        .last_update(now - timedelta(days=1))
        .next_update(now + timedelta(days=30))
    )
    for each in revoked:
        entry = x509.RevokedCertificateBuilder().serial_number(each.certificate.serial_number)
        builder = builder.add_revoked_certificate(entry.revocation_date(now - timedelta(hours=1)).build())
    return builder.sign(issuer.key, hashes.SHA256()).public_bytes(Encoding.DER)


_SHA256_WITH_RSA: Final = bytes.fromhex("06092a864886f70d01010b")
_SHA1_WITH_RSA: Final = bytes.fromhex("06092a864886f70d010105")


def signed_with_sha1(good: Identity) -> bytes:
    """Return a certificate as it was made before 2016; the library makes none any more."""
    tbs = good.certificate.tbs_certificate_bytes.replace(_SHA256_WITH_RSA, _SHA1_WITH_RSA)
    signature = good.key.sign(tbs, asymmetric_padding.PKCS1v15(), hashes.SHA1())
    whole = good.der.replace(_SHA256_WITH_RSA, _SHA1_WITH_RSA)
    return whole[: -len(signature)] + signature

"""Whether a client's certificate may open a channel: the steps of OPC 10000-4, 6.1.3, in their order."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Final

from asyncua import ua
from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID

from opcua_server.security.certificates import thumbprint

MAX_BYTES: Final = 32_768  # of a chain as sent
MAX_CHAIN: Final = 8
KEY_BITS: Final = range(2048, 4097)  # of all three policies
_WEAK_HASHES: Final = frozenset({"md5", "sha1"})


class CertificateRefusedError(Exception):
    """A certificate that opens nothing.

    Attributes:
        status: What is wrong, one of `ua.StatusCodes`.
        told: What the client is told: before a certificate is trusted no more than that the check failed.
        leaf: The certificate itself, empty where there is none that can be read.
    """

    def __init__(self, status: int, reason: str, *, told: int | None = None, leaf: bytes = b"") -> None:
        super().__init__(reason)
        self.status = status
        self.told = status if told is None else told
        self.leaf = leaf


@dataclass(frozen=True, slots=True)
class Trusted:
    """What the trust list holds at one moment."""

    trusted: dict[bytes, x509.Certificate]  # DER -> certificate: an application, or an issuer of applications
    issuers: Sequence[x509.Certificate]  # complete chains; not trusted by themselves
    lists: Sequence[x509.CertificateRevocationList]


def check(sent: bytes | None, known: Trusted, now: datetime) -> x509.Certificate:
    """Return the certificate that a client has sent, checked.

    Raises:
        CertificateRefusedError: It may not open a channel.
    """
    leaf = b""
    try:
        chain = _read(sent or b"")
        leaf = chain[0].public_bytes(Encoding.DER)
        _check_algorithms(chain[0])
        path = _path(chain, known)
        if not any(each.public_bytes(Encoding.DER) in known.trusted for each in path):
            raise CertificateRefusedError(ua.StatusCodes.BadCertificateUntrusted, "it is not trusted")
    except CertificateRefusedError as refusal:
        raise CertificateRefusedError(
            refusal.status, str(refusal), told=ua.StatusCodes.BadSecurityChecksFailed, leaf=leaf
        ) from refusal
    except (ValueError, TypeError, UnsupportedAlgorithm) as problem:
        raise CertificateRefusedError(
            ua.StatusCodes.BadCertificateInvalid,
            f"it cannot be read ({problem})",
            told=ua.StatusCodes.BadSecurityChecksFailed,
        ) from problem
    _check_time(path, now)
    _check_usage(path[0])
    _check_revocation(path, known)
    return path[0]


def split(sent: bytes) -> Iterator[bytes]:
    """Yield the certificates of a chain, one DER sequence after the other.

    Raises:
        CertificateRefusedError: It is no chain of certificates, or too long a one.
    """
    if len(sent) > MAX_BYTES:
        raise _invalid(f"it has {len(sent)} bytes")
    start = count = 0
    while start < len(sent):
        if (
            sent[start : start + 2] != b"\x30\x82" or len(sent) < start + 4
        ):  # a sequence of 256 bytes to 64 kB
            raise _invalid("it is no X.509 certificate")
        end = start + 4 + int.from_bytes(sent[start + 2 : start + 4], "big")
        count += 1
        if end > len(sent) or count > MAX_CHAIN:
            raise _invalid("it is cut off" if end > len(sent) else f"its chain is longer than {MAX_CHAIN}")
        yield sent[start:end]
        start = end


def _read(sent: bytes) -> list[x509.Certificate]:
    chain = [x509.load_der_x509_certificate(each) for each in list(split(sent))]
    if not chain:
        raise _invalid("there is none")
    return chain


def _check_algorithms(leaf: x509.Certificate) -> None:
    key = leaf.public_key()
    if not isinstance(key, rsa.RSAPublicKey) or key.key_size not in KEY_BITS:
        bits = getattr(key, "key_size", "no RSA key of any")
        raise CertificateRefusedError(
            ua.StatusCodes.BadCertificatePolicyCheckFailed, f"its key has {bits} bits"
        )
    algorithm = leaf.signature_hash_algorithm
    if algorithm is None or algorithm.name in _WEAK_HASHES:
        raise CertificateRefusedError(
            ua.StatusCodes.BadCertificatePolicyCheckFailed,
            f"it is signed with {algorithm.name if algorithm else 'an unknown hash'}",
        )


def _path(chain: Sequence[x509.Certificate], known: Trusted) -> list[x509.Certificate]:
    """Return the certificate and its issuers up to a self-signed one, each signature checked."""
    pool = [*chain[1:], *known.issuers, *known.trusted.values()]
    path = [chain[0]]
    while path[-1].issuer != path[-1].subject:
        issuer = next((each for each in pool if _is_issuer(each, path[-1])), None)
        if issuer is None or len(path) >= MAX_CHAIN or issuer in path:
            raise CertificateRefusedError(
                ua.StatusCodes.BadCertificateChainIncomplete, "its issuer is not known"
            )
        if not _may_issue(issuer):
            raise CertificateRefusedError(
                ua.StatusCodes.BadCertificateIssuerUseNotAllowed, "its issuer may not issue certificates"
            )
        path.append(issuer)
    if not _is_issuer(path[-1], path[-1]):
        raise _invalid("its signature is wrong")
    return path


def _is_issuer(issuer: x509.Certificate, certificate: x509.Certificate) -> bool:
    if issuer.subject != certificate.issuer:
        return False
    try:
        certificate.verify_directly_issued_by(issuer)
    except (InvalidSignature, ValueError, TypeError):
        return False
    return True


def _may_issue(issuer: x509.Certificate) -> bool:
    try:
        limits = issuer.extensions.get_extension_for_class(x509.BasicConstraints).value
        usage = issuer.extensions.get_extension_for_class(x509.KeyUsage).value
    except x509.ExtensionNotFound:
        return False
    return limits.ca and usage.key_cert_sign


def _check_time(path: Sequence[x509.Certificate], now: datetime) -> None:
    for index, each in enumerate(path):
        if each.not_valid_before_utc <= now <= each.not_valid_after_utc:
            continue
        status = (
            ua.StatusCodes.BadCertificateIssuerTimeInvalid
            if index
            else ua.StatusCodes.BadCertificateTimeInvalid
        )
        span = f"{each.not_valid_before_utc:%Y-%m-%d %H:%M} to {each.not_valid_after_utc:%Y-%m-%d %H:%M} UTC"
        whose = "its issuer" if index else "it"
        raise _refused(path, status, f"{whose} is valid from {span}")


def _check_usage(leaf: x509.Certificate) -> None:
    try:
        usage = leaf.extensions.get_extension_for_class(x509.KeyUsage).value
    except x509.ExtensionNotFound:
        usage = None
    if usage is None or not (usage.digital_signature and usage.key_encipherment and usage.data_encipherment):
        raise _refused(
            [leaf], ua.StatusCodes.BadCertificateUseNotAllowed, "its key usage does not allow a channel"
        )
    try:
        extended = leaf.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    except x509.ExtensionNotFound:
        return
    if ExtendedKeyUsageOID.CLIENT_AUTH not in extended:
        raise _refused(
            [leaf],
            ua.StatusCodes.BadCertificateUseNotAllowed,
            "its extended key usage is not that of a client",
        )


def _check_revocation(path: Sequence[x509.Certificate], known: Trusted) -> None:
    """Look for each issued certificate in its issuer's list; only one that is trusted by name may do without a list."""
    is_named = path[0].public_bytes(Encoding.DER) in known.trusted
    for index, (each, issuer) in enumerate(pairwise(path)):
        lists = [found for found in known.lists if _is_list_of(found, issuer)]
        if any(found.get_revoked_certificate_by_serial_number(each.serial_number) for found in lists):
            status = (
                ua.StatusCodes.BadCertificateIssuerRevoked if index else ua.StatusCodes.BadCertificateRevoked
            )
            raise _refused(path, status, "its issuer has revoked it")
        if not lists and not is_named:
            status = (
                ua.StatusCodes.BadCertificateIssuerRevocationUnknown
                if index
                else ua.StatusCodes.BadCertificateRevocationUnknown
            )
            raise _refused(
                path, status, f"there is no revocation list of {issuer.subject.rfc4514_string()} in pki/crl"
            )


def _is_list_of(found: x509.CertificateRevocationList, issuer: x509.Certificate) -> bool:
    key = issuer.public_key()
    return (
        found.issuer == issuer.subject and isinstance(key, rsa.RSAPublicKey) and found.is_signature_valid(key)
    )


def _invalid(reason: str) -> CertificateRefusedError:
    return CertificateRefusedError(ua.StatusCodes.BadCertificateInvalid, reason)


def _refused(path: Sequence[x509.Certificate], status: int, reason: str) -> CertificateRefusedError:
    return CertificateRefusedError(status, reason, leaf=path[0].public_bytes(Encoding.DER))


def named(leaf: bytes) -> str:
    """Return a certificate for the log: its subject and thumbprint."""
    try:
        subject = x509.load_der_x509_certificate(leaf).subject.rfc4514_string()
    except ValueError:
        return "an unreadable certificate"
    return f"{''.join(c if c.isprintable() else '?' for c in subject[:200])} ({thumbprint(leaf)})"

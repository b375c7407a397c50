"""Certificates that must open nothing, and how one comes to be trusted."""

import socket
import ssl
import stat
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from asyncua import Client, ua
from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID

from opcua_server.security.certificates import OwnFiles, make, names_of, reasons_to_renew
from opcua_server.security.trust import MAX_REJECTED, TrustList
from tests.support.open_channel import knock
from tests.support.pki import Identity, authority, certificate, key, revocations, signed_with_sha1
from tests.support.quiet import quiet_asyncua
from tests.support.servers import ROOT, RunningServer, running_server

LONGEST_S = 1.0
CHECKS_FAILED = "BadSecurityChecksFailed"  # before a certificate is trusted the client learns no more


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """One server; every test trusts what it needs."""
    with running_server(tmp_path_factory.mktemp("certificates")) as running:
        yield running


@pytest.fixture(autouse=True)
def _quiet_client() -> Iterator[None]:
    with quiet_asyncua():
        yield


def andon(*words: str) -> str:
    """Run the command line as a user would; returns what it said."""
    command = [sys.executable, "-m", "hmi", *words]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def trust(server: RunningServer, sent: bytes, name: str) -> None:
    (server.state / "pki" / "trusted" / f"{name}.der").write_bytes(sent)


def own_der(server: RunningServer) -> bytes:
    return (server.state / "pki" / "own" / "andon.der").read_bytes()


def ask(server: RunningServer, sent: bytes) -> str:
    """Knock with a certificate; the server must have answered in a second."""
    answer, took_s = knock("127.0.0.1", server.port, sent, own_der(server))
    assert took_s < LONGEST_S
    return answer


def chain_of(count: int) -> bytes:
    return certificate(name="link").der * count


def loop() -> bytes:
    """Two issuers that have issued each other."""
    one = certificate(name="one", issuer_name="two", private=key(1), is_ca=True, uses=("key_cert_sign",))
    two = certificate(name="two", signed_by=Identity(one.certificate, one.key), private=key(2), is_ca=True)
    one = certificate(name="one", signed_by=two, private=key(1), is_ca=True)
    return certificate(signed_by=one).der + one.der + two.der


@pytest.mark.parametrize(
    ("sent", "expected", "is_trusted"),
    [
        (lambda: certificate(name="expired", days=(-30, -1)).der, "BadCertificateTimeInvalid", True),
        (lambda: certificate(name="not yet", days=(1, 30)).der, "BadCertificateTimeInvalid", True),
        (
            lambda: certificate(name="wrong usage", uses=("key_agreement",)).der,
            "BadCertificateUseNotAllowed",
            True,
        ),
        (
            lambda: certificate(name="a server", extended=ExtendedKeyUsageOID.SERVER_AUTH).der,
            "BadCertificateUseNotAllowed",
            True,
        ),
        (lambda: signed_with_sha1(certificate(name="sha-1")), CHECKS_FAILED, True),
        (lambda: certificate(name="1024 bit", private=key(9, 1024)).der, CHECKS_FAILED, True),
        (loop, CHECKS_FAILED, False),
        (lambda: chain_of(12), CHECKS_FAILED, False),
        (lambda: chain_of(200), "BadTcpMessageTooLarge", False),  # of 170 kB, in the one chunk that it may have
        (lambda: b"\x30\x82\xff\xff" + b"junk" * 200, CHECKS_FAILED, False),
        (lambda: b"", CHECKS_FAILED, False),
        (lambda: b"\x30\x82\x01\x00" + bytes(256), CHECKS_FAILED, False),
        (lambda: certificate(name="untrusted").der, CHECKS_FAILED, False),
        (lambda: certificate(name="huge", padding=700).der, CHECKS_FAILED, True),
    ],
    ids=[
        "expired", "not yet valid", "wrong key usage", "a server's", "SHA-1", "1024 bit", "issuers in a loop",
        "chain of 12", "chain of 200", "junk", "none", "empty sequence", "untrusted", "huge",
    ],
)  # fmt: skip
def test_that_a_bad_certificate_opens_no_channel(
    server: RunningServer, sent: object, expected: str, is_trusted: bool
) -> None:
    assert callable(sent)
    made = sent()
    if is_trusted:
        trust(server, made, "bad")

    assert ask(server, made) == expected


def test_that_a_revoked_certificate_opens_no_channel(server: RunningServer) -> None:
    issuer = authority("revoking")
    good = certificate(name="issued", signed_by=issuer)
    bad = certificate(name="revoked", signed_by=issuer)
    trust(server, issuer.der, "issuer")

    assert ask(server, good.der) == "BadCertificateRevocationUnknown"
    (server.state / "pki" / "crl" / "issuer.crl").write_bytes(revocations(issuer, bad))

    assert ask(server, bad.der) == "BadCertificateRevoked"
    assert (
        ask(server, good.der) == CHECKS_FAILED
    )  # the certificate is taken; the random bytes behind it are not signed


def test_that_an_issuer_that_may_not_issue_is_none(server: RunningServer) -> None:
    leaf = certificate(name="a trusted client", private=key(3))
    trust(server, leaf.der, "leaf")

    assert ask(server, certificate(name="its child", signed_by=leaf).der) == CHECKS_FAILED


async def connect(url: str, identity: Identity, folder: Path, uri: str = "urn:tests:client") -> Client:
    """Open a session by a certificate; the caller closes it."""
    files = identity.store(folder)
    client = Client(url, timeout=10)
    client.application_uri = uri
    await client.set_security_string(f"Basic256Sha256,SignAndEncrypt,{files[0]},{files[1]}")
    await client.connect()
    return client


async def test_that_an_application_is_refused_that_calls_itself_other_than_its_certificate(
    server: RunningServer, tmp_path: Path
) -> None:
    identity = certificate(name="wrong uri", uri="urn:tests:somebody")
    trust(server, identity.der, "uri")

    with pytest.raises(ua.uaerrors.BadCertificateUriInvalid):
        await connect(server.endpoint, identity, tmp_path, uri="urn:tests:client")


async def test_that_the_command_in_the_log_makes_a_refused_client_trusted(
    server: RunningServer, tmp_path: Path
) -> None:
    identity = certificate(name="newcomer", private=key(4))
    with pytest.raises(ua.uaerrors.BadSecurityChecksFailed):
        await connect(server.endpoint, identity, tmp_path)

    line = next(each for each in server.said().splitlines()[::-1] if "newcomer" in each)
    words = line[line.index("andon trust add") :].split()[1:]
    thumb = words[2]
    where = ("--state", str(server.state))
    assert f"rejected  {thumb}" in andon("trust", "list", *where)
    andon(*words)

    client = await connect(server.endpoint, identity, tmp_path)
    await client.disconnect()
    assert f"trusted   {thumb}" in andon("trust", "list", *where)
    andon("trust", "remove", thumb[:12], *where)
    with pytest.raises(ua.uaerrors.BadSecurityChecksFailed):
        await connect(server.endpoint, identity, tmp_path)


def test_that_a_flood_of_strangers_does_not_fill_the_disk(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    trusting = TrustList(tmp_path)
    trusting.prepare()
    for index in range(MAX_REJECTED + 20):
        with pytest.raises(Exception, match="not trusted"):
            trusting.check(certificate(name=f"stranger {index}").der, "127.0.0.1")

    kept = trusting.entries("rejected")
    assert len(kept) == MAX_REJECTED
    assert any(each.path.name.startswith(f"stranger {MAX_REJECTED + 19} ") for each in kept)


# ---- the server's own ------------------------------------------------------------------------------------------------


async def test_that_the_server_shows_a_certificate_of_its_own(server: RunningServer) -> None:
    endpoints = await Client(server.endpoint).connect_and_get_server_endpoints()

    shown = x509.load_der_x509_certificate(endpoints[0].ServerCertificate)
    names = shown.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    usage = shown.extensions.get_extension_for_class(x509.KeyUsage).value
    extended = shown.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert names.get_values_for_type(x509.UniformResourceIdentifier) == [endpoints[0].Server.ApplicationUri]
    assert {socket.gethostname(), "localhost"} <= set(names.get_values_for_type(x509.DNSName))
    assert "127.0.0.1" in map(str, names.get_values_for_type(x509.IPAddress))
    assert usage.digital_signature
    assert usage.content_commitment
    assert usage.key_encipherment
    assert usage.data_encipherment
    assert {ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH} == set(extended)
    assert shown.public_key().key_size == 3072  # type: ignore[union-attr]


def test_that_the_private_key_is_its_owners_alone(server: RunningServer) -> None:
    own = server.state / "pki" / "own"

    assert stat.S_IMODE((own / "andon.pem").stat().st_mode) == 0o600
    assert stat.S_IMODE(own.stat().st_mode) == 0o700


async def test_that_endpoints_name_the_host_that_the_client_used(server: RunningServer) -> None:
    endpoints = await Client(f"opc.tcp://localhost:{server.port}").connect_and_get_server_endpoints()

    assert {each.EndpointUrl for each in endpoints} == {f"opc.tcp://localhost:{server.port}"}


def test_that_a_new_certificate_is_offered_when_the_machine_has_another_name(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    own = make("urn:tests:server", names_of(["127.0.0.1"]), key=key())
    assert reasons_to_renew(own.certificate, datetime.now(UTC)) == []

    late = datetime.now(UTC) + timedelta(days=1810)
    assert "expires in" in reasons_to_renew(own.certificate, late)[0]
    monkeypatch.setattr(socket, "gethostname", lambda: "elsewhere")
    assert "elsewhere" in reasons_to_renew(own.certificate, datetime.now(UTC))[0]


def test_that_the_command_renews_a_certificate_for_the_same_application(tmp_path: Path) -> None:
    files = OwnFiles(tmp_path / "pki")
    before = make("urn:tests:server", names_of([]), key=key())
    files.store(before)

    andon("certificate", "renew", "plant.example", "--state", str(tmp_path))

    after = files.load()
    assert after is not None
    assert after.thumbprint != before.thumbprint
    names = after.certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.UniformResourceIdentifier) == ["urn:tests:server"]
    assert "plant.example" in names.get_values_for_type(x509.DNSName)
    assert ssl.DER_cert_to_PEM_cert(after.der).startswith("-----BEGIN CERTIFICATE-----")

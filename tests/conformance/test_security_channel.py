"""What asyncua lets through on a server that was set up as safe as it goes, and ours does not (asyncua.md, section 3)."""

import asyncio
import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from asyncua import Client, ua

from opcua_server.security.identity import Role
from opcua_server.security.users import FILE_NAME, UserStore
from tests.conformance.stock_secure import NAME, PASSWORD
from tests.support.pki import Identity, certificate, key
from tests.support.quiet import quiet_asyncua
from tests.support.secure_peer import SecurePeer, peer, status_of
from tests.support.servers import ROOT, running_server

REFUSED = {"BadSecurityChecksFailed", "ConnectionError"}
TRUSTED = certificate(name="trusted")
OTHER = certificate(name="also trusted", private=key(1))
STRANGER = certificate(name="stranger", private=key(2))

both = pytest.mark.parametrize(
    "secured",
    ["andon", pytest.param("stock", marks=pytest.mark.xfail(strict=True, raises=AssertionError))],
    indirect=True,
)
also_on_stock = pytest.mark.parametrize("secured", ["andon", "stock"], indirect=True)
ours = pytest.mark.parametrize("secured", ["andon"], indirect=True)


@dataclass(frozen=True)
class Secured:
    """A server that offers encryption alone, and its certificate."""

    url: str
    certificate: bytes

    def peer(self, identity: Identity | None = TRUSTED, **options: Any) -> Any:
        """Return a connection, not opened yet."""
        return peer(self.url, identity, self.certificate, **options)


@pytest.fixture(scope="module")
def andon(small_plant: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Secured]:
    """Ours, with security required though it listens on this machine alone."""
    state = tmp_path_factory.mktemp("secured")
    trusted = state / "pki" / "trusted"
    trusted.mkdir(parents=True)
    for name, identity in (("one", TRUSTED), ("two", OTHER)):
        (trusted / f"{name}.der").write_bytes(identity.der)
    users = UserStore(state / FILE_NAME)
    users.add(NAME, PASSWORD, [Role.OPERATOR])
    users.add("eve", PASSWORD, [Role.OBSERVER])
    with running_server(state, "--plant", str(small_plant), "--security", "required") as server:
        yield Secured(server.endpoint, (state / "pki" / "own" / "andon.der").read_bytes())


@pytest.fixture(scope="module")
def stock(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Secured]:
    """The library's own."""
    folder = tmp_path_factory.mktemp("stock")
    (folder / "trusted").mkdir()
    for name, identity in (("one", TRUSTED), ("two", OTHER)):
        (folder / "trusted" / f"{name}.der").write_bytes(identity.der)
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.conformance.stock_secure", str(folder)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        url = json.loads(process.stdout.readline())["endpoint"]
        yield Secured(url, (folder / "stock.der").read_bytes())
    finally:
        process.stdin.close()
        process.wait(10)
        process.stdout.close()


@pytest.fixture
def secured(request: pytest.FixtureRequest) -> Secured:
    """The server that is asked."""
    found: Secured = request.getfixturevalue(request.param)
    return found


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    with quiet_asyncua():
        yield


async def opened(stack: AsyncExitStack, secured: Secured, identity: Identity | None = TRUSTED) -> SecurePeer:
    """Return a connection with a channel and a session that nobody has logged in to."""
    found: SecurePeer = await stack.enter_async_context(secured.peer(identity))
    await found.open()
    await found.create()
    return found


# ---- channels --------------------------------------------------------------------------------------------------------


@also_on_stock
async def test_that_discovery_needs_no_security(secured: Secured) -> None:
    endpoints = await Client(secured.url).connect_and_get_server_endpoints()
    servers = await Client(secured.url).connect_and_find_servers()

    assert ua.MessageSecurityMode.None_ not in {each.SecurityMode for each in endpoints}
    assert servers


@both
async def test_that_a_session_needs_the_security_that_is_offered(secured: Secured) -> None:
    async with secured.peer(None) as stranger:
        await stranger.open()

        assert await status_of(stranger.create()) == "BadSecurityPolicyRejected"


@both
async def test_that_a_stranger_gets_nowhere_by_naming_no_certificate(secured: Secured) -> None:
    async with secured.peer(STRANGER) as stranger:
        assert await status_of(stranger.open()) in REFUSED
        assert await status_of(stranger.create(ClientCertificate=None)) in REFUSED


@both
async def test_that_a_stranger_gets_nowhere_by_naming_a_trusted_certificate(secured: Secured) -> None:
    async with secured.peer(STRANGER) as stranger:
        assert await status_of(stranger.open()) in REFUSED
        assert await status_of(stranger.create(ClientCertificate=TRUSTED.der)) in REFUSED


@both
async def test_that_a_session_is_that_of_the_certificate_that_signed_the_channel(secured: Secured) -> None:
    async with secured.peer(TRUSTED) as client:
        await client.open()

        assert await status_of(client.create(ClientCertificate=OTHER.der)) == "BadCertificateInvalid"


@ours
@pytest.mark.parametrize("policy", ["Basic256Sha256", "Aes128Sha256RsaOaep", "Aes256Sha256RsaPss"])
@pytest.mark.parametrize("mode", ["Sign", "SignAndEncrypt"])
async def test_that_each_policy_and_mode_carries_a_login(secured: Secured, policy: str, mode: str) -> None:
    async with secured.peer(policy=policy, mode=ua.MessageSecurityMode[mode]) as client:
        await client.open()
        await client.create()
        await client.log_in(NAME, PASSWORD)
        assert (await client.read()).StatusCode.is_good()
        client.client.secure_channel_timeout = 30_000
        await asyncio.sleep(1.1)  # a channel may be renewed once a second
        await client.client.open_secure_channel(renew=True)
        assert (await client.read()).StatusCode.is_good()


@ours
async def test_that_a_deprecated_policy_is_not_offered(secured: Secured) -> None:
    async with secured.peer(policy="Basic256") as client:
        assert await status_of(client.open()) == "BadSecurityPolicyRejected"


@both
async def test_that_a_channel_that_is_open_is_not_opened_again(secured: Secured) -> None:
    async with secured.peer() as client:
        await client.open()

        assert await status_of(client.client.open_secure_channel(renew=False)) != "Good"


@both
async def test_that_a_nonce_of_the_wrong_size_opens_nothing(secured: Secured) -> None:
    async with secured.peer() as client:
        client.policy.secure_channel_nonce_length = 8

        assert await status_of(client.open()) != "Good"


# ---- tokens ----------------------------------------------------------------------------------------------------------


@both
async def test_that_a_token_tells_nothing_of_the_next_one(secured: Secured) -> None:
    async with AsyncExitStack() as stack:
        tokens = [(await opened(stack, secured)).token.Identifier for _ in range(3)]

    assert all(isinstance(token, bytes) and len(token) == 32 for token in tokens)
    assert len(set(tokens)) == 3


@both
async def test_that_a_request_needs_the_token_of_its_channels_session(secured: Secured) -> None:
    async with AsyncExitStack() as stack:
        victim, other = await opened(stack, secured), await opened(stack, secured)
        await victim.log_in(NAME, PASSWORD)
        await other.log_in()

        other.token = victim.token

        assert await status_of(other.read()) == "BadSessionIdInvalid"
        assert (await victim.read()).StatusCode.is_good()


@ours
async def test_that_a_session_without_a_login_serves_nothing(secured: Secured) -> None:
    async with AsyncExitStack() as stack:
        client = await opened(stack, secured)

        assert await status_of(client.read()) == "BadSessionNotActivated"


# ---- taking over -----------------------------------------------------------------------------------------------------


async def take_over(attacker: SecurePeer, victim: SecurePeer) -> None:
    """Have what an eavesdropper of the worst kind would: the token and the nonce."""
    await attacker.open()
    attacker.token, attacker.nonce = victim.token, victim.nonce
    attacker.client._policy_ids = victim.client._policy_ids


@both
async def test_that_another_application_cannot_take_a_session_over(secured: Secured) -> None:
    async with AsyncExitStack() as stack:
        victim = await opened(stack, secured)
        await victim.log_in(NAME, PASSWORD)
        attacker = await stack.enter_async_context(secured.peer(OTHER))
        await take_over(attacker, victim)

        assert await status_of(attacker.log_in(NAME, PASSWORD)) == "BadIdentityChangeNotSupported"
        assert (await victim.read()).StatusCode.is_good()


@both
async def test_that_a_session_changes_its_user_on_its_own_channel_alone(secured: Secured) -> None:
    async with AsyncExitStack() as stack:
        victim = await opened(stack, secured)
        await victim.log_in(NAME, PASSWORD)
        attacker = await stack.enter_async_context(secured.peer(TRUSTED))
        await take_over(attacker, victim)

        assert await status_of(attacker.log_in()) == "BadIdentityChangeNotSupported"
        assert (await victim.read()).StatusCode.is_good()


@ours
async def test_that_a_session_moves_with_its_application_and_user(secured: Secured) -> None:
    async with AsyncExitStack() as stack:
        before = await opened(stack, secured)
        await before.log_in(NAME, PASSWORD)
        after = await stack.enter_async_context(secured.peer(TRUSTED))
        await take_over(after, before)

        await after.log_in(NAME, PASSWORD)

        assert (await after.read()).StatusCode.is_good()
        assert await status_of(before.read()) == "BadSessionIdInvalid"


@ours
async def test_that_a_session_outlives_a_lost_connection(secured: Secured) -> None:
    async with AsyncExitStack() as stack:
        before = await opened(stack, secured)
        await before.log_in(NAME, PASSWORD)
        created = await subscribed(before)
        after = await stack.enter_async_context(secured.peer(TRUSTED))
        await take_over(after, before)
        await before.close()

        await after.log_in(NAME, PASSWORD)

        modified = await after.client.uaclient.session.set_publishing_mode(
            ua.SetPublishingModeParameters(PublishingEnabled=True, SubscriptionIds=[created])
        )
        assert modified[0].is_good()


# ---- logging in ------------------------------------------------------------------------------------------------------


@both
async def test_that_a_password_made_for_another_nonce_opens_nothing(secured: Secured) -> None:
    async with AsyncExitStack() as stack:
        client = await opened(stack, secured)
        replayed = client.user_token(NAME, PASSWORD.encode(), nonce=bytes(32))

        assert await status_of(client.activate(replayed)) == "BadIdentityTokenInvalid"
        assert await status_of(client.activate(client.user_token(NAME, PASSWORD.encode()))) == "Good"


@ours
@pytest.mark.parametrize(
    ("name", "password"),
    [
        ("ann", b"\xff\xfe"),
        (b"\xffann".decode("utf-8", "surrogateescape"), b"x"),
        ("", b"x"),
        ("a" * 300, b"x"),
    ],
    ids=["password of no text", "name of no text", "no name", "long name"],
)
async def test_that_names_and_passwords_are_text_of_sensible_length(
    secured: Secured, name: str, password: bytes
) -> None:
    async with AsyncExitStack() as stack:
        client = await opened(stack, secured)

        said = await status_of(client.activate(client.user_token(name, password)))

        assert said in {"BadIdentityTokenInvalid", "BadDecodingError"}


@ours
async def test_that_a_password_is_never_taken_unencrypted(secured: Secured) -> None:
    plain = ua.UserNameIdentityToken(PolicyId="username", UserName=NAME, Password=PASSWORD.encode())
    async with AsyncExitStack() as stack:
        client = await opened(stack, secured)

        assert await status_of(client.activate(plain)) == "BadIdentityTokenInvalid"


@ours
async def test_that_a_wrong_password_is_refused_as_an_unknown_user_is(secured: Secured) -> None:
    async with AsyncExitStack() as stack:
        client = await opened(stack, secured)

        assert await status_of(client.log_in(NAME, "wrong")) == "BadUserAccessDenied"
        assert await status_of(client.log_in("nobody", "wrong")) == "BadUserAccessDenied"
        assert await status_of(client.log_in(NAME, PASSWORD)) == "Good"


@ours
async def test_that_a_nonce_is_fresh_each_time(secured: Secured) -> None:
    async with AsyncExitStack() as stack:
        client = await opened(stack, secured)
        nonces = {client.nonce}
        for _ in range(3):
            await client.log_in(NAME, PASSWORD)
            nonces.add(client.nonce)

    assert len(nonces) == 4


@ours
async def test_that_an_application_proves_at_each_login_that_it_holds_its_key(secured: Secured) -> None:
    async with AsyncExitStack() as stack:
        client = await opened(stack, secured)
        client.nonce = bytes(32)

        assert await status_of(client.log_in()) == "BadApplicationSignatureInvalid"


async def subscribed(client: SecurePeer) -> int:
    """Create a subscription; returns its id."""
    parameters = ua.CreateSubscriptionParameters(
        RequestedPublishingInterval=100,
        RequestedLifetimeCount=1000,
        RequestedMaxKeepAliveCount=10,
        PublishingEnabled=True,
    )
    result = await client.client.uaclient.session.create_subscription(parameters, lambda _: None)
    return int(result.SubscriptionId)


@ours
async def test_that_a_change_of_shift_keeps_the_subscriptions(secured: Secured) -> None:
    async with AsyncExitStack() as stack:
        client = await opened(stack, secured)
        await client.log_in(NAME, PASSWORD)
        created = await subscribed(client)

        await client.log_in("eve", PASSWORD)

        result = await client.client.uaclient.session.set_publishing_mode(
            ua.SetPublishingModeParameters(PublishingEnabled=False, SubscriptionIds=[created])
        )
        assert result[0].is_good()


@ours
async def test_that_a_refused_change_of_user_leaves_the_session_as_it_was(secured: Secured) -> None:
    async with AsyncExitStack() as stack:
        client = await opened(stack, secured)
        await client.log_in(NAME, PASSWORD)

        assert await status_of(client.log_in("eve", "wrong")) == "BadUserAccessDenied"

        assert (await client.read()).StatusCode.is_good()


@ours
async def test_that_a_channel_has_one_session(secured: Secured) -> None:
    async with AsyncExitStack() as stack:
        client = await opened(stack, secured)
        await client.create()  # the one that nobody has logged in to gives way
        await client.log_in()

        assert await status_of(client.create()) == "BadTooManySessions"

"""A client that opens channel and session step by step, with whatever certificate, token and nonce a test wants."""

import asyncio
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager
from typing import Any, Final

from asyncua import Client, ua
from asyncua.crypto import security_policies
from cryptography import x509

from tests.support.pki import CLIENT_URI, Identity

STEP_S: Final = 10.0
ENCRYPTED: Final = ua.MessageSecurityMode.SignAndEncrypt


async def status_of(work: Awaitable[Any]) -> str:
    """Return how something ended: "Good", or the name of the status that refused it."""
    try:
        async with asyncio.timeout(STEP_S):
            await work
    except ua.UaStatusCodeError as refusal:
        return str(ua.StatusCode(refusal.code).name)
    except (ConnectionError, TimeoutError, ua.UaError) as problem:
        return type(problem).__name__
    return "Good"


class SecurePeer:
    """One connection. `client` is asyncua's, its steps taken one by one."""

    def __init__(
        self,
        url: str,
        identity: Identity | None = None,
        server: bytes = b"",
        *,
        policy: str = "Basic256Sha256",
        mode: ua.MessageSecurityMode = ENCRYPTED,
    ) -> None:
        self.client = Client(url, timeout=STEP_S)
        self.client.application_uri = CLIENT_URI
        self.policy: Any = None
        if identity is not None:
            make = getattr(security_policies, f"SecurityPolicy{policy}")
            self.policy = make(
                x509.load_der_x509_certificate(server), identity.certificate, identity.key, mode
            )
            self.client.security_policy = self.policy
            self.client.uaclient.set_security(self.policy)

    @property
    def token(self) -> ua.NodeId:
        """The authentication token of the session."""
        protocol = self.client.uaclient.protocol
        assert protocol is not None
        return protocol.authentication_token

    @token.setter
    def token(self, token: ua.NodeId) -> None:
        protocol = self.client.uaclient.protocol
        assert protocol is not None
        protocol.authentication_token = token

    @property
    def nonce(self) -> bytes:
        """The server's nonce, of its last answer."""
        return self.client._server_nonce or b""

    @nonce.setter
    def nonce(self, nonce: bytes) -> None:
        self.client._server_nonce = nonce

    async def open(self) -> None:
        """Open the channel."""
        await self.client.connect_socket()
        await self.client.send_hello()
        await self.client.open_secure_channel()

    async def create(self, **changes: Any) -> ua.CreateSessionResult:
        """Create a session; `changes` are fields of the request."""
        wanted = ua.CreateSessionParameters(
            ClientDescription=ua.ApplicationDescription(
                ApplicationUri=CLIENT_URI, ApplicationType=ua.ApplicationType.Client
            ),
            EndpointUrl=self.client.server_url.geturl(),
            SessionName="test",
            ClientNonce=bytes(range(32)),
            ClientCertificate=self.policy.host_certificate if self.policy else None,
            RequestedSessionTimeout=60_000,
        )
        for name, value in changes.items():
            setattr(wanted, name, value)
        result = await self.client.uaclient.create_session(wanted)
        self.nonce = result.ServerNonce
        endpoint = Client.find_endpoint(
            result.ServerEndpoints or [], self.client.security_policy.Mode, self.client.security_policy.URI
        )
        self.client._policy_ids = endpoint.UserIdentityTokens
        return result

    async def log_in(self, name: str | None = None, password: str | None = None) -> None:
        """Activate the session, for nobody or for a user."""
        await self.client.activate_session(name, password)

    async def activate(self, token: Any) -> None:
        """Activate the session with a user identity token of the test's own making."""
        challenge = (self.policy.peer_certificate if self.policy else b"") + self.nonce
        wanted = ua.ActivateSessionParameters(UserIdentityToken=token)
        if self.policy is not None:
            wanted.ClientSignature.Algorithm = self.policy.AsymmetricSignatureURI
            wanted.ClientSignature.Signature = self.policy.asymmetric_cryptography.signature(challenge)
        result = await self.client.uaclient.activate_session(wanted)
        self.nonce = result.ServerNonce

    def user_token(self, name: Any, password: bytes, nonce: bytes | None = None) -> ua.UserNameIdentityToken:
        """Return a token with an encrypted password, by default bound to the server's last nonce."""
        secret = password + (self.nonce if nonce is None else nonce)
        key = x509.load_der_x509_certificate(self.policy.peer_certificate).public_key()
        data, algorithm = security_policies.encrypt_asymmetric(
            key, len(secret).to_bytes(4, "little") + secret, self.policy.URI
        )
        return ua.UserNameIdentityToken(
            PolicyId="username", UserName=name, Password=data, EncryptionAlgorithm=algorithm
        )

    async def read(self, node: int = ua.ObjectIds.Server_ServerStatus_CurrentTime) -> ua.DataValue:
        """Read a value of the standard address space."""
        (found,) = await self.client.uaclient.session.read_attributes(
            [ua.NodeId(node)], ua.AttributeIds.Value
        )
        return found

    async def close(self) -> None:
        """Cut the connection."""
        protocol = self.client.uaclient.protocol
        if protocol is not None and protocol.transport is not None:
            protocol.transport.abort()
            await asyncio.sleep(0)


@asynccontextmanager
async def peer(*arguments: Any, **options: Any) -> AsyncIterator[SecurePeer]:
    """Have a connection for the length of a block, not opened yet."""
    found = SecurePeer(*arguments, **options)
    try:
        yield found
    finally:
        await found.close()

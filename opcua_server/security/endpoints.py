"""What the server offers: three policies in two modes, and a channel without security where the settings say so."""

from collections.abc import Sequence
from typing import Final

from asyncua import ua
from asyncua.crypto.security_policies import (
    SecurityPolicyAes128Sha256RsaOaep,
    SecurityPolicyAes256Sha256RsaPss,
    SecurityPolicyBasic256Sha256,
    SecurityPolicyFactory,
    SecurityPolicyNone,
)

from opcua_server.security.certificates import OwnCertificate

ANONYMOUS: Final = "anonymous"
USER_NAME: Final = "username"
TRANSPORT: Final = "http://opcfoundation.org/UA-Profile/Transport/uatcp-uasc-uabinary"
NONE: Final = ua.MessageSecurityMode.None_
NONE_URI: Final = str(SecurityPolicyNone.URI)
_MODES: Final = (ua.MessageSecurityMode.SignAndEncrypt, ua.MessageSecurityMode.Sign)
_SIGN_ONLY: Final = 20  # how much less a channel is worth that can be listened to
# The strongest first; the number ranks endpoints for clients that choose by themselves (SecurityLevel).
_POLICIES: Final = (
    (SecurityPolicyAes256Sha256RsaPss, 80),
    (SecurityPolicyAes128Sha256RsaOaep, 75),
    (SecurityPolicyBasic256Sha256, 70),
)
SECURE_URIS: Final = frozenset(str(policy.URI) for policy, _ in _POLICIES)


def policies(own: OwnCertificate | None) -> list[SecurityPolicyFactory]:
    """Return what a channel can be opened with. That without security is the library's own and always there, for discovery."""
    if own is None:
        return []
    return [
        SecurityPolicyFactory(policy, mode, own.certificate, own.key)
        for policy, _ in _POLICIES
        for mode in _MODES
    ]


def describe(
    server: ua.ApplicationDescription, url: str, own: OwnCertificate | None, *, offer_none: bool
) -> list[ua.EndpointDescription]:
    """Return the endpoints as GetEndpoints tells them."""
    found = []
    if own is not None:
        found = [
            _endpoint(server, url, own.der, str(policy.URI), mode, level)
            for mode in _MODES
            for policy, worth in _POLICIES
            for level in [worth if mode is _MODES[0] else worth - _SIGN_ONLY]
        ]
    if offer_none:
        found.append(_endpoint(server, url, own.der if own else None, NONE_URI, NONE, 0))
    return found


def _endpoint(
    server: ua.ApplicationDescription,
    url: str,
    certificate: bytes | None,
    policy: str,
    mode: ua.MessageSecurityMode,
    level: int,
) -> ua.EndpointDescription:
    return ua.EndpointDescription(
        EndpointUrl=url,
        Server=server,
        ServerCertificate=certificate,
        SecurityMode=mode,
        SecurityPolicyUri=policy,
        UserIdentityTokens=list(_tokens(policy)),
        TransportProfileUri=TRANSPORT,
        SecurityLevel=level,
    )


def _tokens(policy: str) -> Sequence[ua.UserTokenPolicy]:
    anonymous = ua.UserTokenPolicy(PolicyId=ANONYMOUS, TokenType=ua.UserTokenType.Anonymous)
    if policy == NONE_URI:
        return [anonymous]  # a password never travels where it could be read
    # Encrypted for us even inside an encrypted channel: so it is bound to the session's nonce and cannot be replayed.
    user = ua.UserTokenPolicy(
        PolicyId=USER_NAME, TokenType=ua.UserTokenType.UserName, SecurityPolicyUri=policy
    )
    return [anonymous, user]

"""How the link protects itself: which endpoint it takes, which server it believes, who it logs in as."""

import asyncio
import logging
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from asyncua import Client, ua
from asyncua.crypto.security_policies import (
    SecurityPolicyAes128Sha256RsaOaep,
    SecurityPolicyAes256Sha256RsaPss,
    SecurityPolicyBasic256Sha256,
)
from cryptography import x509

from hmi.account import Account, load_account, write_private
from hmi.link.errors import LinkError
from hmi.link.station import Station, load_or_make, thumbprint

TRANSPORT: Final = "http://opcfoundation.org/UA-Profile/Transport/uatcp-uasc-uabinary"
ASK_TIMEOUT_S: Final = 4.0
_POLICIES: Final[dict[str, Any]] = {
    str(policy.URI): policy
    for policy in (
        SecurityPolicyAes256Sha256RsaPss,
        SecurityPolicyAes128Sha256RsaOaep,
        SecurityPolicyBasic256Sha256,
    )
}
_ENCRYPTED: Final = ua.MessageSecurityMode.SignAndEncrypt

_log = logging.getLogger(__name__)


class ServerChangedError(LinkError):
    """The server shows another certificate than at the last visit."""

    def __init__(self, before: str, now: str) -> None:
        super().__init__(
            f"The server's certificate has changed: it was {spaced(before)}, now it is {spaced(now)}. "
            "If it was not renewed, somebody may be in between."
        )
        self.thumbprint = now


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """What a server offers that we can use."""

    policy: str = ""  # URI; empty where nothing is encrypted
    certificate: bytes = b""
    takes_names: bool = False  # a user name and password may be given
    takes_anonymous: bool = True

    @property
    def thumbprint(self) -> str:
        return thumbprint(self.certificate) if self.certificate else ""

    @property
    def name(self) -> str:
        """The policy without its address: "Aes256_Sha256_RsaPss", "" for none."""
        return self.policy.partition("#")[2]


def best(endpoints: Sequence[ua.EndpointDescription]) -> Offer:
    """Return the best of a server's endpoints: encrypted, and of those what the server ranks highest."""
    usable = [
        each
        for each in endpoints
        if each.SecurityMode == _ENCRYPTED
        and each.SecurityPolicyUri in _POLICIES
        and each.ServerCertificate
        and each.TransportProfileUri in (TRANSPORT, "", None)
    ]
    if not usable:
        return Offer()
    chosen = max(usable, key=lambda each: each.SecurityLevel)
    kinds = {token.TokenType for token in chosen.UserIdentityTokens or ()}
    return Offer(
        policy=str(chosen.SecurityPolicyUri),
        certificate=_first(chosen.ServerCertificate),
        takes_names=ua.UserTokenType.UserName in kinds,
        takes_anonymous=ua.UserTokenType.Anonymous in kinds,
    )


class Keyring:
    """What the link knows of itself and of the servers it has met; lives in the link's thread.

    Args:
        folder: The user's configuration directory.
        own_server: The certificate file of the server of the same user; the local account goes to it alone.
    """

    def __init__(self, folder: Path, own_server: Path | None = None) -> None:
        self._folder = folder
        self._own_server = own_server
        self._station: Station | None = None
        self._one_at_a_time = asyncio.Lock()
        self._offers: dict[str, Offer] = {}
        self.credentials: Account | None = None  # typed at the login dialog
        self.accepted = ""  # thumbprint of a changed certificate that the operator takes
        self.refused_account = False  # the server does not know the local account

    async def offer(self, url: str) -> Offer:
        """Return what a server offers, asked once a connection.

        Raises:
            LinkError: It shows another certificate than before.
        """
        async with self._one_at_a_time:
            found = self._offers.get(url)
            if found is None:
                found = best(await Client(url, timeout=ASK_TIMEOUT_S).connect_and_get_server_endpoints())
                self._check(url, found)
                self._offers[url] = found
            return found

    def forget(self, url: str) -> None:
        """Ask a server anew the next time: it may have been renewed."""
        self._offers.pop(url, None)

    async def secure(self, client: Client, offer: Offer) -> None:
        """Have a client speak encrypted, as this station."""
        station = await self.station()
        client.application_uri = station.uri
        policy = _POLICIES[offer.policy](
            x509.load_der_x509_certificate(offer.certificate), station.certificate, station.key, _ENCRYPTED
        )
        client.security_policy = policy
        client.uaclient.set_security(policy)

    async def station(self) -> Station:
        """Return this console's certificate; the first time ever it is made."""
        async with self._one_at_a_time:
            if self._station is None:
                self._station = await asyncio.to_thread(load_or_make, self._folder)
            return self._station

    def account(self, offer: Offer) -> Account | None:
        """Return who to log in as, None for nobody."""
        if not offer.takes_names:
            return None
        if self.credentials is not None:
            return self.credentials
        if self.refused_account or not self._is_own(offer):
            return None
        return load_account(self._folder)

    def met(self, url: str, offer: Offer) -> None:
        """Remember the certificate of a server that has proved to hold its key."""
        if not offer.certificate or self._is_own(offer):
            return
        path = self._pin(url)
        try:
            if not path.is_file() or path.read_bytes() != offer.certificate:
                path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
                write_private(path, offer.certificate)
                _log.info("the server at %s is trusted from now on: %s", url, offer.thumbprint)
        except OSError as error:
            _log.warning("the server's certificate cannot be kept: %s", error)

    # ---- inside --------------------------------------------------------------------------------------------------

    def _check(self, url: str, offer: Offer) -> None:
        if self._is_own(offer):
            return
        try:
            before = self._pin(url).read_bytes()
        except OSError:
            return
        if not offer.certificate:
            raise LinkError(
                "The server spoke encrypted before and does so no more: somebody may be in between."
            )
        if before != offer.certificate and offer.thumbprint != self.accepted:
            raise ServerChangedError(thumbprint(before), offer.thumbprint)

    def _is_own(self, offer: Offer) -> bool:
        try:
            return bool(
                self._own_server and offer.certificate and self._own_server.read_bytes() == offer.certificate
            )
        except OSError:
            return False

    def _pin(self, url: str) -> Path:
        name = re.sub(r"[^A-Za-z0-9.-]", "_", url.removeprefix("opc.tcp://"))[:120]
        return self._folder / "servers" / f"{name}.der"


def spaced(digits: str) -> str:
    """Return a thumbprint for reading aloud: four digits a group, the first five groups."""
    return " ".join(digits[start : start + 4].upper() for start in range(0, 20, 4)) + " …"


def _first(chain: bytes) -> bytes:
    """Return the first certificate of a chain."""
    size = 4 + int.from_bytes(chain[2:4], "big")
    return chain[:size]

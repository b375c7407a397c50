"""The one place where a test server gets an operator, and a client that it trusts."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from opcua_server.security.identity import Role
from opcua_server.security.trust import TrustList
from opcua_server.security.users import FILE_NAME, UserStore
from tests.support.pki import certificate, key

NAME: Final = "olga"
PASSWORD: Final = "nine quiet pumps"
ROLES: Final = (Role.OPERATOR, Role.SUPERVISOR, Role.ENGINEER)
POLICIES: Final = ("Basic256Sha256", "Aes128Sha256RsaOaep", "Aes256Sha256RsaPss")
URI: Final = "urn:tests:foreign"


@dataclass(frozen=True)
class Login:
    """How a client protects its channel and who it is: what goes into the `connect` step of a foreign client."""

    folder: Path
    policy: str = "Basic256Sha256"
    mode: str = "SignAndEncrypt"
    user: str = NAME
    password: str = PASSWORD

    @property
    def certificate(self) -> Path:
        return self.folder / "client.der"

    def fields(self) -> dict[str, Any]:
        """Return the step's fields."""
        return {
            "policy": self.policy,
            "mode": self.mode,
            "certificate": str(self.certificate),
            "key": str(self.folder / "client.pem"),
            "user": self.user,
            "password": self.password,
        }


def client_of(state: Path, **changes: str) -> Login:
    """Return a login with a certificate that lies beside a server's state, not trusted yet."""
    login = Login(state / "client", **changes)
    if not login.certificate.exists():
        certificate(name="foreign client", uri=URI, private=key()).store(login.folder)
    return login


def operator_of(state: Path, **changes: str) -> Login:
    """Have the server of a state directory know an operator, and trust the client; before it runs or while it does."""
    login = client_of(state, **changes)
    users = UserStore(state / FILE_NAME)
    if users.find(login.user) is None:
        users.add(login.user, login.password, ROLES)
    TrustList(state / "pki").add(str(login.certificate))
    return login

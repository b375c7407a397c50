"""A stock asyncua server as secure as it can be set up: `python -m tests.conformance.stock_secure FOLDER`.

It offers Basic256Sha256 encrypted and nothing else, trusts FOLDER/trusted by the library's own trust store, and knows one
user. Its first line of output is a JSON object with the endpoint; it ends when its standard input closes.
"""

import asyncio
import json
import sys
from pathlib import Path
from typing import Any

from asyncua import Server, ua
from asyncua.crypto.permission_rules import User, UserRole
from asyncua.crypto.truststore import TrustStore
from asyncua.crypto.validator import CertificateValidator, CertificateValidatorOptions
from asyncua.server.user_managers import UserManager

from tests.support.pki import certificate, key

NAME, PASSWORD = "ann", "correct horse"


class _OneUser(UserManager):  # type: ignore[misc, unused-ignore]
    def get_user(
        self, _iserver: Any, username: Any = None, password: Any = None, certificate: Any = None
    ) -> Any:
        del certificate
        is_known = username is None or (username, password) == (NAME, PASSWORD)
        return User(role=UserRole.User) if is_known else None


async def serve(folder: Path) -> None:
    """Serve until standard input closes."""
    identity = certificate(name="stock", uri="urn:tests:stock", private=key(7))
    der, pem = identity.store(folder, "stock")
    server = Server(user_manager=_OneUser())
    await server.init()
    server.set_endpoint("opc.tcp://127.0.0.1:0")
    await server.set_application_uri("urn:tests:stock")
    server.set_security_policy([ua.SecurityPolicyType.Basic256Sha256_SignAndEncrypt])
    await server.load_certificate(str(der))
    await server.load_private_key(str(pem))
    trust = TrustStore([folder / "trusted"], [])
    await trust.load()
    server.set_certificate_validator(CertificateValidator(CertificateValidatorOptions.TRUSTED, trust))
    async with server:
        assert server.bserver is not None
        host, port = server.bserver._server.sockets[0].getsockname()[:2]
        print(json.dumps({"endpoint": f"opc.tcp://{host}:{port}"}), flush=True)
        await asyncio.to_thread(sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(serve(Path(sys.argv[1])))

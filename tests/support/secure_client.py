"""Real users on a real server: a state directory with one user a role, and encrypted sessions for them."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any, Final

from asyncua import Client, ua

from opcua_server.security.identity import Role
from opcua_server.security.users import UserStore
from tests.support.pki import CLIENT_URI, certificate
from tests.support.quiet import quiet_asyncua

PASSWORD: Final = "correct horse"
PLANT_URI: Final = "urn:andon:factory"


def prepare(state: Path, users: Mapping[str, Iterable[Role]]) -> UserStore:
    """Make a state directory whose server knows `users` and trusts the tests' client."""
    store = UserStore(state / "users.db")
    state.mkdir(parents=True, exist_ok=True)
    for name, roles in users.items():
        store.add(name, PASSWORD, roles)
    own = certificate(name="tests")
    own.store(state / "test-client")
    trusted = state / "pki" / "trusted"
    trusted.mkdir(parents=True, exist_ok=True)
    (trusted / "tests.der").write_bytes(own.der)
    return store


class User:
    """One encrypted session."""

    def __init__(self, client: Client, plant: int) -> None:
        self.client = client
        self._plant = plant

    def node(self, path: str) -> Any:
        return self.client.get_node(ua.NodeId(path, self._plant) if "=" not in path else path)

    async def write(self, path: str, value: float) -> str:
        """Write a Double; returns the status' name."""
        return await status_of(self.node(path).write_value(ua.Variant(value, ua.VariantType.Double)))

    async def call(self, owner: str, method: str, *arguments: Any) -> str:
        """Call a method; returns the status' name."""
        wanted = self.node(method).nodeid
        return await status_of(self.node(owner).call_method(wanted, *arguments))


async def status_of(work: Any) -> str:
    try:
        await work
    except ua.UaStatusCodeError as problem:
        return str(ua.StatusCode(problem.code).name)
    return "Good"


@asynccontextmanager
async def logged_in(
    endpoint: str, state: Path, name: str, password: str = PASSWORD, mode: str = "SignAndEncrypt"
) -> AsyncIterator[User]:
    """Be logged in for the length of a block."""
    with quiet_asyncua():
        client = Client(endpoint, timeout=20)
        client.application_uri = CLIENT_URI
        client.set_user(name)
        client.set_password(password)
        folder = state / "test-client"
        await client.set_security_string(
            f"Basic256Sha256,{mode},{folder / 'client.der'},{folder / 'client.pem'}"
        )
        try:
            await client.connect()
        except BaseException:
            with suppress(Exception):
                await client.disconnect()
            raise
        try:
            yield User(client, await client.get_namespace_index(PLANT_URI))
        finally:
            with suppress(OSError, TimeoutError, ua.UaError):
                await client.disconnect()


async def until(check: Callable[[], Any], seconds: float = 10.0) -> None:
    """Wait for a condition."""
    async with asyncio.timeout(seconds):
        while not check():  # noqa: ASYNC110  # of another process
            await asyncio.sleep(0.02)

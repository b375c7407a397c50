"""A server in the test's own process whose sessions get the roles that the test wants."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from opcua_server.assembly import Assembly, assemble
from opcua_server.runtime import Runtime
from opcua_server.security.identity import Identity, LoginRefusedError, Role
from opcua_server.settings import Settings
from opcua_server.statedir import StateDir


@dataclass
class Wanted:
    """An `Authenticator` that makes every session what the test wants next."""

    roles: frozenset[Role] = frozenset()
    name: str = "maria"
    logins: list[str] = field(default_factory=list)

    async def authenticate(self, name: str, password: bytes, address: str) -> Identity:
        raise LoginRefusedError(0x80210000, f"{name} {len(password)} {address}")

    def anonymous(self, address: str, *, encrypted: bool) -> Identity:
        self.logins.append(f"{address} {encrypted}")
        return Identity(self.name, self.roles, is_anonymous=False)


@dataclass
class Served:
    """A running server."""

    parts: Assembly
    endpoint: str
    wanted: Wanted


@asynccontextmanager
async def served(plant: Path, directory: Path) -> AsyncIterator[Served]:
    """Serve a plant for the length of a block."""
    loop = asyncio.get_running_loop()
    ready: asyncio.Future[str] = loop.create_future()
    with StateDir(directory) as state:
        parts = await assemble(Settings(plant=plant, state=directory, port=0), state)
        wanted = Wanted()
        parts.rights.inner.authenticator = wanted
        runtime = Runtime(parts)
        task = loop.create_task(runtime.run(ready.set_result))
        try:
            yield Served(parts, await asyncio.wait_for(ready, 30.0), wanted)
        finally:
            runtime.stop()
            await task

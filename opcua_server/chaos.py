"""Drop clients' sessions at random, to try how they bear it. Off until an engineer turns it on."""

import asyncio
import logging
import random
import re
from typing import Final

from opcua_server.security.identity import Role
from opcua_server.services.internal import AndonInternalServer
from opcua_server.services.sessions import AndonSession

_log = logging.getLogger(__name__)

MEAN_RANGE_S: Final = (1.0, 86400.0)
_STOP_NAME: Final = re.compile(r"(?<![A-Za-z])e-?stop(?![A-Za-z])", re.IGNORECASE)


class Chaos:
    """Ends one session after the other, at exponentially distributed intervals."""

    def __init__(self, inner: AndonInternalServer, chance: random.Random | None = None) -> None:
        self.mean_s = 0.0
        self.dropped = 0
        self._inner = inner
        self._chance = chance or random.Random()  # noqa: S311  # chance, no secret
        self._changed = asyncio.Event()

    def set(self, mean_s: float) -> None:
        """Drop a session each `mean_s` in the mean from now on; 0 ends it."""
        self.mean_s = mean_s
        self._changed.set()

    async def run(self) -> None:
        """Work until cancelled."""
        while True:
            pause_s = self._chance.expovariate(1.0 / self.mean_s) if self.mean_s else None
            try:
                await asyncio.wait_for(self._changed.wait(), pause_s)
                self._changed.clear()
            except TimeoutError:
                await self._drop_one()

    async def _drop_one(self) -> None:
        sessions = [each for each in self._inner._external_sessions.values() if may_be_dropped(each)]
        if not sessions:
            return
        session = self._chance.choice(sessions)
        self.dropped += 1
        _log.info("chaos drops the session %s of %s", session.client_name, session.caller.name)
        await session.close_session(True)
        for listener in self._inner.sessions.listeners:
            listener.closed(session)


def may_be_dropped(session: AndonSession) -> bool:
    """Return whether chaos may end a session.

    Never one for the e-stop: that of a trusted station which acts for nobody, or one whose name says so.
    """
    identity = session.identity
    if session.is_closed or identity is None or not session.external:
        return False
    is_station = identity.is_anonymous and Role.TRUSTED_APPLICATION in identity.roles
    return not is_station and not _STOP_NAME.search(session.client_name)

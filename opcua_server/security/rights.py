"""Give a server its users, its rights and its audit, before it listens; follow the users while it runs."""

import asyncio
import itertools
import logging
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Final

from asyncua import ua
from typing_extensions import override

from opcua_server.audit.events import AuditEvents, may_receive
from opcua_server.audit.guard import AuditedGuard
from opcua_server.audit.log import FILE_NAME as AUDIT_FILE
from opcua_server.audit.log import WARN_AT, AuditLog
from opcua_server.audit.records import AuditRecord, Deed
from opcua_server.audit.sessions import SessionAudit
from opcua_server.diagnostics import product_version
from opcua_server.model.capabilities import set_auditing
from opcua_server.model.namespaces import Namespaces
from opcua_server.security.access import NodeAccess
from opcua_server.security.identity import Identity, Role
from opcua_server.security.logins import Logins
from opcua_server.security.role_set import fill_role_set
from opcua_server.security.users import FILE_NAME, UserError, UserStore
from opcua_server.services.internal import AndonInternalServer
from opcua_server.services.session_services import SessionListener
from opcua_server.services.sessions import AndonSession

_log = logging.getLogger(__name__)

LOOK_S: Final = 1.0
ROTATE_EVERY: Final = 60  # looks


class Rights:
    """The users, rights and audit of one server."""

    def __init__(
        self, inner: AndonInternalServer, ns: Namespaces, state: Path, anonymous_roles: frozenset[Role]
    ) -> None:
        """Open the files and stand between the services and their callers.

        Raises:
            JournalError: The audit log cannot be used.
        """
        self.inner = inner
        self.users = UserStore(state / FILE_NAME)
        self._anonymous_roles = anonymous_roles
        self.logins = Logins(self.users, anonymous_roles)
        self.log = AuditLog(state / AUDIT_FILE)
        self.events = AuditEvents(inner)
        self.access = NodeAccess(inner.aspace, ns)
        self.guard = AuditedGuard(inner.aspace, ns, self.access, self.log, self.events)
        self.sessions = SessionAudit(self.log, self.events)
        self.on_budget: Callable[[float], None] = lambda _: None  # hears each second how full the log is
        self._seen: object = None
        inner.authenticator = self.logins
        inner.attributes.guard = inner.methods.guard = self.guard
        inner.reading.gate = self.guard.read
        inner.view.browsing.visible = inner.view.translating.visible = self.access.visible
        inner.subscriptions.may_read = self.access.may_read
        inner.subscriptions.may_receive = may_receive
        if inner.trust is not None:
            inner.trust.on_refused = self.sessions.certificate
            inner.trust.on_channel = self.sessions.channel
        inner.sessions.listeners += [self.sessions, _Following(inner)]

    async def start(self) -> None:
        """Tell what an earlier run left open, and show the roles.

        Raises:
            JournalError: The audit log cannot be read.
        """
        await asyncio.to_thread(self.log.recover)
        set_auditing(self.inner.aspace, on=True)
        self._tell("started")
        await self._take_up_users()

    async def run(self) -> None:
        """Follow the users file and the audit log until cancelled."""
        for look in itertools.count():
            await asyncio.sleep(LOOK_S)
            self.log.tell_repeats()
            self.guard.tell_readings()
            self.on_budget(self.log.fullness() / WARN_AT)
            if look % ROTATE_EVERY == 0:
                await self.log.rotate()
            if self._changed():
                await self._take_up_users()

    def close(self) -> None:
        """Write out the audit log and end the threads."""
        self.guard.tell_readings(everything=True)
        self._tell("ended")
        self.log.close()
        self.logins.close()

    def _tell(self, what: str) -> None:
        """Write down with which rules the server runs."""
        offered = "offered" if self.inner.sessions.offer_none else "refused"
        record = AuditRecord(
            deed=Deed.CONFIGURATION,
            target=self.inner.application_uri or "server",
            user="server",
            comment=what,
            result="Good",
            detail={
                "version": product_version(),
                "anonymous": sorted(self._anonymous_roles),
                "sessions without security": offered,
            },
        )
        self.log.note(record)

    def _changed(self) -> bool:
        """Return whether the users file was written since the last look."""
        found = []
        for ending in ("", "-wal"):
            try:
                stat = self.users.path.with_name(self.users.path.name + ending).stat()
            except OSError:
                continue
            found.append((ending, stat.st_mtime_ns, stat.st_size, stat.st_ino))
        before, self._seen = self._seen, found
        return found != before

    async def _take_up_users(self) -> None:
        self._changed()
        try:
            known = await asyncio.to_thread(self.users.all)
            await fill_role_set(self.inner.aspace, known)
            for session in list(self.inner._external_sessions.values()):
                await self._look_at(session)
        except UserError as problem:
            _log.warning("who is logged in keeps the roles of before: %s", problem)

    async def _look_at(self, session: AndonSession) -> None:
        """Bring a session to what its user may do now; one that may no longer log in ends."""
        before = session.identity
        if before is None or not before.is_managed:
            return
        now = await self.logins.current(before.name)
        if now is None:
            self.sessions.user_changed(before.name, _named(before), "")
            await session.close_session(True)
            return
        if Role.TRUSTED_APPLICATION in before.roles:
            now = now.plus(Role.TRUSTED_APPLICATION)
        if now != before and session.identity is before:
            session.identity = now
            session.caller = replace(session.caller, roles=now.roles)
            self.inner.subscriptions.look_again(session)
            self.sessions.user_changed(now.name, _named(before), _named(now))


class _Following(SessionListener):
    """Has subscriptions follow a change of user."""

    def __init__(self, inner: AndonInternalServer) -> None:
        self._inner = inner

    @override
    def activated(self, session: AndonSession, before: Identity | None, user: str, status: int) -> None:
        """Look at the rights of what the session watches."""
        if status == ua.StatusCodes.Good:
            self._inner.subscriptions.look_again(session)


def _named(identity: Identity) -> str:
    return " ".join(role for role in Role if role in identity.roles)
